package staff

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"verhaal/internal/custody"
	"verhaal/internal/db"
	"verhaal/internal/fault"
)

// Certificate is one that an administrator has seen and recorded.
type Certificate struct {
	ID      string
	Staff   string
	Kind    string // as channels demand it: "trafficking"
	From    int    // first day, YYYYMMDD
	Until   int    // last day
	Number  string // on the paper
	By      string // who recorded it
	Revoked bool
}

// ValidOn says whether the certificate counts on a day.
func (c Certificate) ValidOn(day int) bool { return !c.Revoked && c.From <= day && day <= c.Until }

func (c Certificate) check() error {
	from, errFrom := ParseDay(c.From)
	until, errUntil := ParseDay(c.Until)
	if errFrom != nil || errUntil != nil || until.Before(from) || until.Year()-from.Year() > 20 {
		return fault.New(fault.BadInput, "admin.fault.days", "the days of the certificate can't be right")
	}
	if c.Kind == "" || !utf8.ValidString(c.Number) || utf8.RuneCountInString(c.Number) > 60 {
		return fault.New(fault.BadInput, "", "kind or number of the certificate")
	}
	return nil
}

// ParseDay turns YYYYMMDD into midnight UTC; BadInput when there is no such day.
func ParseDay(day int) (time.Time, error) {
	t := time.Date(day/10000, time.Month(day/100%100), day%100, 0, 0, 0, 0, time.UTC)
	if day < 19000101 || day > 99991231 || Day(t) != day {
		return time.Time{}, fault.New(fault.BadInput, "admin.fault.days", "no such day")
	}
	return t, nil
}

// ReadDay reads what a browser's date field sends, 2026-11-23, as YYYYMMDD.
func ReadDay(text string) (int, error) {
	day, err := strconv.Atoi(strings.ReplaceAll(text, "-", ""))
	if err != nil || len(text) != len(time.DateOnly) || text[4] != '-' || text[7] != '-' {
		return 0, fault.New(fault.BadInput, "admin.fault.days", "not a day")
	}
	_, err = ParseDay(day)
	return day, err
}

// Certify records a certificate of a member.
func (m *Members) Certify(ctx context.Context, actor string, c Certificate) (id string, err error) {
	c.Number = strings.TrimSpace(c.Number)
	if err := c.check(); err != nil {
		return "", err
	}
	if who, err := m.ByID(ctx, c.Staff); err != nil || who.State == Left {
		return "", fault.New(fault.NotFound, "", "no such member, or left")
	}
	if id, err = m.newID(); err != nil {
		return "", err
	}
	act := custody.Act{Kind: "certificate.recorded", Actor: actor, Subject: c.Staff, Facts: map[string]string{"kind": c.Kind}}
	_, err = m.log.Do(ctx, act, func(tx *db.Tx) error {
		_, err := tx.Exec(insertCertificate, id, c.Staff, c.Kind, c.From, c.Until, c.Number, actor)
		return err
	})
	return id, err
}

// Revoke ends a member's certificate at once.
func (m *Members) Revoke(ctx context.Context, actor, member, certificate string) error {
	act := custody.Act{Kind: "certificate.revoked", Actor: actor, Subject: member}
	_, err := m.log.Do(ctx, act, func(tx *db.Tx) error {
		n, err := tx.Exec(revokeCertificate, certificate, member)
		if err == nil && n == 0 {
			err = fault.New(fault.NotFound, "", "no such certificate in force")
		}
		return err
	})
	return err
}

// Certified says whether an active member holds a certificate of kind that
// counts on day. It asks the database each time, so that a certificate ends in
// the middle of a session.
func (m *Members) Certified(ctx context.Context, member, kind string, day int) (bool, error) {
	var n int
	err := m.db.QueryRow(ctx, countCertificates, member, kind, day).Scan(&n)
	return n > 0, err
}

// Certificates lists those of a member, the longest valid first; the newest 50.
func (m *Members) Certificates(ctx context.Context, member string) ([]Certificate, error) {
	return m.certificates(ctx, listCertificates, member)
}

// Ending lists certificates in force of active members that end between two
// days, both included, the first to end first; at most limit.
func (m *Members) Ending(ctx context.Context, from, until, limit int) ([]Certificate, error) {
	return m.certificates(ctx, endingCertificates, from, until, limit)
}

// InForce lists every certificate of active members that is not revoked.
func (m *Members) InForce(ctx context.Context) ([]Certificate, error) {
	return m.certificates(ctx, certificatesInForce)
}

func (m *Members) certificates(ctx context.Context, query string, args ...any) ([]Certificate, error) {
	rows, err := m.db.Query(ctx, query, args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var out []Certificate
	for rows.Next() {
		var c Certificate
		var revoked int
		if err := rows.Scan(&c.ID, &c.Staff, &c.Kind, &c.From, &c.Until, &c.Number, &c.By, &revoked); err != nil {
			return nil, err
		}
		c.Revoked = revoked != 0
		out = append(out, c)
	}
	return out, rows.Err()
}

// FromDay and UntilDay write the days as people read them, 2026-11-23.
func (c Certificate) FromDay() string  { return spellDay(c.From) }
func (c Certificate) UntilDay() string { return spellDay(c.Until) }

func spellDay(day int) string { return fmt.Sprintf("%04d-%02d-%02d", day/10000, day/100%100, day%100) }
