package report

import (
	"fmt"
	"io"
	"log/slog"

	"verhaal/internal/seal"
)

// Told is what somebody tells before it is sealed: it exists on the reporter's
// device, or in the memory of a server that seals on arrival. It never prints.
type Told struct {
	Story   string
	Answers map[string]string // optional questions by their names
	Who     Who
}

// Who is who reports; empty on anonymous channels.
type Who struct {
	Name        string
	Contact     string
	SafeContact string // how and when, never what
}

const redacted = "[told]"

func (Told) Format(f fmt.State, _ rune)   { _, _ = io.WriteString(f, redacted) }
func (Told) LogValue() slog.Value         { return slog.StringValue(redacted) }
func (Told) MarshalJSON() ([]byte, error) { return []byte(`"` + redacted + `"`), nil }
func (Who) Format(f fmt.State, _ rune)    { _, _ = io.WriteString(f, redacted) }
func (Who) LogValue() slog.Value          { return slog.StringValue(redacted) }

// formatVersion is that of the JSON inside sealed files (docs/formats.md).
const formatVersion = 1

// Sealed is the three files that every report is.
type Sealed struct {
	Content     []byte // to the desk and to the reporter
	IdentityKey []byte // to the desk: the private key of Identity
	Identity    []byte // to a key of its own
}

// Seal seals to the recipient of a desk and to that of the reporter. All three
// files are always there, so that their sizes tell neither channel nor name.
func (t Told) Seal(desk, reporter string) (Sealed, error) {
	own, err := seal.NewIdentity()
	if err != nil {
		return Sealed{}, err
	}
	var s Sealed
	if s.Content, err = sealJSON(struct {
		V       int               `json:"v"`
		Story   string            `json:"story"`
		Answers map[string]string `json:"answers"`
	}{formatVersion, t.Story, t.Answers}, desk, reporter); err != nil {
		return Sealed{}, err
	}
	if s.Identity, err = sealJSON(struct {
		V           int    `json:"v"`
		Name        string `json:"name,omitempty"`
		Contact     string `json:"contact,omitempty"`
		SafeContact string `json:"safe_contact,omitempty"`
	}{formatVersion, t.Who.Name, t.Who.Contact, t.Who.SafeContact}, own.Recipient()); err != nil {
		return Sealed{}, err
	}
	s.IdentityKey, err = seal.Seal([]byte(own.Secret()), desk)
	return s, err
}

// SealMessage seals one message of a dialogue.
func SealMessage(text string, recipients ...string) ([]byte, error) {
	return sealJSON(map[string]any{"v": formatVersion, "text": text}, recipients...)
}

func sealJSON(v any, recipients ...string) ([]byte, error) {
	plain, err := seal.PadJSON(v)
	if err != nil {
		return nil, err
	}
	return seal.Seal(plain, recipients...)
}
