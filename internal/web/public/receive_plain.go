package public

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"net/http"
	"net/url"

	"verhaal/internal/desk"
	"verhaal/internal/fault"
	"verhaal/internal/policy"
	"verhaal/internal/report"
	"verhaal/internal/seal"
	"verhaal/internal/web"
)

// sentPage is shown once, after a report without scripts.
type sentPage struct {
	Channel policy.Channel
	Words   []string // nil where the channel offers no way back
	Digits  string
	Proof   string // "" when the same form had arrived before
}

// receivePlain seals on arrival, in memory, what a browser without scripts
// sent: the one place where the server sees a story. The form says so. What
// can't be taken as it is goes back with all that was written.
func (f *face) receivePlain(w http.ResponseWriter, r *http.Request) error {
	read, err := f.readForm(r, maxForm)
	if err != nil {
		return err
	}
	defer read()
	pack := f.Pack()
	c, ok := pack.Channel(r.PostForm.Get("channel"))
	if !ok {
		return fault.New(fault.BadInput, "", "no such channel")
	}
	if f.read(r).Story == "" {
		return f.showForm(w, r, http.StatusBadRequest, pack, c, "public.tell.empty")
	}
	need, leave := f.lanes.enter()
	defer leave()
	receipt, err := f.receiptOf(r.PostForm)
	if err != nil {
		return err
	}
	// What has arrived whole is kept, also when the line breaks meanwhile.
	ctx := context.WithoutCancel(r.Context())
	keys, err := f.keysOf(ctx, receipt)
	if err != nil {
		return err
	}
	language := f.Site.Page(r).Lang
	got, err := f.sealAndSubmit(ctx, c, f.read(r), keys, language, need > 0)
	switch kind := fault.KindOf(err); {
	case err == nil || kind == fault.Conflict && fault.KeyOf(err) != keyChanged:
		// In conflict with itself: the receipt comes from the form's own words,
		// so this form arrived before and only the answer got lost.
	case kind == fault.TooLarge:
		return f.showForm(w, r, http.StatusRequestEntityTooLarge, pack, c, "public.tell.long")
	case kind == fault.Unavailable:
		return f.showForm(w, r, http.StatusServiceUnavailable, pack, c, fault.KeyOf(err))
	default:
		return err
	}
	page := sentPage{Channel: c, Proof: got.Proof}
	if c.Answers {
		page.Words, page.Digits = receipt.Words(language), receipt.Digits()
	}
	return f.Site.Render(w, r, http.StatusOK, "public/sent", page)
}

// Forms above usualForm bytes are read and held by so many at once only, so
// that a crowd waiting for its derivation fits into memory. The others wait.
const (
	usualForm = 128 << 10
	longForms = 8
)

// readForm reads a form of at most max bytes; done gives its place back.
func (f *face) readForm(r *http.Request, max int64) (done func(), err error) {
	done = func() {}
	if r.ContentLength < 0 || r.ContentLength > usualForm {
		select {
		case f.long <- struct{}{}:
			done = func() { <-f.long }
		case <-r.Context().Done():
			return nil, r.Context().Err()
		}
	}
	if err := web.ReadForm(r, max); err != nil {
		done()
		return nil, err
	}
	return done, nil
}

// onceSize is the length of what rand.Text gives: 130 random bits.
const onceSize = 26

// receiptOf makes the receipt of a form: the same for the same form with the
// same words, so that one sent twice (a reload, a line that broke) is one
// report, and another for a form that was changed. Its randomness is the
// form's own; who sends none gets a random receipt.
func (f *face) receiptOf(form url.Values) (seal.Receipt, error) {
	if len(form.Get("once")) != onceSize {
		return seal.NewReceipt(rand.Reader)
	}
	m := hmac.New(sha256.New, f.WorkKey)
	m.Write([]byte("verhaal/v1/plain-receipt"))
	m.Write([]byte(form.Encode())) // sorted
	return seal.Receipt(m.Sum(nil)[:len(seal.Receipt{})]), nil
}

// keysOf derives a receipt's keys. As many run at once as there are
// processors, since each takes 64 MiB; everybody else waits their turn.
func (f *face) keysOf(ctx context.Context, r seal.Receipt) (seal.Keys, error) {
	select {
	case f.derive <- struct{}{}:
		defer func() { <-f.derive }()
	case <-ctx.Done():
		return seal.Keys{}, ctx.Err()
	}
	return seal.Derive(r[:], f.Salt)
}

// keyChanged is the message id of a report that was sealed to a key of before.
const keyChanged = "fault.key_changed"

// sealAndSubmit does what the script does in a browser. A desk key that
// changed between sealing and writing is sealed to again.
func (f *face) sealAndSubmit(ctx context.Context, c policy.Channel, t told, keys seal.Keys, language string, marked bool) (report.Received, error) {
	for {
		key, err := f.Desks.Sealing(ctx, c.ID)
		if err != nil {
			return report.Received{}, err
		}
		s, err := sealTold(c, key, t, keys)
		if err != nil {
			return report.Received{}, err
		}
		s.Lang, s.Arrival, s.Marked = language, report.Server, marked
		got, err := f.Reports.Submit(ctx, s)
		if err == nil || fault.KeyOf(err) != keyChanged {
			return got, err
		}
	}
}

func sealTold(c policy.Channel, key desk.Key, t told, keys seal.Keys) (report.Submission, error) {
	given := report.Told{Story: t.Story, Answers: t.Answers}
	if !c.Anonymous() {
		given.Who = report.Who{Name: t.Name, Contact: t.Contact, SafeContact: t.Safe}
	}
	own := keys.Identity.Recipient()
	sealed, err := given.Seal(key.Recipient, own)
	return report.Submission{Channel: c.ID, Key: key.Fingerprint, Facts: t.Facts, Lookup: keys.Lookup[:], Proof: keys.Proof[:],
		Reporter: own, Content: sealed.Content, IdentityKey: sealed.IdentityKey, Identity: sealed.Identity}, err
}
