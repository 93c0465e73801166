package policy

import (
	"slices"

	"cel.dev/cel-go/cel"
	"cel.dev/cel-go/common/ast"
	"cel.dev/cel-go/common/functions"
	"cel.dev/cel-go/common/operators"
	"cel.dev/cel-go/common/overloads"
	"cel.dev/cel-go/common/stdlib"
	"cel.dev/cel-go/common/types"
	"cel.dev/cel-go/common/types/ref"
)

// expression comes to a value, to what is lacking or to an error.
type expression func(v *view) ref.Val

// plan takes a checked expression apart into what rules are mostly made of:
// names, constants, && and ||, and the operations below. Those need no program;
// what is left, such as a walk through a list, is one of CEL's. All of it comes
// to what CEL says, but for == between an error and what is not known: that is
// an error to CEL and not known here.
func (l *language) plan(tree *ast.AST, e ast.Expr) (expression, error) {
	switch e.Kind() {
	case ast.LiteralKind:
		return constant(e.AsLiteral()), nil
	case ast.IdentKind:
		meaning := l.names[e.AsIdent()]
		return func(v *view) ref.Val { return v.value(meaning) }, nil
	case ast.ListKind:
		elements := e.AsList().Elements()
		if slices.ContainsFunc(elements, func(e ast.Expr) bool { return e.Kind() != ast.LiteralKind }) {
			break
		}
		values := make([]ref.Val, len(elements))
		for i, e := range elements {
			values[i] = e.AsLiteral()
		}
		return constant(types.NewRefValList(types.DefaultTypeAdapter, values)), nil
	case ast.CallKind:
		name, args := e.AsCall().FunctionName(), e.AsCall().Args()
		operation, known := operations[name]
		junction := name == operators.LogicalAnd || name == operators.LogicalOr
		if e.AsCall().IsMemberFunction() || (!known && !junction) {
			break
		}
		parts := make([]expression, len(args))
		for i, arg := range args {
			var err error
			if parts[i], err = l.plan(tree, arg); err != nil {
				return nil, err
			}
		}
		switch {
		case junction:
			return join(parts, name == operators.LogicalOr), nil
		case len(parts) == 1:
			return ofOne(operation, parts[0]), nil
		}
		return ofTwo(operation, parts[0], parts[1]), nil
	}
	program, err := l.env.PlanProgram(ast.NewCheckedAST(ast.NewAST(e, tree.SourceInfo()), tree.TypeMap(), tree.ReferenceMap()), cel.EvalOptions(cel.OptOptimize))
	return func(v *view) ref.Val {
		value, _, err := program.Eval(v)
		if err != nil {
			return types.WrapErr(err)
		}
		if u, unknown := value.(*types.Unknown); unknown {
			return lack(u)
		}
		return value
	}, err
}

// operations are CEL's own, which what is not known goes through.
var operations = func() map[string]*functions.Overload {
	out := map[string]*functions.Overload{
		// The interpreter of CEL does these itself.
		operators.Equals:    {Binary: types.Equal},
		operators.NotEquals: {Binary: func(a, b ref.Val) ref.Val { return types.Bool(types.Equal(a, b) != types.True) }},
	}
	for _, f := range stdlib.Functions() {
		switch f.Name() {
		case operators.LogicalNot, operators.Less, operators.LessEquals, operators.Greater, operators.GreaterEquals, operators.In, overloads.Size:
			if bound, err := f.Bindings(); err == nil {
				out[f.Name()] = bound[0]
			}
		}
	}
	return out
}()

func constant(value ref.Val) expression { return func(*view) ref.Val { return value } }

// join is && or ||: a part that decides, then what is not known, then an error.
func join(parts []expression, decides types.Bool) expression {
	return func(v *view) ref.Val {
		var out ref.Val = !decides
		var gone *lacking
		for _, p := range parts {
			switch value := p(v).(type) {
			case types.Bool:
				if value == decides {
					return value
				}
			case *lacking:
				gone = gone.and(value)
			default:
				if out == !decides {
					out = types.MaybeNoSuchOverloadErr(value)
				}
			}
		}
		if gone != nil {
			return gone
		}
		return out
	}
}

func ofOne(o *functions.Overload, of expression) expression {
	return func(v *view) ref.Val {
		value := of(v)
		switch {
		case undecided(value):
			return value
		case !value.Type().HasTrait(o.OperandTrait):
			return types.MaybeNoSuchOverloadErr(value)
		}
		return o.Unary(value)
	}
}

func ofTwo(o *functions.Overload, left, right expression) expression {
	return func(v *view) ref.Val {
		a, b := left(v), right(v)
		switch gone, ok := a.(*lacking); {
		case ok:
			more, _ := b.(*lacking)
			return gone.and(more)
		case undecided(a):
			return a
		case undecided(b):
			return b
		case !a.Type().HasTrait(o.OperandTrait):
			return types.MaybeNoSuchOverloadErr(a)
		}
		return o.Binary(a, b)
	}
}

func undecided(value ref.Val) bool {
	switch value.(type) {
	case *lacking, *types.Err:
		return true
	}
	return false
}

// lacking is the value of what is not known. It goes through every operator
// that it could change and carries the names of the facts with it.
type lacking struct {
	facts []string
	// CEL's own value for it, a map that takes long to make; nil where several
	// facts are lacking.
	*types.Unknown
}

// missing is the value of a fact that is not known.
func missing(name string) *lacking { return notKnown[name] }

var notKnown = func() map[string]*lacking {
	out := map[string]*lacking{}
	for _, f := range schema {
		out[f.Name] = &lacking{[]string{f.Name}, types.NewUnknown(1, types.NewAttributeTrail(f.Name))}
	}
	return out
}()

// and is what both lack; either may be nil.
func (l *lacking) and(more *lacking) *lacking {
	switch {
	case l == nil:
		return more
	case more == nil:
		return l
	}
	out := &lacking{facts: make([]string, len(l.facts), len(l.facts)+len(more.facts))}
	copy(out.facts, l.facts)
	for _, name := range more.facts {
		if !slices.Contains(out.facts, name) {
			out.facts = append(out.facts, name)
		}
	}
	return out
}

// unknown is the same for a program of CEL's.
func (l *lacking) unknown() *types.Unknown {
	out := l.Unknown
	if out == nil {
		for _, name := range l.facts {
			out = types.MergeUnknowns(out, missing(name).Unknown)
		}
	}
	return out
}

// lack is what a program of CEL's says is unknown.
func lack(u *types.Unknown) *lacking {
	out := &lacking{}
	for _, id := range u.IDs() {
		trails, _ := u.GetAttributeTrails(id)
		for _, t := range trails {
			out = out.and(missing(t.Variable()))
		}
	}
	return out
}
