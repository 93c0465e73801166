package public

import (
	"context"
	"net/http"
	"strconv"
	"strings"

	"verhaal/internal/fault"
	"verhaal/internal/policy"
	"verhaal/internal/report"
	"verhaal/internal/seal"
	"verhaal/internal/web"
)

// maxReturn bounds the form of a return without scripts as it travels, in bytes.
const maxReturn = 2 << 20

type returnPage struct {
	Wrong bool // the receipt that was entered opens nothing
}

func (f *face) askReceipt(w http.ResponseWriter, r *http.Request) error {
	web.AllowDerivation(w)
	return f.Site.Render(w, r, http.StatusOK, "public/return", returnPage{})
}

// dialoguePage is a dialogue opened on the server, for a browser without scripts.
type dialoguePage struct {
	Channel  policy.Channel
	Moved    int // day since when the channel has it from another, YYYYMMDD; 0 = from the start
	Story    string
	Lines    []dialogueLine
	Last     int64
	Receipt  string // goes on in a hidden field; the page is never stored
	CanWrite bool
	Draft    string // not sent, and why: Problem
	Problem  string // message id
	Sent     bool
}

type dialogueLine struct {
	Own  bool
	Day  int
	Text string
}

// comeBack opens a dialogue for a browser without scripts and, when the form
// holds a message, adds it.
func (f *face) comeBack(w http.ResponseWriter, r *http.Request) error {
	read, err := f.readForm(r, maxReturn)
	if err != nil {
		return err
	}
	defer read()
	typed := r.PostForm.Get("receipt")
	keys, err := f.keysOfTyped(r.Context(), typed)
	if err != nil {
		return err
	}
	page := dialoguePage{Receipt: typed}
	text := strings.TrimSpace(r.PostForm.Get("text"))
	if text != "" {
		err := f.addPlain(r, keys, text)
		switch fault.KindOf(err) {
		case fault.Conflict, fault.Unavailable:
			page.Draft, page.Problem = text, fault.KeyOf(err)
		case fault.TooLarge:
			page.Draft, page.Problem = text, "public.tell.long"
		case fault.NotFound: // told below
		default:
			if err != nil {
				return err
			}
			page.Sent = true
		}
	}
	d, err := f.Reports.Return(r.Context(), keys.Lookup[:], keys.Proof[:])
	if fault.KindOf(err) == fault.NotFound && err != nil {
		web.AllowDerivation(w)
		return f.Site.Render(w, r, http.StatusNotFound, "public/return", returnPage{Wrong: true})
	}
	if err != nil {
		return err
	}
	if err := page.open(d, keys.Identity); err != nil {
		return err
	}
	if n := len(page.Lines); page.Draft != "" && n > 0 && page.Lines[n-1].Own && page.Lines[n-1].Text == page.Draft {
		// The same form arrived before and only the answer got lost.
		page.Draft, page.Problem, page.Sent = "", "", true
	}
	page.Channel, _ = f.Pack().Channel(d.Channel)
	page.Moved = d.Moved
	return f.Site.Render(w, r, http.StatusOK, "public/dialogue", page)
}

// keysOfTyped derives the keys of a receipt as somebody typed it. A text that
// is no receipt at all costs a derivation too, so that a guesser learns
// nothing from the time; it then opens nothing.
func (f *face) keysOfTyped(ctx context.Context, typed string) (seal.Keys, error) {
	r, err := seal.ParseReceipt(typed)
	keys, derived := f.keysOf(ctx, r)
	if derived != nil {
		return seal.Keys{}, derived
	}
	if err != nil {
		return seal.Keys{Identity: keys.Identity}, nil
	}
	return keys, nil
}

func (p *dialoguePage) open(d report.Dialogue, id seal.Identity) error {
	var content struct {
		Story string `json:"story"`
	}
	if err := seal.OpenJSON(d.Content, &content, id); err != nil {
		return err
	}
	p.Story, p.CanWrite = content.Story, d.Key.Recipient != ""
	for _, m := range d.Messages {
		var line struct {
			Text string `json:"text"`
		}
		if err := seal.OpenJSON(m.Sealed, &line, id); err != nil {
			return err
		}
		p.Lines = append(p.Lines, dialogueLine{m.Sender == report.FromReporter, m.Day, line.Text})
		p.Last = m.N
	}
	return nil
}

// addPlain seals a message on arrival and adds it behind the last one that the
// page showed. A desk key that changed meanwhile is sealed to again.
func (f *face) addPlain(r *http.Request, keys seal.Keys, text string) error {
	after, err := strconv.ParseInt(r.PostForm.Get("after"), 10, 64)
	if err != nil {
		return fault.New(fault.BadInput, "", "not a number of a message")
	}
	ctx := context.WithoutCancel(r.Context())
	for {
		d, err := f.Reports.Return(ctx, keys.Lookup[:], keys.Proof[:])
		if err != nil {
			return err
		}
		if shown := r.PostForm.Get("channel"); shown != "" && shown != d.Channel {
			return fault.New(fault.Conflict, "fault.handed_over", "written to a desk that handed the report over")
		}
		if d.Key.Recipient == "" {
			return fault.New(fault.Unavailable, "fault.channel_closed", "the channel is closed")
		}
		sealed, err := report.SealMessage(text, d.Key.Recipient, keys.Identity.Recipient())
		if err != nil {
			return err
		}
		err = f.Reports.WriteAgain(ctx, keys.Lookup[:], keys.Proof[:], after, d.Key.Fingerprint, sealed)
		if err == nil || fault.KeyOf(err) != keyChanged {
			return err
		}
	}
}
