package recording

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"slices"
	"strings"
	"time"

	"verhaal/internal/custody"
	"verhaal/internal/fault"
	"verhaal/internal/recording/chunk"
	"verhaal/internal/recording/proof"
)

// act begins an act on a recording. The leaf is bound to the recording without
// naming it, see proof.Binding. Who has the recording, or an excerpt of it, can tell which acts
// are about it; who has the log alone can't even see that two are about one.
func (b *Book) act(kind, actor string, r Recording) custody.Act {
	salt := rand.Text()
	return custody.Act{Kind: kind, Actor: actor, Subject: r.Casefile, Facts: map[string]string{"channel": r.Channel, "salt": salt},
		Hashes: map[string][]byte{"recording": proof.Binding(r.ID, salt)}}
}

// Acted is an act on a recording as a court may see it: who did it stands
// there as a pseudonym, with what that person did in the interview.
type Acted struct {
	Seq   int64 // number of the leaf in the log
	Time  time.Time
	Kind  string // noun.verb_past
	Staff string // pseudonymous id, as in the seal; "" for the server itself
	Roles []string
	Basis string
	Facts map[string]string // of track, part, tracks, minutes, seconds, purpose, mark, room, kind, level
	Leaf  [32]byte          // hash of the leaf, as the log's tree has it

	minutes []run // that it is about; nil for the whole recording
}

// Custody lists the acts on a recording, oldest first: those of this recording
// alone, whatever else the case holds.
func (b *Book) Custody(ctx context.Context, actor string, id chunk.ID) ([]Acted, error) {
	r, err := b.Get(ctx, actor, id)
	if err != nil {
		return nil, err
	}
	text, _, err := b.Manifest(ctx, actor, id)
	if err != nil {
		return nil, err
	}
	m, err := proof.ParseManifest(text)
	if err != nil {
		return nil, err
	}
	acts, err := b.log.About(ctx, r.Casefile)
	if err != nil {
		return nil, err
	}
	marks, err := b.marks(ctx, id)
	if err != nil {
		return nil, err
	}
	about := minutesOf{marks: marks, orders: map[string][]run{}}
	out := []Acted{}
	for _, a := range acts {
		var leaf struct {
			Kind, Actor, Basis string
			Facts, Hashes      map[string]string
		}
		if err := json.Unmarshal(a.Leaf, &leaf); err != nil {
			return nil, err
		}
		bound, err := hex.DecodeString(leaf.Hashes["recording"])
		if err != nil || !strings.HasPrefix(leaf.Kind, "recording.") || leaf.Kind == proof.HeadsAct || !hmac.Equal(bound, proof.Binding(id, leaf.Facts["salt"])) {
			continue // of another recording, or of none; or a minute's heads, which nobody did
		}
		one := Acted{Seq: a.Seq, Time: a.Time, Kind: leaf.Kind, Staff: leaf.Actor, Basis: leaf.Basis, Facts: leaf.Facts, Leaf: a.Hash, minutes: about.act(leaf.Kind, leaf.Facts)}
		delete(one.Facts, "salt")
		delete(one.Facts, "channel")
		// A court that has some minutes is not told what the others are about.
		delete(one.Facts, "topic")
		delete(one.Facts, "ms")
		for _, role := range m.Roles {
			if role.Person == leaf.Actor && leaf.Actor != "" && !slices.Contains(one.Roles, role.Role) {
				one.Roles = append(one.Roles, role.Role)
			}
		}
		out = append(out, one)
	}
	return out, nil
}

// Played writes down that somebody played a stretch of a recording that is over,
// in ms: who heard which minutes is at least this, and at most what keys were
// given out for (Release). It is the player's word.
func (b *Book) Played(ctx context.Context, actor string, id chunk.ID, from, to uint64, purpose string) error {
	r, err := b.Get(ctx, actor, id)
	if err != nil {
		return err
	}
	length, err := b.length(ctx, r)
	if err != nil {
		return err
	}
	// The last picture may stand a little beyond the stop.
	if _, known := purposeOf(purpose); !known || to <= from || to > length+chunk.MinuteMS {
		return fault.New(fault.BadInput, "room.fault.purpose", "nothing that can have been played")
	}
	act := b.act("recording.played", actor, r)
	act.Facts["purpose"] = purpose
	act.Facts["seconds"] = number(int64(from/1000)) + "-" + number(int64((to+999)/1000))
	_, err = b.log.Do(ctx, act, nil)
	return err
}
