package room

import (
	"context"
	"io"
	"net/http"
	"strconv"

	"verhaal/internal/fault"
	"verhaal/internal/recording"
	"verhaal/internal/recording/chunk"
	"verhaal/internal/web"
)

// archiveHeader carries the SHA-256 of an archive, in hex, beside its sealed bytes.
const archiveHeader = "Verhaal-Archive"

// order is what a prosecutor asks for, as the page of the recording names it.
type order struct {
	recording.Order
	Who, SettledByName, PowerName string
}

// word is a power by which minutes may go out, and a role that holds it.
type word struct{ Power, By, Name string }

// addOrders puts beside the player what prosecutors ask for, and on whose word
// else minutes may go out.
func (f *face) addOrders(ctx context.Context, actor string, one recording.Recording, page *playPage) error {
	all, err := f.book.OrdersFor(ctx, actor, one.ID)
	if err != nil {
		return err
	}
	for _, o := range all {
		shown := order{Order: o}
		if shown.Who, err = f.called(ctx, o.Prosecutor); err != nil {
			return err
		}
		if shown.SettledByName, err = f.called(ctx, o.SettledBy); err != nil {
			return err
		}
		power, _ := f.pack().Power(o.Power)
		shown.PowerName = power.Name.In(page.Lang)
		page.Orders = append(page.Orders, shown)
	}
	for _, p := range f.book.Disclosing() {
		for _, h := range p.Holders {
			role, _ := f.pack().Role(h.Role)
			page.Words = append(page.Words, word{p.ID, h.Role, role.Name.In(page.Lang) + ": " + p.Name.In(page.Lang)})
		}
	}
	key, err := f.files.Key(ctx, actor, one.Casefile)
	page.Recipient = key.Recipient
	return err
}

// orderKey gives a prosecutor the key to seal words to the members of a case.
func (f *face) orderKey(w http.ResponseWriter, r *http.Request) error {
	var in struct {
		Recording string `json:"recording"`
	}
	if err := web.ReadJSON(r, maxBody, &in); err != nil {
		return err
	}
	id, err := recordingNamed(in.Recording)
	if err != nil {
		return err
	}
	c, err := f.book.ForProsecutor(r.Context(), actor(r), id)
	if err != nil {
		return err
	}
	return web.WriteJSON(w, http.StatusOK, map[string]string{"recipient": c.Recipient})
}

// askMinutes asks the members for minutes of a recording.
func (f *face) askMinutes(w http.ResponseWriter, r *http.Request) error {
	var in struct {
		Recording string `json:"recording"`
		From      uint32 `json:"from"`
		To        uint32 `json:"to"`
		All       bool   `json:"all"`
		What      string `json:"what"`
		Purpose   string `json:"purpose"`
		Power     string `json:"power"`
		Words     []byte `json:"words"`
	}
	if err := web.ReadJSON(r, maxBody, &in); err != nil {
		return err
	}
	id, err := recordingNamed(in.Recording)
	if err != nil {
		return err
	}
	own, err := f.people.ByID(r.Context(), actor(r))
	if err != nil {
		return err
	}
	err = f.book.AskMinutes(r.Context(), actor(r), id, recording.NewOrder{From: in.From, To: in.To, All: in.All, What: in.What, Purpose: in.Purpose, Power: in.Power,
		Recipient: own.Recipient, Words: in.Words})
	return created(w, err)
}

// recordingNamed reads the number of a recording that a prosecutor chose or typed.
func recordingNamed(text string) (id chunk.ID, err error) {
	if err = id.UnmarshalText([]byte(text)); err != nil {
		err = fault.New(fault.NotFound, "room.fault.no_recording", "not the number of a recording")
	}
	return id, err
}

func created(w http.ResponseWriter, err error) error {
	if err != nil {
		return err
	}
	return web.WriteJSON(w, http.StatusCreated, struct{}{})
}

// openOwnOrder gives a prosecutor the words of what they asked, and the answer.
func (f *face) openOwnOrder(w http.ResponseWriter, r *http.Request) error {
	words, err := f.book.OwnWords(r.Context(), actor(r), r.PathValue("order"))
	return writeOrderWords(w, words, err)
}

// openOrder gives the same to a member of the case.
func (f *face) openOrder(w http.ResponseWriter, r *http.Request) error {
	id, err := recordingOf(r)
	if err != nil {
		return err
	}
	words, err := f.book.WordsInCase(r.Context(), actor(r), id, r.PathValue("order"))
	return writeOrderWords(w, words, err)
}

func writeOrderWords(w http.ResponseWriter, words recording.OrderWords, err error) error {
	if err != nil {
		return err
	}
	return web.WriteJSON(w, http.StatusOK, struct {
		Words  []byte `json:"words"`
		Answer []byte `json:"answer"` // "" while nobody refused
	}(words))
}

// deliver takes the archive that a member made, sealed to the prosecutor: hours of
// film, over whatever connection they have.
func (f *face) deliver(w http.ResponseWriter, r *http.Request) error {
	id, err := recordingOf(r)
	if err != nil {
		return err
	}
	return created(w, f.book.Deliver(r.Context(), actor(r), id, r.PathValue("order"), r.Header.Get(archiveHeader), r.ContentLength, web.Unhurried(w, r)))
}

// refuseOrder says no, with words to the prosecutor.
func (f *face) refuseOrder(w http.ResponseWriter, r *http.Request) error {
	var in struct {
		Answer []byte `json:"answer"`
	}
	id, err := asked(r, &in)
	if err != nil {
		return err
	}
	return created(w, f.book.RefuseOrder(r.Context(), actor(r), id, r.PathValue("order"), in.Answer))
}

// endOrder takes away what was asked for, or was made and lies ready.
func (f *face) endOrder(w http.ResponseWriter, r *http.Request) error {
	id, err := recordingOf(r)
	if err != nil {
		return err
	}
	return created(w, f.book.EndOrder(r.Context(), actor(r), id, r.PathValue("order")))
}

// endOwnOrder is endOrder for the prosecutor who asked.
func (f *face) endOwnOrder(w http.ResponseWriter, r *http.Request) error {
	return created(w, f.book.EndOwnOrder(r.Context(), actor(r), r.PathValue("order")))
}

// fetchArchive gives a prosecutor what was made for them, sealed to their key.
func (f *face) fetchArchive(w http.ResponseWriter, r *http.Request) error {
	file, o, err := f.book.Fetch(r.Context(), actor(r), r.PathValue("order"))
	if err != nil {
		return err
	}
	defer file.Close()
	w.Header().Set("Content-Type", "application/octet-stream")
	w.Header().Set("Content-Length", strconv.FormatInt(o.Size, 10))
	w.Header().Set(archiveHeader, o.Archive)
	_, err = io.Copy(w, file)
	return err
}
