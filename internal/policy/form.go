package policy

import (
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v4"
)

// FormRows is how many rows of a list a page has fields for. Whoever keeps what
// was typed refuses more; reading facts leaves no row out.
const FormRows = 30

// formNone marks a list that is known to be empty; a form cannot show the
// difference otherwise.
const formNone = ".none"

// FactsFromForm reads facts from a form, whose fields have the names of the
// schema: "plan.level", "plan.interviewers.0.id",
// "plan.interviewers.0.certificates.studio" (a day), "earlier.0.topics" (commas
// between), "plan.reasons.S-14". An empty field is a fact that is not known;
// "earlier.none" says that there were none. The error names the field.
func (p *Pack) FactsFromForm(form url.Values, today string) (Facts, error) {
	r := &reader{file: "form"}
	root := field{node: mapping()}
	for _, f := range schema {
		if node := f.fromForm(form, f.Name); node != nil {
			graft(root.node, f.Name, node)
		}
	}
	facts, err := p.factsOf(r, root, today)
	if err != nil {
		// A form has no file and no lines.
		_, rest, _ := strings.Cut(err.Error(), ": ")
		return nil, fmt.Errorf("%s", rest)
	}
	return facts, nil
}

func (f Fact) fromForm(form url.Values, at string) *yaml.Node {
	value := strings.TrimSpace(form.Get(at))
	switch f.Kind {
	case Codes:
		return f.codesFromForm(form, at)
	case Reasons:
		node := mapping()
		for name, texts := range form {
			if rule, ok := strings.CutPrefix(name, at+"."); ok && strings.TrimSpace(texts[0]) != "" {
				graft(node, rule, scalar("!!str", texts[0]))
			}
		}
		return filled(node)
	case Thing:
		return f.rowFromForm(form, at)
	case Things:
		if form.Get(at+formNone) != "" {
			return sequence()
		}
		node := sequence()
		for _, i := range Rows(form, at) {
			if row := f.rowFromForm(form, at+"."+strconv.Itoa(i)); row != nil {
				node.Content = append(node.Content, row)
			}
		}
		return filled(node)
	case YesNo:
		return nonEmpty("!!bool", value)
	case Whole:
		return nonEmpty("!!int", value)
	default:
		return nonEmpty("!!str", value)
	}
}

func (f Fact) codesFromForm(form url.Values, at string) *yaml.Node {
	node := sequence()
	given := form[at]
	if f.Values == nil {
		given = strings.Split(form.Get(at), ",")
	}
	for _, v := range given {
		if v = strings.TrimSpace(v); v != "" {
			node.Content = append(node.Content, scalar("!!str", v))
		}
	}
	if form.Get(at+formNone) != "" {
		return node
	}
	return filled(node)
}

// rowFromForm is a row, or nil when all its fields are empty.
func (f Fact) rowFromForm(form url.Values, at string) *yaml.Node {
	row := mapping()
	for _, of := range f.Of {
		var node *yaml.Node
		if held := of.byCode(); held != nil {
			node = held.fromFormByCode(form, at+"."+of.Name)
		} else {
			node = of.fromForm(form, at+"."+of.Name)
		}
		if node != nil {
			graft(row, of.Name, node)
		}
	}
	return filled(row)
}

// byCode says of a list of things whether each is a code and a day, such as a
// certificate and its last day: a form then has one day for each code.
func (f Fact) byCode() *Fact {
	if f.Kind == Things && len(f.Of) == 2 && f.Of[0].Kind == Code && f.Of[1].Kind == Day {
		return &f
	}
	return nil
}

func (f Fact) fromFormByCode(form url.Values, at string) *yaml.Node {
	list := sequence()
	for _, code := range f.Of[0].Values {
		if day := form.Get(at + "." + code); day != "" {
			row := mapping()
			graft(row, f.Of[0].Name, scalar("!!str", code))
			graft(row, f.Of[1].Name, scalar("!!str", day))
			list.Content = append(list.Content, row)
		}
	}
	return filled(list)
}

// Form is the facts as the fields of a form; FactsFromForm reads them back.
func (facts Facts) Form() url.Values {
	form := url.Values{}
	for _, f := range schema {
		if value, ok := facts[f.Name]; ok {
			f.intoForm(form, f.Name, value)
		}
	}
	return form
}

func (f Fact) intoForm(form url.Values, at string, value any) {
	switch value := value.(type) {
	case []string:
		switch {
		case len(value) == 0:
			form.Set(at+formNone, "1")
		case f.Values == nil:
			form.Set(at, strings.Join(value, ", "))
		default:
			form[at] = slices.Clone(value)
		}
	case map[string]string:
		for rule, reason := range value {
			form.Set(at+"."+rule, reason)
		}
	case Row:
		f.rowIntoForm(form, at, value)
	case []Row:
		if len(value) == 0 {
			form.Set(at+formNone, "1")
		}
		for i, row := range value {
			f.rowIntoForm(form, at+"."+strconv.Itoa(i), row)
		}
	default:
		if text := fmt.Sprint(value); text != "" {
			form.Set(at, text)
		}
	}
}

func (f Fact) rowIntoForm(form url.Values, at string, row Row) {
	for _, of := range f.Of {
		value, ok := row[of.Name]
		if !ok {
			continue
		}
		if of.byCode() == nil {
			of.intoForm(form, at+"."+of.Name, value)
			continue
		}
		for _, held := range value.([]Row) {
			form.Set(at+"."+of.Name+"."+held[of.Of[0].Name].(string), held[of.Of[1].Name].(string))
		}
	}
}

func mapping() *yaml.Node  { return &yaml.Node{Kind: yaml.MappingNode, Tag: "!!map"} }
func sequence() *yaml.Node { return &yaml.Node{Kind: yaml.SequenceNode, Tag: "!!seq"} }

func scalar(tag, value string) *yaml.Node {
	return &yaml.Node{Kind: yaml.ScalarNode, Tag: tag, Value: value}
}

func nonEmpty(tag, value string) *yaml.Node {
	if value == "" {
		return nil
	}
	return scalar(tag, value)
}

// filled is the node, or nil when nothing is in it.
func filled(n *yaml.Node) *yaml.Node {
	if len(n.Content) == 0 {
		return nil
	}
	return n
}

// graft puts a node where its dotted name says.
func graft(root *yaml.Node, name string, node *yaml.Node) {
	first, rest, deeper := strings.Cut(name, ".")
	for i := 0; i+1 < len(root.Content); i += 2 {
		if root.Content[i].Value == first && deeper {
			graft(root.Content[i+1], rest, node)
			return
		}
	}
	if deeper {
		below := mapping()
		graft(below, rest, node)
		node = below
	}
	root.Content = append(root.Content, scalar("!!str", first), node)
}

// FieldsOf is the part of a form that belongs to a fact and says something.
func FieldsOf(name string, form url.Values) url.Values {
	out := url.Values{}
	for field, values := range form {
		if field != name && !strings.HasPrefix(field, name+".") {
			continue
		}
		for _, v := range values {
			if strings.TrimSpace(v) != "" {
				out.Add(field, v)
			}
		}
	}
	return out
}
