package desk

import (
	"net/http"

	"verhaal/internal/fault"
	"verhaal/internal/policy"
	"verhaal/internal/report"
	"verhaal/internal/web"
)

// listed is how many hand-overs of a desk its queue shows.
const listed = 20

// maxHandOver is MaxHandOver in base64, with the names around it.
const maxHandOver = report.MaxHandOver*4/3 + 64<<10

// handOverForm is what an officer chooses from.
type handOverForm struct {
	Advice   policy.Suggestion
	Advised  policy.Channel
	Stays    bool   // the advice is this very desk
	Blocked  string // message id of why nothing leaves here
	Targets  []target
	Consents []string
}

// target is another desk, and the message id of why it can't be chosen.
type target struct {
	policy.Channel
	Blocked string
}

// advise asks the pack where a report with these facts belongs. Reporters who
// came to an anonymous channel did not want to give a name.
func (f *face) advise(from policy.Channel, facts report.Facts) policy.Suggestion {
	named := "yes"
	if from.Anonymous() {
		named = "no"
	}
	return f.pack().Suggest(policy.Answers{"kind": facts.Kinds, "name": {named}})
}

func (f *face) handOverForm(r *http.Request, from policy.Channel, facts report.Facts) (handOverForm, error) {
	form := handOverForm{Advice: f.advise(from, facts), Consents: report.Consents}
	form.Advised, _ = f.pack().Channel(form.Advice.Channel)
	form.Stays = form.Advised.ID == from.ID
	open := 0
	for _, c := range f.pack().Channels {
		if c.ID == from.ID {
			continue
		}
		err := f.reports.MayHandOver(from.ID, c.ID)
		if err == nil {
			_, err = f.desks.Sealing(r.Context(), c.ID)
		}
		t := target{Channel: c}
		switch {
		case err == nil:
			open++
		case fault.KindOf(err) == fault.Refused, fault.KeyOf(err) == "fault.channel_closed":
			t.Blocked = fault.KeyOf(err)
		default:
			return form, err
		}
		form.Targets = append(form.Targets, t)
	}
	if open == 0 && len(form.Targets) > 0 {
		form.Blocked = form.Targets[0].Blocked
	}
	return form, nil
}

// prepareHandOver gives out what the officer's browser seals anew. It is an act.
func (f *face) prepareHandOver(w http.ResponseWriter, r *http.Request) error {
	_, row, err := f.report(r)
	if err != nil {
		return err
	}
	var in struct {
		To string `json:"to"`
	}
	if err := web.ReadJSON(r, 4<<10, &in); err != nil {
		return err
	}
	got, err := f.reports.PrepareHandOver(r.Context(), web.ActorOf(r).ID, row.ID, in.To)
	if err != nil {
		return err
	}
	return web.WriteJSON(w, http.StatusOK, struct {
		openAnswer
		State       string `json:"state"`
		IdentityKey []byte `json:"identity_key"` // null where the identity stays behind
	}{answerOpened(got.OpenedReport, keyAnswer{got.Key.Epoch, got.Key.Recipient, got.Key.Fingerprint}), got.State, got.IdentityKey})
}

// handOver takes a report that the officer's browser sealed for another desk.
// The report may be there already, when the answer to the same request got lost.
func (f *face) handOver(w http.ResponseWriter, r *http.Request) error {
	c, err := f.channel(r)
	if err != nil {
		return err
	}
	var in struct {
		To          string   `json:"to"`
		Key         string   `json:"key"`
		State       string   `json:"state"`
		Consent     string   `json:"consent"`
		Reason      []byte   `json:"reason"`
		Content     []byte   `json:"content"`
		Messages    [][]byte `json:"messages"`
		IdentityKey []byte   `json:"identity_key"`
		Identity    []byte   `json:"identity"`
	}
	if err := web.ReadJSON(r, maxHandOver, &in); err != nil {
		return err
	}
	row, err := f.reports.Find(r.Context(), web.ActorOf(r).ID, r.PathValue("id"))
	if err != nil {
		return err
	}
	advice := f.advise(c, row.Facts)
	err = f.reports.HandOver(r.Context(), web.ActorOf(r).ID, row.ID, report.HandOver{
		From: c.ID, To: in.To, Key: in.Key, State: in.State, Consent: in.Consent, Reason: in.Reason,
		Advice:  report.Advice{Channel: advice.Channel, Rule: advice.Clause.Rule},
		Content: in.Content, Messages: in.Messages, IdentityKey: in.IdentityKey, Identity: in.Identity,
	})
	if err != nil {
		return err
	}
	return web.WriteJSON(w, http.StatusCreated, struct{}{})
}

// move is a hand-over as a page tells of it.
type move struct {
	report.Passed
	From, To policy.Channel
}

func (f *face) moves(passed []report.Passed) []move {
	var out []move
	for _, p := range passed {
		m := move{Passed: p}
		m.From, _ = f.pack().Channel(p.From)
		m.To, _ = f.pack().Channel(p.To)
		out = append(out, m)
	}
	return out
}
