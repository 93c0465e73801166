package planner

import (
	"context"
	"regexp"
	"slices"
	"strings"
	"time"

	"verhaal/internal/custody"
	"verhaal/internal/db"
	"verhaal/internal/fault"
)

// Entry is a room, a worker or an interpreter as the recordings manager keeps
// it: whether it is in use, and a version that grows with every change.
type Entry[T any] struct {
	It      T
	Used    bool
	Version int64 // 0 = new
}

// sexes are those that a person may wish for; "" = not said.
var sexes = []string{"", "f", "m", "x"}

var language = regexp.MustCompile(`^[a-z]{2,3}$`)

// slotLost is what a case is told when a room, somebody or something of a slot
// can't be had then.
const slotLost = "slot_lost"

// save keeps an entry in one act. put writes it and says how many rows it
// changed: none means that somebody else did meanwhile.
func (b *Book) save(ctx context.Context, act custody.Act, put func(tx *db.Tx) (int64, error)) error {
	_, err := b.log.Do(ctx, act, func(tx *db.Tx) error {
		n, err := put(tx)
		if err == nil && n == 0 {
			err = fault.New(fault.Conflict, "planner.fault.changed_meanwhile", "another version, or the name is taken")
		}
		return err
	})
	return err
}

// SaveRoom adds or changes a room; kinds are those of the pack. What is booked in it
// and does not stand with the change must be among seen, see change; so it is
// for all that is kept here.
func (b *Book) SaveRoom(ctx context.Context, actor string, e Entry[Room], kinds []Kind, seen ...string) (string, error) {
	r := e.It
	for _, s := range []string{r.Name, r.Site, r.Region} {
		if err := label(s, 60); err != nil {
			return "", err
		}
	}
	i := slices.IndexFunc(kinds, func(k Kind) bool { return k.ID == r.Kind })
	if i < 0 {
		return "", fault.New(fault.BadInput, "", "no kind of interview room")
	}
	equipment := slices.DeleteFunc(slices.Clone(r.Equipment), func(s string) bool { return !slices.Contains(kinds[i].Equipment, s) })
	if e.Version == 0 {
		r.ID = newID()
	}
	act := custody.Act{Kind: "planner.room_saved", Actor: actor, Subject: r.ID}
	return r.ID, b.change(ctx, act, slotLost, seen, b.bookedFor(roomWho+r.ID), func(tx *db.Tx) (int64, error) {
		var err error
		if r.Site, err = building(tx, r); err != nil {
			return 0, err
		}
		fields := []any{r.ID, r.Name, r.Site, r.Region, r.Kind, number(r.Adapted), strings.Join(equipment, ","), r.Hours.String(), number(e.Used)}
		return put(e.Version, insertRoom, updateRoom, fields)(tx)
	})
}

// put writes an entry, a new one or another version.
func put(version int64, insert, update string, fields []any) func(*db.Tx) (int64, error) {
	return func(tx *db.Tx) (int64, error) {
		if version == 0 {
			return tx.Exec(insert, fields...)
		}
		return tx.Exec(update, append(slices.Clone(fields), version)...)
	}
}

// Rooms lists every room, by region and name.
func (b *Book) Rooms(ctx context.Context) ([]Entry[Room], error) { return rooms(b.db.Source(ctx)) }

func rooms(src db.Source) ([]Entry[Room], error) {
	var out []Entry[Room]
	err := db.Each(src, listRooms, func(row func(...any) error) error {
		var e Entry[Room]
		var adapted, used int
		var equipment, hours string
		if err := row(&e.It.ID, &e.It.Name, &e.It.Site, &e.It.Region, &e.It.Kind, &adapted, &equipment, &hours, &used, &e.Version); err != nil {
			return err
		}
		e.It.Adapted, e.Used, e.It.Equipment = adapted != 0, used != 0, list(equipment)
		err := keptHours(&e.It.Hours, hours)
		out = append(out, e)
		return err
	})
	return out, err
}

// keptHours reads hours that the table holds.
func keptHours(into *Hours, text string) (err error) {
	if *into, err = ParseHours(text); err != nil {
		return fault.Wrap(fault.Internal, "", err)
	}
	return nil
}

// SaveWorker says of a member of staff where and when they can be planned.
func (b *Book) SaveWorker(ctx context.Context, actor string, e Entry[Worker], seen ...string) error {
	w := e.It
	if err := label(w.Region, 60); err != nil {
		return err
	}
	if !slices.Contains(sexes, w.Sex) {
		return fault.New(fault.BadInput, "", "a sex that is none of the list")
	}
	all, err := b.staff(ctx)
	if err != nil {
		return err
	}
	if !slices.ContainsFunc(all, func(c Colleague) bool { return c.ID == w.ID }) {
		return fault.New(fault.NotFound, "", "no such member of staff")
	}
	fields := []any{w.ID, w.Region, w.Sex, number(w.Trainee), w.Hours.String(), number(e.Used)}
	act := custody.Act{Kind: "planner.worker_saved", Actor: actor, Subject: w.ID}
	return b.change(ctx, act, slotLost, seen, b.bookedFor(staffWho+w.ID), put(e.Version, insertWorker, updateWorker, fields))
}

// Workers lists everybody on the roster who still works here, with their
// certificates, by name.
func (b *Book) Workers(ctx context.Context) ([]Entry[Worker], error) {
	staff, err := b.staff(ctx)
	if err != nil {
		return nil, err
	}
	return workers(b.db.Source(ctx), staff)
}

// workers are those of staff who are on the roster.
func workers(src db.Source, staff []Colleague) ([]Entry[Worker], error) {
	byID := map[string]Colleague{}
	for _, c := range staff {
		byID[c.ID] = c
	}
	var out []Entry[Worker]
	err := db.Each(src, listRoster, func(row func(...any) error) error {
		var e Entry[Worker]
		var trainee, used int
		var hours string
		if err := row(&e.It.ID, &e.It.Region, &e.It.Sex, &trainee, &hours, &used, &e.Version); err != nil {
			return err
		}
		c, here := byID[e.It.ID]
		if !here {
			return nil
		}
		e.It.Login, e.It.Name, e.It.Held = c.Login, c.Name, c.Held
		e.It.Trainee, e.Used = trainee != 0, used != 0
		err := keptHours(&e.It.Hours, hours)
		out = append(out, e)
		return err
	})
	slices.SortFunc(out, func(a, b Entry[Worker]) int { return strings.Compare(a.It.Name+a.It.ID, b.It.Name+b.It.ID) })
	return out, err
}

// SaveInterpreter adds or changes an interpreter of the register.
func (b *Book) SaveInterpreter(ctx context.Context, actor string, e Entry[Interpreter], seen ...string) (string, error) {
	t := e.It
	if err := label(t.Name, 80); err != nil {
		return "", err
	}
	if t.Number != "" {
		if err := label(t.Number, 20); err != nil {
			return "", err
		}
		if _, err := time.Parse(time.DateOnly, t.Until); err != nil {
			return "", fault.New(fault.BadInput, "planner.fault.sworn", "an entry in the register without its last day")
		}
	} else {
		t.Until = ""
	}
	if len(t.Languages) == 0 || len(t.Languages) > 20 || slices.ContainsFunc(t.Languages, func(l string) bool { return !language.MatchString(l) }) {
		return "", fault.New(fault.BadInput, "planner.fault.languages", "no languages, or none by code")
	}
	if !slices.Contains(sexes, t.Sex) {
		return "", fault.New(fault.BadInput, "", "a sex that is none of the list")
	}
	if e.Version == 0 {
		t.ID = newID()
	}
	fields := []any{t.ID, t.Name, t.Number, t.Until, strings.Join(t.Languages, ","), t.Sex, t.Hours.String(), number(e.Used)}
	act := custody.Act{Kind: "planner.interpreter_saved", Actor: actor, Subject: t.ID}
	return t.ID, b.change(ctx, act, slotLost, seen, b.bookedFor(interpreterWho+t.ID), put(e.Version, insertInterpreter, updateInterpreter, fields))
}

// Interpreters lists the register, by name.
func (b *Book) Interpreters(ctx context.Context) ([]Entry[Interpreter], error) {
	return interpreters(b.db.Source(ctx))
}

func interpreters(src db.Source) ([]Entry[Interpreter], error) {
	var out []Entry[Interpreter]
	err := db.Each(src, listInterpreters, func(row func(...any) error) error {
		var e Entry[Interpreter]
		var used int
		var languages, hours string
		if err := row(&e.It.ID, &e.It.Name, &e.It.Number, &e.It.Until, &languages, &e.It.Sex, &hours, &used, &e.Version); err != nil {
			return err
		}
		e.It.Languages, e.Used = list(languages), used != 0
		err := keptHours(&e.It.Hours, hours)
		out = append(out, e)
		return err
	})
	return out, err
}

// Absence is when a room or a person can't be had.
type Absence struct {
	ID, Who, Why string
	Span
}

// AbsenceReasons are the codes that say why.
var absenceReasons = []string{"leave", "ill", "training", "court", "other_work", "maintenance", "defect"}

// AbsenceReasons lists the codes of why somebody or something can't be had.
func AbsenceReasons() []string { return slices.Clone(absenceReasons) }

// AddAbsence takes a room, a person or a piece of equipment out of the calendar
// for a while. Bookings that fall into it, for a fixed piece those of its room
// that nothing else serves, must be among seen, see change.
func (b *Book) AddAbsence(ctx context.Context, actor string, a Absence, seen ...string) error {
	kind, id, _ := strings.Cut(a.Who, "/")
	if !slices.Contains([]string{roomWho, staffWho, interpreterWho, equipmentWho}, kind+"/") || id == "" || !slices.Contains(absenceReasons, a.Why) {
		return fault.New(fault.BadInput, "", "nobody, or no reason of the list")
	}
	if !a.Start.Before(a.End) || a.End.Sub(a.Start) > longest {
		return fault.New(fault.BadInput, "planner.fault.span", "an end that is not after the start")
	}
	act := custody.Act{Kind: "planner.absence_added", Actor: actor, Subject: a.Who}
	touched := func(src db.Source) ([]Booking, error) {
		held := a.Who
		if kind+"/" == equipmentWho {
			var err error
			if held, err = placeOf(src, id); err != nil {
				return nil, err
			}
		}
		return b.bookings(src, listBookingsOf, held, a.Start.Unix(), a.End.Unix())
	}
	return b.change(ctx, act, slotLost, seen, touched, func(tx *db.Tx) (int64, error) {
		return tx.Exec(insertAbsence, newID(), a.Who, a.Start.Unix(), a.End.Unix(), a.Why)
	})
}

// RemoveAbsence puts somebody back into the calendar.
func (b *Book) RemoveAbsence(ctx context.Context, actor, id string) error {
	return b.save(ctx, custody.Act{Kind: "planner.absence_removed", Actor: actor, Subject: id}, func(tx *db.Tx) (int64, error) {
		return tx.Exec(deleteAbsence, id)
	})
}

// Absences lists those that end after a moment, the first to begin first; at
// most 500.
func (b *Book) Absences(ctx context.Context, after time.Time) ([]Absence, error) {
	rows, err := b.db.Query(ctx, listAbsences, after.Unix())
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var out []Absence
	for rows.Next() {
		var a Absence
		var from, until int64
		if err := rows.Scan(&a.ID, &a.Who, &from, &until, &a.Why); err != nil {
			return nil, err
		}
		a.Span = b.span(from, until)
		out = append(out, a)
	}
	return out, rows.Err()
}

func (b *Book) span(from, until int64) Span {
	zone := b.clock().Location()
	return Span{time.Unix(from, 0).In(zone), time.Unix(until, 0).In(zone)}
}
