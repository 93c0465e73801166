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
	Official                                    recording.Official // the version that is read
	Versions                                    []version          // the newest first
	Shown                                       version
	Fields, Corrections                         []string // that somebody writes; why a signed one is written anew
	Interviewers                                []string
	Watched                                     []watched
	Started, Ended                              time.Time
	Moments                                     []moment // announcements, breaks, gaps
	Seal                                        string
	Held                                        string // sealed words so far, in base64
	Noticed                                     bool
	Last, Mine                                  bool // the version that is read is the last; the reader interviewed
}

// Open says whether the words may be changed at once, and not only for a reason.
func (p officialPage) Open() bool {
	return p.Last && p.Official.Signer == "" && (p.Mine || p.Official.N <= 1)
}

// version is one of an official record. It counts while it is the newest signed.
type version struct {
	N              int64
	Reason, Signer string
	Signed         time.Time
	Counts, Shown  bool
}

type watched struct {
	Name, Room string
	At         time.Time
}

type moment struct {
	Kind string // key of its word
	At   time.Time
}

// showOfficial is the official record (rule A-22): what the recording knows, and
// what an interviewer writes, sealed. The last version is shown, or an earlier
// one that n names.
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
	last, err := f.book.Official(ctx, who, one.ID)
	if err != nil {
		return err
	}
	all := append([]recording.Official{last}, last.Before...)
	shown := 0
	if n := r.FormValue("n"); n != "" {
		if shown = slices.IndexFunc(all, func(o recording.Official) bool { return strconv.FormatInt(o.N, 10) == n }); shown < 0 {
			return fault.New(fault.NotFound, "", "no such version")
		}
	}
	known := last.Known
	kind, _ := f.pack().Room(known.Room)
	page := officialPage{ID: one.ID.String(), Case: one.Casefile, Number: file.Number, Interview: one.Interview, RoomName: kind.Name.In(lang), Lang: lang,
		Official: all[shown], Fields: recording.WrittenFields(), Corrections: recording.Corrections(), Started: one.Day(), Ended: time.UnixMilli(one.Stopped).UTC(),
		Seal: receipt.Manifest, Held: base64.StdEncoding.EncodeToString(all[shown].Sealed), Noticed: known.Noticed(), Last: shown == 0, Mine: slices.Contains(known.Interviewers, who)}
	for i, o := range all {
		signer, err := f.called(ctx, o.Signer)
		if err != nil {
			return err
		}
		counts := o.Signer != "" && !slices.ContainsFunc(page.Versions, func(v version) bool { return v.Counts })
		page.Versions = append(page.Versions, version{o.N, o.Reason, signer, o.Signed, counts, i == shown})
	}
	page.Shown = page.Versions[shown]
	for _, m := range known.Moments {
		key := "room.mark." + m.Kind
		if m.Kind == recording.MomentGap {
			key = "room.official.gap"
		}
		page.Moments = append(page.Moments, moment{key, time.UnixMilli(m.At).UTC()})
	}
	for _, id := range known.Interviewers {
		name, err := f.called(ctx, id)
		if err != nil {
			return err
		}
		page.Interviewers = append(page.Interviewers, name)
	}
	for _, one := range known.Watched {
		name, err := f.called(ctx, one.Staff)
		if err != nil {
			return err
		}
		from, _ := f.pack().Room(one.Room)
		page.Watched = append(page.Watched, watched{name, from.Name.In(lang), time.UnixMilli(one.At).UTC()})
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
