package policy

import (
	"fmt"
	"slices"
	"strings"

	"cel.dev/cel-go/cel"
	"cel.dev/cel-go/common/types"
	"cel.dev/cel-go/common/types/ref"
)

// condition is a CEL expression that is true, false, or not known because a
// fact is missing.
type condition struct {
	source  string
	program cel.Program
	names   []string // of what it asks: facts, terms, options
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
	ast, issues := l.env.Compile(source)
	if issues.Err() != nil {
		// Its first line says what and where; a picture of the place follows.
		what, _, _ := strings.Cut(issues.Err().Error(), "\n")
		return condition{}, fmt.Errorf("%s", strings.TrimPrefix(what, "ERROR: <input>:"))
	}
	if !ast.OutputType().IsExactType(cel.BoolType) {
		return condition{}, fmt.Errorf("must be a question with yes or no for an answer, is %s", ast.OutputType())
	}
	program, err := l.env.Program(ast, cel.EvalOptions(cel.OptOptimize))
	if err != nil {
		return condition{}, err
	}
	c := condition{source: source, program: program}
	places := ast.NativeRep().ReferenceMap()
	order := make([]int64, 0, len(places))
	for id := range places {
		order = append(order, id)
	}
	slices.Sort(order)
	for _, id := range order {
		if n := places[id].Name; n != "" && !slices.Contains(c.names, n) {
			c.names = append(c.names, n)
		}
	}
	return c, nil
}

// ask answers a condition; missing are the facts it would need.
func (c condition) ask(v *view) (a answer, lacking []string, err error) {
	value, _, err := c.program.Eval(v)
	if err != nil {
		return no, nil, fmt.Errorf("%s: %w", c.source, err)
	}
	switch value := value.(type) {
	case types.Bool:
		if value {
			return yes, nil, nil
		}
		return no, nil, nil
	case *types.Unknown:
		return unknown, lack(value), nil
	default:
		return no, nil, fmt.Errorf("%s: no answer but %v", c.source, value.Type())
	}
}

// lack names the facts that an unknown value waits for.
func lack(u *types.Unknown) []string {
	var out []string
	for _, id := range u.IDs() {
		trails, _ := u.GetAttributeTrails(id)
		for _, t := range trails {
			if n := t.Variable(); !slices.Contains(out, n) {
				out = append(out, n)
			}
		}
	}
	return out
}

// view is one question put to a pack: facts as the conditions see them. Values
// are reckoned when first asked for and kept. It is for one goroutine.
type view struct {
	pack       *Pack
	facts      Facts
	day, today string
	values     []ref.Val
}

func (p *Pack) view(facts Facts, today string) *view {
	return &view{pack: p, facts: facts, day: facts.interviewDay(today), today: today, values: make([]ref.Val, len(p.language.names))}
}

// ResolveName implements cel.Activation.
func (v *view) ResolveName(n string) (any, bool) {
	meaning, ok := v.pack.language.names[n]
	if !ok {
		return nil, false
	}
	if v.values[meaning.slot] == nil {
		v.values[meaning.slot] = meaning.from(v)
	}
	return v.values[meaning.slot], true
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
