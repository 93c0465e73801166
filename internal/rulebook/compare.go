package rulebook

import (
	"fmt"
	"reflect"
	"slices"

	"verhaal/internal/policy"
)

// keepsChannels refuses a version without a channel that there is: the reports
// of it could not be read any more. A desk that takes none is closed instead.
func keepsChannels(candidate, base *policy.Pack) error {
	for _, c := range base.Channels {
		if _, ok := candidate.Channel(c.ID); !ok {
			return fmt.Errorf("channels: %s is missing, and its reports could not be read any more; keep it and close the desk", c.ID)
		}
	}
	return nil
}

// changes lists what worked cases do not show: who may read, what a channel
// promises, which numbers are called, and the tables.
func changes(candidate, base *policy.Pack) (out []string) {
	say := func(what string, was, is any) {
		if !reflect.DeepEqual(was, is) {
			out = append(out, fmt.Sprintf("%s: %v → %v", what, was, is))
		}
	}
	texts := func(what string, was, is any) {
		if !reflect.DeepEqual(was, is) {
			out = append(out, what)
		}
	}
	for _, is := range candidate.Channels {
		was, ok := base.Channel(is.ID)
		if !ok {
			out = append(out, "channel "+is.ID+": new")
			continue
		}
		say(is.ID+" naming", was.Naming, is.Naming)
		say(is.ID+" answers", was.Answers, is.Answers)
		say(is.ID+" certificate", was.Certificate, is.Certificate)
		say(is.ID+" walled", was.Walled, is.Walled)
		say(is.ID+" release", was.Release, is.Release)
		say(is.ID+" time", was.Time, is.Time)
		say(is.ID+" strip", was.Strip, is.Strip)
		texts(is.ID+": texts",
			[]any{was.Name, was.Short, was.ForWhom, was.Promises, was.NotPromises, was.NoPhone},
			[]any{is.Name, is.Short, is.ForWhom, is.Promises, is.NotPromises, is.NoPhone})
		texts(is.ID+": phones", was.Phones, is.Phones)
	}
	say("emergency number", base.Emergency.Number, candidate.Emergency.Number)
	say("exit", base.Exit, candidate.Exit)
	texts("help", base.Help, candidate.Help)
	texts("guide", base.Guide, candidate.Guide)
	return append(out, tableChanges(candidate, base)...)
}

// tableChanges lists the rows of the tables for staff that came, went or say
// something else: who may grant what, how long something is kept.
func tableChanges(candidate, base *policy.Pack) []string {
	return slices.Concat(
		rows("role", base.Roles, candidate.Roles, func(r policy.Role) string { return r.ID }),
		rows("power", base.Powers, candidate.Powers, func(r policy.Power) string { return r.ID }),
		rows("room power", base.RoomPowers, candidate.RoomPowers, func(r policy.Coded) string { return r.ID }),
		rows("room", base.Rooms, candidate.Rooms, func(r policy.RoomKind) string { return r.ID }),
		rows("clock", base.Clocks, candidate.Clocks, func(r policy.Clock) string { return r.ID }),
		rows("reason for delay", base.DelayReasons, candidate.DelayReasons, func(r policy.DelayReason) string { return r.ID }),
		rows("period", base.Periods, candidate.Periods, func(r policy.Period) string { return r.ID }),
		rows("task", base.Tasks, candidate.Tasks, func(r policy.Task) string { return r.ID }),
		rows("retention", base.Retention, candidate.Retention, func(r policy.Retention) string { return r.ID }),
		rows("codes", base.Codes, candidate.Codes, func(r policy.CodeList) string { return r.ID }),
	)
}

func rows[T any](table string, was, is []T, id func(T) string) (out []string) {
	for _, row := range was {
		if !slices.ContainsFunc(is, func(other T) bool { return id(other) == id(row) }) {
			out = append(out, table+" "+id(row)+": gone")
		}
	}
	for _, row := range is {
		i := slices.IndexFunc(was, func(other T) bool { return id(other) == id(row) })
		if i < 0 {
			out = append(out, table+" "+id(row)+": new")
		} else if !reflect.DeepEqual(was[i], row) {
			out = append(out, table+" "+id(row)+": changed")
		}
	}
	return out
}
