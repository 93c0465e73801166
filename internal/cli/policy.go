package cli

import (
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"verhaal/internal/policy"
	"verhaal/packs"
)

type policyCommand struct {
	Explain policyExplain `cmd:"" help:"Say what the rules of a pack demand, given facts, and why."`
	Test    policyTest    `cmd:"" help:"Run the worked cases of packs."`
	Diff    policyDiff    `cmd:"" help:"Say which worked cases two versions of a pack decide differently, and which rows of their tables differ."`
	Rules   policyRules   `cmd:"" help:"Print every rule of a pack in words, with its clause and cases, as a page (Markdown)."`
}

// wrong is an error of what was given: one line, exit status 2.
type wrong struct{ error }

// loadPack finds a pack by its name among those built in, or by the path of its
// folder ("packs/nl", "./nl").
func loadPack(name string) (*policy.Pack, error) {
	var from fs.FS = packs.FS
	if strings.ContainsAny(name, `/\.`) {
		whole, err := filepath.Abs(name)
		if err != nil {
			return nil, wrong{err}
		}
		if info, err := os.Stat(whole); err != nil || !info.IsDir() {
			return nil, wrong{fmt.Errorf("%s: no such folder", name)}
		}
		from, name = packs.Over(os.DirFS(filepath.Dir(whole))), filepath.Base(whole)
	} else if _, err := fs.Stat(from, name); err != nil {
		return nil, wrong{fmt.Errorf("pack %q: must be one of %s, or the path of a folder", name, strings.Join(builtIn(), ", "))}
	}
	p, err := policy.Load(from, name)
	if err != nil {
		return nil, wrong{err}
	}
	return p, nil
}

func builtIn() []string {
	var out []string
	folders, _ := fs.ReadDir(packs.FS, ".")
	for _, f := range folders {
		out = append(out, f.Name())
	}
	return out
}

type policyExplain struct {
	Pack  string `default:"nl" help:"Name of a pack that is built in, or path of a folder."`
	Date  string `help:"The day that counts as today, YYYY-MM-DD; ages are reckoned at plan.date."`
	Lang  string `default:"en" help:"Language of the sentences."`
	JSON  bool   `name:"json" help:"Print the decision as JSON."`
	Facts string `arg:"" name:"facts.yaml" help:"Facts (YAML); - reads standard input."`
}

// Run decides and explains. Exit status 0 whether allowed or blocked: both are
// answers.
func (c policyExplain) Run(t *terminal) error {
	p, err := loadPack(c.Pack)
	if err != nil {
		return err
	}
	if !slices.Contains(p.StaffLanguages, c.Lang) {
		return wrong{fmt.Errorf("--lang: %q must be one of %s", c.Lang, strings.Join(p.StaffLanguages, ", "))}
	}
	today := c.Date
	if today == "" {
		today = time.Now().Format(time.DateOnly)
	} else if _, err := time.Parse(time.DateOnly, today); err != nil {
		return wrong{fmt.Errorf("--date: %q must be a day that exists, as in 2026-11-23", today)}
	}
	body, err := readFile(c.Facts)
	if err != nil {
		return wrong{err}
	}
	facts, err := p.ReadFacts(c.Facts, body, today)
	if err != nil {
		return wrong{err}
	}
	d, err := p.Decide(facts, today)
	if err != nil {
		return wrong{fmt.Errorf("%s: %w", c.Facts, err)}
	}
	if c.JSON {
		text, err := d.JSON(c.Lang)
		if err != nil {
			return err
		}
		t.say("%s", text)
		return nil
	}
	t.say("%s", d.Words(c.Lang))
	return nil
}

func readFile(name string) ([]byte, error) {
	if name == "-" {
		return io.ReadAll(os.Stdin)
	}
	return os.ReadFile(name)
}

type policyTest struct {
	Packs []string `arg:"" name:"PACK" help:"Names of packs that are built in, or paths of folders."`
}

// Run runs the cases of each pack and prints how often each rule was held.
func (c policyTest) Run(t *terminal) error {
	passed, failed := 0, 0
	for _, name := range c.Packs {
		p, err := loadPack(name)
		if err != nil {
			return err
		}
		r := p.Test()
		t.say("%s %s", p.Name, p.Version)
		for _, held := range r.Coverage {
			t.say("  %-6s applies in %3d cases, does not in %3d", held.Rule, held.Fired, held.NotFired)
		}
		for _, f := range r.Failed {
			t.say("  FAILED %s: %s", f.Case, f.Why)
		}
		passed, failed = passed+r.Passed, failed+len(r.Failed)
	}
	t.say("%d passed, %d failed", passed, failed)
	if failed > 0 {
		return fmt.Errorf("%d cases decide otherwise than the pack says they must", failed)
	}
	return nil
}

type policyDiff struct {
	Old string `arg:"" help:"Name of a pack that is built in, or path of a folder."`
	New string `arg:"" help:"The other."`
}

// Run says in words what the new pack decides otherwise than the old one, and
// what its tables say otherwise.
func (c policyDiff) Run(t *terminal) error {
	old, err := loadPack(c.Old)
	if err != nil {
		return err
	}
	now, err := loadPack(c.New)
	if err != nil {
		return err
	}
	changes := policy.Diff(old, now)
	for _, change := range changes {
		t.say("%s", change)
	}
	tables := policy.TableChanges(old, now)
	for _, change := range tables {
		t.say("%s", change)
	}
	t.say("%d differences between %s %s and %s %s, over %d cases", len(changes)+len(tables), old.Name, old.Version, now.Name, now.Version, len(now.Cases))
	return nil
}

type policyRules struct {
	Pack string `arg:"" help:"Name of a pack that is built in, or path of a folder."`
	Lang string `default:"en" help:"Language of the sentences."`
}

// Run prints the page of rules, docs/rules-nl.md for the Dutch pack.
func (c policyRules) Run(t *terminal) error {
	p, err := loadPack(c.Pack)
	if err != nil {
		return err
	}
	_, err = io.WriteString(t.out, p.Page(c.Lang))
	return err
}
