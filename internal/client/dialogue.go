package client

import (
	"context"

	"verhaal/internal/report"
	"verhaal/internal/seal"
)

// Line is one message of a dialogue, opened.
type Line struct {
	N      int64
	Sender string
	Text   string
}

// Dialogue is what a reporter finds on coming back, opened.
type Dialogue struct {
	Channel string
	Moved   int // day since when Channel has it from another, YYYYMMDD; 0 = from the start
	Story   string
	Lines   []Line

	keys      seal.Keys
	recipient string // of the desk
}

type sealedMessage struct {
	N      int64  `json:"n"`
	Sender string `json:"sender"`
	Day    int    `json:"day"`
	Epoch  int64  `json:"epoch"`
	Sealed []byte `json:"sealed"`
}

// Return comes back with a receipt, as typed. salt is the installation's, from Key.
func (c *Reporter) Return(ctx context.Context, receipt string, salt []byte) (Dialogue, error) {
	r, err := seal.ParseReceipt(receipt)
	if err != nil {
		return Dialogue{}, err
	}
	keys, err := seal.Derive(r[:], salt)
	if err != nil {
		return Dialogue{}, err
	}
	return c.ReturnWith(ctx, keys)
}

// ReturnWith is Return with keys already derived.
func (c *Reporter) ReturnWith(ctx context.Context, keys seal.Keys) (Dialogue, error) {
	var got struct {
		Channel  string          `json:"channel"`
		Moved    int             `json:"moved"`
		Content  []byte          `json:"content"`
		Messages []sealedMessage `json:"messages"`
		Key      struct {
			Recipient string `json:"recipient"`
		} `json:"key"`
	}
	if err := c.call(ctx, "/"+c.lang+"/dialogue", map[string][]byte{"lookup": keys.Lookup[:], "proof": keys.Proof[:]}, &got); err != nil {
		return Dialogue{}, err
	}
	d := Dialogue{Channel: got.Channel, Moved: got.Moved, keys: keys, recipient: got.Key.Recipient}
	var told struct {
		Story string `json:"story"`
	}
	if err := seal.OpenJSON(got.Content, &told, keys.Identity); err != nil {
		return Dialogue{}, err
	}
	d.Story = told.Story
	lines, err := openMessages(got.Messages, keys.Identity)
	d.Lines = lines
	return d, err
}

func openMessages(sealed []sealedMessage, ids ...seal.Identity) ([]Line, error) {
	var out []Line
	for _, m := range sealed {
		var text struct {
			Text string `json:"text"`
		}
		if err := seal.OpenJSON(m.Sealed, &text, ids...); err != nil {
			return nil, err
		}
		out = append(out, Line{m.N, m.Sender, text.Text})
	}
	return out, nil
}

// Write adds a message of the reporter behind the last one of d.
func (c *Reporter) Write(ctx context.Context, d Dialogue, text string) error {
	file, err := report.SealMessage(text, d.recipient, d.keys.Identity.Recipient())
	if err != nil {
		return err
	}
	after := int64(0)
	if n := len(d.Lines); n > 0 {
		after = d.Lines[n-1].N
	}
	return c.call(ctx, "/"+c.lang+"/dialogue/message", struct {
		Lookup []byte `json:"lookup"`
		Proof  []byte `json:"proof"`
		After  int64  `json:"after"`
		Key    string `json:"key"`
		Sealed []byte `json:"sealed"`
	}{d.keys.Lookup[:], d.keys.Proof[:], after, seal.Fingerprint(d.recipient), file}, nil)
}
