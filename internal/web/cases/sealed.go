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
	return f.writeParts(w, r, parts)
}

// openTalkReport gives out the sealed report of a person's talk alone, for a reason.
func (f *face) openTalkReport(w http.ResponseWriter, r *http.Request) error {
	var in struct {
		Why string `json:"why"`
	}
	if err := web.ReadJSON(r, web.MaxForm, &in); err != nil {
		return err
	}
	parts, err := f.files.OpenTalkReport(r.Context(), actor(r), r.PathValue("id"), r.PathValue("subject"), in.Why)
	if err != nil {
		return err
	}
	return f.writeParts(w, r, parts)
}

// writeParts answers with sealed parts and the key to seal to now.
func (f *face) writeParts(w http.ResponseWriter, r *http.Request, parts []casefile.Part) error {
	key, err := f.files.Key(r.Context(), actor(r), r.PathValue("id"))
	if err != nil {
		return err
	}
	out := struct {
		Parts     []partAnswer `json:"parts"`
		Epoch     int64        `json:"epoch"`
		Recipient string       `json:"recipient"`
		Due       bool         `json:"due"` // a new key must be made before anything is sealed
	}{answers(parts), key.N, key.Recipient, key.Due}
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

// keepTold keeps what a person told already: words sealed in the browser, and
// their topics, which the rules count.
func (f *face) keepTold(w http.ResponseWriter, r *http.Request) error {
	var in struct {
		partAnswer
		Topics []struct {
			Topic     string `json:"topic"`
			Interview string `json:"interview"`
		} `json:"topics"`
		Corrected string `json:"corrected"` // topic of the entry that is changed or removed
	}
	if err := web.ReadJSON(r, maxPart, &in); err != nil {
		return err
	}
	var topics []casefile.ToldTopic
	for _, t := range in.Topics {
		topics = append(topics, casefile.ToldTopic(t))
	}
	if err := f.files.KeepTold(r.Context(), actor(r), r.PathValue("id"), r.PathValue("subject"), casefile.Part(in.partAnswer), topics, in.Corrected); err != nil {
		return err
	}
	return web.WriteJSON(w, http.StatusCreated, struct{}{})
}
