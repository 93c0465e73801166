package cases

import (
	"context"
	"net/http"

	"verhaal/internal/casefile"
	"verhaal/internal/web"
)

// toldView is a victim's view as pages name it.
type toldView struct {
	casefile.View
	To, By string
}

func (f *face) toldViews(ctx context.Context, all []casefile.View) ([]toldView, error) {
	var out []toldView
	for _, v := range all {
		to, err := f.called(ctx, v.Prosecutor)
		if err != nil {
			return nil, err
		}
		by, err := f.called(ctx, v.ToldBy)
		if err != nil {
			return nil, err
		}
		out = append(out, toldView{v, to, by})
	}
	return out, nil
}

// tellProsecutor sends the victim's view, sealed: there is no withdrawal.
func (f *face) tellProsecutor(w http.ResponseWriter, r *http.Request) error {
	in, err := web.Form(r)
	if err != nil {
		return err
	}
	sealed, epoch, err := sealedIn(in)
	if err != nil {
		return err
	}
	if err := f.files.TellProsecutor(r.Context(), actor(r), r.PathValue("id"), r.PathValue("subject"), in.Get("prosecutor"), casefile.Part{Epoch: epoch, Sealed: sealed}); err != nil {
		return err
	}
	return web.Back(w, r, here(r)+"/talk")
}

// readView gives out a view to the prosecutor it was told to. It is an act in
// the custody log.
func (f *face) readView(w http.ResponseWriter, r *http.Request) error {
	words, err := f.files.ReadView(r.Context(), actor(r), r.PathValue("id"))
	if err != nil {
		return err
	}
	return web.WriteJSON(w, http.StatusOK, struct {
		Words []byte `json:"words"`
	}{words})
}
