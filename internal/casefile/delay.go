package casefile

import (
	"context"
	"net/url"
	"slices"
	"strconv"

	"verhaal/internal/custody"
	"verhaal/internal/db"
	"verhaal/internal/fault"
	"verhaal/internal/policy"
)

// wishReason is the reason that the rules know as wishFact; they know any other
// as delayFact, and the days of a wish that is over as stoodStill.
const (
	wishReason = "victims_wish"
	wishFact   = "clock.victims_wish"
	delayFact  = "clock.reason"
	stoodStill = "clock.stood_still"
)

// Delay is why a clock takes longer, from a day until a day.
type Delay struct {
	N      int64
	Clock  string // id in the pack
	About  string // as the clock's
	Reason string // code of the pack
	From   string // first day on which it holds, YYYY-MM-DD
	Until  string // last day; "" while it goes on
	Words  bool   // the part delay/<N> tells it in words, sealed
	Staff  string
}

// NewDelay is a reason to be given. Epoch and Sealed are words that the browser sealed
// to the case key; the server never reads them.
type NewDelay struct {
	Clock, About, Reason string
	From, Until          string
	Epoch                int64
	Sealed               []byte // nil = no words
}

// GiveReason says why a clock that runs takes longer. While a reason that stops
// the clock holds, no day counts. A reason that the pack wants in words is
// refused without them, with "case.fault.delay_words".
func (f *Files) GiveReason(ctx context.Context, actor, id string, d NewDelay) error {
	file, err := f.Get(ctx, actor, id)
	if err != nil {
		return err
	}
	s, err := f.load(f.db.Source(ctx), id)
	if err != nil {
		return err
	}
	running := s.clocks()
	i := slices.IndexFunc(running, func(r Running) bool { return r.Clock.ID == d.Clock && r.About == d.About && r.Met == "" })
	reason, known := s.pack.DelayReason(d.Reason)
	switch {
	case i < 0:
		return fault.New(fault.NotFound, "", "no such clock runs here")
	case !known:
		return fault.New(fault.BadInput, "", "a reason that is none")
	case reason.Words && len(d.Sealed) == 0:
		return fault.New(fault.BadInput, "case.fault.delay_words", "a reason that must be told in words")
	}
	if err := f.past(d.From); err != nil {
		return err
	}
	if _, ok := dateOf(d.Until); d.Until != "" && (!ok || d.Until < d.From) {
		return fault.New(fault.BadInput, "case.fault.day", "a reason that ends before it begins")
	}
	part := Part{Epoch: d.Epoch, Sealed: d.Sealed}
	if len(d.Sealed) > 0 {
		part.Name = "delay/1"
		if err := f.checkPart(ctx, id, part, 1); err != nil {
			return err
		}
	}
	act := custody.Act{Kind: "case.delay_set", Actor: actor, Subject: id, Basis: d.Reason,
		Facts: map[string]string{"channel": file.Channel, "clock": d.Clock, "from": d.From}}
	return f.changed(ctx, act, d.Clock, func(tx *db.Tx) error {
		now, err := f.load(tx, id)
		if err != nil {
			return err
		}
		n := int64(len(now.delays)) + 1
		if _, err := tx.Exec(insertDelay, id, n, d.Clock, d.About, d.Reason, d.From, d.Until, flag(len(d.Sealed) > 0), f.clock().Unix(), actor); err != nil {
			return err
		}
		if len(d.Sealed) > 0 {
			if err := f.putPart(tx, actor, id, "delay/"+number(n), part); err != nil {
				return err
			}
		}
		return nil
	})
}

// delaysOf reads why clocks of a case take longer, in the order they were given.
func delaysOf(src db.Source, id string) (out []Delay, err error) {
	err = db.Each(src, listDelays, func(row func(...any) error) error {
		var one Delay
		var words int
		err := row(&one.N, &one.Clock, &one.About, &one.Reason, &one.From, &one.Until, &words, &one.Staff)
		one.Words = words == 1
		out = append(out, one)
		return err
	}, id)
	return out, err
}

// excuses is what rule S-08 reads of the reasons that were given for a person's
// interview, on its day: those that hold then, and how long the victim's wish to
// wait, over by then, has stopped the clock that runs from from.
func excuses(delays []Delay, pack *policy.Pack, from, day string) url.Values {
	out := url.Values{}
	var over standstill
	for _, d := range delays {
		clock, _ := pack.Clock(d.Clock)
		holds := d.From <= day && (d.Until == "" || d.Until >= day)
		switch {
		case clock.Stops.What.ID != interviewHeld:
		case holds && d.Reason == wishReason:
			out.Set(wishFact, "true")
		case holds:
			out.Set(delayFact, d.Reason)
		case d.Reason == wishReason && d.From <= day:
			over = append(over, stretch{d.From, d.Until})
		}
	}
	if from != "" && len(over) > 0 {
		out.Set(stoodStill, strconv.Itoa(max(0, DaysBetween(from, day)-daysLate(from, day, over))))
	}
	return out
}

// EndReason says until which day a reason held: its last day, no later than today.
func (f *Files) EndReason(ctx context.Context, actor, id string, n int64, until string) error {
	file, err := f.Get(ctx, actor, id)
	if err != nil {
		return err
	}
	if err := f.past(until); err != nil {
		return err
	}
	act := custody.Act{Kind: "case.delay_ended", Actor: actor, Subject: id, Facts: map[string]string{"channel": file.Channel, "delay": number(n), "until": until}}
	return f.changed(ctx, act, number(n), func(tx *db.Tx) error {
		// Days that are over under a reason stay as they were.
		changed, err := tx.Exec(endDelay, id, n, until, f.today())
		if err == nil && changed == 0 {
			err = fault.New(fault.Conflict, "case.fault.delay_over", "no such reason, ended already, or a day before it began")
		}
		return err
	})
}
