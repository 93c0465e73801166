// Package staff knows the people who work: who they are, which powers and
// certificates they have, how they prove it and for how long they are signed
// in. Faces ask SessionOf who is behind a request; domain packages ask
// Certified and Recipient through interfaces of their own.
//
// Promises: the server never sees a passphrase, a private key or what unlocks
// one. It keeps the SHA-256 of a proof that the browser derived, public keys
// of passkeys, and private keys wrapped in age files that it can't open. A
// session ends at once when its member leaves or gets other powers; and nothing
// here tells whether a login exists.
package staff

import (
	"context"
	"crypto/hkdf"
	"crypto/rand"
	"crypto/sha256"
	"database/sql"
	"encoding/base32"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"strings"
	"time"

	"github.com/go-webauthn/webauthn/webauthn"

	"verhaal/internal/custody"
	"verhaal/internal/db"
	"verhaal/internal/fault"
	"verhaal/internal/seal"
)

// The states of a member.
const (
	Invited = "invited"
	Active  = "active"
	Left    = "left"
)

// Member is one person who works, or worked. It prints as its id alone.
type Member struct {
	ID        string // pseudonymous; the actor in the custody log
	Login     string
	Name      string // "" until the first administrator chose one
	Lang      string // of the pages, e.g. "nl"
	Powers    []string
	State     string
	Until     time.Time // when an unused invitation ends
	Recipient string    // public key, age1pq1…; "" until enrolled
	Since     time.Time // invited or, once active, enrolled
}

// Can says whether the member is active and has power.
func (m Member) Can(power string) bool { return m.State == Active && has(m.Powers, power) }

func (m Member) String() string               { return "staff " + m.ID }
func (m Member) GoString() string             { return m.String() }
func (m Member) LogValue() slog.Value         { return slog.StringValue(m.String()) }
func (m Member) MarshalJSON() ([]byte, error) { return fmt.Appendf(nil, "%q", m.String()), nil }
func (m Member) Format(f fmt.State, _ rune)   { _, _ = io.WriteString(f, m.String()) }

// Config is what an installation decides about its staff's sign-in.
type Config struct {
	Key      []byte   // 32 secret bytes, the same in every process of the installation
	Site     string   // host name that passkeys are bound to (WebAuthn's RP ID)
	Origins  []string // where staff sign in, "https://host"; the onion address apart
	Recovery string   // recipient that every member's key is wrapped to as well
}

// reader is the reading half of db.DB.
type reader interface {
	Query(ctx context.Context, query string, args ...any) (*sql.Rows, error)
	QueryRow(ctx context.Context, query string, args ...any) *db.Row
}

// Members is the book of all who work. It is safe for concurrent use, and
// several processes may have it open on one database.
type Members struct {
	db       reader
	log      *custody.Log
	clock    func() time.Time
	rand     io.Reader
	digest   func([]byte) [sha256.Size]byte
	recovery string
	webauthn *webauthn.WebAuthn
	guesses  guesses
	keys     struct{ cookie, salt, ticket []byte }
}

// New opens the book. An error says which part of the configuration can't work.
func New(d *db.DB, log *custody.Log, clock func() time.Time, cfg Config) (*Members, error) {
	if len(cfg.Key) != sha256.Size {
		return nil, fmt.Errorf("staff: a key of %d bytes, want %d", len(cfg.Key), sha256.Size)
	}
	if err := seal.CheckRecipient(cfg.Recovery); err != nil {
		return nil, fmt.Errorf("staff: recovery recipient: %w", err)
	}
	m := &Members{db: d, log: log, clock: clock, rand: rand.Reader, digest: sha256.Sum256, recovery: cfg.Recovery}
	for _, k := range []struct {
		into *[]byte
		info string
	}{
		{&m.keys.cookie, "verhaal/v1/staff/cookie"}, {&m.keys.salt, "verhaal/v1/staff/salt"}, {&m.keys.ticket, "verhaal/v1/staff/ticket"},
	} {
		key, err := hkdf.Key(sha256.New, cfg.Key, nil, k.info, sha256.Size)
		if err != nil {
			return nil, err
		}
		*k.into = key
	}
	var err error
	m.webauthn, err = newWebAuthn(cfg.Site, cfg.Origins)
	return m, err
}

// Recovery is the recipient that a new member's key is wrapped to as well.
func (m *Members) Recovery() string { return m.recovery }

// ByID finds a member; NotFound when there is none.
func (m *Members) ByID(ctx context.Context, id string) (Member, error) {
	got, err := scanMember(m.db.QueryRow(ctx, memberByID, id))
	if errors.Is(err, sql.ErrNoRows) {
		return Member{}, fault.New(fault.NotFound, "", "no such member")
	}
	return got, err
}

// ByLogin finds a member by login, for those who may see the list of people.
func (m *Members) ByLogin(ctx context.Context, login string) (Member, error) {
	got, err := scanMember(m.db.QueryRow(ctx, memberByLogin, normalLogin(login)))
	if errors.Is(err, sql.ErrNoRows) {
		return Member{}, fault.New(fault.NotFound, "admin.fault.no_login", "no member has this login")
	}
	return got, err
}

// With lists the active members who have a power, in the order of their names.
func (m *Members) With(ctx context.Context, power string) ([]Member, error) {
	var out []Member
	for after := ""; ; {
		page, next, err := m.List(ctx, after, 200)
		if err != nil {
			return nil, err
		}
		for _, who := range page {
			if who.Can(power) {
				out = append(out, who)
			}
		}
		if next == "" {
			return out, nil
		}
		after = next
	}
}

// List gives at most limit members in the order of their names, those after
// the member whose id is after; "" begins. next is "" at the end.
func (m *Members) List(ctx context.Context, after string, limit int) (page []Member, next string, err error) {
	rows, err := m.db.Query(ctx, listMembers, after, limit+1)
	if err != nil {
		return nil, "", err
	}
	defer rows.Close()
	for rows.Next() {
		got, err := scanMember(rows)
		if err != nil {
			return nil, "", err
		}
		page = append(page, got)
	}
	if len(page) > limit {
		page = page[:limit]
		next = page[limit-1].ID
	}
	return page, next, rows.Err()
}

// Recipient is the public key of whoever may hold desk keys now: an active
// officer. "" for everybody else.
func (m *Members) Recipient(ctx context.Context, id string) (string, error) {
	got, err := m.ByID(ctx, id)
	if fault.KindOf(err) == fault.NotFound || err == nil && !got.Can(Officer) {
		return "", nil
	}
	return got.Recipient, err
}

type scanner interface{ Scan(dest ...any) error }

func scanMember(row scanner) (Member, error) {
	var m Member
	var powers string
	var until, since int64
	err := row.Scan(&m.ID, &m.Login, &m.Name, &m.Lang, &powers, &m.State, &until, &m.Recipient, &since)
	m.Powers, m.Until, m.Since = strings.Fields(powers), time.Unix(until, 0).UTC(), time.Unix(since, 0).UTC()
	return m, err
}

// random gives n random bytes.
func (m *Members) random(n int) ([]byte, error) {
	b := make([]byte, n)
	_, err := io.ReadFull(m.rand, b)
	return b, err
}

// plain writes bytes as words people can read out: no padding, no case.
var plain = base32.NewEncoding("abcdefghijklmnopqrstuvwxyz234567").WithPadding(base32.NoPadding)

func (m *Members) newID() (string, error) {
	b, err := m.random(15)
	return plain.EncodeToString(b), err
}

// Today is the day by the book's clock, YYYYMMDD in UTC.
func (m *Members) Today() int { return Day(m.clock()) }

// Day is a time's day in UTC as the number YYYYMMDD.
func Day(t time.Time) int {
	y, month, d := t.UTC().Date()
	return y*10000 + int(month)*100 + d
}
