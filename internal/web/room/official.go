package room

import (
	"context"
	"encoding/base64"
	"net/http"
	"slices"
	"strconv"
	"time"

	"verhaal/internal/fault"
	"verhaal/internal/recording"
	"verhaal/internal/web"
)

type officialPage struct {
	ID, Case, Number, Interview, RoomName, Lang string
	Official                                    recording.Official
	Fields, Corrections                         []string // that somebody writes; why a signed one is written anew
	Interviewers                                []string
	Watched                                     []watched
	Started, Ended                              time.Time
	Moments                                     []moment // announcements, breaks, gaps
	Seal                                        string
	Held                                        string // sealed words so far, in base64
	Noticed, MaySign                            bool
	Signer, Writer                              string
}

type watched struct {
	Name, Room string
	At         time.Time
}

type moment struct {
	Kind string // "mark.break", "gap.browser"
	At   time.Time
}

// showOfficial is the official record (rule A-22): what the recording knows, and
// what an interviewer writes, sealed.
func (f *face) showOfficial(w http.ResponseWriter, r *http.Request) error {
	one, file, lang, err := f.recordingPage(r)
	if err != nil {
		return err
	}
	ctx, who := r.Context(), actor(r)
	receipt, err := f.book.Receipt(ctx, who, one.ID)
	if err != nil {
		return err
	}
	official, err := f.book.Official(ctx, who, one.ID)
	if err != nil {
		return err
	}
	state, err := f.book.State(ctx, who, one.ID)
	if err != nil {
		return err
	}
	interviewers, err := f.book.Interviewers(ctx, who, one.ID)
	if err != nil {
		return err
	}
	follows, err := f.book.Watched(ctx, who, one.ID)
	if err != nil {
		return err
	}
	kind, _ := f.pack().Room(one.Room)
	at := func(mono uint64) time.Time { return time.UnixMilli(one.Started + int64(mono)).UTC() }
	page := officialPage{ID: one.ID.String(), Case: one.Casefile, Number: file.Number, Interview: one.Interview, RoomName: kind.Name.In(lang), Lang: lang,
		Official: official, Fields: recording.WrittenFields(), Corrections: recording.Corrections(), Started: at(0), Ended: time.UnixMilli(one.Stopped).UTC(),
		Seal: receipt.Manifest, Held: base64.StdEncoding.EncodeToString(official.Sealed), MaySign: slices.Contains(interviewers, who)}
	for _, m := range state.Marks {
		if slices.Contains([]string{"announced", "break", "resume", "left"}, m.Kind) {
			page.Moments = append(page.Moments, moment{"room.mark." + m.Kind, at(m.Mono)})
		}
		page.Noticed = page.Noticed || m.Kind == "announced"
	}
	for _, g := range state.Gaps {
		if g.Reason == recording.ClockJumped || g.Reason == recording.NotShown {
			continue
		}
		page.Moments = append(page.Moments, moment{"room.official.gap", at(g.From)})
	}
	slices.SortStableFunc(page.Moments, func(a, b moment) int { return a.At.Compare(b.At) })
	for _, id := range interviewers {
		name, err := f.called(ctx, id)
		if err != nil {
			return err
		}
		page.Interviewers = append(page.Interviewers, name)
	}
	for _, one := range follows {
		name, err := f.called(ctx, one.Staff)
		if err != nil {
			return err
		}
		from, _ := f.pack().Room(one.Room)
		page.Watched = append(page.Watched, watched{name, from.Name.In(lang), one.At})
	}
	for to, id := range map[*string]string{&page.Signer: official.Signer, &page.Writer: official.Writer} {
		if *to, err = f.called(ctx, id); err != nil {
			return err
		}
	}
	return f.site.Render(w, r, http.StatusOK, "room/official", page)
}

// called is a colleague's name; "" for nobody.
func (f *face) called(ctx context.Context, id string) (string, error) {
	if id == "" {
		return "", nil
	}
	who, err := f.people.ByID(ctx, id)
	if fault.KindOf(err) == fault.NotFound {
		return id, nil
	}
	return who.Name, err
}

type officialJSON struct {
	Version int64    `json:"version"`
	Told    []string `json:"told"`
	Epoch   int64    `json:"epoch"`
	Sealed  []byte   `json:"sealed"`
	Reason  string   `json:"reason,omitempty"`
}

// writeOfficial keeps what was written and sealed in the browser.
func (f *face) writeOfficial(w http.ResponseWriter, r *http.Request) error {
	id, err := recordingOf(r)
	if err != nil {
		return err
	}
	var in officialJSON
	if err := web.ReadJSON(r, maxOfficial, &in); err != nil {
		return err
	}
	if err := f.book.WriteOfficial(r.Context(), actor(r), id, recording.Official{Told: in.Told, Epoch: in.Epoch, Sealed: in.Sealed, Reason: in.Reason}, in.Version); err != nil {
		return err
	}
	return web.WriteJSON(w, http.StatusCreated, struct{}{})
}

// maxOfficial bounds an official record in a body of JSON, in bytes.
const maxOfficial = 1 << 20

// signOfficial signs the record.
func (f *face) signOfficial(w http.ResponseWriter, r *http.Request) error {
	id, err := recordingOf(r)
	if err != nil {
		return err
	}
	version, err := strconv.ParseInt(r.PostFormValue("version"), 10, 64)
	if err != nil {
		return fault.New(fault.BadInput, "", "no version")
	}
	if err := f.book.SignOfficial(r.Context(), actor(r), id, version); err != nil {
		return err
	}
	http.Redirect(w, r, "/record/"+id.String()+"/official", http.StatusSeeOther)
	return nil
}
