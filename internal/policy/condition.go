package policy

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"cel.dev/cel-go/cel"
	"cel.dev/cel-go/common/types"
	"cel.dev/cel-go/common/types/ref"
)

// condition is a CEL expression that is true, false, or not known because a
// fact is missing.
type condition struct {
	source string
	value  expression
	says   []name   // terms in it that have a sentence, in the order they stand
	asks   []string // facts, derivations and options, those behind its terms too
}

// answer is what a condition comes to.
type answer int

const (
	no answer = iota
	unknown
	yes
)

// language is the CEL environment of a pack and what the names in it stand for.
type language struct {
	env   *cel.Env
	names map[string]name
}

// name is one name that conditions may use.
type name struct {
	slot int
	from func(v *view) ref.Val
	term *term // nil for facts and options
}

// factTypes are the CEL types of facts that conditions can ask for directly;
// lists of things are asked for through derivations.
var factTypes = map[Kind]*cel.Type{
	YesNo: cel.BoolType, Day: cel.StringType, Whole: cel.IntType, Code: cel.StringType,
	Codes: cel.ListType(cel.StringType), Words: cel.StringType,
}

func newLanguage() (*language, error) {
	l := &language{names: map[string]name{}}
	var vars []cel.EnvOption
	add := func(n string, kind *cel.Type, from func(*view) ref.Val) {
		vars = append(vars, cel.Variable(n, kind))
		l.names[n] = name{slot: len(l.names), from: from}
	}
	for _, f := range schema {
		if kind := factTypes[f.Kind]; kind != nil {
			gone := missing(f.Name)
			add(f.Name, kind, func(v *view) ref.Val { return f.value(v, gone) })
		}
	}
	for _, d := range derivations {
		add(d.name, d.kind, d.from)
	}
	var err error
	l.env, err = cel.NewEnv(vars...)
	return l, err
}

// with is the language with one more name; the old one stays as it was for
// those who hold it.
func (l *language) add(n string, kind *cel.Type, meaning name) error {
	env, err := l.env.Extend(cel.Variable(n, kind))
	if err != nil {
		return err
	}
	meaning.slot = len(l.names)
	l.env, l.names[n] = env, meaning
	return nil
}

// compile checks the types of an expression: a misspelt fact, a comparison of
// different kinds or an answer that is not yes or no is an error here.
func (l *language) compile(source string) (condition, error) {
	checked, issues := l.env.Compile(source)
	if issues.Err() != nil {
		// Its first line says what and where; a picture of the place follows.
		what, _, _ := strings.Cut(issues.Err().Error(), "\n")
		return condition{}, fmt.Errorf("%s", strings.TrimPrefix(what, "ERROR: <input>:"))
	}
	if !checked.OutputType().IsExactType(cel.BoolType) {
		return condition{}, fmt.Errorf("must be a question with yes or no for an answer, is %s", checked.OutputType())
	}
	tree := checked.NativeRep()
	c := condition{source: source}
	var err error
	if c.value, err = l.plan(tree, tree.Expr()); err != nil {
		return condition{}, err
	}
	places := tree.ReferenceMap()
	seen := map[string]bool{}
	for _, id := range slices.Sorted(maps.Keys(places)) {
		n := places[id].Name
		meaning, ours := l.names[n]
		if !ours || seen[n] { // operators, and what all() and exists() call each thing of a list
			continue
		}
		seen[n] = true
		if meaning.term == nil {
			c.asks = append(c.asks, n)
			continue
		}
		c.asks = append(c.asks, meaning.term.is.asks...)
		if meaning.term.says != nil {
			c.says = append(c.says, meaning)
		}
	}
	slices.Sort(c.asks)
	c.asks = slices.Compact(c.asks)
	return c, nil
}

// ask answers a condition, or says what it lacks.
func (c condition) ask(v *view) (answer, *lacking, error) {
	switch value := c.value(v).(type) {
	case types.Bool:
		if value {
			return yes, nil, nil
		}
		return no, nil, nil
	case *lacking:
		return unknown, value, nil
	case *types.Err:
		return no, nil, fmt.Errorf("%s: %w", c.source, value)
	default:
		return no, nil, fmt.Errorf("%s: no answer but %v", c.source, value.Type())
	}
}

// view is one question put to a pack: facts as the conditions see them. Values
// are reckoned when first asked for and kept. It is for one goroutine.
type view struct {
	pack       *Pack
	facts      Facts
	day, today string
	values     []ref.Val
	reasons    []Reason // of one requirement after the other
}

func (p *Pack) view(facts Facts, today string) *view {
	return &view{pack: p, facts: facts, day: facts.interviewDay(today), today: today, values: make([]ref.Val, len(p.language.names)), reasons: make([]Reason, 0, len(p.Rules))}
}

// ResolveName implements cel.Activation.
func (v *view) ResolveName(n string) (any, bool) {
	meaning, ok := v.pack.language.names[n]
	if !ok {
		return nil, false
	}
	if gone, ok := v.value(meaning).(*lacking); ok {
		return gone.unknown(), true
	}
	return v.value(meaning), true
}

func (v *view) value(n name) ref.Val {
	if v.values[n.slot] == nil {
		v.values[n.slot] = n.from(v)
	}
	return v.values[n.slot]
}

// Parent implements cel.Activation.
func (v *view) Parent() cel.Activation { return nil }

// value is a fact as conditions see it, or gone when it is not known.
func (f Fact) value(v *view, gone ref.Val) ref.Val {
	told, ok := v.facts[f.Name]
	if !ok {
		if told = f.Assumed; told == nil {
			return gone
		}
	}
	switch told := told.(type) {
	case bool:
		return types.Bool(told)
	case int:
		return types.Int(told)
	case string:
		// "unknown" is a value of some codes and says what absence says.
		if told == "unknown" && slices.Contains(f.Values, told) {
			return gone
		}
		return types.String(told)
	case []string:
		return list(told)
	}
	return gone
}
