package custody

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"maps"
	"math"
	"regexp"
	"slices"
	"strconv"
	"time"
	"unicode/utf8"

	"verhaal/internal/fault"
)

const (
	// MaxLeaf is the most bytes a leaf may have: an entry bundle gives its
	// length in 16 bits (C2SP tlog-tiles, "Log entries").
	MaxLeaf = 1<<16 - 1
	// leafVersion is the "v" of the leaves we write.
	leafVersion = 1
	saltSize    = 32 // bytes
)

var (
	kindForm = regexp.MustCompile(`^[a-z][a-z0-9_]*\.[a-z][a-z0-9_]*$`)
	nameForm = regexp.MustCompile(`^[a-z][a-z0-9_]*$`)
)

// check refuses an act that can't be written canonically or at all, before it
// joins others in a group.
func (a Act) check() error {
	if !kindForm.MatchString(a.Kind) {
		return fault.New(fault.BadInput, "", "an act's kind is noun.verb_past")
	}
	if !utf8.ValidString(a.Actor) || !utf8.ValidString(a.Basis) {
		return fault.New(fault.BadInput, "", "%s: actor or basis is not UTF-8", a.Kind)
	}
	for k, v := range a.Facts {
		if !nameForm.MatchString(k) || !utf8.ValidString(v) {
			return fault.New(fault.BadInput, "", "%s: a fact has no plain name or is not UTF-8", a.Kind)
		}
	}
	for k, v := range a.Hashes {
		if !nameForm.MatchString(k) || len(v) != sha256.Size {
			return fault.New(fault.BadInput, "", "%s: a hash has no plain name or is no SHA-256", a.Kind)
		}
	}
	// With the longest numbers that append may put in.
	if n := len(a.leaf(math.MaxInt64, time.Unix(1<<40, 0), make([]byte, sha256.Size))); n > MaxLeaf {
		return fault.New(fault.TooLarge, "", "%s: a leaf of %d bytes, the log takes %d", a.Kind, n, MaxLeaf)
	}
	return nil
}

// leaf writes the act in the canonical form of RFC 8785: no spaces, members
// sorted by UTF-16 code units (all names are ASCII), shortest escapes, whole
// numbers in plain digits. Members that would be empty are left out; previous
// is -1 for the actor's first act.
func (a Act) leaf(previous int64, when time.Time, subject []byte) []byte {
	b := make([]byte, 0, 512)
	b = append(b, '{')
	text := func(name, value string) {
		if value != "" {
			b = appendString(member(b, name), value)
		}
	}
	number := func(name string, value int64) { b = strconv.AppendInt(member(b, name), value, 10) }

	text("actor", a.Actor)
	text("basis", a.Basis)
	if a.DayOnly {
		y, m, d := when.Date()
		number("day", int64(y*10000+int(m)*100+d))
	}
	if len(a.Facts) > 0 {
		b = append(member(b, "facts"), '{')
		for _, k := range slices.Sorted(maps.Keys(a.Facts)) {
			b = appendString(member(b, k), a.Facts[k])
		}
		b = append(b, '}')
	}
	if len(a.Hashes) > 0 {
		b = append(member(b, "hashes"), '{')
		for _, k := range slices.Sorted(maps.Keys(a.Hashes)) {
			b = appendString(member(b, k), hex.EncodeToString(a.Hashes[k]))
		}
		b = append(b, '}')
	}
	text("kind", a.Kind)
	if previous >= 0 {
		number("prev", previous)
	}
	text("subject", hex.EncodeToString(subject))
	if !a.DayOnly {
		number("time", when.Unix())
	}
	number("v", leafVersion)
	return append(b, '}')
}

// member begins a member of an object.
func member(b []byte, name string) []byte {
	if b[len(b)-1] != '{' {
		b = append(b, ',')
	}
	return append(appendString(b, name), ':')
}

// appendString writes s as RFC 8785 section 3.2.2.2 wants it.
func appendString(b []byte, s string) []byte {
	const digits = "0123456789abcdef"
	b = append(b, '"')
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case c == '"' || c == '\\':
			b = append(b, '\\', c)
		case c >= 0x20:
			b = append(b, c)
		case c == '\b':
			b = append(b, '\\', 'b')
		case c == '\t':
			b = append(b, '\\', 't')
		case c == '\n':
			b = append(b, '\\', 'n')
		case c == '\f':
			b = append(b, '\\', 'f')
		case c == '\r':
			b = append(b, '\\', 'r')
		default:
			b = append(b, '\\', 'u', '0', '0', digits[c>>4], digits[c&15])
		}
	}
	return append(b, '"')
}

// commitment binds a leaf to its subject without naming it: HMAC-SHA256 with
// the leaf's own salt as key, so that two leaves on one subject can't be seen
// to belong together. No subject, no commitment.
func commitment(salt []byte, subject string) []byte {
	if subject == "" {
		return nil
	}
	h := hmac.New(sha256.New, salt)
	h.Write([]byte(subject))
	return h.Sum(nil)
}
