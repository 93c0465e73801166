// Package withdraw takes a certificate back for both faces that may, and shows
// what is booked against what was just said.
package withdraw

import (
	"context"
	"net/http"
	"slices"

	"verhaal/internal/planner"
	"verhaal/internal/staff"
	"verhaal/internal/web"
)

// Certificates takes them back with all that follows.
type Certificates struct {
	People interface {
		Certificates(ctx context.Context, member string) ([]staff.Certificate, error)
		Revoke(ctx context.Context, actor, member, certificate string) error
	}
	Desks interface {
		Sweep(ctx context.Context) (removed int, err error)
	}
	Book interface {
		Lapsed(ctx context.Context, staff string, gone planner.Held) ([]planner.Booking, error)
	}
	Cases interface {
		CertificateWithdrawn(ctx context.Context, actor, id, interview string) error
	}
}

// Revoke ends a certificate at once, and desk keys that rest on it. It gives
// what its holder is booked for on days when they do not hold it any more: the
// cases of these interviews are told, and ask their rules again.
func (c Certificates) Revoke(ctx context.Context, actor, member, certificate string) ([]planner.Booking, error) {
	held, err := c.People.Certificates(ctx, member)
	if err != nil {
		return nil, err
	}
	if err := c.People.Revoke(ctx, actor, member, certificate); err != nil {
		return nil, err
	}
	if _, err := c.Desks.Sweep(ctx); err != nil {
		return nil, err
	}
	i := slices.IndexFunc(held, func(o staff.Certificate) bool { return o.ID == certificate })
	if i < 0 {
		return nil, nil // older than those that are listed
	}
	clashes, err := c.Book.Lapsed(ctx, member, planner.Held{Kind: held[i].Kind, From: held[i].FromDay(), Until: held[i].UntilDay()})
	for _, one := range clashes {
		if err == nil {
			err = c.Cases.CertificateWithdrawn(ctx, actor, one.Casefile, one.Interview)
		}
	}
	return clashes, err
}

// Show goes to a page, past what is booked against what was just said: each of
// these interviews must be moved by those of its case.
func Show(site *web.Site, w http.ResponseWriter, r *http.Request, clashes []planner.Booking, to string) error {
	if len(clashes) == 0 {
		return web.Back(w, r, to)
	}
	return site.Render(w, r, http.StatusOK, "planner/clashes", struct {
		Clashes []planner.Booking
		Back    string
	}{clashes, to})
}
