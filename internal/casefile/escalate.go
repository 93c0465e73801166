package casefile

import (
	"context"
	"fmt"
	"strconv"

	"verhaal/internal/custody"
	"verhaal/internal/db"
	"verhaal/internal/fault"
)

// escalatePage is how many late rows are read at once.
const escalatePage = 500

// Escalate lets everything that is late without a reason go up: to its desk on the first day,
// to the team leader after leaderAfter more. Each step is an act of the system, "deadline.escalated", once, however
// many processes look. It says how many there were.
func (f *Files) Escalate(ctx context.Context) (int, error) {
	today, ok := dateOf(f.today())
	if !ok {
		return 0, fmt.Errorf("no day: %q", f.today())
	}
	total := 0
	for _, up := range []struct {
		level  int
		before date
	}{{LevelDesk, today}, {LevelLeader, today - leaderAfter}} {
		for {
			late, err := f.late(ctx, up.level-1, up.before)
			if err != nil {
				return total, err
			}
			n, err := f.raise(ctx, late, up.level, today)
			total += n
			if err != nil {
				return total, err
			}
			if n == 0 {
				break
			}
		}
	}
	return total, nil
}

type lateRow struct {
	due
	file, channel string
}

func (f *Files) late(ctx context.Context, level int, before date) ([]lateRow, error) {
	var out []lateRow
	err := db.Each(f.db.Source(ctx), listLate, func(row func(...any) error) error {
		var one lateRow
		err := row(&one.file, &one.kind, &one.name, &one.about, &one.n, &one.channel, &one.due.due, &one.still)
		out = append(out, one)
		return err
	}, level, before.String(), escalatePage)
	return out, err
}

func (f *Files) raise(ctx context.Context, late []lateRow, level int, today date) (raised int, err error) {
	for _, one := range late {
		days := daysLate(one.due.due, today.String(), decodeStandstill(one.still))
		act := custody.Act{Kind: "deadline.escalated", Subject: one.file, Basis: one.name,
			Facts: map[string]string{"channel": one.channel, "kind": one.kind, "level": strconv.Itoa(level), "days": strconv.Itoa(days)}}
		err := f.do(ctx, act, func(tx *db.Tx) error {
			n, err := tx.Exec(escalateDue, one.file, one.kind, one.name, one.about, one.n, level, level-1)
			if err == nil && n == 0 {
				err = fault.New(fault.Conflict, "", "another process was first")
			}
			if err != nil {
				return err
			}
			return event(tx, one.file, "deadline_escalated", one.name, "", f.clock())
		})
		if fault.KindOf(err) == fault.Conflict {
			continue
		}
		if err != nil {
			return raised, err
		}
		raised++
	}
	return raised, nil
}

// recheckPage is how many case files share one act.
const recheckPage = 50

// Recheck reckons the case files anew whose board was written under another pack, or
// never. It says how many.
func (f *Files) Recheck(ctx context.Context) (int, error) {
	pack, err := f.rules.On(f.today())
	if err != nil {
		return 0, err
	}
	total, last := 0, ""
	for {
		ids, err := f.db.Strings(ctx, listUnreckoned, pack.Hash, last, recheckPage)
		if err != nil || len(ids) == 0 {
			return total, err
		}
		last = ids[len(ids)-1]
		act := custody.Act{Kind: "deadline.reckoned", Facts: map[string]string{"cases": strconv.Itoa(len(ids)), "pack": pack.Version}}
		err = f.do(ctx, act, func(tx *db.Tx) error {
			for _, id := range ids {
				if err := f.reckon(tx, id); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			return total, err
		}
		total += len(ids)
	}
}
