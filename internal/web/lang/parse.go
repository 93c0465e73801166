package lang

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"text/template/parse"

	"go.yaml.in/yaml/v4"
)

// message is one text: its plural forms by CLDR name; a text that does not
// count has "other" alone.
type message struct {
	file         string
	line         int
	forms        map[string]string
	counts       bool     // written with plural forms
	placeholders []string // sorted, of all forms together
}

// forms are the plural categories of CLDR, as a file may name them.
var formNames = []string{"zero", "one", "two", "few", "many", "other"}

var keyShape = regexp.MustCompile(`^[a-z][a-z0-9_-]*(\.[a-z0-9][a-z0-9_-]*)+$`)

// parseFile adds the texts of one file to into. Its errors are one line: file,
// line, key and what is allowed there.
func parseFile(file string, body []byte, into map[string]message) error {
	var doc yaml.Node
	if err := yaml.Load(body, &doc); err != nil {
		return fmt.Errorf("%s: not YAML: %s", file, strings.Join(strings.Fields(err.Error()), " "))
	}
	root := &doc
	if root.Kind == yaml.DocumentNode && len(root.Content) == 1 {
		root = root.Content[0]
	}
	if root.Kind != yaml.MappingNode {
		return fmt.Errorf("%s:%d: must be a flat list of \"key: text\"", file, max(root.Line, 1))
	}
	for i := 0; i+1 < len(root.Content); i += 2 {
		k, v := root.Content[i], root.Content[i+1]
		if !keyShape.MatchString(k.Value) {
			return fmt.Errorf("%s:%d: key %q must be lower-case words joined by dots, as in \"common.back\"", file, k.Line, k.Value)
		}
		if first, twice := into[k.Value]; twice {
			return fmt.Errorf("%s:%d: key %s stands at %s:%d already", file, k.Line, k.Value, first.file, first.line)
		}
		m := message{file: file, line: k.Line, forms: map[string]string{}}
		if err := m.read(v); err != nil {
			return fmt.Errorf("%s:%d: key %s: %w", file, v.Line, k.Value, err)
		}
		into[k.Value] = m
	}
	return nil
}

func (m *message) read(v *yaml.Node) error {
	if v.Kind == yaml.ScalarNode {
		return m.add("other", v)
	}
	if v.Kind != yaml.MappingNode {
		return errors.New("must be a text, or plural forms")
	}
	m.counts = true
	for i := 0; i+1 < len(v.Content); i += 2 {
		form := v.Content[i].Value
		if !slices.Contains(formNames, form) {
			return fmt.Errorf("plural form %q must be one of %s", form, strings.Join(formNames, ", "))
		}
		if _, twice := m.forms[form]; twice {
			return fmt.Errorf("plural form %q stands twice", form)
		}
		if err := m.add(form, v.Content[i+1]); err != nil {
			return err
		}
	}
	if m.forms["other"] == "" {
		return errors.New("plural form \"other\" is missing; every language has it")
	}
	return nil
}

func (m *message) add(form string, v *yaml.Node) error {
	if v.Kind != yaml.ScalarNode || v.ShortTag() != "!!str" || strings.TrimSpace(v.Value) == "" {
		return errors.New("must be a text that is not empty; put quotes around a number, a date, yes or no")
	}
	names, err := placeholders(v.Value)
	if err != nil {
		return err
	}
	m.forms[form] = v.Value
	m.placeholders = append(m.placeholders, names...)
	slices.Sort(m.placeholders)
	m.placeholders = slices.Compact(m.placeholders)
	return nil
}

// placeholders lists the names of {{.Name}} in a text. Anything else of the
// template language is refused: a text must not be able to fail or to loop.
func placeholders(text string) ([]string, error) {
	wrong := errors.New("only {{.Name}} may stand between double braces")
	tree := parse.New("text")
	tree.Mode = parse.SkipFuncCheck
	if _, err := tree.Parse(text, "", "", map[string]*parse.Tree{}); err != nil {
		return nil, wrong
	}
	var names []string
	for _, n := range tree.Root.Nodes {
		switch n := n.(type) {
		case *parse.TextNode:
		case *parse.ActionNode:
			if len(n.Pipe.Decl) > 0 || len(n.Pipe.Cmds) != 1 || len(n.Pipe.Cmds[0].Args) != 1 {
				return nil, wrong
			}
			field, ok := n.Pipe.Cmds[0].Args[0].(*parse.FieldNode)
			if !ok || len(field.Ident) != 1 {
				return nil, wrong
			}
			names = append(names, field.Ident[0])
		default:
			return nil, wrong
		}
	}
	return names, nil
}
