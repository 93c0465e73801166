package planner

import (
	"context"
	"slices"

	"verhaal/internal/custody"
	"verhaal/internal/db"
	"verhaal/internal/fault"
)

// need is equipment that a room must have and may lack at times.
type need struct {
	own  ticks // starts for which what stands in the room can be used
	kits []kit // mobile ones of its region
}

type kit struct {
	item   int // index of Calendar.Items
	starts ticks
}

// met is when the need can be met, one way or the other.
func (n need) met() ticks {
	out := n.own.clone()
	for _, k := range n.kits {
		out.or(k.starts)
	}
	return out
}

// needsOf lists what a room may lack of what its kind must have; false when it
// lacks something that is nowhere to be had.
func (s *search) needsOf(room Room, kind Kind) ([]need, bool) {
	var out []need
	for _, id := range kind.Equipment {
		one := need{own: newTicks(s.n)}
		stands := false
		for i, item := range s.cal.Items {
			if item.Kind != id {
				continue
			}
			switch {
			case item.Mobile && item.Region == room.Region:
				one.kits = append(one.kits, kit{i, s.working(item)})
			case !item.Mobile && item.Room == room.ID:
				one.own.or(s.working(item))
				stands = true
			}
		}
		if !stands && slices.Contains(room.Equipment, id) {
			continue
		}
		if !stands && len(one.kits) == 0 {
			return nil, false
		}
		out = append(out, one)
	}
	return out, true
}

// working is for which starts an item is neither out of order nor elsewhere.
func (s *search) working(item Item) ticks {
	all := newTicks(s.n)
	all.set(0, s.n, true)
	margin := int(roomMargin / Tick)
	return s.without(all, item.Busy).around(s.length, margin, margin)
}

// kit is what must be brought into a room for a start.
func (s *search) kit(needs []need, at int) []Item {
	var out []Item
	for _, n := range needs {
		if n.own.has(at) {
			continue
		}
		if i := slices.IndexFunc(n.kits, func(k kit) bool { return k.starts.has(at) }); i >= 0 {
			out = append(out, s.cal.Items[n.kits[i].item])
		}
	}
	return out
}

// SaveItem adds or changes a piece of equipment; kinds are those of the pack. A
// fixed one stands in a room, a mobile one is kept in a region.
func (b *Book) SaveItem(ctx context.Context, actor string, e Entry[Item], kinds []Kind, seen ...string) (string, error) {
	i := e.It
	if err := label(i.Number, 40); err != nil {
		return "", err
	}
	if !slices.ContainsFunc(kinds, func(k Kind) bool { return slices.Contains(k.Equipment, i.Kind) }) {
		return "", fault.New(fault.BadInput, "", "no kind of equipment that a room needs")
	}
	if i.Mobile {
		i.Room = ""
		if err := label(i.Region, 60); err != nil {
			return "", err
		}
	} else {
		i.Region = ""
		rooms, err := b.Rooms(ctx)
		if err != nil {
			return "", err
		}
		if !slices.ContainsFunc(rooms, func(r Entry[Room]) bool { return r.It.ID == i.Room }) {
			return "", fault.New(fault.BadInput, "planner.fault.stands", "fixed in no room")
		}
	}
	if e.Version == 0 {
		i.ID = newID()
	}
	fields := []any{i.ID, i.Kind, i.Number, i.Room, i.Region, number(i.Mobile), number(e.Used)}
	act := custody.Act{Kind: "planner.equipment_saved", Actor: actor, Subject: i.ID}
	// A piece that is away decides over the tick of the room it comes to, too.
	touched := func(src db.Source) ([]Booking, error) {
		before, err := placeOf(src, i.ID)
		if err != nil {
			return nil, err
		}
		places := []string{before}
		if after := roomWho + i.Room; i.Room != "" && after != before {
			places = append(places, after)
		}
		return b.bookedFor(places...)(src)
	}
	return i.ID, b.change(ctx, act, slotLost, seen, touched, put(e.Version, insertItem, updateItem, fields))
}

// placeOf is what is booked when a piece is needed, as the calendar names it: the
// room it stands in, or the piece itself.
func placeOf(src db.Source, item string) (string, error) {
	var room string
	err := db.Each(src, roomOfItem, func(row func(...any) error) error { return row(&room) }, item)
	if room == "" {
		return equipmentWho + item, err
	}
	return roomWho + room, err
}

// Items lists the equipment, by kind and number.
func (b *Book) Items(ctx context.Context) ([]Entry[Item], error) { return items(b.db.Source(ctx)) }

func items(src db.Source) ([]Entry[Item], error) {
	var out []Entry[Item]
	err := db.Each(src, listItems, func(row func(...any) error) error {
		var e Entry[Item]
		var mobile, used int
		err := row(&e.It.ID, &e.It.Kind, &e.It.Number, &e.It.Room, &e.It.Region, &mobile, &used, &e.Version)
		e.It.Mobile, e.Used = mobile != 0, used != 0
		out = append(out, e)
		return err
	})
	return out, err
}
