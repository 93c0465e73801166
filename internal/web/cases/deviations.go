package cases

import (
	"context"
	"encoding/json"
	"net/http"
	"slices"

	"verhaal/internal/casefile"
	"verhaal/internal/policy"
	"verhaal/internal/staff"
	"verhaal/internal/web"
	"verhaal/internal/web/facts"
)

// listedDecisions is how many requests a page of a prosecutor's lists, and how
// many views.
const listedDecisions = 50

// prosecutor is somebody who can be asked, with the key to seal a reason to.
type prosecutor struct{ ID, Name, Recipient string }

// asking is the form beside a blocked plan.
type asking struct {
	Rules       []*policy.Rule // in the way, and a prosecutor may deviate from them
	Why         []policy.CodeEntry
	Prosecutors []prosecutor
	Recipient   string // of the case key; "" while there is none
}

type deviation struct {
	casefile.Deviation
	Title, Who, AskedByName string
	WhyName                 string   // "" where no code was given
	Because                 []string // what the pack said of the rule when it was asked
	Lang                    string   // in which it is said
}

// addDeviations puts what was asked, and what may be, beside a plan.
func (f *face) addDeviations(r *http.Request, page *aboutPage, d policy.Decision) error {
	ctx := r.Context()
	asked, err := f.files.Deviations(ctx, actor(r), r.PathValue("id"), page.Subject)
	if err != nil {
		return err
	}
	if page.Deviations, err = f.described(r, asked, page.Lang); err != nil {
		return err
	}
	for _, q := range d.Requirements {
		if q.Blocks() && slices.Contains(q.Rule.GrantedBy, staff.Prosecutor) {
			page.Asking.Rules = append(page.Asking.Rules, q.Rule)
		}
	}
	if len(page.Asking.Rules) == 0 {
		return nil
	}
	key, err := f.files.Key(ctx, actor(r), r.PathValue("id"))
	if err != nil {
		return err
	}
	page.Asking.Recipient = key.Recipient
	why, _ := d.Pack.CodeList(policy.DeviationReasons)
	page.Asking.Why = why.Entries
	page.Asking.Prosecutors, err = f.prosecutors(ctx)
	return err
}

// prosecutors lists those that something can be sealed to.
func (f *face) prosecutors(ctx context.Context) ([]prosecutor, error) {
	who, err := f.people.With(ctx, staff.Prosecutor)
	var out []prosecutor
	for _, p := range who {
		if p.Recipient != "" {
			out = append(out, prosecutor{p.ID, p.Name, p.Recipient})
		}
	}
	return out, err
}

func (f *face) described(r *http.Request, all []casefile.Deviation, lang string) ([]deviation, error) {
	var out []deviation
	why, _ := f.pack().CodeList(policy.DeviationReasons)
	for _, d := range all {
		one := deviation{Deviation: d, WhyName: named(why, d.Why, lang)}
		var err error
		if one.Who, err = f.called(r.Context(), d.Prosecutor); err != nil {
			return nil, err
		}
		if one.AskedByName, err = f.called(r.Context(), d.AskedBy); err != nil {
			return nil, err
		}
		var said struct {
			Requirements []struct {
				Rule    string
				Title   string
				Because []string
			}
		}
		kept, in, err := saidIn(d.Decision, lang)
		if err != nil {
			return nil, err
		}
		if err := json.Unmarshal(kept, &said); err != nil {
			return nil, err
		}
		one.Lang = in
		for _, q := range said.Requirements {
			if q.Rule == d.Rule {
				one.Title, one.Because = q.Title, q.Because
			}
		}
		if rule, ok := f.pack().Rule(d.Rule); ok {
			one.Title = rule.Title.In(lang)
		}
		out = append(out, one)
	}
	return out, nil
}

// saidIn gives a decision that was kept in lang, and in which language it is:
// the older ones are in English alone.
func saidIn(kept []byte, lang string) (text []byte, in string, err error) {
	var all map[string]json.RawMessage
	err = json.Unmarshal(kept, &all)
	if text, ok := all[lang]; ok {
		return text, lang, err
	}
	if text, ok := all["en"]; ok {
		return text, "en", err
	}
	return kept, "en", err
}

// askDeviation asks a prosecutor, with the code of a reason and its words, which
// only they and the case can read.
func (f *face) askDeviation(w http.ResponseWriter, r *http.Request) error {
	var in struct {
		Rule       string `json:"rule"`
		Prosecutor string `json:"prosecutor"`
		Why        string `json:"why"`
		Reason     []byte `json:"reason"`
	}
	if err := web.ReadJSON(r, maxPart, &in); err != nil {
		return err
	}
	if err := f.files.AskDeviation(r.Context(), actor(r), r.PathValue("id"), r.PathValue("subject"), casefile.NewDeviation(in)); err != nil {
		return err
	}
	return web.WriteJSON(w, http.StatusCreated, struct{}{})
}

// withdrawDeviation takes back what nobody answered yet.
func (f *face) withdrawDeviation(w http.ResponseWriter, r *http.Request) error {
	err := f.files.WithdrawDeviation(r.Context(), actor(r), r.PathValue("id"), r.PathValue("deviation"))
	return backTo(w, r, here(r)+"#deviations", err)
}

type decisionsPage struct {
	Asked   []deviation
	Told    []toldView
	KeptOut []exclusion
	Minutes minutes
	Next    string
	Paged   bool
	Own     string // the prosecutor's own recipient
	Lang    string
}

// LiftReasons is for the template.
func (decisionsPage) LiftReasons() []string { return casefile.LiftReasons() }

// showDecisions lists what the prosecutor is asked to sign, then what they did,
// what victims want them to know, who is kept out of cases, and what they asked of recordings.
func (f *face) showDecisions(w http.ResponseWriter, r *http.Request) error {
	after := r.URL.Query().Get("after")
	all, views, next, err := f.files.ForProsecutor(r.Context(), actor(r), after, listedDecisions)
	if err != nil {
		return err
	}
	page := decisionsPage{Next: next, Paged: after != "", Lang: facts.Language(f.pack(), f.site.Page(r).Lang)}
	if page.Asked, err = f.described(r, all, page.Lang); err != nil {
		return err
	}
	if page.Told, err = f.toldViews(r.Context(), views); err != nil {
		return err
	}
	if page.KeptOut, err = f.exclusions(r); err != nil {
		return err
	}
	if page.Minutes, err = f.minutesOf(r, page.Lang); err != nil {
		return err
	}
	own, err := f.people.ByID(r.Context(), actor(r))
	if err != nil {
		return err
	}
	page.Own = own.Recipient
	return f.site.Render(w, r, http.StatusOK, "cases/decisions", page)
}

// openReason gives out why a deviation is asked, and what was answered. It is an
// act in the custody log.
func (f *face) openReason(w http.ResponseWriter, r *http.Request) error {
	words, err := f.files.Reason(r.Context(), actor(r), r.PathValue("id"))
	if err != nil {
		return err
	}
	return writeWords(w, words)
}

// openReasonInCase gives the same to a member of the case.
func (f *face) openReasonInCase(w http.ResponseWriter, r *http.Request) error {
	words, err := f.files.ReasonInCase(r.Context(), actor(r), r.PathValue("id"), r.PathValue("deviation"))
	if err != nil {
		return err
	}
	return writeWords(w, words)
}

func writeWords(w http.ResponseWriter, words casefile.DeviationWords) error {
	return web.WriteJSON(w, http.StatusOK, struct {
		Reason    []byte `json:"reason"`
		Answer    []byte `json:"answer"` // "" while it is only asked
		Recipient string `json:"recipient"`
	}(words))
}

// decide signs or refuses a deviation, with the prosecutor's own reason.
func (f *face) decide(w http.ResponseWriter, r *http.Request) error {
	var in struct {
		State  string `json:"state"`
		Answer []byte `json:"answer"`
	}
	if err := web.ReadJSON(r, maxPart, &in); err != nil {
		return err
	}
	if err := f.files.AnswerDeviation(r.Context(), actor(r), r.PathValue("id"), in.State, in.Answer); err != nil {
		return err
	}
	return web.WriteJSON(w, http.StatusCreated, struct{}{})
}
