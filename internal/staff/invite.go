package staff

import (
	"context"
	"database/sql"
	"errors"
	"strings"
	"time"
	"unicode/utf8"

	"verhaal/internal/custody"
	"verhaal/internal/db"
	"verhaal/internal/fault"
)

// inviteLife is how long a one-time code may be used.
const inviteLife = 7 * 24 * time.Hour

// Newcomer is whom an administrator invites.
type Newcomer struct {
	Login, Name, Lang string
	Powers            []string
}

// InviteFirst makes the one-time code of an installation's first
// administrator, who chooses login and name. It works only while there is no
// active administrator, and again as long as there is none: an earlier unused
// code is then worth nothing.
func (m *Members) InviteFirst(ctx context.Context) (code string, err error) {
	id, err := m.newID()
	if err != nil {
		return "", err
	}
	code, hash, err := m.newCode()
	if err != nil {
		return "", err
	}
	act := custody.Act{Kind: "staff.invited", Subject: id, Basis: "first_administrator", Facts: map[string]string{"powers": Administrator}}
	_, err = m.log.Do(ctx, act, func(tx *db.Tx) error {
		n, err := administrators(tx, "")
		if err != nil {
			return err
		}
		if n > 0 {
			return fault.New(fault.Conflict, "staff.fault.not_first", "there is an active administrator, who invites all others")
		}
		if _, err := tx.Exec(deleteNameless); err != nil {
			return err
		}
		now := m.clock()
		_, err = tx.Exec(insertMember, id, noLogin(id), "", "", Administrator, hash, now.Add(inviteLife).Unix(), now.Unix())
		return err
	})
	return code, err
}

// Invite adds a member who still has to enrol. The code is shown once and
// works for seven days; only its hash is kept.
func (m *Members) Invite(ctx context.Context, actor string, who Newcomer) (id, code string, err error) {
	powers, err := checkPowers(who.Powers)
	if err != nil {
		return "", "", err
	}
	who.Login = normalLogin(who.Login)
	if who.Name = strings.TrimSpace(who.Name); !validLogin(who.Login) || !validName(who.Name) {
		return "", "", errNames()
	}
	if id, err = m.newID(); err != nil {
		return "", "", err
	}
	code, hash, err := m.newCode()
	if err != nil {
		return "", "", err
	}
	act := custody.Act{Kind: "staff.invited", Actor: actor, Subject: id, Facts: map[string]string{"powers": strings.Join(powers, " ")}}
	_, err = m.log.Do(ctx, act, func(tx *db.Tx) error {
		if err := loginFree(tx, who.Login, id); err != nil {
			return err
		}
		now := m.clock()
		_, err := tx.Exec(insertMember, id, who.Login, who.Name, who.Lang, strings.Join(powers, " "), hash, now.Add(inviteLife).Unix(), now.Unix())
		return err
	})
	return id, code, err
}

// InviteAgain gives a member who did not enrol yet a new code; the old one is
// worth nothing from then on.
func (m *Members) InviteAgain(ctx context.Context, actor, id string) (code string, err error) {
	code, hash, err := m.newCode()
	if err != nil {
		return "", err
	}
	act := custody.Act{Kind: "staff.invited", Actor: actor, Subject: id, Basis: "again"}
	_, err = m.log.Do(ctx, act, func(tx *db.Tx) error {
		n, err := tx.Exec(renewInvitation, id, hash, m.clock().Add(inviteLife).Unix())
		if err == nil && n == 0 {
			err = fault.New(fault.Conflict, "admin.fault.not_invited", "the member is not waiting for a code")
		}
		return err
	})
	return code, err
}

// InvitedBy finds who a one-time code was made for; NotFound when it is wrong,
// used or too old.
func (m *Members) InvitedBy(ctx context.Context, code string) (Member, error) {
	secret, err := parseCode(code)
	if err != nil {
		return Member{}, err
	}
	hash := m.digest(secret[:])
	got, err := scanMember(m.db.QueryRow(ctx, memberByCode, hash[:], m.clock().Unix()))
	if errors.Is(err, sql.ErrNoRows) {
		return Member{}, errCode()
	}
	return got, err
}

func (m *Members) newCode() (code string, hash []byte, err error) {
	random, err := m.random(codeSize)
	if err != nil {
		return "", nil, err
	}
	sum := m.digest(random)
	return spellCode([codeSize]byte(random)), sum[:], nil
}

// administrators counts the active ones other than except.
func administrators(tx *db.Tx, except string) (n int, err error) {
	rows, err := tx.Query(activePowers, except)
	if err != nil {
		return 0, err
	}
	defer rows.Close()
	for rows.Next() {
		var powers string
		if err := rows.Scan(&powers); err != nil {
			return 0, err
		}
		if has(strings.Fields(powers), Administrator) {
			n++
		}
	}
	return n, rows.Err()
}

func loginFree(tx *db.Tx, login, id string) error {
	var other string
	err := tx.QueryRow(otherWithLogin, login, id).Scan(&other)
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return nil
	case err != nil:
		return err
	}
	return fault.New(fault.Conflict, "staff.fault.login_taken", "another member has this login")
}

// noLogin stands in place of a login that is not chosen yet or free again; it is
// none that anybody could type.
func noLogin(id string) string { return "~" + id }

// normalLogin is a login as it is kept and compared.
func normalLogin(login string) string { return strings.ToLower(strings.TrimSpace(login)) }

func validLogin(login string) bool {
	for _, c := range login {
		if !(c >= 'a' && c <= 'z' || c >= '0' && c <= '9' || strings.ContainsRune(".-_@", c)) {
			return false
		}
	}
	return len(login) >= 2 && len(login) <= 64
}

func validName(name string) bool {
	n := utf8.RuneCountInString(name)
	return utf8.ValidString(name) && n >= 2 && n <= 80 && !strings.ContainsFunc(name, func(c rune) bool { return c < ' ' })
}

func errNames() error {
	return fault.New(fault.BadInput, "staff.fault.names", "login or name is missing, too long or has a sign that is not allowed")
}
