package casefile

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"

	"verhaal/internal/db"
	"verhaal/internal/fault"
)

const (
	personKind    = "person"
	interviewKind = "interview"
)

// Roles of a person in a case.
const (
	Victim      = "victim"
	Witness     = "witness"
	Companion   = "companion"
	Interpreter = "interpreter"
	Suspect     = "suspect"
)

var personRoles = []string{Victim, Witness, Companion, Interpreter, Suspect}

// Person is somebody in a case file. The name is a sealed part, never here.
type Person struct {
	ID   string // "p1"
	Role string
}

// AddPerson adds somebody by their role and gives the id under which facts and
// sealed parts about them are kept.
func (f *Files) AddPerson(ctx context.Context, actor, id, role string) (string, error) {
	if !slices.Contains(personRoles, role) {
		return "", fault.New(fault.BadInput, "", "a role that is none")
	}
	return f.addSubject(ctx, actor, id, "p", personKind, role, "")
}

// ChangeRole gives a person another role than the one that the writer saw; if somebody
// else changed it meanwhile it is a Conflict with "case.fault.changed_meanwhile". Whoever was a victim once never
// becomes a suspect, by whatever role between: what victims were made to do is
// no reason to prosecute them (2013A012, Vervolging 2; requirement M-12).
func (f *Files) ChangeRole(ctx context.Context, actor, id, person, seen, role string) error {
	file, err := f.Get(ctx, actor, id)
	if err != nil {
		return err
	}
	if !slices.Contains(personRoles, role) {
		return fault.New(fault.BadInput, "", "a role that is none")
	}
	return f.change(ctx, actor, file, "role_changed", person, func(tx *db.Tx) error {
		var kind, was string
		if err := tx.QueryRow(findSubject, id, person).Scan(&kind, &was); err != nil || kind != personKind {
			return fault.New(fault.NotFound, "", "no such person")
		}
		if was != seen {
			return changedMeanwhile("role")
		}
		var found int
		if err := tx.QueryRow(countFound, id, person, victimFound).Scan(&found); err != nil {
			return err
		}
		if found > 0 && role == Suspect {
			return fault.New(fault.Refused, "case.fault.victim_no_suspect", "a victim is not turned into a suspect")
		}
		if _, err := tx.Exec(setRole, id, person, role); err != nil {
			return err
		}
		return f.uncheck(tx, actor, id, role)
	})
}

// Persons lists the people of a case file.
func (f *Files) Persons(ctx context.Context, actor, id string) ([]Person, error) {
	if _, err := f.Get(ctx, actor, id); err != nil {
		return nil, err
	}
	return personsOf(f.db.Source(ctx), id)
}

func personsOf(src db.Source, id string) (out []Person, err error) {
	err = db.Each(src, listSubjects, func(row func(...any) error) error {
		var p Person
		var about, state, outside string
		err := row(&p.ID, &p.Role, &about, &state, &outside)
		out = append(out, p)
		return err
	}, id, personKind)
	return out, err
}

// Apart are those of a case whom a person must not meet: suspects, and for a
// suspect those who speak about them (2013A012 §2.1, requirement M-09).
func Apart(person string, people []Person) []string {
	suspect := slices.ContainsFunc(people, func(p Person) bool { return p.ID == person && p.Role == Suspect })
	var out []string
	for _, p := range people {
		if p.ID != person && (p.Role == Suspect) != suspect && p.Role != Interpreter {
			out = append(out, p.ID)
		}
	}
	return out
}

// Avoided are whom a person of a case must not meet, as src shows it.
func Avoided(src db.Source, id, person string) ([]string, error) {
	people, err := personsOf(src, id)
	return Apart(person, people), err
}

func (f *Files) addSubject(ctx context.Context, actor, id, prefix, kind, role, about string) (string, error) {
	file, err := f.Get(ctx, actor, id)
	if err != nil {
		return "", err
	}
	var made string
	err = f.change(ctx, actor, file, kind+"_added", role, func(tx *db.Tx) error {
		var n int
		if err := tx.QueryRow(countSubjects, id, kind).Scan(&n); err != nil {
			return err
		}
		made = fmt.Sprintf("%s%d", prefix, n+1)
		if _, err := tx.Exec(insertSubject, id, made, kind, role, about, planned, f.clock().Unix(), actor); err != nil {
			return err
		}
		return f.uncheck(tx, actor, id, role)
	})
	return made, err
}

// kindOf says what a subject is; "" for the case itself.
func (f *Files) kindOf(ctx context.Context, id, subject string) (string, error) {
	if subject == "" {
		return "", nil
	}
	var kind, role string
	err := f.db.QueryRow(ctx, findSubject, id, subject).Scan(&kind, &role)
	if errors.Is(err, sql.ErrNoRows) {
		return "", fault.New(fault.NotFound, "", "no such person or interview")
	}
	return kind, err
}
