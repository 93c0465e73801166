package seal

import (
	"fmt"
	"io"
	"log/slog"
)

// Secret is text that could identify or unlock: it prints as "[sealed]"
// wherever it lands (fmt, slog, JSON) and comes out only through Reveal, which
// is easy to grep for. Reading it from JSON works as for any string.
type Secret string

const redacted = "[sealed]"

// Reveal gives the text itself.
func (s Secret) Reveal() string { return string(s) }

func (Secret) String() string               { return redacted }
func (Secret) GoString() string             { return redacted }
func (Secret) LogValue() slog.Value         { return slog.StringValue(redacted) }
func (Secret) MarshalJSON() ([]byte, error) { return []byte(`"` + redacted + `"`), nil }

// Format catches every verb, %d and %x included, which String alone doesn't.
func (Secret) Format(f fmt.State, _ rune) { io.WriteString(f, redacted) }
