package staff

import (
	"net/http"
	"time"

	"verhaal/internal/staff"
	"verhaal/internal/web"
)

func (f *Face) showAccount(w http.ResponseWriter, r *http.Request) error {
	who := me(r)
	passkeys, err := f.members.Passkeys(r.Context(), who.ID)
	if err != nil {
		return err
	}
	has, err := f.members.HasPassphrase(r.Context(), who.ID)
	if err != nil {
		return err
	}
	certificates, err := f.members.Certificates(r.Context(), who.ID)
	if err != nil {
		return err
	}
	calendars, err := f.calendars.Feeds(r.Context())
	if err != nil {
		return err
	}
	web.AllowDerivation(w)
	return f.site.Render(w, r, http.StatusOK, "staff/account", struct {
		Login         string
		Passkeys      []staff.Passkey
		HasPassphrase bool
		Certificates  []staff.Certificate
		Calendar      time.Time // since when there is an address of theirs; zero for none
		Today         int
		Done          string
	}{who.Login, passkeys, has, certificates, calendars[calendarOf(who)], f.members.Today(), done(r)})
}

// done is what the page says was just done: one of the sentences it has.
func done(r *http.Request) string {
	switch d := r.URL.Query().Get("done"); d {
	case "language", "passphrase", "passkey", "removed", "calendar":
		return d
	}
	return ""
}

func (f *Face) setLanguage(w http.ResponseWriter, r *http.Request) error {
	if err := web.ReadForm(r, maxBody); err != nil {
		return err
	}
	lang := r.PostForm.Get("lang")
	if err := f.checkLang(r, lang); err != nil {
		return err
	}
	if err := f.members.SetLang(r.Context(), me(r), lang); err != nil {
		return err
	}
	http.Redirect(w, r, "/staff/account?done=language", http.StatusSeeOther)
	return nil
}

func (f *Face) setPassphrase(w http.ResponseWriter, r *http.Request) error {
	var in struct {
		Old     []byte `json:"old"` // proof of the passphrase before; null when there is none
		Proof   []byte `json:"proof"`
		Wrapped []byte `json:"wrapped"`
	}
	if err := web.ReadJSON(r, maxBody, &in); err != nil {
		return err
	}
	if err := f.members.SetPassphrase(r.Context(), me(r), in.Old, staff.Passphrase{Proof: in.Proof, Wrapped: in.Wrapped}); err != nil {
		return err
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}

func (f *Face) beginPasskey(w http.ResponseWriter, r *http.Request) error {
	c, err := f.members.BeginPasskey(r.Context(), me(r))
	return answerCeremony(w, c, err)
}

func (f *Face) addPasskey(w http.ResponseWriter, r *http.Request) error {
	var in passkeyBody
	if err := web.ReadJSON(r, maxBody, &in); err != nil {
		return err
	}
	if err := f.members.AddPasskey(r.Context(), me(r), in.made()); err != nil {
		return err
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}

func (f *Face) removePasskey(w http.ResponseWriter, r *http.Request) error {
	if err := web.ReadForm(r, maxBody); err != nil {
		return err
	}
	if err := f.members.RemovePasskey(r.Context(), me(r), r.PostForm.Get("credential")); err != nil {
		return err
	}
	http.Redirect(w, r, "/staff/account?done=removed", http.StatusSeeOther)
	return nil
}

// calendarOf is how the calendar names somebody.
func calendarOf(who staff.Member) string { return "staff/" + who.ID }

// endCalendar ends the address of the own calendar for other programs.
func (f *Face) endCalendar(w http.ResponseWriter, r *http.Request) error {
	who := me(r)
	if err := f.calendars.EndFeed(r.Context(), who.ID, calendarOf(who)); err != nil {
		return err
	}
	http.Redirect(w, r, "/staff/account?done=calendar", http.StatusSeeOther)
	return nil
}
