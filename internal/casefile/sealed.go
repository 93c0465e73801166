package casefile

import (
	"context"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"verhaal/internal/custody"
	"verhaal/internal/db"
	"verhaal/internal/fault"
	"verhaal/internal/seal"
)

// maxPart bounds a sealed part, in bytes.
const maxPart = 256 << 10

// partName is what a sealed part may be called: "title", "note/3",
// "person/p1/name", "interview/i1/necessity".
var partName = regexp.MustCompile(`^[a-z]+(/[a-z0-9_]{1,40}){0,2}$`)

// byAct are the kinds of parts that an act of their own keeps: what comes with
// them is kept too, and nobody writes other words over those that somebody
// relied on.
var byAct = []string{"assessment", "delay", "told", "view"}

// Part is one sealed part of a case file.
type Part struct {
	Name    string
	Version int64
	Epoch   int64 // of the case key it was sealed to
	Sealed  []byte
}

// OpenParts gives out every sealed part of a case file, but for the names and
// ways of contact of those who are shielded, see Unshield, and the written reports
// of talks, see OpenTalkReport. It is an act: who opened what
// and when stands in the custody log before any byte leaves.
func (f *Files) OpenParts(ctx context.Context, actor, id string) ([]Part, error) {
	file, err := f.Get(ctx, actor, id)
	if err != nil {
		return nil, err
	}
	act := custody.Act{Kind: "case.read", Actor: actor, Subject: id, Facts: map[string]string{"channel": file.Channel}}
	if _, err := f.log.Do(ctx, act, nil); err != nil {
		return nil, err
	}
	shielded, err := f.shielded(ctx, id)
	if err != nil {
		return nil, err
	}
	all, err := f.parts(ctx, id)
	return slices.DeleteFunc(all, func(p Part) bool { return strings.HasPrefix(p.Name, talkParts) || shielded[partOf(p.Name)] != "" }), err
}

func (f *Files) parts(ctx context.Context, id string) ([]Part, error) {
	rows, err := f.db.Query(ctx, listParts, id)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var out []Part
	for rows.Next() {
		var p Part
		if err := rows.Scan(&p.Name, &p.Version, &p.Epoch, &p.Sealed); err != nil {
			return nil, err
		}
		out = append(out, p)
	}
	return out, rows.Err()
}

// putPart keeps a part that is new, inside an act.
func (f *Files) putPart(tx *db.Tx, actor, id, name string, p Part) error {
	n, err := tx.Exec(insertPart, id, name, p.Epoch, p.Sealed, f.clock().Unix(), actor)
	if err == nil && n == 0 {
		err = fault.New(fault.Conflict, "case.fault.changed_meanwhile", "words under this name are there already")
	}
	return err
}

// Seal keeps a part that a member's browser sealed to the current case key.
// p.Version must be the version the writer saw (0 for a new part): if somebody
// else wrote meanwhile it is a Conflict with "case.fault.changed_meanwhile". The reasons of
// an interview that is no plan any more are Refused with "case.fault.reason_fixed".
func (f *Files) Seal(ctx context.Context, actor, id string, p Part) error {
	file, err := f.Get(ctx, actor, id)
	if err != nil {
		return err
	}
	if kind, _, _ := strings.Cut(p.Name, "/"); slices.Contains(byAct, kind) {
		return fault.New(fault.BadInput, "", "a part that comes with an act of its own")
	}
	if err := f.checkPart(ctx, id, p, 1); err != nil {
		return err
	}
	act := custody.Act{Kind: "case.sealed", Actor: actor, Subject: id,
		Facts: map[string]string{"channel": file.Channel, "part": p.Name, "epoch": strconv.FormatInt(p.Epoch, 10)}}
	return f.do(ctx, act, func(tx *db.Tx) error {
		if err := notReliedOn(tx, id, p.Name); err != nil {
			return err
		}
		return f.writePart(tx, actor, id, p)
	})
}

// writePart keeps a part over the version that the writer saw, inside an act.
func (f *Files) writePart(tx *db.Tx, actor, id string, p Part) error {
	n, err := tx.Exec(insertPart, id, p.Name, p.Epoch, p.Sealed, f.clock().Unix(), actor)
	if p.Version > 0 && err == nil {
		n, err = tx.Exec(updatePart, id, p.Name, p.Epoch, p.Sealed, f.clock().Unix(), actor, p.Version)
	}
	if err == nil && n == 0 {
		err = fault.New(fault.Conflict, "case.fault.changed_meanwhile", "another version than the writer saw")
	}
	return err
}

// checkPart refuses what is no part sealed to the current case key, and to so
// many recipients in all.
func (f *Files) checkPart(ctx context.Context, id string, p Part, recipients int) error {
	if !partName.MatchString(p.Name) {
		return fault.New(fault.BadInput, "", "not the name of a part")
	}
	if len(p.Sealed) > maxPart {
		return fault.New(fault.TooLarge, "", "a part over %d bytes", maxPart)
	}
	if err := seal.CheckFile(p.Sealed, recipients); err != nil {
		return err
	}
	current, err := f.rings.Current(ctx, ring(id))
	if err != nil {
		return err
	}
	if p.Epoch != current.N || current.N == 0 {
		return fault.New(fault.Conflict, "fault.key_changed", "sealed to a key that is not current")
	}
	return f.keyStands(ctx, id)
}

// keyStands refuses to seal to a key that somebody may still have who must not
// read any more: a Conflict with "case.fault.key_due" until a member's browser
// made the next one.
func (f *Files) keyStands(ctx context.Context, id string) error {
	current, err := f.rings.Current(ctx, ring(id))
	if err == nil && current.Due {
		err = fault.New(fault.Conflict, "case.fault.key_due", "a new case key is due")
	}
	return err
}
