package room

import (
	"net/http"
	"strconv"
	"strings"

	"verhaal/internal/fault"
	"verhaal/internal/recording"
	"verhaal/internal/recording/chunk"
	"verhaal/internal/web"
)

// ready answers pre-flight: the clock, the disk, the level.
func (f *face) ready(w http.ResponseWriter, r *http.Request) error {
	q := r.URL.Query()
	a := recording.Ask{Casefile: q.Get("case"), Interview: q.Get("interview")}
	a.Minutes, _ = strconv.Atoi(q.Get("minutes")) // 0 is refused below
	var err error
	if a.Tracks, err = tracks(q.Get("tracks")); err != nil {
		return err
	}
	if q.Has("pictures") {
		if a.Pictures, err = tracks(q.Get("pictures")); err != nil {
			return err
		}
	}
	got, err := f.book.Ready(r.Context(), actor(r), a)
	if err != nil {
		return err
	}
	return web.WriteJSON(w, http.StatusOK, struct {
		Now     int64  `json:"now"`
		Need    int64  `json:"need"`
		Free    int64  `json:"free"`
		Room    bool   `json:"room"`
		Level   string `json:"level"`
		Met     bool   `json:"met"`
		Running string `json:"running"`
	}{got.Now, got.Need, got.Free, got.Free >= got.Need, got.Level, got.Met, got.Running})
}

// tracks reads numbers of tracks, "0,1"; never nil.
func tracks(text string) ([]int, error) {
	out := []int{}
	for _, one := range strings.FieldsFunc(text, func(r rune) bool { return r == ',' }) {
		n, err := strconv.Atoi(one)
		if err != nil {
			return nil, fault.New(fault.BadInput, "", "no tracks")
		}
		out = append(out, n)
	}
	return out, nil
}

// start begins a recording, or gives a recorder that lost its page what it
// began with.
func (f *face) start(w http.ResponseWriter, r *http.Request) error {
	var in struct {
		Case      string `json:"case"`
		Interview string `json:"interview"`
		Kind      string `json:"kind"`
		Minutes   int    `json:"minutes"`
		Tracks    []int  `json:"tracks"`
		Pictures  []int  `json:"pictures"`
		Resume    string `json:"resume"`
	}
	if err := web.ReadJSON(r, maxBody, &in); err != nil {
		return err
	}
	var begun recording.Begun
	var err error
	status := http.StatusCreated
	if in.Resume != "" {
		var id chunk.ID
		if err := id.UnmarshalText([]byte(in.Resume)); err != nil {
			return fault.New(fault.NotFound, "", "no such recording")
		}
		status = http.StatusOK
		begun, err = f.book.Resume(r.Context(), actor(r), id)
	} else {
		begun, err = f.book.Start(r.Context(), actor(r), recording.Ask{Casefile: in.Case, Interview: in.Interview, Kind: in.Kind, Minutes: in.Minutes, Tracks: in.Tracks, Pictures: in.Pictures})
	}
	if err != nil {
		return err
	}
	return web.WriteJSON(w, status, struct {
		ID       string `json:"id"`
		CaseKey  string `json:"case_key"`
		Recovery string `json:"recovery"`
		Level    string `json:"level"`
		Started  int64  `json:"started"`
	}{begun.ID.String(), begun.CaseKey, begun.Recovery, begun.Level, begun.Started})
}

// part begins a run of a recorder on a track.
func (f *face) part(w http.ResponseWriter, r *http.Request) error {
	var in struct {
		Track int    `json:"track"`
		Codec int    `json:"codec"`
		Share string `json:"share"`
	}
	id, err := asked(r, &in)
	if err != nil {
		return err
	}
	share, err := file(in.Share)
	if err != nil {
		return err
	}
	if in.Track < 0 || in.Track > 3 || in.Codec < 0 || in.Codec > 255 {
		return fault.New(fault.BadInput, "", "no track, or no codec")
	}
	p, half, err := f.book.Part(r.Context(), actor(r), id, chunk.Track(in.Track), chunk.Codec(in.Codec), share)
	if err != nil {
		return err
	}
	token, err := f.book.Token(p)
	if err != nil {
		return err
	}
	return web.WriteJSON(w, http.StatusCreated, struct {
		Part  uint16 `json:"part"`
		Share []byte `json:"share_b"`
		Token string `json:"token"`
	}{p.Number, half[:], token})
}
