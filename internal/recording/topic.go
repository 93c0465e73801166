package recording

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"time"

	"verhaal/internal/custody"
	"verhaal/internal/db"
	"verhaal/internal/fault"
	"verhaal/internal/policy"
	"verhaal/internal/recording/chunk"
)

// Topic is a time of a recording at which a topic begins.
type Topic struct {
	Recording chunk.ID
	Interview string
	Code      string
	Mono      uint64 // ms of the recording
	Day       time.Time
}

// Seconds is where a player goes for it.
func (t Topic) Seconds() uint64 { return t.Mono / 1000 }

// Clock is that as a person reads it, "1:02:03".
func (t Topic) Clock() string {
	return fmt.Sprintf("%d:%02d:%02d", t.Seconds()/3600, t.Seconds()/60%60, t.Seconds()%60)
}

// Topics lists the topics of all recordings of a case, the oldest recording
// first: those that were marked and those that were linked afterwards.
func (b *Book) Topics(ctx context.Context, actor, casefile string) ([]Topic, error) {
	if err := b.cases.MayRead(ctx, actor, casefile); err != nil {
		return nil, err
	}
	rows, err := b.db.Query(ctx, listTopics, casefile)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var out []Topic
	for rows.Next() {
		var t Topic
		var id string
		var started, mono int64
		if err := rows.Scan(&id, &t.Interview, &started, &t.Code, &mono); err != nil {
			return nil, err
		}
		if err := t.Recording.UnmarshalText([]byte(id)); err != nil {
			return nil, err
		}
		t.Mono, t.Day = uint64(mono), time.UnixMilli(started).UTC()
		out = append(out, t)
	}
	return out, rows.Err()
}

// Marked lists the codes of the topics of all recordings of a case, by interview,
// as src shows them: the database or a transaction.
func Marked(src interface {
	Query(query string, args ...any) (*sql.Rows, error)
}, casefile string) (map[string][]string, error) {
	rows, err := src.Query(listMarked, casefile)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	out := map[string][]string{}
	for rows.Next() {
		var interview, topic string
		if err := rows.Scan(&interview, &topic); err != nil {
			return nil, err
		}
		out[interview] = append(out[interview], topic)
	}
	return out, rows.Err()
}

// LinkTopic says that a topic begins at a time of a recording that is over.
func (b *Book) LinkTopic(ctx context.Context, actor string, id chunk.ID, topic string, mono uint64) error {
	r, err := b.Get(ctx, actor, id)
	if err != nil {
		return err
	}
	length, err := b.length(ctx, r)
	if err != nil {
		return err
	}
	topic = policy.Topic(topic)
	if !policy.IsCode(topic) || mono > length {
		return fault.New(fault.BadInput, "room.fault.topic", "no topic, or a time that the recording does not have")
	}
	_, err = b.log.Do(ctx, b.topicAct("recording.topic_linked", actor, r, topic, int64(mono)), func(tx *db.Tx) error {
		var n int64
		if err := tx.QueryRow(lastTopic, id.String()).Scan(&n); err != nil {
			return err
		}
		if _, err := tx.Exec(insertTopic, id.String(), n+1, topic, int64(mono), b.clock().UnixMilli(), actor); err != nil {
			return err
		}
		return b.cases.TopicLinked(tx, actor, r.Casefile, r.Interview)
	})
	return err
}

// withdrawals are why a topic that was linked is taken back.
var withdrawals = []string{"wrong_topic", "wrong_minute", "not_told"}

// Withdrawals lists why a topic that was linked may be taken back.
func Withdrawals() []string { return slices.Clone(withdrawals) }

// WithdrawTopic takes a topic back that was linked afterwards, by its number; why
// is one of Withdrawals. It counts as told no more. What was marked while the
// recording ran is under the seal, and stays.
func (b *Book) WithdrawTopic(ctx context.Context, actor string, id chunk.ID, n int64, why string) error {
	r, err := b.Get(ctx, actor, id)
	if err != nil {
		return err
	}
	if !slices.Contains(withdrawals, why) {
		return fault.New(fault.BadInput, "room.fault.withdraw", "no reason of the list")
	}
	var topic string
	var mono int64
	err = b.db.QueryRow(ctx, findTopic, id.String(), n).Scan(&topic, &mono)
	if errors.Is(err, sql.ErrNoRows) {
		return fault.New(fault.NotFound, "", "no topic that was linked and stands")
	}
	if err != nil {
		return err
	}
	act := b.topicAct("recording.topic_withdrawn", actor, r, topic, mono)
	act.Basis = why
	_, err = b.log.Do(ctx, act, func(tx *db.Tx) error {
		changed, err := tx.Exec(withdrawTopic, id.String(), n, b.clock().UnixMilli())
		if err == nil && changed == 0 {
			err = fault.New(fault.NotFound, "", "withdrawn meanwhile")
		}
		return err
	})
	return err
}

// topicAct begins an act on a topic at a time of a recording, in ms.
func (b *Book) topicAct(kind, actor string, r Recording, topic string, mono int64) custody.Act {
	act := b.act(kind, actor, r)
	act.Facts["topic"], act.Facts["ms"] = topic, number(mono)
	return act
}

// linked lists topics that were linked afterwards and stand, as marks.
func (b *Book) linked(ctx context.Context, id chunk.ID) ([]Mark, error) {
	rows, err := b.db.Query(ctx, listLinked, id.String())
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var out []Mark
	for rows.Next() {
		m := Mark{Kind: "topic"}
		var mono int64
		if err := rows.Scan(&m.Linked, &m.Code, &mono, &m.Staff); err != nil {
			return nil, err
		}
		m.Mono = uint64(mono)
		out = append(out, m)
	}
	return out, rows.Err()
}
