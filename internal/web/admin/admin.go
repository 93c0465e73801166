// Package admin is the administrator's face: who works here, with which powers
// and certificates, and who is on which desk. It is given no way to sealed
// bytes: neither reports nor wraps can be asked for through what it holds.
package admin

import (
	"context"
	"embed"
	"io/fs"
	"net/http"
	"slices"

	"verhaal/internal/desk"
	"verhaal/internal/fault"
	"verhaal/internal/policy"
	"verhaal/internal/staff"
	"verhaal/internal/web"
	"verhaal/internal/web/withdraw"
)

//go:embed *.html
var pages embed.FS

// Templates are the pages of this audience.
func Templates() fs.FS { return pages }

// People is what an administrator may do with those who work.
type People interface {
	ByID(ctx context.Context, id string) (staff.Member, error)
	ByLogin(ctx context.Context, login string) (staff.Member, error)
	List(ctx context.Context, after string, limit int) ([]staff.Member, string, error)
	Invite(ctx context.Context, actor string, who staff.Newcomer) (id, code string, err error)
	InviteAgain(ctx context.Context, actor, id string) (code string, err error)
	SetPowers(ctx context.Context, actor, id string, powers []string) error
	Leave(ctx context.Context, actor, id string) error
	SignOutEverywhere(ctx context.Context, actor, id string) error
	Certify(ctx context.Context, actor string, c staff.Certificate) (string, error)
	Certificates(ctx context.Context, member string) ([]staff.Certificate, error)
	Ending(ctx context.Context, from, until, limit int) ([]staff.Certificate, error)
	Today() int
}

// Desks is what an administrator may do with the desks.
type Desks interface {
	State(ctx context.Context, channel string) (desk.State, error)
	Of(ctx context.Context, staff string) ([]string, error)
	AddMember(ctx context.Context, actor, channel, staff string) error
	RemoveMember(ctx context.Context, actor, channel, staff string) error
	SetOpen(ctx context.Context, actor, channel string, open bool) error
	Sweep(ctx context.Context) (removed int, err error)
}

// Seals is what an administrator is told of sealed recordings: how many wait for
// a timestamp.
type Seals interface {
	Unstamped(ctx context.Context) (int, error)
}

type face struct {
	site   *web.Site
	pack   func() *policy.Pack // in force now
	rules  Rules
	people People
	desks  Desks
	seals  Seals

	colleagues withdraw.Staff
}

// maxForm is more than any form here can hold.
const maxForm = 16 << 10

// Register adds the administrator's pages to mux.
func Register(mux *http.ServeMux, site *web.Site, rules Rules, people People, desks Desks, seals Seals, colleagues withdraw.Staff) {
	f := &face{site, rules.Now, rules, people, desks, seals, colleagues}
	at := func(pattern string, h web.Handler) { site.HandleStaff(mux, pattern, staff.Administrator, h) }
	at("GET /admin/{$}", f.showOverview)
	at("GET /admin/people", f.showPeople)
	at("POST /admin/people", f.invite)
	at("GET /admin/people/{id}", f.showPerson)
	at("POST /admin/people/{id}/code", f.inviteAgain)
	at("POST /admin/people/{id}/powers", f.setPowers)
	at("POST /admin/people/{id}/certificates", f.certify)
	at("POST /admin/people/{id}/certificates/revoke", f.revoke)
	at("POST /admin/people/{id}/sessions", f.endSessions)
	at("POST /admin/people/{id}/leave", f.leave)
	at("GET /admin/channels/{channel}", f.showChannel)
	at("POST /admin/channels/{channel}/open", f.setOpen)
	at("POST /admin/channels/{channel}/members", f.addMember)
	at("POST /admin/channels/{channel}/members/remove", f.removeMember)
	at("GET /admin/rules", f.showRules)
	at("POST /admin/rules", f.propose)
	at("POST /admin/rules/{hash}/confirm", f.confirmRules)
	at("POST /admin/rules/{hash}/refuse", f.refuseRules)
	at("GET /admin/rules/{hash}/archive", f.giveArchive)
}

// channel is a channel and its desk as these pages show them.
type channel struct {
	ID, Name    string
	Certificate string // kind that it demands, or ""
	Open, Due   bool
	Epoch       int64
	Members     []seat
}

// seat is one member of a desk.
type seat struct {
	ID, Name, Login     string
	Officer             bool // active and with the power to read
	Certified, HoldsKey bool
}

// Reads says whether the seat's holder can open what arrives now.
func (s seat) Reads() bool { return s.Officer && s.Certified && s.HoldsKey }

// Readers counts who can open what arrives now.
func (c channel) Readers() int {
	n := 0
	for _, m := range c.Members {
		if m.Reads() {
			n++
		}
	}
	return n
}

func (f *face) channel(r *http.Request, c policy.Channel) (channel, error) {
	state, err := f.desks.State(r.Context(), c.ID)
	if err != nil {
		return channel{}, err
	}
	out := channel{ID: c.ID, Name: c.Name.In(f.site.Page(r).Lang), Certificate: c.Certificate, Open: state.Open, Due: state.Due, Epoch: state.Epoch}
	for _, m := range state.Members {
		who, err := f.people.ByID(r.Context(), m.Staff)
		if err != nil {
			return channel{}, err
		}
		out.Members = append(out.Members, seat{
			ID: who.ID, Name: who.Name, Login: who.Login, Officer: who.Can(staff.Officer), Certified: m.Certified, HoldsKey: m.HasKey,
		})
	}
	return out, nil
}

func (f *face) policyChannel(r *http.Request) (policy.Channel, error) {
	c, ok := f.pack().Channel(r.PathValue("channel"))
	if !ok {
		return c, fault.New(fault.NotFound, "", "no such channel")
	}
	return c, nil
}

// changed takes desk keys away at once from those who may not read any more,
// and goes back to a page that says what was done.
func (f *face) changed(w http.ResponseWriter, r *http.Request, path, done string) error {
	if _, err := f.desks.Sweep(r.Context()); err != nil {
		return err
	}
	http.Redirect(w, r, path+"?done="+done, http.StatusSeeOther)
	return nil
}

// done is what the page says was just done: one of the sentences it has.
func done(r *http.Request) string {
	d := r.URL.Query().Get("done")
	if slices.Contains([]string{"powers", "certificate", "revoked", "sessions", "left", "opened", "closed", "added", "removed",
		"rules_proposed", "rules_confirmed", "rules_refused"}, d) {
		return "admin.done." + d
	}
	return ""
}

func actor(r *http.Request) string { return web.ActorOf(r).ID }
