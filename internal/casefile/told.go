package casefile

import (
	"context"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"verhaal/internal/custody"
	"verhaal/internal/db"
	"verhaal/internal/fault"
	"verhaal/internal/policy"
)

// maxTold bounds how many topics of a person are kept.
const maxTold = 500

// ToldTopic is the code of something that a person told already. The words, and
// where they stand, are the sealed part told/<person>.
type ToldTopic struct {
	Topic     string
	Interview string // of the case, in which it was told; "" = elsewhere
}

// KeepTold keeps what a person told already: the words, sealed, and the topics
// of all of it as codes, which the rules count, in one act. An interview that did
// not take place, or is another person's, counts as none. p.Version is as in Seal.
// corrected is the topic of an entry that is changed or removed, "" for one that
// is added; the act names it, and no other topic can go.
func (f *Files) KeepTold(ctx context.Context, actor, id, person string, p Part, topics []ToldTopic, corrected string) error {
	file, err := f.Get(ctx, actor, id)
	if err != nil {
		return err
	}
	if kind, err := f.kindOf(ctx, id, person); err != nil || kind != personKind {
		return fault.New(fault.NotFound, "", "no such person")
	}
	if len(topics) > maxTold {
		return fault.New(fault.TooLarge, "", "more than %d topics", maxTold)
	}
	for _, t := range topics {
		if !policy.IsCode(t.Topic) {
			return fault.New(fault.BadInput, "case.fault.topic", "a topic that is no code")
		}
	}
	p.Name = "told/" + person
	if err := f.checkPart(ctx, id, p, 1); err != nil {
		return err
	}
	act := custody.Act{Kind: "case.told", Actor: actor, Subject: id,
		Facts: map[string]string{"channel": file.Channel, "topics": strconv.Itoa(len(topics))}}
	if corrected != "" {
		if !policy.IsCode(corrected) {
			return fault.New(fault.BadInput, "case.fault.topic", "a topic that is no code")
		}
		act.Facts["corrected"] = corrected
	}
	return f.do(ctx, act, func(tx *db.Tx) error {
		if err := f.writePart(tx, actor, id, p); err != nil {
			return err
		}
		if err := keepsOthers(tx, id, person, topics, corrected); err != nil {
			return err
		}
		if _, err := tx.Exec(deleteTold, id, person); err != nil {
			return err
		}
		took, err := f.tookPlace(tx, id, person)
		if err != nil {
			return err
		}
		for _, t := range topics {
			if !slices.Contains(took, t.Interview) {
				t.Interview = "" // then it counts in all
			}
			if _, err := tx.Exec(insertTold, id, person, t.Topic, t.Interview); err != nil {
				return err
			}
		}
		return f.askAgain(tx, actor, id)
	})
}

// tookPlace lists the interviews of a person in which something can have been told:
// those that were held, and those that have a recording.
func (f *Files) tookPlace(tx *db.Tx, id, person string) ([]string, error) {
	all, err := interviewsOf(tx, id)
	if err != nil {
		return nil, err
	}
	var out []string
	for _, p := range all {
		if p.Person != person {
			continue
		}
		recorded, err := f.sources.Recorded(tx, id, p.ID)
		if err != nil {
			return nil, err
		}
		if recorded || p.State == held {
			out = append(out, p.ID)
		}
	}
	return out, nil
}

// keepsOthers refuses topics among which one is missing that was told, other
// than the one that is corrected.
func keepsOthers(tx *db.Tx, id, person string, topics []ToldTopic, corrected string) error {
	return db.Each(tx, listTold, func(row func(...any) error) error {
		var was, interview string
		if err := row(&was, &interview); err != nil {
			return err
		}
		if was != corrected && !slices.ContainsFunc(topics, func(t ToldTopic) bool { return t.Topic == was }) {
			return fault.New(fault.BadInput, "", "a topic that was told is missing")
		}
		return nil
	}, id, person)
}

// addTold puts into fields the topics that a person told other than in the
// interviews that are in it already: those of reports, documents and statements
// that somebody wrote down, and those that our recordings of the person have. An
// interview asks nothing twice because of itself.
func (f *Files) addTold(src db.Source, id string, interviews []Planned, now Planned, fields url.Values) error {
	var topics []string
	if err := db.Each(src, listTold, func(row func(...any) error) error {
		var topic, interview string
		err := row(&topic, &interview)
		if interview != now.ID || interview == "" {
			topics = append(topics, topic)
		}
		return err
	}, id, now.Person); err != nil {
		return err
	}
	recorded, err := f.sources.Marked(src, id)
	if err != nil {
		return err
	}
	for _, p := range interviews {
		if p.Person == now.Person && p.ID != now.ID {
			topics = append(topics, recorded[p.ID]...)
		}
	}
	slices.Sort(topics)
	if topics = slices.Compact(topics); len(topics) > 0 {
		fields.Set("told.topics", strings.Join(topics, ", "))
	}
	return nil
}
