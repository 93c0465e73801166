package staff

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"crypto/subtle"
	"database/sql"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"time"

	"verhaal/internal/custody"
	"verhaal/internal/db"
	"verhaal/internal/fault"
)

// How long a session lasts without a request, and at all.
const (
	Idle        = 15 * time.Minute
	SessionLife = 10 * time.Hour
)

const (
	tokenSize  = 32
	shareSize  = 32
	cookieMAC  = 16
	cookieSize = tokenSize + 4 + cookieMAC
	clockSkew  = 2 // minutes another process' clock may be ahead
)

// Session is one signed-in browser. It prints as nothing.
type Session struct {
	Member Member
	Until  time.Time // it ends then, whatever happens

	token [tokenSize]byte
	seen  uint32 // minute of the last request, in the cookie it came with
}

func (Session) String() string               { return "[session]" }
func (Session) GoString() string             { return "[session]" }
func (Session) LogValue() slog.Value         { return slog.StringValue("[session]") }
func (Session) MarshalJSON() ([]byte, error) { return []byte(`"[session]"`), nil }
func (Session) Format(f fmt.State, _ rune)   { _, _ = io.WriteString(f, "[session]") }

// SessionOf finds who holds cookie. Unauthenticated when nobody does: it is
// not ours, its session ended, or 15 minutes passed without a request, which
// ends the session and has the sentence "staff.fault.idle".
func (m *Members) SessionOf(ctx context.Context, cookie string) (Session, error) {
	s, err := m.readCookie(cookie)
	if err != nil {
		return Session{}, err
	}
	now := m.clock()
	minute := uint32(now.Unix() / 60)
	if s.seen > minute+clockSkew {
		return Session{}, errNoSession()
	}
	// The cookie knows the minute only; its end counts, so that nobody is
	// locked early.
	if now.Unix() >= int64(s.seen+1)*60+int64(Idle/time.Second) {
		if err := m.end(ctx, s.token, "idle"); err != nil {
			return Session{}, err
		}
		return Session{}, fault.New(fault.Unauthenticated, "staff.fault.idle", "no request for %v", Idle)
	}
	hash := m.digest(s.token[:])
	var until int64
	row := m.db.QueryRow(ctx, memberBySession, hash[:], now.Unix())
	s.Member, err = scanMember(prefixed{row, &until})
	if errors.Is(err, sql.ErrNoRows) {
		return Session{}, errNoSession()
	}
	s.Until = time.Unix(until, 0).UTC()
	return s, err
}

// prefixed scans a row whose first column is until.
type prefixed struct {
	row   scanner
	until *int64
}

func (p prefixed) Scan(dest ...any) error { return p.row.Scan(append([]any{p.until}, dest...)...) }

// Renewed is the cookie that says the session was seen now; fresh is false
// when the one that s came with says so already.
func (m *Members) Renewed(s Session) (cookie string, fresh bool) {
	minute := uint32(m.clock().Unix() / 60)
	return m.cookie(s.token, minute), minute > s.seen
}

// Share is the session's half of what unlocks the key in the browser's tab.
func (m *Members) Share(ctx context.Context, s Session) ([]byte, error) {
	hash := m.digest(s.token[:])
	var share []byte
	err := m.db.QueryRow(ctx, shareOf, hash[:], m.clock().Unix()).Scan(&share)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, errNoSession()
	}
	return share, err
}

// SignOut ends a session, and its share with it. why is "sign_out" or "idle".
func (m *Members) SignOut(ctx context.Context, s Session, why string) error {
	return m.end(ctx, s.token, why)
}

// SignOutEverywhere ends all sessions of a member; actor is the member or an
// administrator.
func (m *Members) SignOutEverywhere(ctx context.Context, actor, id string) error {
	act := custody.Act{Kind: "session.ended", Actor: actor, Subject: id, Facts: map[string]string{"why": "everywhere"}}
	_, err := m.log.Do(ctx, act, func(tx *db.Tx) error {
		_, err := tx.Exec(deleteSessions, id)
		return err
	})
	return err
}

// Sweep removes sessions and challenges whose time is over. Run it now and then.
func (m *Members) Sweep(ctx context.Context) error {
	now := m.clock().Unix()
	var old int
	if err := m.db.QueryRow(ctx, countOver, now).Scan(&old); err != nil || old == 0 {
		return err
	}
	_, err := m.log.Do(ctx, custody.Act{Kind: "session.swept"}, func(tx *db.Tx) error {
		if _, err := tx.Exec(deleteOverCeremonies, now); err != nil {
			return err
		}
		_, err := tx.Exec(deleteOverSessions, now)
		return err
	})
	return err
}

// SignedIn is what a browser gets that has just proved who it is.
type SignedIn struct {
	Member  Member
	Cookie  string
	Share   []byte
	Wrapped []byte // the private key, to what the browser signed in with; nil when a passkey can't unlock it
}

// start opens a session; also runs in the same transaction.
func (m *Members) start(ctx context.Context, id, by string, also func(*db.Tx) error) (SignedIn, error) {
	random, err := m.random(tokenSize + shareSize)
	if err != nil {
		return SignedIn{}, err
	}
	token, share := [tokenSize]byte(random[:tokenSize]), random[tokenSize:]
	hash := m.digest(token[:])
	now := m.clock()
	var who Member
	act := custody.Act{Kind: "session.started", Actor: id, Facts: map[string]string{"by": by}}
	_, err = m.log.Do(ctx, act, func(tx *db.Tx) error {
		if also != nil {
			if err := also(tx); err != nil {
				return err
			}
		}
		n, err := tx.Exec(insertSession, hash[:], id, share, now.Unix(), now.Add(SessionLife).Unix())
		if err != nil {
			return err
		}
		if n == 0 {
			return errSignIn() // left in this moment
		}
		who, err = scanMember(tx.QueryRow(memberByID, id))
		return err
	})
	if err != nil {
		return SignedIn{}, err
	}
	return SignedIn{Member: who, Cookie: m.cookie(token, uint32(now.Unix()/60)), Share: share}, nil
}

func (m *Members) end(ctx context.Context, token [tokenSize]byte, why string) error {
	hash := m.digest(token[:])
	var id string
	err := m.db.QueryRow(ctx, staffOfSession, hash[:]).Scan(&id)
	if errors.Is(err, sql.ErrNoRows) {
		return nil
	}
	if err != nil {
		return err
	}
	act := custody.Act{Kind: "session.ended", Actor: id, Facts: map[string]string{"why": why}}
	_, err = m.log.Do(ctx, act, func(tx *db.Tx) error {
		_, err := tx.Exec(deleteSession, hash[:])
		return err
	})
	return err
}

// cookie is token ‖ minute ‖ MAC, in base64url.
func (m *Members) cookie(token [tokenSize]byte, minute uint32) string {
	b := binary.BigEndian.AppendUint32(append(make([]byte, 0, cookieSize), token[:]...), minute)
	return base64.RawURLEncoding.EncodeToString(append(b, m.cookieMAC(b)...))
}

func (m *Members) readCookie(cookie string) (Session, error) {
	var s Session
	b, err := base64.RawURLEncoding.Strict().DecodeString(cookie)
	if err != nil || len(b) != cookieSize {
		return s, errNoSession()
	}
	if subtle.ConstantTimeCompare(b[tokenSize+4:], m.cookieMAC(b[:tokenSize+4])) != 1 {
		return s, errNoSession()
	}
	s.token, s.seen = [tokenSize]byte(b[:tokenSize]), binary.BigEndian.Uint32(b[tokenSize:])
	return s, nil
}

func (m *Members) cookieMAC(b []byte) []byte {
	h := hmac.New(sha256.New, m.keys.cookie)
	h.Write(b)
	return h.Sum(nil)[:cookieMAC]
}

func errNoSession() error {
	return fault.New(fault.Unauthenticated, "", "no session has this cookie")
}
