package policy

import (
	"maps"
	"slices"
	"testing"

	"cel.dev/cel-go/cel"
	"cel.dev/cel-go/common/types"
	"cel.dev/cel-go/common/types/ref"
)

// Every condition of the packs, and some that no pack has, put to CEL as a
// whole: the answer is the same, and so are the facts that it lacks, in order.
func TestAConditionComesToWhatCELSays(t *testing.T) {
	for _, p := range []*Pack{netherlands(t), baseline(t)} {
		sources := []string{
			`plan.level != "audio" && age >= 12 || !plan.planned`, `!(plan.level == "video") || plan.date > day`,
			`plan.date < reflection.from || reflection.until >= reflection.from`, `reflection.until != reflection.from`,
			`plan.level in ["audio", plan.level]`, `age in [1, 10, 11]`, `"x" in {"x": plan.level}`,
			`size("ab") == 2 && "ab".size() == 2 && size(subject.special_needs) > 0`, `plan.planned == (age < 12)`,
			`plan.planned ? age < 12 : case.acute`, `plan.level.startsWith("a") && !case.acute`,
			`1 / 0 == 1 || plan.planned`, `1 / 0 == 1 && plan.planned`, `!(1 / 0 == 1)`, `age < 1 / 0`, `1 / 0 < age`,
			`dyn(plan.planned) && case.acute`, `dyn(age) < dyn("a")`, `dyn(age) == 11.0`, `dyn(plan.planned) < true`, `!dyn(age) || plan.planned`,
		}
		for _, r := range p.Rules {
			sources = append(sources, r.when.source, r.met.source)
		}
		for _, n := range p.language.names {
			if n.term != nil {
				sources = append(sources, n.term.is.source)
			}
		}
		var known []Facts
		for _, c := range p.Cases {
			known = append(known, c.Facts)
		}
		for _, name := range p.Examples() {
			for gone := range p.Example(name) {
				facts := p.Example(name)
				delete(facts, gone)
				known = append(known, facts)
			}
		}
		for _, source := range sources {
			c, err := p.language.compile(source)
			if err != nil {
				t.Fatalf("%s: %v", source, err)
			}
			whole := wholly(t, p, source)
			for _, facts := range known {
				v := p.view(facts, today)
				if got, want := said(c.value(v)), said(whole(v)); got != want {
					t.Fatalf("%s over %v: %s, CEL says %s", source, slices.Sorted(maps.Keys(facts)), got, want)
				}
			}
		}
	}
}

// wholly leaves all of an expression to CEL.
func wholly(t *testing.T, p *Pack, source string) expression {
	t.Helper()
	tree, issues := p.language.env.Compile(source)
	if issues.Err() != nil {
		t.Fatal(issues.Err())
	}
	program, err := p.language.env.Program(tree, cel.EvalOptions(cel.OptOptimize))
	if err != nil {
		t.Fatal(err)
	}
	return func(v *view) ref.Val {
		value, _, err := program.Eval(v)
		if err != nil {
			return types.WrapErr(err)
		}
		return value
	}
}

func said(value ref.Val) string {
	switch value := value.(type) {
	case *lacking:
		return value.unknown().String()
	case *types.Unknown:
		return value.String()
	case *types.Err:
		return "an error"
	}
	return written(value)
}
