package recording

import (
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"verhaal/internal/fault"
)

// TestTopicsLeadToTheirSecond: marked while it ran or linked afterwards, by a
// member, at a time that the recording has; and who listened is an act.
func TestTopicsLeadToTheirSecond(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		ctx := t.Context()
		id := h.started(t)
		h.now = h.now.Add(time.Minute)
		ok(t, h.AddMark(ctx, "ann", id, Mark{Kind: "topic", Mono: 61_500, Code: "recruitment"}))
		wantFault(t, h.AddMark(ctx, "ann", id, Mark{Kind: "topic", Code: "what she said: \"no\""}), fault.BadInput, "")
		wantFault(t, h.LinkTopic(ctx, "ann", id, "transport", 5000), fault.Conflict, "room.fault.not_sealed")
		h.now = h.now.Add(time.Minute - alive)
		h.sealed(t, id)
		h.away = fault.New(fault.Unavailable, "", "the case files are away")
		wantFault(t, h.LinkTopic(ctx, "dee", id, "debt", 4000), fault.Unavailable, "")
		h.away = nil
		ok(t, h.LinkTopic(ctx, "dee", id, "transport", 5000))
		if !slices.Equal(h.linked, []string{"dee c1 i1"}) {
			t.Errorf("the case files hear of %q", h.linked)
		}
		wantFault(t, h.LinkTopic(ctx, "ben", id, "transport", 5000), fault.Refused, "")
		wantFault(t, h.LinkTopic(ctx, "ann", id, "transport", 121_000), fault.BadInput, "room.fault.topic")
		wantFault(t, h.LinkTopic(ctx, "ann", id, "transport", math.MaxUint64), fault.BadInput, "room.fault.topic")
		for _, words := range []string{"", "he took her passport", "debt, wages", "debt,wages", strings.Repeat("a", 81)} {
			wantFault(t, h.LinkTopic(ctx, "ann", id, words, 5000), fault.BadInput, "room.fault.topic")
		}
		topics, err := h.Topics(ctx, "ann", "c1")
		ok(t, err)
		if len(topics) != 2 || topics[0].Code != "transport" || topics[1].Code != "recruitment" || topics[1].Clock() != "0:01:01" || topics[1].Interview != "i1" {
			t.Errorf("%+v", topics)
		}
		_, err = h.Topics(ctx, "ben", "c1")
		wantFault(t, err, fault.Refused, "")
		// What was played is an act, in seconds, of what the recording has.
		ok(t, h.Played(ctx, "dee", id, 4200, 9100, "next_interview"))
		wantFault(t, h.Played(ctx, "dee", id, 9000, 9000, "next_interview"), fault.BadInput, "")
		wantFault(t, h.Played(ctx, "dee", id, 0, 999_000, "next_interview"), fault.BadInput, "")
		wantFault(t, h.Played(ctx, "dee", id, 0, math.MaxUint64, "next_interview"), fault.BadInput, "")
		wantFault(t, h.Played(ctx, "ben", id, 0, 9000, "next_interview"), fault.Refused, "")
		acts, err := h.Custody(ctx, "ann", id)
		ok(t, err)
		if last := acts[len(acts)-1]; last.Kind != "recording.played" || last.Staff != "dee" || last.Facts["seconds"] != "4-10" {
			t.Errorf("the log says %+v", last)
		}
		s, err := h.State(ctx, "ann", id)
		ok(t, err)
		if len(s.Marks) != 2 || s.Marks[0].Code != "transport" {
			t.Errorf("%+v", s.Marks)
		}
	})
}

// TestATopicLinkedByMistakeIsWithdrawn: who did it, why, which and where stand in
// the log; it counts as told no more, and what was marked under the seal stays.
func TestATopicLinkedByMistakeIsWithdrawn(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		ctx := t.Context()
		id := h.started(t)
		h.now = h.now.Add(time.Minute)
		ok(t, h.AddMark(ctx, "ann", id, Mark{Kind: "topic", Mono: 1000, Code: "recruitment"}))
		wantFault(t, h.AddMark(ctx, "ann", id, Mark{Kind: "topic", Mono: 1000, Code: "he took her passport"}), fault.BadInput, "")
		h.sealed(t, id)
		ok(t, h.LinkTopic(ctx, "ann", id, "Transport", 5000))
		ok(t, h.LinkTopic(ctx, "ann", id, "debt", 7000))
		wantFault(t, h.WithdrawTopic(ctx, "ben", id, 1, "wrong_topic"), fault.Refused, "")
		wantFault(t, h.WithdrawTopic(ctx, "dee", id, 1, "because"), fault.BadInput, "room.fault.withdraw")
		wantFault(t, h.WithdrawTopic(ctx, "dee", id, 9, "wrong_topic"), fault.NotFound, "")
		ok(t, h.WithdrawTopic(ctx, "dee", id, 1, "wrong_topic"))
		wantFault(t, h.WithdrawTopic(ctx, "dee", id, 1, "wrong_topic"), fault.NotFound, "")

		told, err := Marked(h.db.Source(ctx), "c1")
		ok(t, err)
		if got := told["i1"]; !slices.Equal(slices.Sorted(slices.Values(got)), []string{"debt", "recruitment"}) {
			t.Errorf("told: %q", got)
		}
		topics, err := h.Topics(ctx, "ann", "c1")
		ok(t, err)
		s, err := h.State(ctx, "ann", id)
		ok(t, err)
		if len(topics) != 2 || len(s.Marks) != 2 || s.Marks[0].Linked != 0 || s.Marks[1].Linked != 2 {
			t.Errorf("%+v; %+v", topics, s.Marks)
		}
		all, err := h.log.About(ctx, "c1")
		ok(t, err)
		for i, want := range []string{`"recording.topic_linked"`, `"recording.topic_linked"`, `"recording.topic_withdrawn"`} {
			leaf := string(all[len(all)-3+i].Leaf)
			if topic := []string{"transport", "debt", "transport"}[i]; !strings.Contains(leaf, want) || !strings.Contains(leaf, `"topic":"`+topic+`"`) || !strings.Contains(leaf, `"ms":"`) {
				t.Errorf("the log says %s", leaf)
			}
		}
		acts, err := h.Custody(ctx, "ann", id)
		ok(t, err)
		if last := acts[len(acts)-1]; last.Staff != "dee" || last.Basis != "wrong_topic" || len(last.Facts) != 0 {
			t.Errorf("the list for a court says %+v", last)
		}
	})
}
