package recording

import (
	"context"
	"slices"
	"strings"

	"verhaal/internal/db"
	"verhaal/internal/fault"
	"verhaal/internal/policy"
	"verhaal/internal/recording/chunk"
	"verhaal/internal/seal"
)

// prompt is the mark of a question that is put to the interviewer from another room.
const prompt = "prompt"

// MarkKinds are what can be marked.
var markKinds = []string{"entry", "announced", "break", "resume", "exhibit", "distress", becomesFormal, "left", "topic", "end", prompt, masked, unmasked}

// MarkKinds lists what can be marked.
func MarkKinds() []string { return slices.Clone(markKinds) }

// Mark is a moment that somebody marked. Sealed holds words to the case key,
// such as a prompt's.
type Mark struct {
	N      int64 // its number among those that were set while it ran, in their order; 0 = linked afterwards
	Kind   string
	Mono   uint64
	Code   string
	Sealed []byte
	Staff  string
	Linked int64 // number of a topic that was linked afterwards; 0 = set while it ran
}

// maxWords bounds a mark's sealed words, in bytes.
const maxWords = 32 << 10

// slack is how far a mark or a gap may lie ahead of the server's clock, in ms.
const slack = 5000

// latest is where what is told of a recording may lie at the most, in its ms.
func (b *Book) latest(r Recording) uint64 {
	return uint64(max(0, b.clock().UnixMilli()-r.Started+slack))
}

// AddMark keeps a mark of somebody who may set it, see mayMark.
func (b *Book) AddMark(ctx context.Context, actor string, id chunk.ID, m Mark) error {
	r, err := b.Get(ctx, actor, id)
	if err != nil {
		return err
	}
	if !slices.Contains(markKinds, m.Kind) || m.Code != "" && !policy.IsCode(m.Code) || len(m.Sealed) > maxWords || m.Mono > b.latest(r) {
		return fault.New(fault.BadInput, "", "no mark")
	}
	if len(m.Sealed) > 0 {
		if err := seal.CheckFile(m.Sealed, 1); err != nil {
			return err
		}
	}
	live, err := b.open(ctx, id)
	if err != nil {
		return err
	}
	if err := b.mayMark(ctx, actor, live, m); err != nil {
		return err
	}
	if m.Kind == prompt { // it is kept from where it came
		live.mu.Lock()
		m.Code = live.follows(actor, b.clock())
		live.mu.Unlock()
	}
	act := b.act("recording.marked", actor, r)
	act.Facts["mark"] = m.Kind
	if m.masks() {
		act.Basis = m.Code
	}
	formal := m.Kind == becomesFormal && b.config.Formal != nil
	var level string
	var rules []string
	if formal {
		if level, rules, err = b.askFormal(ctx, actor, r); err != nil {
			return err
		}
		act.Basis, act.Facts["level"] = "M-07", level
	}
	_, err = b.log.Do(ctx, act, func(tx *db.Tx) error {
		var n int64
		if err := stillRuns(tx, id); err != nil {
			return err
		}
		if err := tx.QueryRow(lastMark, id.String()).Scan(&n); err != nil {
			return err
		}
		sealed := m.Sealed
		if sealed == nil {
			sealed = []byte{}
		}
		_, err := tx.Exec(insertMark, id.String(), n+1, m.Kind, int64(m.Mono), m.Code, sealed, b.clock().UnixMilli(), actor)
		if err != nil || !formal {
			return err
		}
		_, err = tx.Exec(setNeeded, id.String(), level, strings.Join(rules, " "))
		return err
	})
	if err != nil {
		return err
	}
	live.setMask(m)
	return nil
}

// mayMark holds a mark to who may set it: those who hold the interview set any,
// but only an interviewer says that a talk becomes a formal report. Who follows
// does what the kind of room allows from which they follow (rule A-16), and
// masks nothing.
func (b *Book) mayMark(ctx context.Context, actor string, live *running, m Mark) error {
	facts, err := b.facts(ctx, live.of.ID)
	if err != nil {
		return err
	}
	live.mu.Lock()
	defer live.mu.Unlock()
	kind, _ := b.room(live.follows(actor, b.clock()))
	holds := live.heldBy(actor, facts)
	switch {
	case m.masks() && !holds:
		return fault.New(fault.Refused, "room.fault.masks", "who does not hold the interview does not mask it")
	case m.masks():
		return live.mask.check(m)
	case m.Kind == becomesFormal && !facts.interviewed(actor):
		return fault.New(fault.Refused, "room.fault.interviewer", "only an interviewer says so")
	case m.Kind == prompt && !kind.Can(policy.CanPrompt) && !kind.Can(policy.CanSteer):
		return fault.New(fault.Refused, "room.fault.no_prompt", "nobody may prompt from there")
	case m.Kind != prompt && !holds && !kind.Can(policy.CanMark):
		return fault.New(fault.Refused, "room.fault.no_mark", "nobody may mark from there")
	}
	return nil
}

func (b *Book) marks(ctx context.Context, id chunk.ID) ([]Mark, error) {
	rows, err := b.db.Query(ctx, listMarks, id.String())
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var out []Mark
	for rows.Next() {
		var m Mark
		var mono int64
		if err := rows.Scan(&m.N, &m.Kind, &mono, &m.Code, &m.Sealed, &m.Staff); err != nil {
			return nil, err
		}
		m.Mono = uint64(mono)
		out = append(out, m)
	}
	return out, rows.Err()
}
