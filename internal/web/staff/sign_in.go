package staff

import (
	"encoding/json"
	"net/http"

	"verhaal/internal/fault"
	"verhaal/internal/staff"
	"verhaal/internal/web"
)

// signedIn is what a browser gets that proved who it is.
type signedIn struct {
	Share   []byte `json:"share"`
	Wrapped []byte `json:"wrapped"` // null when the way in can't unlock the key
}

func (f *Face) showSignIn(w http.ResponseWriter, r *http.Request) error {
	web.AllowDerivation(w)
	return f.site.Render(w, r, http.StatusOK, "staff/sign_in", struct {
		Back string
		Idle bool
	}{back(r), r.URL.Query().Get("why") == "idle"})
}

func (f *Face) greet(w http.ResponseWriter, r *http.Request) error {
	var in struct {
		Login string `json:"login"`
	}
	if err := web.ReadJSON(r, maxBody, &in); err != nil {
		return err
	}
	g, err := f.members.Greet(in.Login)
	if err != nil {
		return err
	}
	return web.WriteJSON(w, http.StatusOK, struct {
		Salt      []byte `json:"salt"`
		Challenge string `json:"challenge"`
		Bits      int    `json:"bits"`
	}{g.Salt, g.Challenge, g.Bits})
}

func (f *Face) signInPassphrase(w http.ResponseWriter, r *http.Request) error {
	var in struct {
		Login     string `json:"login"`
		Proof     []byte `json:"proof"`
		Challenge string `json:"challenge"`
		Nonce     string `json:"nonce"`
	}
	if err := web.ReadJSON(r, maxBody, &in); err != nil {
		return err
	}
	got, err := f.members.SignIn(r.Context(), staff.Attempt{Login: in.Login, Proof: in.Proof, Challenge: in.Challenge, Nonce: in.Nonce})
	return f.welcome(w, r, got, err)
}

func (f *Face) beginSignInPasskey(w http.ResponseWriter, r *http.Request) error {
	c, err := f.members.BeginSignIn()
	return answerCeremony(w, c, err)
}

func (f *Face) signInPasskey(w http.ResponseWriter, r *http.Request) error {
	var in struct {
		State      string          `json:"state"`
		Credential json.RawMessage `json:"credential"`
	}
	if err := web.ReadJSON(r, maxBody, &in); err != nil {
		return err
	}
	got, err := f.members.SignInPasskey(r.Context(), in.State, in.Credential)
	return f.welcome(w, r, got, err)
}

// welcome hands the new session over. One that the browser had before ends, so
// that nothing of it can be taken up again.
func (f *Face) welcome(w http.ResponseWriter, r *http.Request, got staff.SignedIn, err error) error {
	if err != nil {
		return err
	}
	if before, ok := sessionOf(r); ok {
		if err := f.members.SignOut(r.Context(), before, "sign_out"); err != nil {
			return err
		}
	}
	f.setCookie(w, r, got.Cookie)
	return web.WriteJSON(w, http.StatusOK, signedIn{got.Share, got.Wrapped})
}

// signOut needs no session: whoever leaves must never be told to sign in first.
func (f *Face) signOut(w http.ResponseWriter, r *http.Request) error {
	if s, ok := sessionOf(r); ok {
		if err := f.members.SignOut(r.Context(), s, "sign_out"); err != nil {
			return err
		}
	}
	f.leave(w, r)
	return nil
}

func (f *Face) signOutEverywhere(w http.ResponseWriter, r *http.Request) error {
	who := me(r)
	if err := f.members.SignOutEverywhere(r.Context(), who.ID, who.ID); err != nil {
		return err
	}
	f.leave(w, r)
	return nil
}

func (f *Face) leave(w http.ResponseWriter, r *http.Request) {
	f.setCookie(w, r, "")
	// Never "storage": there lie sealed drafts, and minutes of recordings that are
	// still to be sent. The tab's half of the unlocked key is worthless without the
	// share, and the page that follows forgets it (ui/staff/sign_in.ts).
	w.Header().Set("Clear-Site-Data", `"cache"`)
	http.Redirect(w, r, "/staff/sign-in", http.StatusSeeOther)
}

// home sends to the first place that the member may enter.
func (f *Face) home(w http.ResponseWriter, r *http.Request) error {
	to := "/staff/account"
	if places := f.site.Page(r).Nav(); len(places) > 0 {
		to = places[0].Href
	}
	http.Redirect(w, r, to, http.StatusSeeOther)
	return nil
}

func answerCeremony(w http.ResponseWriter, c staff.Ceremony, err error) error {
	if err != nil {
		return err
	}
	return web.WriteJSON(w, http.StatusOK, ceremony{c.Options, c.State})
}

type ceremony struct {
	Options json.RawMessage `json:"options"`
	State   string          `json:"state"`
}

// share gives the session's half of the unlocked key to that session.
func (f *Face) share(w http.ResponseWriter, r *http.Request) error {
	s, ok := sessionOf(r)
	if !ok {
		return fault.New(fault.Unauthenticated, "", "no session")
	}
	share, err := f.members.Share(r.Context(), s)
	if err != nil {
		return err
	}
	return web.WriteJSON(w, http.StatusOK, struct {
		Share []byte `json:"share"`
	}{share})
}

// key gives what unlocks the member's key again in a tab that does not have it.
func (f *Face) key(w http.ResponseWriter, r *http.Request) error {
	locked, err := f.members.Locked(r.Context(), me(r))
	if err != nil {
		return err
	}
	type wrap struct {
		Kind       string `json:"kind"`
		Credential string `json:"credential"`
		Wrapped    []byte `json:"wrapped"`
	}
	out := struct {
		Salt  []byte `json:"salt"`
		Wraps []wrap `json:"wraps"`
	}{Salt: locked.Salt, Wraps: []wrap{}}
	for _, w := range locked.Wraps {
		out.Wraps = append(out.Wraps, wrap{w.Kind, w.Credential, w.Wrapped})
	}
	return web.WriteJSON(w, http.StatusOK, out)
}

// idleWords are the sentences for the last minute before the lock. Asking for
// them does not count as being there.
func (f *Face) idleWords(w http.ResponseWriter, r *http.Request) error {
	p := f.site.Page(r)
	return web.WriteJSON(w, http.StatusOK, map[string]string{"soon": p.T("staff.idle.soon"), "stay": p.T("staff.idle.stay")})
}

// seen says that somebody is still there, reading or typing: Sessions has
// renewed the cookie already.
func (f *Face) seen(w http.ResponseWriter, r *http.Request) error {
	w.WriteHeader(http.StatusNoContent)
	return nil
}

// lock ends the session of a browser that nobody touched for 15 minutes.
func (f *Face) lock(w http.ResponseWriter, r *http.Request) error {
	if s, ok := sessionOf(r); ok {
		if err := f.members.SignOut(r.Context(), s, "idle"); err != nil {
			return err
		}
	}
	f.setCookie(w, r, "")
	w.WriteHeader(http.StatusNoContent)
	return nil
}
