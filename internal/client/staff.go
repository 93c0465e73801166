package client

import (
	"context"
	"errors"
	"fmt"
	"net/url"

	"golang.org/x/text/unicode/norm"

	"verhaal/internal/report"
	"verhaal/internal/seal"
)

// Staff is a member in a browser of their own: a cookie, and after signing in
// the unlocked key.
type Staff struct {
	door
	key seal.Identity
}

// NewStaff visits base with an empty browser.
func NewStaff(base string) *Staff { return &Staff{door: newDoor(base)} }

// Recipient is what is sealed to this member alone.
func (c *Staff) Recipient() string { return c.key.Recipient() }

// Newcomer is who enrols; Login and Name count only for the first administrator.
type Newcomer struct{ Code, Login, Name, Lang, Passphrase string }

// Enrol makes the member's key and gives it, wrapped, to the server.
func (c *Staff) Enrol(ctx context.Context, n Newcomer) error {
	var begun struct {
		Choose      bool
		Login, Name string
		Recovery    string
	}
	if err := c.call(ctx, "/staff/enrol/begin", map[string]string{"code": n.Code}, &begun); err != nil {
		return err
	}
	if !begun.Choose {
		n.Login, n.Name = begun.Login, begun.Name
	}
	own, err := seal.NewIdentity()
	if err != nil {
		return err
	}
	keys, _, err := c.passphraseKeys(ctx, n.Login, n.Passphrase)
	if err != nil {
		return err
	}
	wrapped, err := seal.Seal([]byte(own.Secret()), keys.Identity.Recipient())
	if err != nil {
		return err
	}
	recovery, err := seal.Seal([]byte(own.Secret()), begun.Recovery)
	if err != nil {
		return err
	}
	type passphrase struct {
		Proof   []byte `json:"proof"`
		Wrapped []byte `json:"wrapped"`
	}
	if err := c.call(ctx, "/staff/enrol", struct {
		Code       string     `json:"code"`
		Login      string     `json:"login"`
		Name       string     `json:"name"`
		Lang       string     `json:"lang"`
		Recipient  string     `json:"recipient"`
		Recovery   []byte     `json:"recovery"`
		Passphrase passphrase `json:"passphrase"`
	}{n.Code, n.Login, n.Name, n.Lang, own.Recipient(), recovery, passphrase{keys.Proof[:], wrapped}}, nil); err != nil {
		return err
	}
	c.key = own
	return nil
}

// greeting is what the server says to a login: its salt, and the work that a
// guess costs at the moment.
type greeting struct {
	Salt      []byte
	Challenge string
	Bits      int
}

func (c *Staff) passphraseKeys(ctx context.Context, login, passphrase string) (seal.Keys, greeting, error) {
	var g greeting
	if err := c.call(ctx, "/staff/salt", map[string]string{"login": login}, &g); err != nil {
		return seal.Keys{}, g, err
	}
	keys, err := seal.Derive(norm.NFKC.Bytes([]byte(passphrase)), g.Salt)
	return keys, g, err
}

// SignIn signs in with a passphrase and unlocks the key.
func (c *Staff) SignIn(ctx context.Context, login, passphrase string) error {
	keys, g, err := c.passphraseKeys(ctx, login, passphrase)
	if err != nil {
		return err
	}
	var got struct{ Wrapped []byte }
	if err := c.call(ctx, "/staff/sign-in/passphrase", struct {
		Login     string `json:"login"`
		Proof     []byte `json:"proof"`
		Challenge string `json:"challenge"`
		Nonce     string `json:"nonce"`
	}{login, keys.Proof[:], g.Challenge, work(g.Challenge, keys.Proof[:], g.Bits)}, &got); err != nil {
		return err
	}
	plain, err := seal.Open(got.Wrapped, keys.Identity)
	if err != nil {
		return err
	}
	c.key, err = seal.ParseIdentity(string(plain))
	return err
}

// Speak chooses the language of the pages.
func (c *Staff) Speak(ctx context.Context, lang string) error {
	_, err := c.form(ctx, "/staff/account/language", url.Values{"lang": {lang}})
	return err
}

// DoDuty takes care of a desk's key, as a member's browser does.
func (c *Staff) DoDuty(ctx context.Context, channel string) error {
	return c.doDuty(ctx, "/desk/"+channel)
}

// DoCaseDuty takes care of a case file's key, as a member's browser does.
func (c *Staff) DoCaseDuty(ctx context.Context, file string) error {
	return c.doDuty(ctx, "/case/"+file)
}

// doDuty makes the next key of a ring, or passes the ones this member has on to
// colleagues; under is the path of its thing.
func (c *Staff) doDuty(ctx context.Context, under string) error {
	type holder struct{ ID, Recipient string }
	var duty struct {
		Current int64
		New     bool
		Holders []holder
		Missing map[int64][]holder
	}
	if err := c.call(ctx, under+"/duty", nil, &duty); err != nil {
		return err
	}
	wrapFor := func(holders []holder, key seal.Identity) (map[string][]byte, error) {
		wraps := map[string][]byte{}
		for _, h := range holders {
			var err error
			if wraps[h.ID], err = seal.Seal([]byte(key.Secret()), h.Recipient); err != nil {
				return nil, err
			}
		}
		return wraps, nil
	}
	if duty.New {
		key, err := seal.NewIdentity()
		if err != nil {
			return err
		}
		wraps, err := wrapFor(duty.Holders, key)
		if err != nil {
			return err
		}
		if err := c.call(ctx, under+"/epoch", map[string]any{
			"previous": duty.Current, "recipient": key.Recipient(), "wraps": wraps}, nil); err != nil {
			return err
		}
	}
	if len(duty.Missing) == 0 {
		return nil
	}
	keys, err := c.ringKeys(ctx, under)
	if err != nil {
		return err
	}
	for epoch, holders := range duty.Missing {
		wraps, err := wrapFor(holders, keys[epoch])
		if err != nil {
			return err
		}
		if err := c.call(ctx, under+"/wraps", map[string]any{"epoch": epoch, "wraps": wraps}, nil); err != nil {
			return err
		}
	}
	return nil
}

// ring is the keys of a desk or a case file that a member holds, by epoch.
type ring map[int64]seal.Identity

func (r ring) at(epoch int64) (seal.Identity, error) {
	key, ok := r[epoch]
	if !ok {
		return key, fmt.Errorf("epoch %d of the key is not held", epoch)
	}
	return key, nil
}

// ringKeys opens every epoch of a ring that this member holds; under is the path
// of its thing.
func (c *Staff) ringKeys(ctx context.Context, under string) (ring, error) {
	var wraps []struct {
		Epoch   int64
		Wrapped []byte
	}
	if err := c.call(ctx, under+"/wraps", nil, &wraps); err != nil {
		return nil, err
	}
	keys := ring{}
	for _, w := range wraps {
		plain, err := seal.Open(w.Wrapped, c.key)
		if err != nil {
			return nil, err
		}
		if keys[w.Epoch], err = seal.ParseIdentity(string(plain)); err != nil {
			return nil, err
		}
	}
	return keys, nil
}

// Case is one report as an officer's browser opened it.
type Case struct {
	Channel, ID string
	Story       string
	Lines       []Line

	reporter  string
	recipient string // of the desk, now
}

// Open opens a report; it is recorded.
func (c *Staff) Open(ctx context.Context, channel, id string) (Case, error) {
	keys, err := c.ringKeys(ctx, "/desk/"+channel)
	if err != nil {
		return Case{}, err
	}
	var got struct {
		Epoch    int64
		Content  []byte
		Reporter string
		Messages []sealedMessage
		Key      struct{ Recipient string }
	}
	if err := c.call(ctx, "/desk/"+channel+"/"+id+"/open", struct{}{}, &got); err != nil {
		return Case{}, err
	}
	key, err := keys.at(got.Epoch)
	if err != nil {
		return Case{}, err
	}
	var told struct{ Story string }
	if err := seal.OpenJSON(got.Content, &told, key); err != nil {
		return Case{}, err
	}
	all := make([]seal.Identity, 0, len(keys))
	for _, k := range keys {
		all = append(all, k)
	}
	lines, err := openMessages(got.Messages, all...)
	return Case{channel, id, told.Story, lines, got.Reporter, got.Key.Recipient}, err
}

// Answer sends a message to the reporter.
func (c *Staff) Answer(ctx context.Context, r Case, text string) error {
	if r.reporter == "" {
		return errors.New("the channel answers nobody")
	}
	sealed, err := report.SealMessage(text, r.reporter, r.recipient)
	if err != nil {
		return err
	}
	after := int64(0)
	if n := len(r.Lines); n > 0 {
		after = r.Lines[n-1].N
	}
	return c.call(ctx, "/desk/"+r.Channel+"/"+r.ID+"/answer", map[string]any{
		"after": after, "key": seal.Fingerprint(r.recipient), "sealed": sealed}, nil)
}
