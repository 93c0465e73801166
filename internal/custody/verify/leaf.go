package verify

import (
	"bytes"
	"errors"
	"unicode/utf8"
)

// leaf is what the check of the whole log needs of one leaf.
type leaf struct {
	actor []byte // as written in JSON; points into the leaf's bytes
	prev  int64  // -1 when it is the actor's first
}

// Version of the leaves this package knows.
const leafVersion = 1

// scanLeaf accepts exactly the leaves of docs/formats.md, "Custody log", in the
// canonical form of RFC 8785, so that there is one spelling of each act. It
// is by hand because a general parser and a second writing of each leaf cost
// ten times the hashing; a test holds it against one.
func scanLeaf(data []byte) (leaf, error) {
	l := leaf{prev: -1}
	if !utf8.Valid(data) {
		return l, errors.New("is not UTF-8")
	}
	s := scanner{rest: data}
	s.byte('{')
	if s.member("actor") {
		l.actor = s.text()
	}
	if s.member("basis") {
		s.text()
	}
	day := s.member("day")
	if day {
		s.number()
	}
	if s.member("facts") {
		s.object(func() { s.string() })
	}
	if s.member("hashes") {
		s.object(s.hash)
	}
	s.need("kind")
	s.text()
	if s.member("prev") {
		l.prev = s.number()
	}
	if s.member("subject") {
		s.hash()
	}
	if !day {
		s.need("time")
		s.number()
	}
	s.need("v")
	version := s.number()
	s.byte('}')
	switch {
	case s.bad != "":
		return l, errors.New(s.bad)
	case len(s.rest) > 0:
		return l, errors.New("goes on after its end")
	case version != leafVersion:
		return l, errors.New("has a version that this program does not know")
	}
	return l, nil
}

// scanner reads canonical JSON from the front; after the first fault the rest
// of its reads do nothing.
type scanner struct {
	rest  []byte
	bad   string
	inner bool // the object at hand has a member already
}

func (s *scanner) fail(what string) {
	if s.bad == "" {
		s.bad, s.rest = what, nil
	}
}

func (s *scanner) byte(c byte) {
	if len(s.rest) == 0 || s.rest[0] != c {
		s.fail("is not canonical JSON of an act")
		return
	}
	s.rest = s.rest[1:]
}

// member reads the name of an optional member if it comes next.
func (s *scanner) member(name string) bool {
	i := 0
	if s.inner {
		i = 1
	}
	n := len(name)
	if len(s.rest) < i+n+3 || s.inner && s.rest[0] != ',' || s.rest[i] != '"' ||
		string(s.rest[i+1:i+1+n]) != name || s.rest[i+1+n] != '"' || s.rest[i+2+n] != ':' {
		return false
	}
	s.rest, s.inner = s.rest[i+n+3:], true
	return true
}

func (s *scanner) need(name string) {
	if !s.member(name) {
		s.fail("lacks " + name + ", or its members are not in order")
	}
}

// text is a string that is not empty.
func (s *scanner) text() []byte {
	t := s.string()
	if len(t) == 0 {
		s.fail("has an empty member that should be left out")
	}
	return t
}

// string reads a string in the shortest spelling and gives what stands between
// the quotes.
func (s *scanner) string() []byte {
	s.byte('"')
	for i := 0; i < len(s.rest); {
		switch c := s.rest[i]; {
		case c == '"':
			t := s.rest[:i]
			s.rest = s.rest[i+1:]
			return t
		case c == '\\':
			n := escape(s.rest[i:])
			if n == 0 {
				s.fail("has a string that is not spelt canonically")
				return nil
			}
			i += n
		case c < 0x20:
			s.fail("has a control character in a string")
			return nil
		default:
			i++
		}
	}
	s.fail("has a string without end")
	return nil
}

// escape gives the length of a canonical escape at the front of b, 0 if it is none.
func escape(b []byte) int {
	if len(b) < 2 {
		return 0
	}
	if bytes.IndexByte([]byte(`"\bfnrt`), b[1]) >= 0 {
		return 2
	}
	if len(b) < 6 || string(b[:4]) != `\u00` || b[4] != '0' && b[4] != '1' {
		return 0
	}
	digit := bytes.IndexByte([]byte("0123456789abcdef"), b[5])
	if digit < 0 || b[4] == '0' && bytes.IndexByte([]byte("\b\t\n\f\r"), byte(digit)) >= 0 {
		return 0
	}
	return 6
}

// number reads a whole number from 0 to 2^53, which every reader of JSON keeps
// exactly (RFC 8785 section 3.2.2.3).
func (s *scanner) number() int64 {
	i, n := 0, int64(0)
	for ; i < len(s.rest) && s.rest[i] >= '0' && s.rest[i] <= '9' && i < 17; i++ {
		n = n*10 + int64(s.rest[i]-'0')
	}
	if i == 0 || i > 1 && s.rest[0] == '0' || n > 1<<53 {
		s.fail("has a number that is not spelt canonically")
		return 0
	}
	s.rest = s.rest[i:]
	return n
}

func (s *scanner) hash() {
	t := s.string()
	if len(t) != 64 {
		s.fail("has a hash that is not 32 bytes in hexadecimal")
		return
	}
	for _, c := range t {
		if (c < '0' || c > '9') && (c < 'a' || c > 'f') {
			s.fail("has a hash that is not 32 bytes in hexadecimal")
		}
	}
}

// object reads members with plain names in ascending order.
func (s *scanner) object(value func()) {
	s.byte('{')
	var last []byte
	for first := true; ; first = false {
		if !first {
			if len(s.rest) > 0 && s.rest[0] == '}' {
				break
			}
			s.byte(',')
		}
		name := s.string()
		if !plain(name) || bytes.Compare(name, last) <= 0 {
			s.fail("has names that are not plain or not in order")
		}
		last = name
		s.byte(':')
		value()
		if s.bad != "" {
			return
		}
	}
	s.byte('}')
}

func plain(name []byte) bool {
	for i, c := range name {
		if (c < 'a' || c > 'z') && (i == 0 || c != '_' && (c < '0' || c > '9')) {
			return false
		}
	}
	return len(name) > 0
}
