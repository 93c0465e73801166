package planner

import (
	"context"
	"slices"
	"strconv"
	"strings"
	"time"

	"verhaal/internal/db"
	"verhaal/internal/fault"
)

// Load gives a search everything in use with what keeps it busy between two
// moments. It costs a few short queries however many there are.
func (b *Book) Load(ctx context.Context, casefile string, s Span) (Calendar, error) {
	busy, err := b.busy(b.db.Source(ctx), s)
	if err != nil {
		return Calendar{}, err
	}
	staff, err := b.staff(ctx)
	if err != nil {
		return Calendar{}, err
	}
	return load(b.db.Source(ctx), casefile, staff, busy)
}

func load(src db.Source, casefile string, staff []Colleague, busy map[string][]Span) (Calendar, error) {
	conflicts, err := texts(src, listConflicts, casefile)
	if err != nil {
		return Calendar{}, err
	}
	rooms, err := rooms(src)
	if err != nil {
		return Calendar{}, err
	}
	workers, err := workers(src, staff)
	if err != nil {
		return Calendar{}, err
	}
	interpreters, err := interpreters(src)
	if err != nil {
		return Calendar{}, err
	}
	items, err := items(src)
	if err != nil {
		return Calendar{}, err
	}
	var c Calendar
	for _, e := range items {
		if e.Used {
			e.It.Busy = busy[equipmentWho+e.It.ID]
			c.Items = append(c.Items, e.It)
		}
	}
	for _, e := range rooms {
		if e.Used {
			e.It.Busy = busy[roomWho+e.It.ID]
			c.Rooms = append(c.Rooms, e.It)
		}
	}
	for _, e := range workers {
		if e.Used {
			e.It.Busy = busy[staffWho+e.It.ID]
			c.Workers = append(c.Workers, e.It)
		}
	}
	for _, e := range interpreters {
		if e.Used {
			e.It.Busy, e.It.Conflict = busy[interpreterWho+e.It.ID], slices.Contains(conflicts, e.It.ID)
			c.Interpreters = append(c.Interpreters, e.It)
		}
	}
	return c, nil
}

// busy is when each room and person is taken between two moments, on whole
// quarters.
func (b *Book) busy(src db.Source, s Span) (map[string][]Span, error) {
	zone := b.clock().Location()
	out := map[string][]Span{}
	return out, db.Each(src, listBusy, func(row func(...any) error) error {
		var who, booked, away string
		if err := row(&who, &booked, &away); err != nil {
			return err
		}
		spans, err := unpacked(nil, booked, zone)
		if err == nil {
			spans, err = unpacked(spans, away, zone)
		}
		out[who] = spans
		return err
	}, s.Start.Unix(), s.End.Unix())
}

// unpacked adds the times that listBusy put into one text.
func unpacked(to []Span, text string, zone *time.Location) ([]Span, error) {
	const tick = int64(Tick / time.Second)
	to = slices.Grow(to, strings.Count(text, ",")+1)
	for text != "" {
		var one string
		one, text, _ = strings.Cut(text, ",")
		n, err := strconv.ParseInt(one, 10, 64)
		if err != nil {
			return nil, fault.Wrap(fault.Internal, "", err)
		}
		from, until := n>>16, n>>16+n&0xffff
		to = append(to, Span{time.Unix(from*tick, 0).In(zone), time.Unix(until*tick, 0).In(zone)})
	}
	return to, nil
}
