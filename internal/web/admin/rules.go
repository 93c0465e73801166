package admin

import (
	"context"
	"errors"
	"mime"
	"net/http"
	"strconv"

	"verhaal/internal/fault"
	"verhaal/internal/policy"
	"verhaal/internal/rulebook"
	"verhaal/internal/web"
)

// Rules is what administrators may do with the versions of the policy pack.
type Rules interface {
	Now() *policy.Pack
	Today() string
	List(ctx context.Context) ([]rulebook.Version, error)
	Archive(ctx context.Context, hash string) (rulebook.Version, []byte, error)
	Propose(ctx context.Context, actor string, archive []byte) (rulebook.Version, error)
	Confirm(ctx context.Context, actor, hash string) error
	Refuse(ctx context.Context, actor, hash string) error
}

// version is one version of the pack as the page shows it.
type version struct {
	rulebook.Version
	By, DecidedBy string // names; "" = the software, nobody
	Own           bool   // proposed by who looks
	Past          bool   // its first day lies before today
	Standing      string // what it is today: the last part of a message id
	Against       string // number of the version that it was compared with
}

// ProposedOn is the day of the proposal.
func (v version) ProposedOn() string { return v.ProposedAt.Format("2006-01-02") }

// problem is why something was not done: a message id, and one line for whoever
// wrote the pack.
type problem struct{ Key, Line string }

func (f *face) showRules(w http.ResponseWriter, r *http.Request) error {
	return f.renderRules(w, r, http.StatusOK, problem{})
}

func (f *face) renderRules(w http.ResponseWriter, r *http.Request, status int, p problem) error {
	all, err := f.versions(r)
	if err != nil {
		return err
	}
	var waiting []version
	for _, v := range all {
		if v.State == rulebook.Proposed {
			waiting = append(waiting, v)
		}
	}
	return f.site.Render(w, r, status, "admin/rules", struct {
		Now      *policy.Pack
		Waiting  []version
		Versions []version
		Largest  int // KiB
		Problem  problem
		Done     string
	}{f.rules.Now(), waiting, all, rulebook.MaxArchive >> 10, p, done(r)})
}

func (f *face) versions(r *http.Request) ([]version, error) {
	list, err := f.rules.List(r.Context())
	if err != nil {
		return nil, err
	}
	names, numbers := map[string]string{"": ""}, map[string]string{}
	for _, v := range list {
		numbers[v.Hash] = v.Number
		for _, id := range []string{v.ProposedBy, v.DecidedBy} {
			if _, known := names[id]; known {
				continue
			}
			who, err := f.people.ByID(r.Context(), id)
			if err != nil {
				return nil, err
			}
			names[id] = who.Name
		}
	}
	now, today := f.rules.Now(), f.rules.Today()
	var out []version
	for _, v := range list {
		out = append(out, version{Version: v, By: names[v.ProposedBy], DecidedBy: names[v.DecidedBy], Own: v.ProposedBy == actor(r),
			Past: v.InForce < today, Standing: standing(v, now, today), Against: numbers[v.Against]})
	}
	return out, nil
}

func standing(v rulebook.Version, now *policy.Pack, today string) string {
	switch {
	case v.State != rulebook.InForce:
		return v.State
	case v.Broken:
		return "broken"
	case v.Hash == now.Hash:
		return "now"
	case v.InForce > today:
		return "coming"
	}
	return "past"
}

func (f *face) propose(w http.ResponseWriter, r *http.Request) error {
	archive, err := web.ReadUpload(r, "archive", rulebook.MaxArchive)
	if err != nil {
		return err
	}
	_, err = f.rules.Propose(r.Context(), actor(r), archive)
	return f.ruled(w, r, err, "rules_proposed")
}

func (f *face) confirmRules(w http.ResponseWriter, r *http.Request) error {
	return f.ruled(w, r, f.rules.Confirm(r.Context(), actor(r), r.PathValue("hash")), "rules_confirmed")
}

func (f *face) refuseRules(w http.ResponseWriter, r *http.Request) error {
	return f.ruled(w, r, f.rules.Refuse(r.Context(), actor(r), r.PathValue("hash")), "rules_refused")
}

// ruled goes back to the page, which says what was done or why not.
func (f *face) ruled(w http.ResponseWriter, r *http.Request, err error, done string) error {
	var why *rulebook.Broken
	switch {
	case err == nil:
		return f.changed(w, r, "/admin/rules", done)
	case errors.As(err, &why):
		return f.renderRules(w, r, http.StatusBadRequest, problem{fault.KeyOf(err), why.Line})
	case fault.KindOf(err) == fault.Conflict:
		return f.renderRules(w, r, http.StatusConflict, problem{Key: fault.KeyOf(err)})
	}
	return err
}

// giveArchive gives a version out as it was uploaded, to be read or changed.
func (f *face) giveArchive(w http.ResponseWriter, r *http.Request) error {
	v, archive, err := f.rules.Archive(r.Context(), r.PathValue("hash"))
	if err != nil {
		return err
	}
	h := w.Header()
	h.Set("Content-Type", "application/zip")
	h.Set("Content-Disposition", mime.FormatMediaType("attachment", map[string]string{"filename": v.Pack + "-" + v.Number + ".zip"}))
	h.Set("Content-Length", strconv.Itoa(len(archive)))
	_, err = w.Write(archive)
	return err
}
