package recording

import (
	"context"
	"database/sql"
	"fmt"
	"regexp"
	"time"

	"verhaal/internal/db"
	"verhaal/internal/fault"
	"verhaal/internal/recording/chunk"
)

// topicCode is how a topic may be written: as a code of a fact, in the clear.
var topicCode = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._@, -]{0,79}$`)

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
	if !topicCode.MatchString(topic) || r.Stopped > 0 && int64(mono) > r.Stopped-r.Started {
		return fault.New(fault.BadInput, "room.fault.topic", "no topic, or a time that the recording does not have")
	}
	if r.Stopped == 0 {
		return fault.New(fault.Conflict, "room.fault.not_sealed", "the recording runs")
	}
	_, err = b.log.Do(ctx, b.act("recording.topic_linked", actor, r), func(tx *db.Tx) error {
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

// linked lists topics that were linked afterwards, as marks.
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
		if err := rows.Scan(&m.Code, &mono, &m.Staff); err != nil {
			return nil, err
		}
		m.Mono = uint64(mono)
		out = append(out, m)
	}
	return out, rows.Err()
}
