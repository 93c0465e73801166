package report_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"log/slog"
	"sync"
	"testing"
	"time"

	"verhaal/internal/custody"
	"verhaal/internal/db"
	"verhaal/internal/db/dbtest"
	"verhaal/internal/fault"
	"verhaal/internal/report"
	"verhaal/internal/seal"
)

// front is a desk whose channels share one key, but for those in own; "walled"
// answers nobody and keeps the day only.
type front struct {
	mu       sync.Mutex // keeps epoch and key together
	epoch    int64
	key      seal.Identity
	own      map[string]seal.Identity
	barred   map[string]bool // by staff, or by staff@channel
	closed   bool
	withheld map[string][]string // reports by staff
	unsafe   map[string]bool     // reports whose dialogue a safe-contact plan forbids
	during   func()              // runs once when a key is asked for: between reading and writing
	channel  map[string]report.Channel
}

func (f *front) Withheld(_ context.Context, staff string) ([]string, error) {
	return f.withheld[staff], nil
}

func (f *front) MayAnswer(_ *db.Tx, report string) error {
	if f.unsafe[report] {
		return fault.New(fault.Refused, "case.fault.contact_way", "a plan forbids it")
	}
	return nil
}

func newFront(t *testing.T) *front {
	t.Helper()
	f := &front{barred: map[string]bool{}, channel: map[string]report.Channel{
		"open": {Dialogue: true}, "walled": {DayOnly: true, Anonymous: true, Walled: true},
	}, own: map[string]seal.Identity{}}
	f.renew(t)
	return f
}

func (f *front) renew(t *testing.T) {
	t.Helper()
	id, err := seal.NewIdentity()
	if err != nil {
		t.Fatal(err)
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.epoch, f.key = f.epoch+1, id
}

func (f *front) Channel(id string) (report.Channel, bool) { c, ok := f.channel[id]; return c, ok }

func (f *front) Sealing(_ context.Context, channel string) (report.Key, error) {
	f.mu.Lock()
	during := f.during
	f.during = nil
	f.mu.Unlock()
	if during != nil {
		during()
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.closed {
		return report.Key{}, fault.New(fault.Unavailable, "fault.channel_closed", "closed")
	}
	key, ok := f.own[channel]
	if !ok {
		key = f.key
	}
	r := key.Recipient()
	return report.Key{Channel: channel, Epoch: f.epoch, Recipient: r, Fingerprint: seal.Fingerprint(r)}, nil
}

func (f *front) MayRead(_ context.Context, staff, channel string) error {
	if f.barred[staff] || f.barred[staff+"@"+channel] {
		return fault.New(fault.Refused, "fault.certificate_expired", "no certificate today")
	}
	return nil
}

var noon = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)

type fixture struct {
	*front
	book *report.Reports
	log  *custody.Log
	now  time.Time
}

func each(t *testing.T, f func(t *testing.T, x *fixture)) {
	dbtest.Each(t, func(t *testing.T, d *db.DB, w *db.Writer) {
		x := &fixture{front: newFront(t), now: noon}
		clock := func() time.Time { return x.now }
		key, err := custody.NewKey("verhaal.test/log")
		if err != nil {
			t.Fatal(err)
		}
		x.log = custody.New(d, w, key, clock, slog.New(slog.DiscardHandler))
		x.book = report.New(d, x.log, x.front, clock)
		f(t, x)
	})
}

type reporter struct {
	keys seal.Keys
	sub  report.Submission
}

// tell seals a report as the browser does.
func (x *fixture) tell(t *testing.T, channel string, facts report.Facts) reporter {
	t.Helper()
	r := reporter{}
	random(t, r.keys.Lookup[:])
	random(t, r.keys.Proof[:])
	var err error
	if r.keys.Identity, err = seal.NewIdentity(); err != nil {
		t.Fatal(err)
	}
	own, err := seal.NewIdentity()
	if err != nil {
		t.Fatal(err)
	}
	desk := x.key.Recipient()
	r.sub = report.Submission{
		Channel: channel, Key: seal.Fingerprint(desk), Lang: "en", Facts: facts,
		Lookup: r.keys.Lookup[:], Proof: r.keys.Proof[:], Reporter: r.keys.Identity.Recipient(),
		Content:     sealed(t, "content", desk, r.keys.Identity.Recipient()),
		Identity:    sealed(t, "identity", own.Recipient()),
		IdentityKey: sealed(t, own.Secret(), desk),
		Arrival:     report.Browser,
	}
	return r
}

func sealed(t *testing.T, text string, to ...string) []byte {
	t.Helper()
	file, err := seal.Seal([]byte(text), to...)
	if err != nil {
		t.Fatal(err)
	}
	return file
}

func random(t *testing.T, b []byte) {
	t.Helper()
	if _, err := rand.Read(b); err != nil {
		t.Fatal(err)
	}
}

func adult() report.Facts { return report.Facts{Danger: "no", Age: "adult", AboutSelf: "yes"} }

func (x *fixture) submit(t *testing.T, r reporter) report.Received {
	t.Helper()
	got, err := x.book.Submit(t.Context(), r.sub)
	if err != nil {
		t.Fatal(err)
	}
	return got
}

func wantFault(t *testing.T, err error, k fault.Kind, key string) {
	t.Helper()
	if fault.KindOf(err) != k || (key != "" && fault.KeyOf(err) != key) {
		t.Errorf("got %v (%v %s), want %v %s", err, fault.KindOf(err), fault.KeyOf(err), k, key)
	}
}

func (x *fixture) onlyID(t *testing.T, channel string) string {
	t.Helper()
	rows, _, err := x.book.Queue(t.Context(), "ann", channel, "", 10)
	if err != nil || len(rows) != 1 {
		t.Fatalf("queue: %d rows, %v", len(rows), err)
	}
	return rows[0].ID
}

func TestSendingTwiceGivesOneReportAndTheSameProof(t *testing.T) {
	each(t, func(t *testing.T, x *fixture) {
		r := x.tell(t, "open", adult())
		first := x.submit(t, r)
		x.now = x.now.Add(49 * time.Hour)
		if again := x.submit(t, r); again != first {
			t.Errorf("a second sending gave another answer:\n%v\n%v", again, first)
		}
		x.onlyID(t, "open")
		other := x.tell(t, "open", adult())
		other.sub.Lookup = r.sub.Lookup
		_, err := x.book.Submit(t.Context(), other.sub)
		wantFault(t, err, fault.Conflict, "")
	})
}

func TestSendingAtOnceGivesOneReport(t *testing.T) {
	each(t, func(t *testing.T, x *fixture) {
		r := x.tell(t, "open", adult())
		var wg sync.WaitGroup
		proofs := make([]string, 16)
		for i := range proofs {
			wg.Go(func() {
				got, err := x.book.Submit(context.Background(), r.sub)
				if err != nil {
					t.Errorf("sending %d: %v", i, err)
				}
				proofs[i] = got.Proof
			})
		}
		wg.Wait()
		for _, p := range proofs {
			if p != proofs[0] {
				t.Fatal("two proofs for one report")
			}
		}
		x.onlyID(t, "open")
	})
}

func TestAReportSealedToAnOldKeyIsAskedForAgain(t *testing.T) {
	each(t, func(t *testing.T, x *fixture) {
		r := x.tell(t, "open", adult())
		x.renew(t)
		_, err := x.book.Submit(t.Context(), r.sub)
		wantFault(t, err, fault.Conflict, "fault.key_changed")
		x.submit(t, x.tell(t, "open", adult()))
	})
}

func TestBadBodiesAreRefusedAndLeaveNothing(t *testing.T) {
	spoil := map[string]func(*report.Submission){
		"unsealed":         func(s *report.Submission) { s.Content = []byte("my story in clear") },
		"truncated header": func(s *report.Submission) { s.Content = s.Content[:300] },
		"one recipient":    func(s *report.Submission) { s.Content = s.IdentityKey },
		"too large":        func(s *report.Submission) { s.Content = append(s.Content, make([]byte, report.MaxContent)...) },
		"short lookup":     func(s *report.Submission) { s.Lookup = s.Lookup[:15] },
		"classic key": func(s *report.Submission) {
			s.Reporter = "age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kg5sfn9aqmcac8p"
		},
		"unknown fact":    func(s *report.Submission) { s.Facts.Age = "about 30" },
		"unknown kind":    func(s *report.Submission) { s.Facts.Kinds = []string{"x"} },
		"language":        func(s *report.Submission) { s.Lang = "en<script>" },
		"unknown channel": func(s *report.Submission) { s.Channel = "nobody" },
	}
	each(t, func(t *testing.T, x *fixture) {
		for name, f := range spoil {
			r := x.tell(t, "open", adult())
			f(&r.sub)
			_, err := x.book.Submit(t.Context(), r.sub)
			if k := fault.KindOf(err); k != fault.BadInput && k != fault.TooLarge {
				t.Errorf("%s: got %v", name, err)
			}
		}
		if rows, _, err := x.book.Queue(t.Context(), "ann", "open", "", 10); err != nil || len(rows) != 0 {
			t.Errorf("%d rows were left, %v", len(rows), err)
		}
	})
}

func TestTheReporterComesBackReadsAndWritesAgain(t *testing.T) {
	each(t, func(t *testing.T, x *fixture) {
		r := x.tell(t, "open", adult())
		x.submit(t, r)
		id := x.onlyID(t, "open")
		key := seal.Fingerprint(x.key.Recipient())
		file := sealed(t, "we are here", r.sub.Reporter, x.key.Recipient())
		if err := x.book.Answer(t.Context(), "officer", id, 0, key, file); err != nil {
			t.Fatal(err)
		}
		d, err := x.book.Return(t.Context(), r.sub.Lookup, r.sub.Proof)
		if err != nil {
			t.Fatal(err)
		}
		plain, err := seal.Open(d.Messages[0].Sealed, r.keys.Identity)
		if err != nil || string(plain) != "we are here" {
			t.Fatalf("the reporter reads %q, %v", plain, err)
		}
		if !bytes.Equal(d.Content, r.sub.Content) {
			t.Error("the own report is not given back")
		}
		more := sealed(t, "thank you", x.key.Recipient(), r.sub.Reporter)
		if err := x.book.WriteAgain(t.Context(), r.sub.Lookup, r.sub.Proof, 1, key, more); err != nil {
			t.Fatal(err)
		}
		row, err := x.book.Get(t.Context(), id)
		if err != nil || !row.Unread {
			t.Errorf("a new message does not make the report unread: %v", err)
		}
	})
}

func TestAWrongReceiptOpensNothing(t *testing.T) {
	each(t, func(t *testing.T, x *fixture) {
		r := x.tell(t, "open", adult())
		x.submit(t, r)
		_, err := x.book.Return(t.Context(), r.sub.Lookup, make([]byte, 32))
		wantFault(t, err, fault.NotFound, "fault.wrong_receipt")
		_, err = x.book.Return(t.Context(), make([]byte, 16), r.sub.Proof)
		wantFault(t, err, fault.NotFound, "fault.wrong_receipt")
	})
}

func TestAChannelWithoutDialogueOffersNoWayBack(t *testing.T) {
	each(t, func(t *testing.T, x *fixture) {
		r := x.tell(t, "walled", adult())
		x.submit(t, r)
		_, err := x.book.Return(t.Context(), r.sub.Lookup, r.sub.Proof)
		wantFault(t, err, fault.NotFound, "fault.wrong_receipt")
		id := x.onlyID(t, "walled")
		key := seal.Fingerprint(x.key.Recipient())
		err = x.book.Answer(t.Context(), "operator", id, 0, key, sealed(t, "hello", r.sub.Reporter, x.key.Recipient()))
		wantFault(t, err, fault.Refused, "fault.no_dialogue")
		opened, err := x.book.Open(t.Context(), "operator", id)
		if err != nil || opened.Reporter != "" {
			t.Errorf("the desk gets a key to answer with: %v", err)
		}
	})
}

func TestAPlanThatForbidsTheDialogueHoldsThoughItCameWhileTheAnswerWasWritten(t *testing.T) {
	each(t, func(t *testing.T, x *fixture) {
		r := x.tell(t, "open", adult())
		x.submit(t, r)
		id, key := x.onlyID(t, "open"), seal.Fingerprint(x.key.Recipient())
		file := sealed(t, "are you well?", r.sub.Reporter, x.key.Recipient())
		x.during = func() { x.unsafe = map[string]bool{id: true} }
		wantFault(t, x.book.Answer(t.Context(), "officer", id, 0, key, file), fault.Refused, "case.fault.contact_way")
		got, err := x.book.Return(t.Context(), r.sub.Lookup, r.sub.Proof)
		if err != nil || len(got.Messages) != 0 {
			t.Errorf("%d messages, %v", len(got.Messages), err)
		}
		// The plan binds the desk; the reporter may always write.
		if err := x.book.WriteAgain(t.Context(), r.sub.Lookup, r.sub.Proof, 0, key, file); err != nil {
			t.Error(err)
		}
		x.unsafe = nil
		if err := x.book.Answer(t.Context(), "officer", id, 1, key, file); err != nil {
			t.Error(err)
		}
	})
}

func TestTwoAnswersAtOnceBothGetAnAnswerAndOneIsKept(t *testing.T) {
	each(t, func(t *testing.T, x *fixture) {
		r := x.tell(t, "open", adult())
		x.submit(t, r)
		id, key := x.onlyID(t, "open"), seal.Fingerprint(x.key.Recipient())
		var mu sync.Mutex
		kept, meanwhile := 0, 0
		var wg sync.WaitGroup
		for i := range 8 {
			file := sealed(t, fmt.Sprint("answer ", i), r.sub.Reporter, x.key.Recipient())
			wg.Go(func() {
				err := x.book.Answer(context.Background(), "officer", id, 0, key, file)
				mu.Lock()
				defer mu.Unlock()
				switch {
				case err == nil:
					kept++
				case fault.KeyOf(err) == "fault.answered_meanwhile":
					meanwhile++
				default:
					t.Errorf("answer: %v", err)
				}
			})
		}
		wg.Wait()
		if kept != 1 || meanwhile != 7 {
			t.Errorf("%d kept, %d told of the other; want 1 and 7", kept, meanwhile)
		}
	})
}

func TestOpeningIsAnActAndNeedsTheRightToRead(t *testing.T) {
	each(t, func(t *testing.T, x *fixture) {
		x.submit(t, x.tell(t, "open", adult()))
		id := x.onlyID(t, "open")
		if _, err := x.book.Open(t.Context(), "officer", id); err != nil {
			t.Fatal(err)
		}
		reason := sealed(t, "she is in danger", x.key.Recipient())
		if _, err := x.book.OpenIdentity(t.Context(), "officer", id, "safety", reason); err != nil {
			t.Fatal(err)
		}
		_, err := x.book.OpenIdentity(t.Context(), "officer", id, "curiosity", reason)
		wantFault(t, err, fault.BadInput, "fault.reason_needed")
		x.barred["officer"] = true // the certificate ends in mid-session
		_, err = x.book.Open(t.Context(), "officer", id)
		wantFault(t, err, fault.Refused, "fault.certificate_expired")
		_, err = x.book.OpenIdentity(t.Context(), "officer", id, "safety", reason)
		wantFault(t, err, fault.Refused, "fault.certificate_expired")

		acts, err := x.log.About(t.Context(), id)
		if err != nil {
			t.Fatal(err)
		}
		if len(acts) != 3 {
			t.Errorf("%d acts on the report, want received, opened, identity opened", len(acts))
		}
	})
}

func TestTheQueueShowsChildrenThenDangerThenTheOldest(t *testing.T) {
	each(t, func(t *testing.T, x *fixture) {
		for _, f := range []report.Facts{
			{Danger: "no", Age: "adult", AboutSelf: "yes"},
			{Danger: "yes", Age: "adult", AboutSelf: "yes"},
			{Danger: "no", Age: "12-15", AboutSelf: "no"},
			{Danger: "unknown", Age: "unknown", AboutSelf: "unknown"},
			{Danger: "yes", Age: "under12", AboutSelf: "no"},
		} {
			x.submit(t, x.tell(t, "open", f))
			x.now = x.now.Add(time.Hour)
		}
		var got []string
		for after := ""; ; {
			rows, next, err := x.book.Queue(t.Context(), "ann", "open", after, 2)
			if err != nil {
				t.Fatal(err)
			}
			for _, r := range rows {
				got = append(got, r.Facts.Age+"/"+r.Facts.Danger)
			}
			if after = next; next == "" {
				break
			}
		}
		want := "[under12/yes 12-15/no adult/yes adult/no unknown/unknown]"
		if fmt.Sprint(got) != want {
			t.Errorf("order %v, want %v", got, want)
		}
		c, err := x.book.Counts(t.Context(), "ann", "open")
		if err != nil || c != (report.Counts{Reports: 5, Unread: 5, Children: 2}) {
			t.Errorf("counts %+v, %v", c, err)
		}
	})
}

func TestAnonymousChannelsKeepTheDayOnly(t *testing.T) {
	each(t, func(t *testing.T, x *fixture) {
		x.now = noon.Add(time.Hour + 7*time.Minute)
		got := x.submit(t, x.tell(t, "walled", adult()))
		if got.Day != 20261123 {
			t.Errorf("day %d", got.Day)
		}
		if bytes.Contains([]byte(got.Proof), []byte("13:07")) {
			t.Error("the proof tells the time")
		}
		row, err := x.book.Get(t.Context(), x.onlyID(t, "walled"))
		if err != nil || row.Received() != time.Date(2026, 11, 23, 0, 0, 0, 0, time.UTC).Unix() {
			t.Errorf("the row keeps the time: %d, %v", row.Received(), err)
		}
	})
}

func FuzzCursor(f *testing.F) {
	f.Add("")
	f.Add("My4xNzM")
	f.Fuzz(func(t *testing.T, s string) {
		if err := report.CheckCursor(s); err != nil && fault.KindOf(err) != fault.BadInput {
			t.Errorf("%q: %v", s, err)
		}
	})
}

func TestAReportSentAgainAfterTheKeyChangedIsStillKnown(t *testing.T) {
	each(t, func(t *testing.T, x *fixture) {
		r := x.tell(t, "open", adult())
		first := x.submit(t, r)
		x.renew(t)
		if again := x.submit(t, r); again != first {
			t.Error("the answer that got lost is not given again")
		}
		x.closed = true
		if again := x.submit(t, r); again != first {
			t.Error("a channel that closed forgot what it had received")
		}
	})
}

func TestWhatIsToldNeverPrints(t *testing.T) {
	told := report.Told{Story: "a story", Answers: map[string]string{"where": "a house"}, Who: report.Who{Name: "a name", Contact: "a number"}}
	var out bytes.Buffer
	log := slog.New(slog.NewTextHandler(&out, nil))
	log.Info("x", "told", told, "who", told.Who)
	fmt.Fprintf(&out, "%v %+v %#v %s %q", told, told, told, told, told.Who)
	text, err := json.Marshal(told)
	if err != nil {
		t.Fatal(err)
	}
	out.Write(text)
	for _, secret := range []string{"a story", "a house", "a name", "a number"} {
		if bytes.Contains(out.Bytes(), []byte(secret)) {
			t.Errorf("%q was printed: %s", secret, &out)
		}
	}
}
