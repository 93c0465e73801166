package keyring_test

import (
	"context"
	"log/slog"
	"maps"
	"slices"
	"testing"
	"time"

	"verhaal/internal/custody"
	"verhaal/internal/db"
	"verhaal/internal/db/dbtest"
	"verhaal/internal/fault"
	"verhaal/internal/keyring"
	"verhaal/internal/seal"
)

// people own the rings of a test: whoever is in the map may hold.
type people map[string]string // recipients by name

func (p people) MayHold(_ context.Context, _, staff string) error {
	if p[staff] == "" {
		return fault.New(fault.Refused, "", "%s may not hold", staff)
	}
	return nil
}

func (p people) Holders(context.Context, string) (all []keyring.Holder, err error) {
	for _, id := range slices.Sorted(maps.Keys(p)) {
		all = append(all, keyring.Holder{ID: id, Recipient: p[id]})
	}
	return all, nil
}

const ring = "one"

type fixture struct {
	*keyring.Rings
	t      *testing.T
	db     *db.DB
	log    *custody.Log
	people people
}

func each(t *testing.T, f func(x *fixture)) {
	dbtest.Each(t, func(t *testing.T, d *db.DB, w *db.Writer) {
		key, err := custody.NewKey("verhaal.test/log")
		if err != nil {
			t.Fatal(err)
		}
		clock := func() time.Time { return time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC) }
		x := &fixture{t: t, db: d, log: custody.New(d, w, key, clock, slog.New(slog.DiscardHandler)), people: people{}}
		for _, id := range []string{"ann", "ben"} {
			x.people[id] = x.identity().Recipient()
		}
		x.Rings = keyring.New(d, x.log, x.people, "thing", "about", x.identity().Recipient(), clock)
		f(x)
	})
}

func (x *fixture) identity() seal.Identity {
	x.t.Helper()
	id, err := seal.NewIdentity()
	x.ok(err)
	return id
}

func (x *fixture) ok(err error) {
	x.t.Helper()
	if err != nil {
		x.t.Fatal(err)
	}
}

func (x *fixture) want(k fault.Kind, err error) {
	x.t.Helper()
	if err == nil || fault.KindOf(err) != k {
		x.t.Errorf("got %v, want %v", err, k)
	}
}

// wraps seals something to each of the holders.
func (x *fixture) wraps(holders ...keyring.Holder) map[string][]byte {
	x.t.Helper()
	out := map[string][]byte{}
	for _, h := range holders {
		file, err := seal.Seal([]byte("a key"), h.Recipient)
		x.ok(err)
		out[h.ID] = file
	}
	return out
}

func (x *fixture) duty(who string) keyring.Duty {
	x.t.Helper()
	duty, err := x.Duty(x.t.Context(), ring, who)
	x.ok(err)
	return duty
}

// turn makes the next epoch.
func (x *fixture) turn() {
	x.t.Helper()
	duty := x.duty("ann")
	x.ok(x.MakeEpoch(x.t.Context(), ring, "ann", duty.Current, x.identity().Recipient(), x.wraps(duty.Holders...)))
}

func (x *fixture) sweep() int {
	x.t.Helper()
	n, err := x.Sweep(x.t.Context(), ring)
	x.ok(err)
	return n
}

func (x *fixture) holders(epoch int64) []string {
	x.t.Helper()
	all, err := x.HoldersOf(x.t.Context(), ring, epoch)
	x.ok(err)
	slices.Sort(all)
	return all
}

// TestWhoMayNotHoldIsSweptFromAllEpochsAndANewOneIsDue: and recovery never is.
func TestWhoMayNotHoldIsSweptFromAllEpochsAndANewOneIsDue(t *testing.T) {
	each(t, func(x *fixture) {
		if duty := x.duty("ann"); !duty.New || duty.Current != 0 || len(duty.Holders) != 3 || duty.Holders[0].ID != keyring.Recovery {
			t.Fatalf("%+v", duty)
		}
		x.turn()
		x.turn()
		if n := x.sweep(); n != 0 || x.duty("ann").New {
			t.Errorf("%d were swept who may hold", n)
		}
		delete(x.people, "ben")
		if wraps, err := x.Wraps(t.Context(), ring, "ben"); len(wraps) > 0 {
			t.Errorf("%d wraps for somebody who may not hold", len(wraps))
		} else {
			x.want(fault.Refused, err)
		}
		if n := x.sweep(); n != 1 {
			t.Errorf("%d were swept, want 1", n)
		}
		for epoch := range int64(2) {
			if got := x.holders(epoch + 1); !slices.Equal(got, []string{"ann", keyring.Recovery}) {
				t.Errorf("epoch %d is held by %v", epoch+1, got)
			}
		}
		if duty := x.duty("ann"); !duty.New || duty.Current != 2 {
			t.Errorf("%+v, want a new epoch after 2", duty)
		}
		x.turn()
		if n := x.sweep(); n != 0 || x.duty("ann").New {
			t.Errorf("swept again: %d", n)
		}
	})
}

// TestOneOfTwoBrowsersMakesAnEpoch, with wraps for exactly those who may hold.
func TestOneOfTwoBrowsersMakesAnEpoch(t *testing.T) {
	each(t, func(x *fixture) {
		duty, key := x.duty("ann"), x.identity().Recipient()
		made := func(previous int64, recipient string, holders ...keyring.Holder) error {
			return x.MakeEpoch(t.Context(), ring, "ann", previous, recipient, x.wraps(holders...))
		}
		x.want(fault.Conflict, made(0, key, duty.Holders[1:]...))
		x.want(fault.Conflict, made(0, key, append(duty.Holders, keyring.Holder{ID: "cas", Recipient: key})...))
		x.want(fault.BadInput, made(0, "age1no", duty.Holders...))
		x.want(fault.Conflict, made(1, key, duty.Holders...)) // there is no epoch 1 to follow
		x.want(fault.Refused, x.MakeEpoch(t.Context(), ring, "cas", 0, key, x.wraps(duty.Holders...)))
		if e, err := x.Current(t.Context(), ring); err != nil || e != (keyring.Epoch{}) {
			t.Fatalf("%+v, %v: what was refused left an epoch", e, err)
		}
		x.ok(made(0, key, duty.Holders...))
		x.want(fault.Conflict, made(0, x.identity().Recipient(), duty.Holders...))
		if e, err := x.Current(t.Context(), ring); err != nil || e != (keyring.Epoch{N: 1, Recipient: key}) {
			t.Errorf("%+v, %v", e, err)
		}
	})
}

// TestAHolderPassesEpochsOn: only one's own, only to who may hold, and what is there stays.
func TestAHolderPassesEpochsOn(t *testing.T) {
	each(t, func(x *fixture) {
		x.turn()
		x.turn()
		x.people["cas"] = x.identity().Recipient()
		cas := keyring.Holder{ID: "cas", Recipient: x.people["cas"]}
		duty := x.duty("ann")
		for epoch := range int64(2) {
			if got := duty.Missing[epoch+1]; !slices.Equal(got, []keyring.Holder{cas}) {
				t.Errorf("epoch %d misses %v", epoch+1, got)
			}
		}
		if duty := x.duty("cas"); duty.New || len(duty.Missing) > 0 {
			t.Errorf("%+v for somebody who has no key yet", duty)
		}
		x.want(fault.Refused, x.AddWraps(t.Context(), ring, "cas", 1, x.wraps(cas)))
		x.want(fault.Refused, x.AddWraps(t.Context(), ring, "ann", 3, x.wraps(cas)))
		x.want(fault.Conflict, x.AddWraps(t.Context(), ring, "ann", 1, x.wraps(keyring.Holder{ID: "dan", Recipient: cas.Recipient})))
		first := x.wraps(cas)
		x.ok(x.AddWraps(t.Context(), ring, "ann", 1, first))
		x.ok(x.AddWraps(t.Context(), ring, "ann", 1, x.wraps(cas)))
		wraps, err := x.Wraps(t.Context(), ring, "cas")
		x.ok(err)
		if len(wraps) != 1 || wraps[0].Epoch != 1 || !slices.Equal(wraps[0].Wrapped, first["cas"]) {
			t.Errorf("%d wraps, or not the first", len(wraps))
		}
		mine, err := x.Wraps(t.Context(), ring, "ann")
		x.ok(err)
		if len(mine) != 2 || mine[0].Epoch != 2 || mine[1].Epoch != 1 {
			t.Errorf("%d wraps, or not the newest first", len(mine))
		}
	})
}

// TestWhoHadNoWrapLeavesTheRingAsItIs, and rings of other things too.
func TestWhoHadNoWrapLeavesTheRingAsItIs(t *testing.T) {
	each(t, func(x *fixture) {
		x.turn()
		take := func(from, holder string) {
			t.Helper()
			_, err := x.log.Do(t.Context(), custody.Act{Kind: "thing.left", Actor: "ann"}, func(tx *db.Tx) error { return keyring.TakeWraps(tx, from, holder) })
			x.ok(err)
		}
		take(ring, "cas")
		take("two", "ben")
		if x.duty("ann").New || len(x.holders(1)) != 3 {
			t.Errorf("a new epoch is due, held by %v", x.holders(1))
		}
		take(ring, "ben")
		if !x.duty("ann").New || len(x.holders(1)) != 2 {
			t.Errorf("no new epoch is due, held by %v", x.holders(1))
		}
	})
}
