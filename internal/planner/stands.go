package planner

import (
	"slices"
	"strings"

	"verhaal/internal/db"
	"verhaal/internal/fault"
)

// Stands looks at the slot of an interview again, by all that it was taken by and
// as the calendar is now, besides other bookings: none was ever taken over it. What
// it holds is out of use, away, not at work or does not fit any more, such as an
// interpreter without the language that the person needs by now ("" = none), is a
// Conflict with "planner.fault.gone", somebody at the site then whom the person must not
// meet, or times that don't suit the person any more, one with "planner.fault.apart" or
// "planner.fault.times". An interview without a slot, or whose slot has begun, stands.
func (b *Book) Stands(src db.Source, casefile, interview, language string) error {
	all, err := b.bookings(src, listBookingOf, casefile, interview)
	if err != nil || len(all) == 0 || !all[0].Start.After(b.clock()) {
		return err
	}
	if language != "" {
		all[0].by.language = language
	}
	c, err := b.besides(src, all)
	if err != nil {
		return err
	}
	o, err := b.ownOf(src, all[0])
	if err != nil {
		return err
	}
	return b.fits(c, all[0], o)
}

// Suits is a Conflict with "planner.fault.day" when a person of a case, or who comes
// with them, can't come on a day, YYYY-MM-DD, at any time.
func (b *Book) Suits(src db.Source, casefile, person, day string) error {
	w, err := b.recall(src, casefile, Wish{Of: person})
	if err == nil && (w.Person.never(day) || w.Companion.never(day)) {
		err = fault.New(fault.Conflict, "planner.fault.day", "a day that is out of the question")
	}
	return err
}

// Fallen tells of every interview whose slot does not stand any more, with a few
// queries however many there are.
func (b *Book) Fallen(src db.Source, tell func(casefile, interview string)) error {
	all, err := b.bookings(src, listBookingsAhead, b.clock().Unix())
	if err != nil {
		return err
	}
	stand, err := b.standing(src, all)
	if err != nil {
		return err
	}
	for _, one := range missing(all, stand) {
		tell(one.Casefile, one.Interview)
	}
	return nil
}

// missing are those of all that are not among some.
func missing(all, some []Booking) []Booking {
	return slices.DeleteFunc(slices.Clone(all), func(one Booking) bool {
		return slices.ContainsFunc(some, func(o Booking) bool { return o.ID == one.ID })
	})
}

// standing are those of some bookings that stand as they are.
func (b *Book) standing(src db.Source, all []Booking) (out []Booking, err error) {
	now := b.clock()
	c, err := b.besides(src, all)
	if err != nil {
		return nil, err
	}
	bound, err := texts(src, listBound, now.Unix(), int64(visitMargin.Seconds()))
	if err != nil {
		return nil, err
	}
	slices.Sort(bound)
	for _, one := range all {
		if one.Start.After(now) {
			var o own
			if _, is := slices.BinarySearch(bound, one.Casefile); is {
				if o, err = b.ownOf(src, one); err != nil {
					return nil, err
				}
			}
			if err := b.fits(c, one, o); fault.KindOf(err) == fault.Conflict {
				continue
			} else if err != nil {
				return nil, err
			}
		}
		out = append(out, one)
	}
	return out, nil
}

// own is what a case alone holds a slot to.
type own struct {
	wish      Wish     // times of both, and whom the person must not meet
	conflicts []string // interpreters who must not work on it
}

func (b *Book) ownOf(src db.Source, one Booking) (o own, err error) {
	avoid, err := b.avoided(src, one.Casefile, one.by.of)
	if err != nil {
		return o, err
	}
	if o.wish, err = b.recall(src, one.Casefile, Wish{Of: one.by.of, Avoid: avoid}); err == nil {
		o.conflicts, err = texts(src, listConflicts, one.Casefile)
	}
	return o, err
}

// besides is the calendar for some bookings as if nothing were booked: with what
// is away then, and without who does not work here any more.
func (b *Book) besides(src db.Source, all []Booking) (Calendar, error) {
	if len(all) == 0 {
		return Calendar{}, nil
	}
	reach := all[0].Span
	for _, one := range all {
		if one.Start.Before(reach.Start) {
			reach.Start = one.Start
		}
		if one.End.After(reach.End) {
			reach.End = one.End
		}
	}
	reach = reach.around()
	staff, err := b.staff(src.Context())
	if err != nil {
		return Calendar{}, err
	}
	away := map[string][]Span{}
	err = db.Each(src, listAway, func(row func(...any) error) error {
		var who string
		var from, until int64
		err := row(&who, &from, &until)
		away[who] = append(away[who], b.span(from, until))
		return err
	}, reach.Start.Unix(), reach.End.Unix())
	if err != nil {
		return Calendar{}, err
	}
	return load(src, "", staff, away)
}

// fits searches the slot of a booking in nothing but what it holds.
func (b *Book) fits(c Calendar, one Booking, o own) error {
	none := func(who string) bool { return !slices.Contains(one.Who, who) }
	c.Rooms = slices.DeleteFunc(slices.Clone(c.Rooms), func(r Room) bool { return none(roomWho + r.ID) })
	c.Workers = slices.DeleteFunc(slices.Clone(c.Workers), func(w Worker) bool { return none(staffWho + w.ID) })
	c.Interpreters = slices.DeleteFunc(slices.Clone(c.Interpreters), func(t Interpreter) bool {
		return none(interpreterWho+t.ID) || slices.Contains(o.conflicts, t.ID)
	})
	c.Items = slices.DeleteFunc(slices.Clone(c.Items), func(i Item) bool { return i.Mobile && none(equipmentWho+i.ID) })
	w := Wish{Language: one.by.language, Sex: one.by.sex, Regions: one.by.regions}
	for _, who := range one.Who {
		if strings.HasPrefix(who, staffWho) {
			w.Interviewers++ // nobody directs, as far as the calendar sees
		}
	}
	for _, k := range b.kinds() {
		if k.ID == one.by.kind {
			k.Most, k.Directed = 0, false
			w.Kinds = []Kind{k}
		}
	}
	for _, more := range []struct {
		add       func()
		key, text string
	}{
		{func() {}, "planner.fault.gone", "a room, somebody or something that is not there then, or does not fit any more"},
		{func() { w.Apart = o.wish.Apart }, "planner.fault.apart", "somebody is there whom the person must not meet"},
		{func() { w.Person, w.Companion = o.wish.Person, o.wish.Companion }, "planner.fault.times", "not when it suits the person"},
	} {
		more.add()
		p, free, err := c.at(one.Span, w)
		if err != nil {
			return err
		}
		if !free || one.by.adapted && !p.Room.Adapted || one.by.sworn && !p.Sworn {
			return fault.New(fault.Conflict, more.key, "%s", more.text)
		}
	}
	return nil
}
