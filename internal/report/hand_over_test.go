package report_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"verhaal/internal/fault"
	"verhaal/internal/report"
	"verhaal/internal/seal"
)

// several is a fixture with more desks, each with a key of its own: labour is
// like open, source is anonymous and answers, timed would keep the time.
func several(t *testing.T, f func(t *testing.T, x *fixture)) {
	each(t, func(t *testing.T, x *fixture) {
		x.channel["labour"] = report.Channel{Dialogue: true}
		x.channel["source"] = report.Channel{Dialogue: true, DayOnly: true, Anonymous: true, Walled: true}
		x.channel["timed"] = report.Channel{Dialogue: true, Anonymous: true}
		for c := range x.channel {
			if c == "open" {
				continue
			}
			id, err := seal.NewIdentity()
			if err != nil {
				t.Fatal(err)
			}
			x.own[c] = id
		}
		x.barred["officer@labour"], x.barred["inspector@open"] = true, true
		f(t, x)
	})
}

func opened(t *testing.T, file []byte, id seal.Identity) []byte {
	t.Helper()
	plain, err := seal.Open(file, id)
	if err != nil {
		t.Fatalf("a file does not open: %v", err)
	}
	return plain
}

// reseal does what the officer's browser does.
func (x *fixture) reseal(t *testing.T, id, to string) report.HandOver {
	t.Helper()
	got, err := x.book.PrepareHandOver(t.Context(), "officer", id, to)
	if err != nil {
		t.Fatal(err)
	}
	again := func(file []byte, to ...string) []byte { return sealed(t, string(opened(t, file, x.key)), to...) }
	h := report.HandOver{From: got.Channel, To: to, Key: got.Key.Fingerprint, State: got.State,
		Advice: report.Advice{Channel: to, Rule: "S-04"}, Consent: "agreed",
		Content: again(got.Content, got.Key.Recipient, got.Reporter)}
	for _, m := range got.Messages {
		h.Messages = append(h.Messages, again(m.Sealed, got.Key.Recipient, got.Reporter))
	}
	if got.IdentityKey != nil {
		h.IdentityKey = again(got.IdentityKey, got.Key.Recipient)
		return h
	}
	empty, err := report.Told{}.Seal(got.Key.Recipient, got.Reporter)
	if err != nil {
		t.Fatal(err)
	}
	h.IdentityKey, h.Identity = empty.IdentityKey, empty.Identity
	return h
}

// talked is a report on "open" with one message each way.
func (x *fixture) talked(t *testing.T, facts report.Facts) (reporter, string) {
	t.Helper()
	r := x.tell(t, "open", facts)
	x.submit(t, r)
	id, key := x.onlyID(t, "open"), seal.Fingerprint(x.key.Recipient())
	if err := x.book.Answer(t.Context(), "officer", id, 0, key, sealed(t, "we are here", r.sub.Reporter, x.key.Recipient())); err != nil {
		t.Fatal(err)
	}
	if err := x.book.WriteAgain(t.Context(), r.sub.Lookup, r.sub.Proof, 1, key, sealed(t, "thank you", x.key.Recipient(), r.sub.Reporter)); err != nil {
		t.Fatal(err)
	}
	return r, id
}

func TestAReportHandedOverIsReadByTheOtherDeskAndTheReporterAlone(t *testing.T) {
	several(t, func(t *testing.T, x *fixture) {
		x.now = noon.Add(time.Hour)
		facts := report.Facts{Danger: "yes", Age: "16-17", Kinds: []string{"labour"}, AboutSelf: "no", Language: "ro"}
		r, id := x.talked(t, facts)
		x.now = x.now.Add(24 * time.Hour)
		if err := x.book.HandOver(t.Context(), "officer", id, x.reseal(t, id, "labour")); err != nil {
			t.Fatal(err)
		}

		if rows, _, err := x.book.Queue(t.Context(), "ann", "open", "", 10); err != nil || len(rows) != 0 {
			t.Errorf("it still waits on the old desk: %v", err)
		}
		_, err := x.book.Open(t.Context(), "officer", id)
		wantFault(t, err, fault.Refused, "")
		_, err = x.book.OpenIdentity(t.Context(), "officer", id, "safety", sealed(t, "why", x.key.Recipient()))
		wantFault(t, err, fault.Refused, "")
		if x.onlyID(t, "labour") != id {
			t.Fatal("another report came out")
		}
		row, err := x.book.Get(t.Context(), id)
		if err != nil || !row.Unread || row.State != report.StateNew || fmt.Sprint(row.Facts) != fmt.Sprint(facts) {
			t.Errorf("on the other desk it is %+v, %v", row, err)
		}

		got, err := x.book.Open(t.Context(), "inspector", id)
		if err != nil {
			t.Fatal(err)
		}
		files := [][]byte{got.Content}
		for _, m := range got.Messages {
			files = append(files, m.Sealed)
		}
		for i, want := range []string{"content", "we are here", "thank you"} {
			for _, id := range []seal.Identity{x.own["labour"], r.keys.Identity} {
				if plain := opened(t, files[i], id); string(plain) != want {
					t.Errorf("file %d holds %q", i, plain)
				}
			}
			if _, err := seal.Open(files[i], x.key); err == nil {
				t.Errorf("the old desk's key opens file %d", i)
			}
		}
		who, err := x.book.OpenIdentity(t.Context(), "inspector", id, "safety", sealed(t, "why", x.own["labour"].Recipient()))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := seal.Open(who.Key, x.key); err == nil {
			t.Error("the old desk's key opens the identity's")
		}
		own, err := seal.ParseIdentity(string(opened(t, who.Key, x.own["labour"])))
		if err != nil {
			t.Fatal(err)
		}
		if plain := opened(t, who.File, own); string(plain) != "identity" {
			t.Errorf("the identity holds %q", plain)
		}

		d, err := x.book.Return(t.Context(), r.sub.Lookup, r.sub.Proof)
		if err != nil || d.Channel != "labour" || d.Moved != 20261124 || d.Day != 20261123 || len(d.Messages) != 2 {
			t.Fatalf("the reporter finds %s since %d, %d messages, %v", d.Channel, d.Moved, len(d.Messages), err)
		}
		more := sealed(t, "are you there", d.Key.Recipient, r.sub.Reporter)
		if err := x.book.WriteAgain(t.Context(), r.sub.Lookup, r.sub.Proof, 2, d.Key.Fingerprint, more); err != nil {
			t.Errorf("the reporter can't write on: %v", err)
		}

		list, err := x.book.HandedOver(t.Context(), "ann", "open", 10)
		want := report.Passed{Report: id, From: "open", To: "labour", Consent: "agreed", Day: 20261124}
		if err != nil || len(list) != 1 || list[0] != want {
			t.Errorf("the old desk's list: %+v, %v", list, err)
		}
		if came, err := x.book.Came(t.Context(), id); err != nil || len(came) != 1 || came[0] != want {
			t.Errorf("where it came from: %+v, %v", came, err)
		}
	})
}

func TestAHandOverIsOneActThatSaysWhereWhyAndByWhichRule(t *testing.T) {
	several(t, func(t *testing.T, x *fixture) {
		_, id := x.talked(t, adult())
		h := x.reseal(t, id, "labour")
		h.Advice = report.Advice{Channel: "open", Rule: "S-03"}
		h.Consent, h.Reason = "asked_no_answer", sealed(t, "it is about work after all", x.key.Recipient())
		before, err := x.log.About(t.Context(), id)
		if err != nil {
			t.Fatal(err)
		}
		if err := x.book.HandOver(t.Context(), "officer", id, h); err != nil {
			t.Fatal(err)
		}
		acts, err := x.log.About(t.Context(), id)
		if err != nil || len(acts) != len(before)+1 {
			t.Fatalf("%d acts for one hand-over, %v", len(acts)-len(before), err)
		}
		var leaf struct {
			Kind, Actor, Basis string
			Facts, Hashes      map[string]string
		}
		if err := json.Unmarshal(acts[len(acts)-1].Leaf, &leaf); err != nil {
			t.Fatal(err)
		}
		for name, want := range map[string]string{"from": "open", "to": "labour", "advised": "open", "consent": "asked_no_answer"} {
			if leaf.Facts[name] != want {
				t.Errorf("%s is %q, want %q", name, leaf.Facts[name], want)
			}
		}
		if leaf.Kind != "report.handed_over" || leaf.Actor != "officer" || leaf.Basis != "S-03" || leaf.Hashes["reason"] == "" || leaf.Hashes["sealed"] == "" {
			t.Errorf("the leaf says %+v", leaf)
		}
	})
}

func TestWhoStaysAndTheTimeIsCutWhenItGoesToAnAnonymousChannel(t *testing.T) {
	several(t, func(t *testing.T, x *fixture) {
		x.now = noon.Add(time.Hour + 7*time.Minute)
		r, id := x.talked(t, adult())
		prepared, err := x.book.PrepareHandOver(t.Context(), "officer", id, "source")
		if err != nil || prepared.IdentityKey != nil {
			t.Fatalf("the identity's key is given out: %v", err)
		}
		h := x.reseal(t, id, "source")
		if err := x.book.HandOver(t.Context(), "officer", id, h); err != nil {
			t.Fatal(err)
		}
		row, err := x.book.Get(t.Context(), id)
		if midnight := noon.Truncate(24 * time.Hour).Unix(); err != nil || row.Received() != midnight {
			t.Errorf("received at %d, want %d, %v", row.Received(), midnight, err)
		}
		sent, err := x.book.SentTimes(t.Context(), id)
		if err != nil || len(sent) != 2 || slices.ContainsFunc(sent, func(at int64) bool { return at%(24*60*60) != 0 }) {
			t.Errorf("messages keep their times: %v, %v", sent, err)
		}
		who, err := x.book.OpenIdentity(t.Context(), "handler", id, "safety", sealed(t, "why", x.own["source"].Recipient()))
		if err != nil {
			t.Fatal(err)
		}
		if bytes.Equal(who.File, r.sub.Identity) {
			t.Error("the name went along")
		}
		own, err := seal.ParseIdentity(string(opened(t, who.Key, x.own["source"])))
		if err != nil {
			t.Fatal(err)
		}
		var empty map[string]any
		if err := json.Unmarshal(opened(t, who.File, own), &empty); err != nil || len(empty) != 1 {
			t.Errorf("the new identity is not empty: %v", err)
		}
		if d, err := x.book.Return(t.Context(), r.sub.Lookup, r.sub.Proof); err != nil || d.Channel != "source" {
			t.Errorf("the reporter lost the way back: %v", err)
		}
	})
}

func TestARefusedHandOverChangesNothing(t *testing.T) {
	several(t, func(t *testing.T, x *fixture) {
		r, id := x.talked(t, adult())
		good := x.reseal(t, id, "labour")
		hidden := x.reseal(t, id, "source")
		for name, c := range map[string]struct {
			spoil func(h *report.HandOver)
			kind  fault.Kind
			key   string
		}{
			"same channel":             {func(h *report.HandOver) { h.To = "open" }, fault.BadInput, "fault.hand_over_same"},
			"unknown channel":          {func(h *report.HandOver) { h.To = "nobody" }, fault.BadInput, "fault.hand_over_same"},
			"no way back":              {func(h *report.HandOver) { h.To = "walled" }, fault.Refused, "fault.no_way_back"},
			"keeps the time":           {func(h *report.HandOver) { h.To = "timed" }, fault.Refused, "fault.keeps_time"},
			"out of a walled desk":     {func(h *report.HandOver) { h.From = "source" }, fault.Refused, "fault.walled"},
			"consent missing":          {func(h *report.HandOver) { h.Consent = "" }, fault.BadInput, "fault.consent_needed"},
			"consent unknown":          {func(h *report.HandOver) { h.Consent = "perhaps" }, fault.BadInput, "fault.consent_needed"},
			"other than advised":       {func(h *report.HandOver) { h.Advice.Channel = "open" }, fault.BadInput, "fault.hand_over_reason"},
			"unsealed reason":          {func(h *report.HandOver) { h.Reason = []byte("in clear") }, fault.BadInput, "fault.damaged_file"},
			"old key":                  {func(h *report.HandOver) { h.Key = seal.Fingerprint(x.key.Recipient()) }, fault.Conflict, "fault.key_changed"},
			"a message too few":        {func(h *report.HandOver) { h.Messages = h.Messages[:1] }, fault.Conflict, "fault.hand_over_meanwhile"},
			"another state":            {func(h *report.HandOver) { h.State = report.StateAnswered }, fault.Conflict, "fault.hand_over_meanwhile"},
			"unsealed content":         {func(h *report.HandOver) { h.Content = []byte("in clear") }, fault.BadInput, "fault.damaged_file"},
			"content without reporter": {func(h *report.HandOver) { h.Content = h.IdentityKey }, fault.BadInput, "fault.damaged_file"},
			"message without reporter": {func(h *report.HandOver) { h.Messages = [][]byte{h.Messages[0], h.IdentityKey} }, fault.BadInput, "fault.damaged_file"},
			"no identity key":          {func(h *report.HandOver) { h.IdentityKey = nil }, fault.BadInput, "fault.damaged_file"},
			"a new identity":           {func(h *report.HandOver) { h.Identity = h.IdentityKey }, fault.BadInput, ""},
			"too large":                {func(h *report.HandOver) { h.Content = make([]byte, report.MaxContent+1) }, fault.TooLarge, ""},
			"no new identity":          {func(h *report.HandOver) { *h = hidden; h.Identity = nil }, fault.BadInput, ""},
			"the name goes along":      {func(h *report.HandOver) { *h = hidden; h.Identity = r.sub.Identity }, fault.BadInput, ""},
		} {
			h := good
			c.spoil(&h)
			t.Log(name)
			wantFault(t, x.book.HandOver(t.Context(), "officer", id, h), c.kind, c.key)
		}
		wantFault(t, x.book.HandOver(t.Context(), "inspector", id, good), fault.Refused, "")
		wantFault(t, x.book.HandOver(t.Context(), "officer", "nothing", good), fault.NotFound, "")
		for to, key := range map[string]string{"open": "fault.hand_over_same", "walled": "fault.no_way_back", "timed": "fault.keeps_time"} {
			_, err := x.book.PrepareHandOver(t.Context(), "officer", id, to)
			wantFault(t, err, fault.KindOf(err), key)
		}
		_, err := x.book.PrepareHandOver(t.Context(), "inspector", id, "labour")
		wantFault(t, err, fault.Refused, "")
		x.closed = true
		wantFault(t, x.book.HandOver(t.Context(), "officer", id, good), fault.Unavailable, "fault.channel_closed")
		_, err = x.book.PrepareHandOver(t.Context(), "officer", id, "labour")
		wantFault(t, err, fault.Unavailable, "fault.channel_closed")
		x.closed = false

		got, err := x.book.Open(t.Context(), "officer", id)
		if err != nil || !bytes.Equal(got.Content, r.sub.Content) || len(got.Messages) != 2 {
			t.Errorf("something changed: %v", err)
		}
		if err := x.book.HandOver(t.Context(), "officer", id, good); err != nil {
			t.Errorf("and what is right is refused: %v", err)
		}
	})
}

func TestAWalledDeskHandsNothingOverAsItIs(t *testing.T) {
	several(t, func(t *testing.T, x *fixture) {
		x.own = map[string]seal.Identity{}
		x.submit(t, x.tell(t, "source", adult()))
		id := x.onlyID(t, "source")
		for _, to := range []string{"open", "labour", "walled"} {
			_, err := x.book.PrepareHandOver(t.Context(), "handler", id, to)
			wantFault(t, err, fault.Refused, "fault.walled")
		}
	})
}

func TestAnAnswerInBetweenStopsTheHandOverAndIsKept(t *testing.T) {
	several(t, func(t *testing.T, x *fixture) {
		r, id := x.talked(t, adult())
		h := x.reseal(t, id, "labour")
		key := seal.Fingerprint(x.key.Recipient())
		if err := x.book.Answer(t.Context(), "colleague", id, 2, key, sealed(t, "wait", r.sub.Reporter, x.key.Recipient())); err != nil {
			t.Fatal(err)
		}
		wantFault(t, x.book.HandOver(t.Context(), "officer", id, h), fault.Conflict, "fault.hand_over_meanwhile")
		got, err := x.book.Open(t.Context(), "officer", id)
		if err != nil || len(got.Messages) != 3 || string(opened(t, got.Messages[2].Sealed, x.key)) != "wait" {
			t.Fatalf("the answer was lost: %v", err)
		}
		if err := x.book.HandOver(t.Context(), "officer", id, x.reseal(t, id, "labour")); err != nil {
			t.Errorf("the second try: %v", err)
		}
		// And the other way round: what was sealed to the old desk comes too late.
		err = x.book.WriteAgain(t.Context(), r.sub.Lookup, r.sub.Proof, 3, key, sealed(t, "hello", x.key.Recipient(), r.sub.Reporter))
		wantFault(t, err, fault.Conflict, "fault.key_changed")
	})
}

func TestWhatIsWrittenWhileAReportLeavesIsNotLeftUnreadable(t *testing.T) {
	several(t, func(t *testing.T, x *fixture) {
		r, id := x.talked(t, adult())
		h, key := x.reseal(t, id, "labour"), seal.Fingerprint(x.key.Recipient())
		more := sealed(t, "one more thing", x.key.Recipient(), r.sub.Reporter)
		x.during = func() {
			if err := x.book.HandOver(context.Background(), "officer", id, h); err != nil {
				t.Error(err)
			}
		}
		err := x.book.WriteAgain(t.Context(), r.sub.Lookup, r.sub.Proof, 2, key, more)
		wantFault(t, err, fault.Conflict, "fault.handed_over")
		if d, err := x.book.Return(t.Context(), r.sub.Lookup, r.sub.Proof); err != nil || len(d.Messages) != 2 {
			t.Errorf("a message that the new desk can't read was kept, %v", err)
		}
	})
}

func TestTheSameHandOverSentAgainIsDoneOnce(t *testing.T) {
	several(t, func(t *testing.T, x *fixture) {
		r, id := x.talked(t, adult())
		first := x.submit(t, r)
		h := x.reseal(t, id, "labour")
		errs := make([]error, 8)
		var wg sync.WaitGroup
		for i := range errs {
			wg.Go(func() { errs[i] = x.book.HandOver(context.Background(), "officer", id, h) })
		}
		wg.Wait()
		if err := errors.Join(errs...); err != nil {
			t.Fatal(err)
		}
		if list, err := x.book.Came(t.Context(), id); err != nil || len(list) != 1 {
			t.Errorf("%d hand-overs, %v", len(list), err)
		}
		// Back on the old desk, the old request does not move it a second time.
		x.own["open"], x.key = x.key, x.own["labour"]
		x.barred = map[string]bool{}
		if err := x.book.HandOver(t.Context(), "officer", id, x.reseal(t, id, "open")); err != nil {
			t.Fatal(err)
		}
		if err := x.book.HandOver(t.Context(), "officer", id, h); err != nil {
			t.Fatal(err)
		}
		if row, err := x.book.Get(t.Context(), id); err != nil || row.Channel != "open" {
			t.Errorf("a request of long ago moved the report to %s, %v", row.Channel, err)
		}
		if again := x.submit(t, r); again != first {
			t.Error("the proof of report changed with the hand-over")
		}
	})
}

func TestTwoHandOversAtOnceAreOne(t *testing.T) {
	several(t, func(t *testing.T, x *fixture) {
		_, id := x.talked(t, adult())
		tries := []report.HandOver{x.reseal(t, id, "labour"), x.reseal(t, id, "source"), x.reseal(t, id, "labour")}
		errs := make([]error, len(tries))
		var wg sync.WaitGroup
		for i, h := range tries {
			wg.Go(func() { errs[i] = x.book.HandOver(context.Background(), "officer", id, h) })
		}
		wg.Wait()
		done := 0
		for _, err := range errs {
			if err == nil {
				done++
			} else if fault.KeyOf(err) != "fault.handed_over" {
				t.Errorf("the one who came second reads %v", err)
			}
		}
		if done != 1 {
			t.Errorf("%d hand-overs were done", done)
		}
	})
}

func TestAReportIsWithheldFromWhoeverItsCaseExcludes(t *testing.T) {
	several(t, func(t *testing.T, x *fixture) {
		ctx := t.Context()
		r, id := x.talked(t, report.Facts{Danger: "yes", Age: "12-15", AboutSelf: "no"})
		x.withheld = map[string][]string{"excluded": {"another", id}}
		seen := func(who, channel string, want int) {
			t.Helper()
			rows, _, err := x.book.Queue(ctx, who, channel, "", 10)
			if err != nil {
				t.Fatal(err)
			}
			c, err := x.book.Counts(ctx, who, channel)
			if err != nil {
				t.Fatal(err)
			}
			if got := (report.Counts{Reports: want, Unread: want, Children: want}); len(rows) != want || c != got {
				t.Errorf("%s sees %d rows and counts %+v, want %+v", who, len(rows), c, got)
			}
		}
		seen("excluded", "open", 0)
		seen("officer", "open", 1)

		prepared := x.reseal(t, id, "labour")
		key, reason := seal.Fingerprint(x.key.Recipient()), sealed(t, "why", x.key.Recipient())
		for what, try := range map[string]func() error{
			"found":    func() error { _, err := x.book.Find(ctx, "excluded", id); return err },
			"opened":   func() error { _, err := x.book.Open(ctx, "excluded", id); return err },
			"named":    func() error { _, err := x.book.OpenIdentity(ctx, "excluded", id, "safety", reason); return err },
			"prepared": func() error { _, err := x.book.PrepareHandOver(ctx, "excluded", id, "labour"); return err },
			"moved":    func() error { return x.book.HandOver(ctx, "excluded", id, prepared) },
			"answered": func() error {
				return x.book.Answer(ctx, "excluded", id, 2, key, sealed(t, "hush", r.sub.Reporter, x.key.Recipient()))
			},
		} {
			if err := try(); fault.KindOf(err) != fault.NotFound {
				t.Errorf("the report is %s by who is excluded: %v", what, err)
			}
		}
		// It goes to another desk: there, and in the list of what went, no less.
		if err := x.book.HandOver(ctx, "officer", id, prepared); err != nil {
			t.Fatal(err)
		}
		seen("excluded", "labour", 0)
		seen("inspector", "labour", 1)
		for who, want := range map[string]int{"excluded": 0, "officer": 1} {
			if went, err := x.book.HandedOver(ctx, who, "open", 10); err != nil || len(went) != want {
				t.Errorf("%s sees %d hand-overs, %v", who, len(went), err)
			}
		}
	})
}
