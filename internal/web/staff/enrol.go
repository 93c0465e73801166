package staff

import (
	"encoding/json"
	"net/http"

	"verhaal/internal/fault"
	"verhaal/internal/seal"
	"verhaal/internal/staff"
	"verhaal/internal/web"
)

func (f *Face) showEnrol(w http.ResponseWriter, r *http.Request) error {
	web.AllowDerivation(w)
	return f.site.Render(w, r, http.StatusOK, "staff/enrol", nil)
}

// beginEnrol tells the holder of a code who is expected and what the browser
// needs to make the key.
func (f *Face) beginEnrol(w http.ResponseWriter, r *http.Request) error {
	var in struct {
		Code string `json:"code"`
	}
	if err := web.ReadJSON(r, maxBody, &in); err != nil {
		return err
	}
	who, err := f.members.InvitedBy(r.Context(), in.Code)
	if err != nil {
		return err
	}
	c, err := f.members.BeginPasskey(r.Context(), who)
	if err != nil {
		return err
	}
	out := struct {
		Choose      bool     `json:"choose"` // login and name are the newcomer's to choose
		Login       string   `json:"login"`
		Name        string   `json:"name"`
		Recovery    string   `json:"recovery"`
		Fingerprint string   `json:"fingerprint"`
		Passkey     ceremony `json:"passkey"`
	}{
		Choose: who.Name == "", Recovery: f.members.Recovery(), Fingerprint: seal.Fingerprint(f.members.Recovery()),
		Passkey: ceremony{c.Options, c.State},
	}
	if !out.Choose {
		out.Login, out.Name = who.Login, who.Name
	}
	return web.WriteJSON(w, http.StatusOK, out)
}

type passphraseBody struct {
	Proof   []byte `json:"proof"`
	Wrapped []byte `json:"wrapped"`
}

type passkeyBody struct {
	State      string          `json:"state"`
	Credential json.RawMessage `json:"credential"`
	Label      string          `json:"label"`
	Wrapped    []byte          `json:"wrapped"` // null without PRF
}

func (p passkeyBody) made() staff.NewPasskey {
	return staff.NewPasskey{State: p.State, Credential: p.Credential, Label: p.Label, Wrapped: p.Wrapped}
}

func (f *Face) enrol(w http.ResponseWriter, r *http.Request) error {
	var in struct {
		Code       string          `json:"code"`
		Login      string          `json:"login"`
		Name       string          `json:"name"`
		Lang       string          `json:"lang"`
		Recipient  string          `json:"recipient"`
		Recovery   []byte          `json:"recovery"`
		Passphrase *passphraseBody `json:"passphrase"`
		Passkey    *passkeyBody    `json:"passkey"`
	}
	if err := web.ReadJSON(r, maxBody, &in); err != nil {
		return err
	}
	if err := f.checkLang(r, in.Lang); err != nil {
		return err
	}
	e := staff.Enrolment{Code: in.Code, Login: in.Login, Name: in.Name, Lang: in.Lang, Recipient: in.Recipient, Recovery: in.Recovery}
	if p := in.Passphrase; p != nil {
		e.Passphrase = &staff.Passphrase{Proof: p.Proof, Wrapped: p.Wrapped}
	}
	if in.Passkey != nil {
		made := in.Passkey.made()
		e.Passkey = &made
	}
	got, err := f.members.Enrol(r.Context(), e)
	return f.welcome(w, r, got, err)
}

func (f *Face) checkLang(r *http.Request, lang string) error {
	for _, l := range f.site.Page(r).Languages() {
		if l.Lang == lang {
			return nil
		}
	}
	return fault.New(fault.BadInput, "", "no such language")
}
