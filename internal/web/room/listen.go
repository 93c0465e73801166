package room

import (
	"encoding/base64"
	"net/http"
	"strconv"

	"verhaal/internal/fault"
	"verhaal/internal/recording/chunk"
	"verhaal/internal/web"
)

// release gives out the server's half of the keys, minute by minute: the
// decision to let a member listen, as an act.
func (f *face) release(w http.ResponseWriter, r *http.Request) error {
	var in struct {
		Track   int      `json:"track"`
		Part    int      `json:"part"`
		Minutes []uint32 `json:"minutes"`
		Purpose string   `json:"purpose"`
		Until   int64    `json:"until"`
	}
	id, err := asked(r, &in)
	if err != nil {
		return err
	}
	if in.Track < 0 || in.Track > 3 || in.Part < 0 || in.Part > 65535 {
		return fault.New(fault.NotFound, "", "no such part")
	}
	p := chunk.Part{Recording: id, Track: chunk.Track(in.Track), Number: uint16(in.Part)}
	got, err := f.book.Release(r.Context(), actor(r), p, in.Minutes, in.Purpose, in.Until)
	if err != nil {
		return err
	}
	out := struct {
		B     map[string][]byte `json:"b"`
		Share []byte            `json:"share"`
		Until int64             `json:"until"`
	}{map[string][]byte{}, got.Share, got.Until}
	for m, half := range got.Halves {
		out.B[strconv.FormatUint(uint64(m), 10)] = half[:]
	}
	return web.WriteJSON(w, http.StatusOK, out)
}

// stop seals a recording; the room must be empty.
func (f *face) stop(w http.ResponseWriter, r *http.Request) error {
	var in struct {
		RoomEmpty bool `json:"room_empty"`
	}
	id, err := asked(r, &in)
	if err != nil {
		return err
	}
	receipt, err := f.book.Stop(r.Context(), actor(r), id, in.RoomEmpty)
	if err != nil {
		return err
	}
	return web.WriteJSON(w, http.StatusOK, map[string]any{"receipt": receipt})
}

// sealHeader carries the signature under a manifest, as base64: a recorder lets
// go of its own copy only once it checked it.
const sealHeader = "Verhaal-Seal"

// manifest is what was sealed, to read.
func (f *face) manifest(w http.ResponseWriter, r *http.Request) error {
	id, err := recordingOf(r)
	if err != nil {
		return err
	}
	text, signature, err := f.book.Manifest(r.Context(), actor(r), id)
	if err != nil {
		return err
	}
	w.Header().Set(sealHeader, base64.StdEncoding.EncodeToString(signature))
	w.Header().Set("Content-Type", "application/json")
	_, err = w.Write(text)
	return err
}

// export gives the whole recording out, encrypted, with its proofs.
func (f *face) export(w http.ResponseWriter, r *http.Request) error {
	id, err := recordingOf(r)
	if err != nil {
		return err
	}
	if _, _, err := f.book.Manifest(r.Context(), actor(r), id); err != nil {
		return err
	}
	w.Header().Set("Content-Type", "application/zip")
	w.Header().Set("Content-Disposition", `attachment; filename="recording.zip"`)
	return f.book.Export(r.Context(), actor(r), id, w)
}

// played writes down what a player played.
func (f *face) played(w http.ResponseWriter, r *http.Request) error {
	var in struct {
		From    uint64 `json:"from"`
		To      uint64 `json:"to"`
		Purpose string `json:"purpose"`
	}
	id, err := asked(r, &in)
	if err != nil {
		return err
	}
	if err := f.book.Played(r.Context(), actor(r), id, in.From, in.To, in.Purpose); err != nil {
		return err
	}
	return web.WriteJSON(w, http.StatusCreated, struct{}{})
}
