package rulebook

import (
	"fmt"
	"reflect"

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
	return append(out, policy.TableChanges(base, candidate)...)
}
