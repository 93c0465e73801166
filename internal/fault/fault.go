// Package fault is the one kind of error that crosses from the domain to the
// faces: what went wrong in kind (so that a face can choose a status), which
// sentence a person gets (a message id of locales/), and a detail for the log.
//
// Most callers need New, where the fault begins, and Wrap, where an error of a
// library becomes one of ours. Neither detail nor cause may hold anything that
// identifies a person: they reach logs.
package fault

import (
	"errors"
	"fmt"
)

// Kind says what a caller can do about an error.
type Kind int

// The kinds. Internal is the zero value: an error nobody classified is ours.
const (
	Internal        Kind = iota // a defect or an unknown state; nothing the caller can do
	BadInput                    // the caller sent something that can't be right
	NotFound                    // there is no such thing, or the caller may not know that there is
	Conflict                    // somebody else acted first; look again, then act
	Refused                     // a rule or a missing power forbids it
	Unauthenticated             // nobody is signed in, or the session ended
	TooLarge                    // more bytes than the door takes
	Unavailable                 // a store is gone or full; the same call may work later
)

func (k Kind) String() string {
	names := [...]string{"internal", "bad input", "not found", "conflict", "refused", "unauthenticated", "too large", "unavailable"}
	if k < 0 || int(k) >= len(names) {
		return "internal"
	}
	return names[k]
}

type fault struct {
	kind   Kind
	key    string
	detail string
	cause  error
}

func (f *fault) Error() string {
	if f.cause == nil {
		return f.detail
	}
	if f.detail == "" {
		return f.cause.Error()
	}
	return f.detail + ": " + f.cause.Error()
}

func (f *fault) Unwrap() error { return f.cause }

// New begins a fault. key is the message id of the sentence that a person
// reads, or "" for the kind's own sentence; detail and args are formatted as in
// fmt.Errorf (without %w) for the log.
func New(k Kind, key, detail string, args ...any) error {
	return &fault{kind: k, key: key, detail: fmt.Sprintf(detail, args...)}
}

// Wrap gives err a kind and a sentence; nil stays nil.
func Wrap(k Kind, key string, err error) error {
	if err == nil {
		return nil
	}
	return &fault{kind: k, key: key, cause: err}
}

// KindOf tells the kind of the outermost fault in err's chain.
func KindOf(err error) Kind {
	var f *fault
	if errors.As(err, &f) {
		return f.kind
	}
	return Internal
}

// KeyOf tells the message id of the sentence for err; never empty for a
// non-nil error.
func KeyOf(err error) string {
	kind := KindOf(err)
	for f := (*fault)(nil); errors.As(err, &f); err = f.cause {
		if f.key != "" {
			return f.key
		}
	}
	return map[Kind]string{
		Internal:        "fault.internal",
		BadInput:        "fault.bad_input",
		NotFound:        "fault.not_found",
		Conflict:        "fault.conflict",
		Refused:         "fault.refused",
		Unauthenticated: "fault.unauthenticated",
		TooLarge:        "fault.too_large",
		Unavailable:     "fault.unavailable",
	}[kind]
}
