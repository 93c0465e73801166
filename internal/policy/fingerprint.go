package policy

import (
	"crypto/sha256"
	"fmt"
	"slices"
	"strings"

	"cel.dev/cel-go/common/types"
	"cel.dev/cel-go/common/types/ref"
	"cel.dev/cel-go/common/types/traits"
)

// Fingerprint is a hash over what a rule asks about, as the facts say it: it
// stays the same for as long as nothing changes that the rule would look at.
func (p *Pack) Fingerprint(r *Rule, facts Facts, today string) string {
	v := p.view(facts, today)
	h := sha256.New()
	for _, name := range p.Asks(r) {
		value := p.language.names[name].from(v)
		fmt.Fprintf(h, "%s=%s\n", name, written(value))
	}
	return fmt.Sprintf("%x", h.Sum(nil))
}

// written is a value in one way of writing it; what is not known is "?".
func written(value ref.Val) string {
	switch value := value.(type) {
	case *lacking:
		return "?"
	case traits.Mapper:
		var out []string
		for it := value.Iterator(); it.HasNext() == types.True; {
			key := it.Next()
			out = append(out, written(key)+":"+written(value.Get(key)))
		}
		slices.Sort(out)
		return "{" + strings.Join(out, ",") + "}"
	case traits.Lister:
		var out []string
		for it := value.Iterator(); it.HasNext() == types.True; {
			out = append(out, written(it.Next()))
		}
		return "[" + strings.Join(out, ",") + "]"
	default:
		return fmt.Sprintf("%q", fmt.Sprint(value.Value()))
	}
}
