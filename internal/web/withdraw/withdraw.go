// Package withdraw is what two faces share that take something away on which
// interviews rest: whoever does it sees before what is booked. It takes
// certificates back for both, and lets colleagues go.
package withdraw

import (
	"context"
	"errors"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"verhaal/internal/planner"
	"verhaal/internal/staff"
	"verhaal/internal/web"
)

// Staff takes from colleagues what interviews rest on, with all that follows.
type Staff struct {
	People interface {
		Certificates(ctx context.Context, member string) ([]staff.Certificate, error)
		Revoke(ctx context.Context, actor, member, certificate string) error
	}
	Desks interface {
		Sweep(ctx context.Context) (removed int, err error)
	}
	Book interface {
		BookedFor(ctx context.Context, staff string) ([]planner.Booking, error)
		Lapsed(ctx context.Context, staff string, gone planner.Held) ([]planner.Booking, error)
		Tell(ctx context.Context, actor, happened string, clashes []planner.Booking) error
	}
	Cases interface {
		Channel(ctx context.Context, casefile string) (string, error)
	}
}

// Revoke ends a certificate at once, and desk keys that rest on it. What its
// holder is booked for on days when they would not hold it any more must be among
// seen, or nothing is done and a planner.Clash lists it. The cases of these
// interviews are told, and ask their rules again.
func (c Staff) Revoke(ctx context.Context, actor, member, certificate string, seen []string) error {
	held, err := c.People.Certificates(ctx, member)
	if err != nil {
		return err
	}
	var clashes []planner.Booking
	// One that is older than those that are listed rests under nothing.
	if i := slices.IndexFunc(held, func(o staff.Certificate) bool { return o.ID == certificate && !o.Revoked }); i >= 0 {
		gone := planner.Held{Kind: held[i].Kind, From: held[i].FromDay(), Until: held[i].UntilDay()}
		if clashes, err = c.Book.Lapsed(ctx, member, gone); err != nil {
			return err
		}
	}
	if err := planner.Unseen(clashes, seen); err != nil {
		return err
	}
	if err := c.People.Revoke(ctx, actor, member, certificate); err != nil {
		return err
	}
	if _, err := c.Desks.Sweep(ctx); err != nil {
		return err
	}
	return c.Book.Tell(ctx, actor, "certificate_withdrawn", clashes)
}

// Part lets a colleague go: from the desk of a channel, or from all ("") who leaves or may
// interview no more. What they are booked for there from now on must be among seen, or
// nothing is done and a planner.Clash lists it. let does it; the cases of these interviews
// are told then, and ask their rules again.
func (c Staff) Part(ctx context.Context, actor, member, channel string, seen []string, let func() error) error {
	clashes, err := c.bookedAt(ctx, member, channel)
	if err != nil {
		return err
	}
	if err := planner.Unseen(clashes, seen); err != nil {
		return err
	}
	if err := let(); err != nil {
		return err
	}
	return c.Book.Tell(ctx, actor, "colleague_left", clashes)
}

// bookedAt lists what a colleague is booked for in cases of a channel, or of all ("").
func (c Staff) bookedAt(ctx context.Context, member, channel string) (out []planner.Booking, err error) {
	all, err := c.Book.BookedFor(ctx, member)
	if err != nil || channel == "" {
		return all, err
	}
	for _, one := range all {
		of, err := c.Cases.Channel(ctx, one.Casefile)
		if err != nil {
			return nil, err
		}
		if of == channel {
			out = append(out, one)
		}
	}
	return out, nil
}

// Seen is the field of a form with the ids of bookings that were shown.
const Seen = "seen"

// Done goes to a page after something was taken away, or asks first: what is booked
// is shown, and the same form is sent again by who goes on. A script is told that
// there is something to show.
func Done(site *web.Site, w http.ResponseWriter, r *http.Request, err error, to string) error {
	var clash *planner.Clash
	if !errors.As(err, &clash) || web.FromScript(r) {
		if err != nil {
			return err
		}
		return web.Back(w, r, to)
	}
	fields := maps.Clone(r.PostForm)
	delete(fields, Seen)
	for _, one := range clash.Bookings {
		fields.Add(Seen, one.ID)
	}
	back, _, _ := strings.Cut(to, "?")
	return site.Render(w, r, http.StatusConflict, "planner/clashes", struct {
		Clashes      []planner.Booking
		Fields       url.Values
		Action, Back string
	}{clash.Bookings, fields, r.URL.Path, back})
}
