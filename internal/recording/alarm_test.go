package recording

import (
	"context"
	"slices"
	"testing"
	"time"

	"verhaal/internal/fault"
	"verhaal/internal/policy"
	"verhaal/internal/recording/chunk"
	"verhaal/internal/recording/proof"
)

// TestAnAlarmIsAnActAndSeenUntilItEnds: it comes from who records, once, and a
// start of the server forgets none; whoever records next ends it.
func TestAnAlarmIsAnActAndSeenUntilItEnds(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		ctx := t.Context()
		id := h.started(t)
		wantFault(t, h.SetAlarm(ctx, "dee", id, "silence", true), fault.Refused, "")
		wantFault(t, h.SetAlarm(ctx, "ann", id, "boredom", true), fault.BadInput, "")
		ok(t, h.SetAlarm(ctx, "ann", id, "silence", true))
		ok(t, h.SetAlarm(ctx, "ann", id, "silence", true))
		ok(t, h.SetAlarm(ctx, "ann", id, "disk", true))
		ok(t, h.SetAlarm(ctx, "ann", id, "silence", false))
		h.again(t)
		s, err := h.State(ctx, "dee", id)
		ok(t, err)
		if !slices.Equal(s.Alarms, []Alarm{{"disk", h.now.UnixMilli()}}) || h.acts(t, "recording.alarm_raised") != 2 || h.acts(t, "recording.alarm_ended") != 1 {
			t.Errorf("%+v", s.Alarms)
		}
		h.now = h.now.Add(silent + time.Second)
		_, _, err = h.part(t, "dee", id, 0, chunk.VP8Opus)
		ok(t, err)
		ok(t, h.SetAlarm(ctx, "dee", id, "disk", false))
		s, err = h.State(ctx, "dee", id)
		ok(t, err)
		if len(s.Alarms) > 0 || h.acts(t, "recording.alarm_ended") != 2 {
			t.Errorf("%+v, though another recorder ended them", s.Alarms)
		}
	})
}

// formal is a case in which the rules demand picture of a formal report, once it
// can be asked.
type formal struct {
	asked []string
	away  error
}

func (f *formal) BecomesFormalReport(_ context.Context, actor, casefile, interview string) (string, []string, error) {
	f.asked = append(f.asked, actor+" "+casefile+" "+interview)
	return policy.LevelVideo, []string{"S-18"}, f.away
}

// TestATalkBecomesAFormalReportWithItsLevelOrNotAtAll: where the level can't be
// asked or written there is no mark, so that the recorder sends it again; where
// there is one, the level is there, also after a start.
func TestATalkBecomesAFormalReportWithItsLevelOrNotAtAll(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		ctx := t.Context()
		f := &formal{away: fault.New(fault.Unavailable, "", "the case files are away")}
		h.level, h.more.Formal = policy.LevelAudio, f
		h.again(t)
		id := h.started(t)
		mark := Mark{Kind: becomesFormal, Mono: 10}
		stands := func(marks int, unmet string) {
			t.Helper()
			s, err := h.State(ctx, "ann", id)
			ok(t, err)
			if len(s.Marks) != marks || s.LevelUnmet != unmet || h.acts(t, "recording.marked") != marks {
				t.Errorf("%d marks, unmet %q, %d acts", len(s.Marks), s.LevelUnmet, h.acts(t, "recording.marked"))
			}
		}
		wantFault(t, h.AddMark(ctx, "ann", id, mark), fault.Unavailable, "")
		stands(0, "")
		h.again(t)
		stands(0, "")
		f.away = nil
		ok(t, h.AddMark(ctx, "ann", id, mark))
		stands(1, "S-18")
		h.again(t)
		stands(1, "S-18")
		h.sealed(t, id)
		f.asked = nil
		wantFault(t, h.AddMark(ctx, "ann", id, mark), fault.Conflict, "room.fault.over")
		if len(f.asked) > 0 {
			t.Error("the case was told of a talk that is over")
		}
	})
}

// TestATalkThatBecomesAFormalReportAsksForItsLevelAnew: below it the room is told
// the rule, until there is a picture; the seal names the level that counts.
func TestATalkThatBecomesAFormalReportAsksForItsLevelAnew(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		ctx := t.Context()
		f := &formal{}
		h.level, h.more.Formal = policy.LevelAudio, f
		h.again(t)
		id := h.started(t)
		_, _, err := h.part(t, "ann", id, 0, chunk.Opus)
		ok(t, err)
		unmet := func(want string) {
			t.Helper()
			s, err := h.State(ctx, "ann", id)
			ok(t, err)
			if s.LevelUnmet != want {
				t.Errorf("the level is unmet by %q, want %q", s.LevelUnmet, want)
			}
		}
		unmet("")
		ok(t, h.AddMark(ctx, "ann", id, Mark{Kind: "becomes_formal_report"}))
		if !slices.Equal(f.asked, []string{"ann c1 i1"}) {
			t.Errorf("the case was told %q", f.asked)
		}
		h.again(t)
		unmet("S-18")
		_, _, err = h.part(t, "ann", id, 0, chunk.Opus) // it goes on all the same
		ok(t, err)
		unmet("S-18")
		h.begin(t, id, 0)
		unmet("")
		h.sealed(t, id)
		text, _, err := h.Manifest(ctx, "ann", id)
		ok(t, err)
		m, err := proof.ParseManifest(text)
		ok(t, err)
		if m.Level != policy.LevelVideo {
			t.Errorf("the seal says %s", m.Level)
		}
	})
}
