package cases

import (
	"net/http"
	"slices"

	"verhaal/internal/casefile"
	"verhaal/internal/fault"
	"verhaal/internal/policy"
	"verhaal/internal/recording"
	"verhaal/internal/web/facts"
)

// roles are those a person in a case can have, for the forms.
var roles = []string{casefile.Victim, casefile.Witness, casefile.Companion, casefile.Interpreter, casefile.Suspect}

// Roles is for the template.
func (casePage) Roles() []string { return roles }

// ExclusionReasons is for the template.
func (casePage) ExclusionReasons() []string { return casefile.ExclusionReasons() }

type person struct {
	casefile.Person
	Burden     casefile.Burden
	Unreadable string // why the burden can't be told
	Again      bool   // the present phase asks for an assessment
	Compelled  bool   // offences that they were made to commit are known
	Shielded   bool   // the name is opened alone, on the person's own page
	Interviews []casefile.Planned
	Owed       owed // what must be done for this person
}

type member struct {
	casefile.Member
	Name  string
	Other bool // than who looks
}

type happened struct {
	casefile.Happened
	Who string
}

type casePage struct {
	File      casefile.File
	Meanwhile *clash // the phase, which somebody else changed
	Desk      string
	Reports   []casefile.Report
	Persons   []person
	Members   []member
	Events    []happened
	Pack      *policy.Pack
	Lang      string
	Duty      string // what the case key needs of this member; "" = nothing
	Keyed     bool
	// Deadlines is what runs in the case.
	Deadlines deadlines
	Orders    []recording.Order // minutes that prosecutors ask for
}

// show is the case file: what it has cost each person so far stands on top.
func (f *face) show(w http.ResponseWriter, r *http.Request) error {
	return f.caseFile(w, r, http.StatusOK, casePage{})
}

func (f *face) caseFile(w http.ResponseWriter, r *http.Request, status int, page casePage) error {
	ctx, who, id := r.Context(), actor(r), r.PathValue("id")
	file, err := f.files.View(ctx, who, id)
	if err != nil {
		return err
	}
	pack := f.pack()
	page.File, page.Pack, page.Lang = file, pack, facts.Language(pack, f.site.Page(r).Lang)
	page.Desk = f.channelName(file.Channel, f.site.Page(r).Lang)
	if page.Reports, err = f.files.Reports(ctx, who, id); err != nil {
		return err
	}
	if page.Persons, err = f.persons(r, file); err != nil {
		return err
	}
	if err := f.deadlines(r, &page); err != nil {
		return err
	}
	if page.Orders, err = f.ordersIn(r, id); err != nil {
		return err
	}
	members, err := f.files.Members(ctx, who, id)
	if err != nil {
		return err
	}
	for _, m := range members {
		name, err := f.called(ctx, m.Staff)
		if err != nil {
			return err
		}
		page.Members = append(page.Members, member{m, name, m.Staff != who})
	}
	events, err := f.files.Events(ctx, who, id)
	if err != nil {
		return err
	}
	for _, e := range slices.Backward(events) {
		name, err := f.called(ctx, e.Staff)
		if err != nil {
			return err
		}
		page.Events = append(page.Events, happened{e, name})
	}
	duty, err := f.files.Duty(ctx, who, id)
	if err != nil {
		return err
	}
	page.Keyed = duty.Current > 0
	switch {
	case duty.Current == 0:
		page.Duty = "cases.duty.first"
	case duty.New:
		page.Duty = "cases.duty.new"
	case len(duty.Missing) > 0:
		page.Duty = "cases.duty.missing"
	}
	return f.site.Render(w, r, status, "cases/show", page)
}

// persons lists the people with their interviews and what those have cost them.
func (f *face) persons(r *http.Request, file casefile.File) ([]person, error) {
	ctx, who, id := r.Context(), actor(r), file.ID
	people, err := f.files.Persons(ctx, who, id)
	if err != nil {
		return nil, err
	}
	interviews, err := f.files.Interviews(ctx, who, id)
	if err != nil {
		return nil, err
	}
	assessed, err := f.files.Assessments(ctx, who, id)
	if err != nil {
		return nil, err
	}
	shielded, err := f.files.Shielded(ctx, who, id)
	if err != nil {
		return nil, err
	}
	var out []person
	for _, p := range people {
		one := person{Person: p, Shielded: shielded[p.ID] != "", Again: p.Role == casefile.Victim && casefile.AssessAgain(file, p.ID, assessed)}
		about, err := f.files.Facts(ctx, who, id, p.ID)
		if err != nil {
			return nil, err
		}
		const compelled = "subject.compelled_offences"
		one.Compelled = about[compelled].Fields.Get(compelled) == "true"
		one.Burden, err = f.files.BurdenOf(ctx, who, id, p.ID)
		if fault.KindOf(err) == fault.BadInput {
			one.Unreadable = err.Error()
		} else if err != nil {
			return nil, err
		}
		for _, i := range interviews {
			if i.Person == p.ID {
				one.Interviews = append(one.Interviews, i)
			}
		}
		out = append(out, one)
	}
	return out, nil
}
