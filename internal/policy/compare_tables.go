package policy

import (
	"reflect"
	"slices"
)

// TableChanges lists the rows of the tables for staff that came, went or say
// something else: who may grant what, how long something is kept, which codes
// there are. No worked case shows them.
func TableChanges(old, now *Pack) []string {
	out := slices.Concat(
		changedRows("role", old.Roles, now.Roles),
		changedRows("power", old.Powers, now.Powers),
		changedRows("room power", old.RoomPowers, now.RoomPowers),
		changedRows("room", old.Rooms, now.Rooms),
		changedRows("clock", old.Clocks, now.Clocks),
		changedRows("reason for delay", old.DelayReasons, now.DelayReasons),
		changedRows("period", old.Periods, now.Periods),
		changedRows("task", old.Tasks, now.Tasks),
		changedRows("retention", old.Retention, now.Retention),
		changedRows("codes", old.Codes, now.Codes),
	)
	for _, is := range now.Codes {
		if was, ok := old.CodeList(is.ID); ok {
			out = append(out, changedRows("codes "+is.ID, was.Entries, is.Entries)...)
		}
	}
	return out
}

func changedRows[T keyed](table string, was, is []T) (out []string) {
	for _, row := range was {
		if _, ok := byID(is, row.key()); !ok {
			out = append(out, table+" "+row.key()+": gone")
		}
	}
	for _, row := range is {
		before, ok := byID(was, row.key())
		if !ok {
			out = append(out, table+" "+row.key()+": new")
		} else if !reflect.DeepEqual(before, row) {
			out = append(out, table+" "+row.key()+": changed")
		}
	}
	return out
}
