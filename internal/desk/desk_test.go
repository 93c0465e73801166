package desk_test

import (
	"context"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"sync"
	"testing"
	"time"

	"pgregory.net/rapid"

	"verhaal/internal/custody"
	"verhaal/internal/db"
	"verhaal/internal/db/dbtest"
	"verhaal/internal/desk"
	"verhaal/internal/fault"
	"verhaal/internal/policy"
	"verhaal/internal/seal"
	"verhaal/packs"
)

const (
	certified = "police-avim"    // demands a certificate
	open      = "crime-stoppers" // does not
)

// staff is who works in a test: a key each, and the day a certificate ends.
type staff struct {
	mu    sync.Mutex // guards until
	keys  map[string]seal.Identity
	until map[string]int
}

func (s *staff) Certified(_ context.Context, id, kind string, day int) (bool, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return kind == policy.TraffickingCertificate && day <= s.until[id], nil
}

func (s *staff) Recipient(_ context.Context, id string) (string, error) {
	if key, ok := s.keys[id]; ok {
		return key.Recipient(), nil
	}
	return "", nil
}

func (s *staff) end(id string, day int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.until[id] = day
}

const (
	today = 20261123
	past  = 20261122
)

type fixture struct {
	*desk.Desks
	staff    *staff
	recovery seal.Identity
	log      *custody.Log
}

type fataler interface {
	Helper()
	Fatal(...any)
}

func newFixture(t fataler, d *db.DB, w *db.Writer) *fixture {
	key, err := custody.NewKey("verhaal.test/log")
	ok(t, err)
	clock := func() time.Time { return time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC) }
	pack, err := policy.Load(packs.FS, "nl")
	ok(t, err)
	x := &fixture{staff: &staff{keys: map[string]seal.Identity{}, until: map[string]int{}}}
	for _, id := range []string{"ann", "ben", "cas"} {
		x.staff.keys[id] = identity(t)
		x.staff.until[id] = today
	}
	x.recovery = identity(t)
	x.log = custody.New(d, w, key, clock, slog.New(slog.DiscardHandler))
	x.Desks = desk.New(d, x.log, func() *policy.Pack { return pack }, x.staff, x.recovery.Recipient(), clock)
	return x
}

func each(t *testing.T, f func(t *testing.T, x *fixture)) {
	dbtest.Each(t, func(t *testing.T, d *db.DB, w *db.Writer) { f(t, newFixture(t, d, w)) })
}

func ok(t fataler, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func identity(t fataler) seal.Identity {
	id, err := seal.NewIdentity()
	ok(t, err)
	return id
}

func wantFault(t *testing.T, err error, k fault.Kind, key string) {
	t.Helper()
	if err == nil || fault.KindOf(err) != k || (key != "" && fault.KeyOf(err) != key) {
		t.Errorf("got %v (%v %s), want %v %s", err, fault.KindOf(err), fault.KeyOf(err), k, key)
	}
}

func wrap(t fataler, key seal.Identity, to string) []byte {
	file, err := seal.Seal([]byte(key.Secret()), to)
	ok(t, err)
	return file
}

// makeKey does what the member's browser does when the desk wants a key.
func (x *fixture) makeKey(t fataler, member, channel string) (seal.Identity, error) {
	duty, err := x.Duty(context.Background(), member, channel)
	if err != nil {
		return seal.Identity{}, err
	}
	key, wraps := identity(t), map[string][]byte{}
	for _, h := range duty.Holders {
		wraps[h.ID] = wrap(t, key, h.Recipient)
	}
	return key, x.MakeEpoch(context.Background(), member, channel, duty.Current, key.Recipient(), wraps)
}

// seated opens a channel with members and its first key.
func (x *fixture) seated(t fataler, channel string, members ...string) seal.Identity {
	for _, m := range members {
		ok(t, x.AddMember(context.Background(), "admin", channel, m))
	}
	key, err := x.makeKey(t, members[0], channel)
	ok(t, err)
	ok(t, x.SetOpen(context.Background(), "admin", channel, true))
	return key
}

func TestReportersGetTheKeyOfAnOpenChannelOnly(t *testing.T) {
	each(t, func(t *testing.T, x *fixture) {
		_, err := x.Sealing(t.Context(), certified)
		wantFault(t, err, fault.Unavailable, "fault.channel_closed")
		ok(t, x.SetOpen(t.Context(), "admin", certified, true))
		_, err = x.Sealing(t.Context(), certified)
		wantFault(t, err, fault.Unavailable, "fault.channel_closed") // open, but without a key
		key := x.seated(t, certified, "ann")
		got, err := x.Sealing(t.Context(), certified)
		ok(t, err)
		if got.Recipient != key.Recipient() || got.Epoch != 1 || got.Fingerprint != seal.Fingerprint(key.Recipient()) {
			t.Errorf("got epoch %d", got.Epoch)
		}
		ok(t, x.SetOpen(t.Context(), "admin", certified, false))
		_, err = x.Sealing(t.Context(), certified)
		wantFault(t, err, fault.Unavailable, "fault.channel_closed")
	})
}

func TestEveryWrapOpensTheSameKey(t *testing.T) {
	each(t, func(t *testing.T, x *fixture) {
		key := x.seated(t, certified, "ann", "ben")
		for _, m := range []string{"ann", "ben"} {
			wraps, err := x.Wraps(t.Context(), m, certified)
			ok(t, err)
			plain, err := seal.Open(wraps[0].Wrapped, x.staff.keys[m])
			ok(t, err)
			if string(plain) != key.Secret() {
				t.Errorf("%s holds another key", m)
			}
		}
	})
}

func TestACertificateThatEndsClosesTheDeskInMidSession(t *testing.T) {
	each(t, func(t *testing.T, x *fixture) {
		x.seated(t, certified, "ann", "ben")
		x.seated(t, open, "ann")
		x.staff.end("ann", past)
		_, err := x.Wraps(t.Context(), "ann", certified)
		wantFault(t, err, fault.Refused, "fault.certificate_expired")
		_, err = x.Duty(t.Context(), "ann", certified)
		wantFault(t, err, fault.Refused, "fault.certificate_expired")
		_, err = x.makeKey(t, "ann", certified)
		wantFault(t, err, fault.Refused, "fault.certificate_expired")
		if _, err := x.Wraps(t.Context(), "ann", open); err != nil {
			t.Errorf("a channel that demands no certificate: %v", err)
		}
		wantFault(t, x.MayRead(t.Context(), "cas", certified), fault.Refused, "fault.refused")
	})
}

func TestSweepTakesTheWrapAndAsksForANewKeyWhileReportsGoOn(t *testing.T) {
	each(t, func(t *testing.T, x *fixture) {
		x.seated(t, certified, "ann", "ben")
		if n, err := x.Sweep(t.Context()); err != nil || n != 0 {
			t.Errorf("a sweep with nothing to do took %d, %v", n, err)
		}
		x.staff.end("ann", past)
		if n, err := x.Sweep(t.Context()); err != nil || n != 1 {
			t.Errorf("took %d wraps, %v; want 1", n, err)
		}
		before, err := x.Sealing(t.Context(), certified)
		ok(t, err)
		x.staff.end("ann", today) // renewed: what was taken does not come back by itself
		wraps, err := x.Wraps(t.Context(), "ann", certified)
		ok(t, err)
		if len(wraps) != 0 {
			t.Error("the wrap is still there")
		}
		duty, err := x.Duty(t.Context(), "ben", certified)
		ok(t, err)
		if !duty.New || duty.Current != before.Epoch {
			t.Errorf("duty %+v, want a new epoch after %d", duty.New, before.Epoch)
		}
		_, err = x.makeKey(t, "ben", certified)
		ok(t, err)
		after, err := x.Sealing(t.Context(), certified)
		ok(t, err)
		if after.Epoch != before.Epoch+1 {
			t.Errorf("epoch %d after %d", after.Epoch, before.Epoch)
		}
		if duty, err = x.Duty(t.Context(), "ben", certified); err != nil || duty.New {
			t.Errorf("a new key is still asked for: %v", err)
		}
	})
}

func TestTwoBrowsersAtOnceMakeOneKey(t *testing.T) {
	each(t, func(t *testing.T, x *fixture) {
		ok(t, x.AddMember(t.Context(), "admin", certified, "ann"))
		ok(t, x.AddMember(t.Context(), "admin", certified, "ben"))
		duty, err := x.Duty(t.Context(), "ann", certified)
		ok(t, err)
		var mu sync.Mutex
		won, conflicts := 0, 0
		var wg sync.WaitGroup
		for i := range 8 {
			member := []string{"ann", "ben"}[i%2]
			key, wraps := identity(t), map[string][]byte{}
			for _, h := range duty.Holders {
				wraps[h.ID] = wrap(t, key, h.Recipient)
			}
			wg.Go(func() {
				err := x.MakeEpoch(context.Background(), member, certified, 0, key.Recipient(), wraps)
				mu.Lock()
				defer mu.Unlock()
				switch {
				case err == nil:
					won++
				case fault.KindOf(err) == fault.Conflict:
					conflicts++
				default:
					t.Errorf("make: %v", err)
				}
			})
		}
		wg.Wait()
		if won != 1 || conflicts != 7 {
			t.Errorf("%d won, %d were told; want 1 and 7", won, conflicts)
		}
		wraps, err := x.Wraps(t.Context(), "ben", certified)
		ok(t, err)
		plain, err := seal.Open(wraps[0].Wrapped, x.staff.keys["ben"])
		ok(t, err)
		held, err := seal.ParseIdentity(string(plain))
		ok(t, err)
		if held.Recipient() != wraps[0].Recipient || len(wraps) != 1 {
			t.Error("the wraps are not those of the key that won")
		}
	})
}

func TestWrapsAreForThoseWhoMayReadAndForRecovery(t *testing.T) {
	each(t, func(t *testing.T, x *fixture) {
		ok(t, x.AddMember(t.Context(), "admin", certified, "ann"))
		key := identity(t)
		right := func() map[string][]byte {
			return map[string][]byte{"ann": wrap(t, key, x.staff.keys["ann"].Recipient()), desk.Recovery: wrap(t, key, x.recovery.Recipient())}
		}
		for name, spoil := range map[string]func(map[string][]byte){
			"stranger":    func(w map[string][]byte) { w["cas"] = wrap(t, key, x.staff.keys["cas"].Recipient()) },
			"no recovery": func(w map[string][]byte) { delete(w, desk.Recovery) },
			"no sealing":  func(w map[string][]byte) { w["ann"] = []byte(key.Secret()) },
			"two recipients": func(w map[string][]byte) {
				file, err := seal.Seal([]byte("x"), key.Recipient(), x.recovery.Recipient())
				ok(t, err)
				w["ann"] = file
			},
		} {
			wraps := right()
			spoil(wraps)
			if err := x.MakeEpoch(t.Context(), "ann", certified, 0, key.Recipient(), wraps); fault.KindOf(err) != fault.Conflict && fault.KindOf(err) != fault.BadInput {
				t.Errorf("%s: %v", name, err)
			}
		}
		wantFault(t, x.MakeEpoch(t.Context(), "ann", certified, 0, "age1classic", right()), fault.BadInput, "")
		if s, err := x.State(t.Context(), certified); err != nil || s.Epoch != 0 {
			t.Errorf("epoch %d was kept, %v", s.Epoch, err)
		}
		ok(t, x.MakeEpoch(t.Context(), "ann", certified, 0, key.Recipient(), right()))
	})
}

func TestANewColleagueGetsEveryEpochFromAHolder(t *testing.T) {
	each(t, func(t *testing.T, x *fixture) {
		first := x.seated(t, certified, "ann", "ben")
		ok(t, x.RemoveMember(t.Context(), "admin", certified, "ben"))
		second, err := x.makeKey(t, "ann", certified)
		ok(t, err)
		ok(t, x.AddMember(t.Context(), "admin", certified, "cas"))
		duty, err := x.Duty(t.Context(), "ann", certified)
		ok(t, err)
		if epochs := slices.Sorted(maps.Keys(duty.Missing)); !slices.Equal(epochs, []int64{1, 2}) {
			t.Fatalf("missing for epochs %v, want 1 and 2", epochs)
		}
		wantFault(t, x.AddWraps(t.Context(), "cas", certified, 1, map[string][]byte{"cas": wrap(t, first, x.staff.keys["cas"].Recipient())}), fault.Refused, "")
		for epoch, key := range map[int64]seal.Identity{1: first, 2: second} {
			ok(t, x.AddWraps(t.Context(), "ann", certified, epoch, map[string][]byte{"cas": wrap(t, key, x.staff.keys["cas"].Recipient())}))
		}
		wraps, err := x.Wraps(t.Context(), "cas", certified)
		ok(t, err)
		if len(wraps) != 2 || wraps[0].Epoch != 2 {
			t.Errorf("%d wraps, the newest first", len(wraps))
		}
	})
}

func TestTheRecoveryKeyOpensADeskThatNobodyCanOpen(t *testing.T) {
	each(t, func(t *testing.T, x *fixture) {
		first := x.seated(t, certified, "ann")
		ok(t, x.AddMember(t.Context(), "admin", certified, "ben"))
		ok(t, x.RemoveMember(t.Context(), "admin", certified, "ann"))
		_, err := x.Recover(t.Context(), certified, "ben", identity(t))
		wantFault(t, err, fault.Refused, "fault.wrong_key")
		_, err = x.Recover(t.Context(), certified, "cas", x.recovery)
		wantFault(t, err, fault.Refused, "")
		if n, err := x.Recover(t.Context(), certified, "ben", x.recovery); err != nil || n != 1 {
			t.Fatalf("%d epochs, %v", n, err)
		}
		wraps, err := x.Wraps(t.Context(), "ben", certified)
		ok(t, err)
		plain, err := seal.Open(wraps[0].Wrapped, x.staff.keys["ben"])
		ok(t, err)
		if string(plain) != first.Secret() {
			t.Error("another key was recovered")
		}
	})
}

// TestNobodyHoldsAKeyWhoMayNotRead lets people come and go and certificates
// end and return in any order.
func TestNobodyHoldsAKeyWhoMayNotRead(t *testing.T) {
	d, w := dbtest.Open(t, "sqlite:"+t.TempDir()+"/desk.db")
	x := newFixture(t, d, w)
	channels := []string{certified, "labour-authority"}
	people := []string{"ann", "ben", "cas"}
	rapid.Check(t, func(r *rapid.T) {
		ctx := context.Background()
		channel := rapid.SampledFrom(channels).Draw(r, "channel")
		for range rapid.IntRange(1, 12).Draw(r, "steps") {
			who := rapid.SampledFrom(people).Draw(r, "who")
			before, err := x.State(ctx, channel)
			ok(r, err)
			switch rapid.SampledFrom([]string{"join", "leave", "end", "renew", "make"}).Draw(r, "step") {
			case "join":
				ok(r, x.AddMember(ctx, "admin", channel, who))
			case "leave":
				if err := x.RemoveMember(ctx, "admin", channel, who); err != nil && fault.KindOf(err) != fault.NotFound {
					r.Fatal(err)
				}
			case "end":
				x.staff.end(who, past)
			case "renew":
				x.staff.end(who, today)
			case "make":
				_, err := x.makeKey(r, who, channel)
				if may := x.MayRead(ctx, who, channel) == nil; may != (err == nil) {
					r.Fatalf("may read: %v, made a key: %v", may, err)
				}
			}
			_, err = x.Sweep(ctx)
			ok(r, err)
			after, err := x.State(ctx, channel)
			ok(r, err)
			if after.Epoch < before.Epoch || after.Epoch > before.Epoch+1 {
				r.Fatalf("epoch %d after %d", after.Epoch, before.Epoch)
			}
			for _, m := range people {
				x.holds(r, m, channel)
			}
		}
	})
}

// holds checks that wraps are given exactly when the member may read, and that
// the rows agree with it.
func (x *fixture) holds(r *rapid.T, member, channel string) {
	ctx := context.Background()
	_, err := x.Wraps(ctx, member, channel)
	may := x.MayRead(ctx, member, channel) == nil
	if may != (err == nil) {
		r.Fatalf("%s may read: %v, gets wraps: %v", member, may, err)
	}
	s, err := x.State(ctx, channel)
	ok(r, err)
	for _, m := range s.Members {
		if m.HasKey && !m.Certified {
			r.Fatal(fmt.Sprintf("%s holds the key without a certificate", m.Staff))
		}
	}
}
