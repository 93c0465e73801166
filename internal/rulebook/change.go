package rulebook

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"

	"verhaal/internal/custody"
	"verhaal/internal/db"
	"verhaal/internal/fault"
	"verhaal/internal/policy"
)

// mostChanges is how many lines of a comparison are kept.
const mostChanges = 1000

// Propose puts a version before the other administrators: the zip of the
// pack's folder, at most MaxArchive bytes. A version that can't be taken is a
// *Broken inside a fault, and nothing is stored.
func (b *Book) Propose(ctx context.Context, actor string, archive []byte) (Version, error) {
	if err := b.mayRule(ctx, actor); err != nil {
		return Version{}, err
	}
	if err := b.Refresh(ctx); err != nil {
		return Version{}, err
	}
	beneath, err := pack(b.Packs, func(folder string) bool { return folder != b.Pack })
	if err != nil {
		return Version{}, err
	}
	given := stored{archive: archive, beneath: beneath}
	candidate, err := b.load(given)
	if err != nil {
		return Version{}, broken(err)
	}
	return b.propose(ctx, actor, candidate, given)
}

func (b *Book) propose(ctx context.Context, actor string, candidate *policy.Pack, s stored) (Version, error) {
	base := b.Now()
	report, err := b.examine(candidate, base)
	if err != nil {
		return Version{}, err
	}
	s.Version = Version{Hash: candidate.Hash, Pack: candidate.Name, Number: candidate.Version, InForce: candidate.InForce,
		Against: base.Hash, Report: report, State: Proposed, ProposedBy: actor, ProposedAt: b.Clock()}
	return s.Version, b.insert(ctx, "rulebook.proposed", s)
}

func (b *Book) insert(ctx context.Context, kind string, s stored) error {
	text, err := json.Marshal(s.Report)
	if err != nil {
		return err
	}
	_, err = b.log.Do(ctx, act(kind, s.ProposedBy, s), func(tx *db.Tx) error {
		n, err := tx.Exec(insertVersion, s.Hash, s.Pack, s.Number, s.InForce, s.archive, s.beneath, s.Against, string(text),
			s.State, s.ProposedBy, s.ProposedAt.Unix())
		if err == nil && n == 0 {
			err = fault.New(fault.Conflict, "admin.fault.rules_known", "this version is in the book already")
		}
		return err
	})
	return err
}

func act(kind, actor string, s stored) custody.Act {
	sum := sha256.Sum256(s.archive)
	return custody.Act{Kind: kind, Actor: actor, Hashes: map[string][]byte{"archive": sum[:]},
		Facts: map[string]string{"pack": s.Pack, "version": s.Number, "in_force": s.InForce, "hash": s.Hash}}
}

// Confirm puts a proposed version in force from its own first day on. Whoever
// confirms is somebody else than who proposed, and has seen the comparison with
// what is in force at this moment: when that changed since, the comparison is
// made anew and the fault is a Conflict.
func (b *Book) Confirm(ctx context.Context, actor, hash string) error {
	if err := b.mayRule(ctx, actor); err != nil {
		return err
	}
	if err := b.Refresh(ctx); err != nil {
		return err
	}
	s, err := b.waiting(ctx, hash)
	if err != nil {
		return err
	}
	if s.ProposedBy == actor {
		return fault.New(fault.Refused, "admin.fault.rules_same_person", "who proposed can't confirm")
	}
	candidate, err := b.load(s)
	if err != nil {
		return broken(err)
	}
	known := b.state.Load()
	base := known.on(b.Today())
	report, err := b.examine(candidate, base)
	if err != nil {
		return err
	}
	if s.Against != base.Hash || !reflect.DeepEqual(s.Report, report) {
		return b.compareAnew(ctx, actor, s, base.Hash, report)
	}
	_, err = b.log.Do(ctx, act("rulebook.confirmed", actor, s), func(tx *db.Tx) error {
		var confirmed int
		if err := tx.QueryRow(countConfirmed, b.Pack).Scan(&confirmed); err != nil {
			return err
		}
		if confirmed != known.confirmed {
			return fault.New(fault.Conflict, "", "another version was confirmed in this moment")
		}
		return decided(tx.Exec(setInForce, hash, actor, b.Clock().Unix(), base.Hash))
	})
	if err != nil {
		return err
	}
	if err := b.Refresh(context.WithoutCancel(ctx)); err != nil {
		b.Log.Error("a version was confirmed and not loaded yet", "hash", hash, "error", err)
	}
	return nil
}

// Refuse ends a proposal; by who made it, it is withdrawn.
func (b *Book) Refuse(ctx context.Context, actor, hash string) error {
	if err := b.mayRule(ctx, actor); err != nil {
		return err
	}
	s, err := b.waiting(ctx, hash)
	if err != nil {
		return err
	}
	kind, to := "rulebook.refused", Refused
	if s.ProposedBy == actor {
		kind, to = "rulebook.withdrawn", Withdrawn
	}
	_, err = b.log.Do(ctx, act(kind, actor, s), func(tx *db.Tx) error {
		return decided(tx.Exec(setState, hash, to, actor, b.Clock().Unix()))
	})
	return err
}

// decided makes a change that met nothing a Conflict.
func decided(rows int64, err error) error {
	if err == nil && rows == 0 {
		err = errDecided
	}
	return err
}

var errDecided = fault.New(fault.Conflict, "", "this version does not wait any more")

// waiting finds a proposal that nobody decided yet.
func (b *Book) waiting(ctx context.Context, hash string) (stored, error) {
	s, err := b.find(ctx, hash)
	if err == nil && s.State != Proposed {
		err = errDecided
	}
	return s, err
}

func (b *Book) compareAnew(ctx context.Context, actor string, s stored, against string, report Report) error {
	text, err := json.Marshal(report)
	if err != nil {
		return err
	}
	_, err = b.log.Do(ctx, act("rulebook.compared", actor, s), func(tx *db.Tx) error {
		return decided(tx.Exec(setReport, s.Hash, against, string(text)))
	})
	if err != nil {
		return err
	}
	return fault.New(fault.Conflict, "admin.fault.rules_compared", "compared anew")
}

// examine says whether candidate may follow what is confirmed, and what it
// changes.
func (b *Book) examine(candidate, base *policy.Pack) (Report, error) {
	if err := b.state.Load().follows(candidate, base); err != nil {
		return Report{}, broken(err)
	}
	r, err := b.Check(candidate, base)
	if err != nil {
		return Report{}, broken(err)
	}
	if n := len(r.Failed); n > 0 {
		return Report{}, broken(fmt.Errorf("%s (cases that fail: %d)", r.Failed[0], n))
	}
	r.Changes = append(changes(candidate, base), r.Changes...)
	if n := len(r.Changes) - mostChanges; n > 0 {
		r.Changes = append(r.Changes[:mostChanges:mostChanges], fmt.Sprintf("… +%d", n))
	}
	return r, nil
}

// follows keeps numbers and days in one order, so that the law never goes back
// to an older version from one day to the next.
func (s *state) follows(candidate, base *policy.Pack) error {
	if d := compare(candidate.Version, base.Version); d == 0 {
		return fmt.Errorf("version %s is in force already; a changed pack needs a greater number", base.Version)
	} else if d < 0 {
		return fmt.Errorf("version %s is older than %s, which is in force", candidate.Version, base.Version)
	}
	for _, p := range s.packs {
		switch d := compare(candidate.Version, p.Version); {
		case d == 0:
			return fmt.Errorf("there is a version %s already", p.Version)
		case d > 0 && candidate.InForce < p.InForce:
			return fmt.Errorf("in_force %s lies before that of version %s, %s", candidate.InForce, p.Version, p.InForce)
		case d < 0 && candidate.InForce >= p.InForce:
			return fmt.Errorf("version %s is older than %s, which is in force from %s", candidate.Version, p.Version, p.InForce)
		case d > 0:
			if err := keepsChannels(candidate, p); err != nil {
				return err
			}
		}
	}
	return nil
}

func (b *Book) mayRule(ctx context.Context, actor string) error {
	ok, err := b.Administrator(ctx, actor)
	if err == nil && !ok {
		err = fault.New(fault.Refused, "fault.refused", "not an active administrator")
	}
	return err
}

// keepShipped writes the version that came with the software into the book, so
// that it goes on judging its days after an upgrade brought another. In a new
// book it is in force; else the administrators decide about it.
func (b *Book) keepShipped(ctx context.Context, shipped *policy.Pack) error {
	if _, err := b.find(ctx, shipped.Hash); fault.KindOf(err) != fault.NotFound || err == nil {
		return err
	}
	archive, err := pack(b.Packs, func(folder string) bool { return folder == b.Pack })
	if err != nil {
		return err
	}
	beneath, err := pack(b.Packs, func(folder string) bool { return folder != b.Pack })
	if err != nil {
		return err
	}
	if b.state.Load().confirmed == 0 {
		err = b.insert(ctx, "rulebook.begun", stored{Version{Hash: shipped.Hash, Pack: shipped.Name, Number: shipped.Version,
			InForce: shipped.InForce, State: InForce, ProposedAt: b.Clock()}, archive, beneath})
	} else {
		_, err = b.propose(ctx, "", shipped, stored{archive: archive, beneath: beneath})
	}
	var why *Broken
	switch {
	case errors.As(err, &why):
		b.Log.Info("the version of the rules that came with the software was not proposed", "version", shipped.Version, "why", why.Line)
		return nil
	case fault.KindOf(err) == fault.Conflict && err != nil:
		return nil // another process that starts now was first
	}
	return err
}
