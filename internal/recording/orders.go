package recording

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"time"

	"verhaal/internal/db"
	"verhaal/internal/fault"
	"verhaal/internal/recording/chunk"
)

// Orderable is a sealed recording that a prosecutor may ask minutes of.
type Orderable struct {
	Recording
	Number  string // of the case file
	Minutes int64  // how many there are
}

// Orderable lists the sealed recordings of the cases in which a prosecutor was
// asked or told something, the newest first.
func (b *Book) Orderable(ctx context.Context, prosecutor string) (out []Orderable, err error) {
	cases, err := b.cases.Heard(ctx, prosecutor)
	if err != nil {
		return nil, err
	}
	for _, id := range cases {
		c, err := b.cases.Outside(ctx, prosecutor, id)
		if err != nil {
			return nil, err
		}
		err = db.Each(b.db.Source(ctx), listSealedOf, func(row func(...any) error) error {
			r, err := scan(scanner(row))
			out = append(out, Orderable{Recording: r, Number: c.Number})
			return err
		}, id)
		if err != nil {
			return nil, err
		}
	}
	for i := range out {
		if out[i].Minutes, err = b.Minutes(ctx, out[i].Recording); err != nil {
			return nil, err
		}
	}
	slices.SortFunc(out, func(x, y Orderable) int { return cmp.Compare(y.Started, x.Started) })
	return out, nil
}

// scanner is one row of a query.
type scanner func(...any) error

// Scan reads the row.
func (s scanner) Scan(to ...any) error { return s(to...) }

// OrdersOf lists what a prosecutor asked for: what can be fetched, what is open,
// then the newest. Those of cases that they have a part in or are excluded from
// are not theirs to see any more.
func (b *Book) OrdersOf(ctx context.Context, prosecutor string) ([]Order, error) {
	return b.ordersWhere(ctx, func(casefile string) error {
		_, err := b.cases.Outside(ctx, prosecutor, casefile)
		return err
	}, listOrdersOf, prosecutor)
}

// OrdersFor lists what was asked for of a recording, for a member of its case.
func (b *Book) OrdersFor(ctx context.Context, actor string, id chunk.ID) ([]Order, error) {
	if _, err := b.Get(ctx, actor, id); err != nil {
		return nil, err
	}
	return b.orders(ctx, listOrdersFor, id.String())
}

// OrdersOpen lists what is asked for, and neither delivered nor refused, in the
// cases of a member, the oldest first.
func (b *Book) OrdersOpen(ctx context.Context, actor string) ([]Order, error) {
	return b.ordersWhere(ctx, func(casefile string) error { return b.cases.MayRead(ctx, actor, casefile) }, listOrdersOpen)
}

// ordersWhere lists those of the orders whose case files somebody may see.
func (b *Book) ordersWhere(ctx context.Context, may func(casefile string) error, query string, args ...any) ([]Order, error) {
	all, err := b.orders(ctx, query, args...)
	if err != nil {
		return nil, err
	}
	var out []Order
	for _, o := range all {
		if len(out) == listedOrders {
			break
		}
		err := may(o.Recording.Casefile)
		if fault.KindOf(err) == fault.Refused {
			continue
		}
		if err != nil {
			return nil, err
		}
		out = append(out, o)
	}
	return out, nil
}

func (b *Book) order(ctx context.Context, id string) (Order, error) {
	all, err := b.orders(ctx, findOrder, id)
	if err == nil && len(all) == 0 {
		err = errNoOrder()
	}
	if err != nil {
		return Order{}, err
	}
	return all[0], nil
}

func errNoOrder() error { return fault.New(fault.NotFound, "", "no such request here") }

func (b *Book) orders(ctx context.Context, query string, args ...any) (out []Order, err error) {
	err = db.Each(b.db.Source(ctx), query, func(row func(...any) error) error {
		o := Order{Recording: Recording{Sealed: true}}
		var asked, settled, from, to int64
		var id string
		r := &o.Recording
		err := row(&o.ID, &o.Number, &o.Prosecutor, &o.Recipient, &asked, &from, &to, &o.What, &o.Purpose, &o.Power, &o.State, &settled, &o.SettledBy, &o.Archive, &o.Size, &o.file, &o.mirrored,
			&id, &r.Casefile, &r.Interview, &r.Channel, &r.Kind, &r.Level, &r.Room, &r.Started, &r.Starter, &r.Stopped)
		o.From, o.To, o.Asked = uint32(from), uint32(to), time.Unix(asked, 0).In(b.clock().Location())
		if settled > 0 {
			o.Settled = time.Unix(settled, 0).In(b.clock().Location())
		}
		err = errors.Join(err, r.ID.UnmarshalText([]byte(id)))
		out = append(out, o)
		return err
	}, args...)
	return out, err
}

// mine finds an order of a prosecutor who still has no part in the case.
func (b *Book) mine(ctx context.Context, prosecutor, id string) (Order, error) {
	o, err := b.order(ctx, id)
	if err == nil && o.Prosecutor != prosecutor {
		err = errNoOrder()
	}
	if err == nil {
		_, err = b.cases.Outside(ctx, prosecutor, o.Recording.Casefile)
	}
	return o, err
}

// ours finds an order of a recording, for a member of its case.
func (b *Book) ours(ctx context.Context, actor string, recording chunk.ID, id string) (Order, error) {
	if _, err := b.Get(ctx, actor, recording); err != nil {
		return Order{}, err
	}
	o, err := b.order(ctx, id)
	if err == nil && o.Recording.ID != recording {
		err = errNoOrder()
	}
	return o, err
}
