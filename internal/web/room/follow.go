package room

import (
	"net/http"
	"slices"
	"strconv"

	"verhaal/internal/fault"
	"verhaal/internal/recording"
	"verhaal/internal/recording/chunk"
	"verhaal/internal/web"
)

// stream gives records as they come; a control room follows it to the end.
func (f *face) stream(w http.ResponseWriter, r *http.Request) error {
	p, err := partOf(r)
	if err != nil {
		return err
	}
	want := recording.Range{At: -1, Until: -1}
	for name, set := range map[string]func(n int64){
		"from": func(n int64) { want.From = uint32(n) }, "to": func(n int64) { want.To, want.HasTo = uint32(n), true },
		"at": func(n int64) { want.At = n }, "until": func(n int64) { want.Until = n },
	} {
		if text := r.FormValue(name); text != "" {
			n, err := strconv.ParseInt(text, 10, 64)
			if err != nil || n < 0 {
				return fault.New(fault.BadInput, "", "%s is no number", name)
			}
			set(n)
		}
	}
	w.Header().Set("Content-Type", "application/octet-stream")
	control := http.NewResponseController(w)
	return f.book.Stream(r.Context(), actor(r), p, want, w, func() { _ = control.Flush() }) // a writer that can't flush sends at the end
}

func (f *face) mark(w http.ResponseWriter, r *http.Request) error {
	var in struct {
		Kind   string `json:"kind"`
		Mono   int64  `json:"mono"`
		Code   string `json:"code"`
		Sealed string `json:"sealed"`
	}
	id, err := asked(r, &in)
	if err != nil {
		return err
	}
	sealed, err := file(in.Sealed)
	if err != nil {
		return err
	}
	m := recording.Mark{Kind: in.Kind, Mono: uint64(max(in.Mono, 0)), Code: in.Code, Sealed: sealed}
	if err := f.book.AddMark(r.Context(), actor(r), id, m); err != nil {
		return err
	}
	return web.WriteJSON(w, http.StatusCreated, struct{}{})
}

// linkTopic says afterwards that a topic begins somewhere.
func (f *face) linkTopic(w http.ResponseWriter, r *http.Request) error {
	var in struct {
		Topic string `json:"topic"`
		Mono  uint64 `json:"mono"`
	}
	id, err := asked(r, &in)
	if err != nil {
		return err
	}
	if err := f.book.LinkTopic(r.Context(), actor(r), id, in.Topic, in.Mono); err != nil {
		return err
	}
	return web.WriteJSON(w, http.StatusCreated, struct{}{})
}

// withdrawTopic takes a topic back that was linked.
func (f *face) withdrawTopic(w http.ResponseWriter, r *http.Request) error {
	var in struct {
		Why string `json:"why"`
	}
	id, err := asked(r, &in)
	if err != nil {
		return err
	}
	n, err := strconv.ParseInt(r.PathValue("n"), 10, 64)
	if err != nil {
		return fault.New(fault.NotFound, "", "no such topic")
	}
	if err := f.book.WithdrawTopic(r.Context(), actor(r), id, n, in.Why); err != nil {
		return err
	}
	return web.WriteJSON(w, http.StatusOK, struct{}{})
}

func (f *face) gap(w http.ResponseWriter, r *http.Request) error {
	var in struct {
		Track  int    `json:"track"`
		From   int64  `json:"from"`
		To     int64  `json:"to"`
		Reason string `json:"reason"`
	}
	id, err := asked(r, &in)
	if err != nil {
		return err
	}
	if in.From < 0 || in.To < 0 || in.Track < 0 || in.Track > 3 {
		return fault.New(fault.BadInput, "", "no gap")
	}
	g := recording.Gap{Track: chunk.Track(in.Track), From: uint64(in.From), To: uint64(in.To), Reason: in.Reason}
	if err := f.book.AddGap(r.Context(), actor(r), id, g, r.Header.Get(tokenHeader)); err != nil {
		return err
	}
	return web.WriteJSON(w, http.StatusCreated, struct{}{})
}

// alarm notes that an alarm of the recorder came or went.
func (f *face) alarm(w http.ResponseWriter, r *http.Request) error {
	var in struct {
		Kind string `json:"kind"`
		On   bool   `json:"on"`
	}
	id, err := asked(r, &in)
	if err != nil {
		return err
	}
	if err := f.book.SetAlarm(r.Context(), actor(r), id, in.Kind, in.On); err != nil {
		return err
	}
	return web.WriteJSON(w, http.StatusCreated, struct{}{})
}

// watch says that somebody follows from a room, in one page at a time, and what
// they can do there.
func (f *face) watch(w http.ResponseWriter, r *http.Request) error {
	var in struct {
		Room string `json:"room"`
		Seat string `json:"seat"`
	}
	id, err := asked(r, &in)
	if err != nil {
		return err
	}
	seat, err := f.book.Watch(r.Context(), actor(r), id, in.Room, in.Seat)
	if err != nil {
		return err
	}
	return web.WriteJSON(w, http.StatusOK, struct {
		Powers []string `json:"powers"`
		Every  int      `json:"every"`
		Seat   string   `json:"seat"`
	}{slices.Concat([]string{}, seat.Powers), int(recording.Presence.Seconds()), seat.ID})
}

type markJSON struct {
	N      int64  `json:"n"`
	Kind   string `json:"kind"`
	Mono   uint64 `json:"mono"`
	Code   string `json:"code"`
	Sealed []byte `json:"sealed,omitempty"`
	By     string `json:"by"`
	Linked int64  `json:"linked,omitempty"`
}

type gapJSON struct {
	Track  chunk.Track `json:"track"`
	From   uint64      `json:"from"`
	To     uint64      `json:"to"`
	Reason string      `json:"reason"`
}

type partJSON struct {
	Track chunk.Track `json:"track"`
	Part  uint16      `json:"part"`
	Codec chunk.Codec `json:"codec"`
	Next  uint32      `json:"next"`
	From  uint64      `json:"from"`
	To    uint64      `json:"to"`
	Head  string      `json:"head"`
	Open  bool        `json:"open"`
}

type alarmJSON struct {
	Kind string `json:"kind"`
	At   int64  `json:"at"`
}

type watcherJSON struct {
	Name string `json:"name"`
	Room string `json:"room"`
}

// state tells how a recording stands; recorder and control room ask each second.
func (f *face) state(w http.ResponseWriter, r *http.Request) error {
	id, err := recordingOf(r)
	if err != nil {
		return err
	}
	s, err := f.book.State(r.Context(), actor(r), id)
	if err != nil {
		return err
	}
	out := struct {
		ID        string        `json:"id"`
		Case      string        `json:"case"`
		Interview string        `json:"interview"`
		Kind      string        `json:"kind"`
		Running   bool          `json:"running"`
		Sealed    bool          `json:"sealed"`
		Started   int64         `json:"started"`
		Now       int64         `json:"now"`
		Copies    int           `json:"copies"`
		Mirrored  bool          `json:"mirrored"`
		Alone     bool          `json:"alone"`
		Watchers  []watcherJSON `json:"watchers"`
		Marks     []markJSON    `json:"marks"`
		Gaps      []gapJSON     `json:"gaps"`
		Parts     []partJSON    `json:"parts"`
		Alarms    []alarmJSON   `json:"alarms"`
		Unmet     string        `json:"level_unmet"`
	}{ID: s.ID.String(), Case: s.Casefile, Interview: s.Interview, Kind: s.Kind, Running: s.Stopped == 0, Sealed: s.Sealed, Started: s.Started, Now: s.Now, Copies: 1, Alone: s.Alone,
		Watchers: []watcherJSON{}, Marks: []markJSON{}, Gaps: []gapJSON{}, Parts: []partJSON{}, Alarms: []alarmJSON{}, Unmet: s.LevelUnmet}
	if s.Copied {
		out.Copies, out.Mirrored = 2, true
	}
	names := map[string]string{}
	called := func(id string) (string, error) {
		if name, ok := names[id]; ok {
			return name, nil
		}
		who, err := f.people.ByID(r.Context(), id)
		if err == nil {
			names[id] = who.Name
		}
		return who.Name, err
	}
	for _, one := range s.Watchers {
		name, err := called(one.Staff)
		if err != nil {
			return err
		}
		out.Watchers = append(out.Watchers, watcherJSON{name, one.Room})
	}
	for _, m := range s.Marks {
		name, err := called(m.Staff)
		if err != nil {
			return err
		}
		out.Marks = append(out.Marks, markJSON{m.N, m.Kind, m.Mono, m.Code, m.Sealed, name, m.Linked})
	}
	for _, a := range s.Alarms {
		out.Alarms = append(out.Alarms, alarmJSON(a))
	}
	for _, g := range s.Gaps {
		out.Gaps = append(out.Gaps, gapJSON(g))
	}
	for _, p := range s.Parts {
		out.Parts = append(out.Parts, partJSON{p.Track, p.Number, p.Codec, p.Next, p.From, p.To, p.Head.String(), p.Open})
	}
	return web.WriteJSON(w, http.StatusOK, out)
}
