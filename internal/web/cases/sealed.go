package cases

import (
	"net/http"

	"verhaal/internal/casefile"
	"verhaal/internal/web"
)

type partAnswer struct {
	Name    string `json:"name"`
	Version int64  `json:"version"`
	Epoch   int64  `json:"epoch"`
	Sealed  []byte `json:"sealed"`
}

// openParts gives out the sealed parts. It is an act in the custody log.
func (f *face) openParts(w http.ResponseWriter, r *http.Request) error {
	parts, err := f.files.OpenParts(r.Context(), actor(r), r.PathValue("id"))
	if err != nil {
		return err
	}
	key, err := f.files.Key(r.Context(), actor(r), r.PathValue("id"))
	if err != nil {
		return err
	}
	out := struct {
		Parts     []partAnswer `json:"parts"`
		Epoch     int64        `json:"epoch"`
		Recipient string       `json:"recipient"`
	}{answers(parts), key.N, key.Recipient}
	return web.WriteJSON(w, http.StatusOK, out)
}

func answers(parts []casefile.Part) []partAnswer {
	out := []partAnswer{}
	for _, p := range parts {
		out = append(out, partAnswer(p))
	}
	return out
}

// maxPart bounds a sealed part in a body of JSON, in bytes.
const maxPart = 512 << 10

// seal keeps a part that was sealed in the browser.
func (f *face) seal(w http.ResponseWriter, r *http.Request) error {
	var in partAnswer
	if err := web.ReadJSON(r, maxPart, &in); err != nil {
		return err
	}
	if err := f.files.Seal(r.Context(), actor(r), r.PathValue("id"), casefile.Part(in)); err != nil {
		return err
	}
	return web.WriteJSON(w, http.StatusCreated, struct{}{})
}
