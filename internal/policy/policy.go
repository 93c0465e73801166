// Package policy reads packs: the law and the practice of a country as data,
// and answers questions about them. It does nothing else: no clock, no store,
// no network, the same answer to the same question.
//
// Load reads a pack and refuses one that is not whole. Pack.Decide applies its
// rules to facts and explains itself, Pack.Suggest finds the channel for a
// report; Pack.Test runs the pack's worked cases.
package policy

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"io/fs"
	"maps"
	"path"
	"regexp"
	"slices"
)

// Pack is one country's rules in one version. It is never changed after Load
// and is safe for concurrent use; what its methods return must not be changed.
type Pack struct {
	Name      string   // "nl"
	Version   string   // "2026.1"
	InForce   string   // first day, YYYY-MM-DD
	Languages []string // every text for reporters is written in each of them
	// StaffLanguages are those of the rules, which staff and lawyers read.
	StaffLanguages []string
	Extends        string // name of the pack whose rules this one carries out; "" = none
	// Hash is the hex SHA-256 of all files of the pack, with their names, in
	// the order of their names, after the hash of the pack it extends; a
	// decision stores it.
	Hash string

	Emergency Phone   // what to call before anything else
	Help      []Phone // who helps besides the channels
	Exit      string  // https address where "leave this page" leads: says nothing about the visitor
	Channels  []Channel
	Guide     Guide

	// The tables for staff. A pack may be without any of them.
	Roles        []Role
	Powers       []Power // who may grant what
	RoomPowers   []Coded // words of the powers that a RoomKind names
	Rooms        []RoomKind
	Clocks       []Clock
	DelayReasons []DelayReason
	Periods      []Period
	Tasks        []Task
	Retention    []Retention
	Codes        []CodeList

	Rules   []*Rule // its own, after those it inherits and does not carry out itself
	Choices []Choice
	Cases   []Case

	language        *language
	inherited       map[string]*Rule // of the pack it extends, by id
	labels, phrases map[string]Text
	base            string           // hash of the pack it extends
	bases           map[string]Facts // that cases start from
	today           string           // of cases that name no other day
}

// Text is a sentence in every language of the pack, by language ("nl").
type Text map[string]string

// In is the sentence in lang, or in English when the pack has no such language.
func (t Text) In(lang string) string {
	if s, ok := t[lang]; ok {
		return s
	}
	return t["en"]
}

// Confidence says how well a statement about the world is known.
type Confidence string

// The confidences a pack may name.
const (
	Read       Confidence = "read"       // the passage itself was read
	Excerpt    Confidence = "excerpt"    // a page or a news item about it was read
	Inferred   Confidence = "inferred"   // follows from something read
	Unverified Confidence = "unverified" // background knowledge
)

// Clause is the place in the law or in an official text that a rule rests on.
type Clause struct {
	Rule       string // id of the rule, "S-05"
	Document   string
	Section    string
	Address    string // where it can be read; may be empty
	InForce    string // first day, YYYY-MM-DD; only of rules
	Until      string // last day; "" = no end known
	Confidence Confidence
}

// Source is where a fact that changes, such as a phone number, was found.
type Source struct {
	Document   string
	Checked    string // day on which somebody looked, YYYY-MM-DD
	Confidence Confidence
}

// part is one kind of file of a pack. The languages of its texts are those of
// reporters or of staff.
type part struct {
	pattern  string
	read     func(*Pack, *reader, field)
	reporter bool
}

// parts are read in this order: what stands later may use what stands before.
var parts = []part{
	{pattern: "channels.yaml", read: (*Pack).readChannels, reporter: true},
	{pattern: "powers.yaml", read: (*Pack).readPowers},
	{pattern: "rooms.yaml", read: (*Pack).readRooms},
	{pattern: "deadlines.yaml", read: (*Pack).readDeadlines},
	{pattern: "retention.yaml", read: (*Pack).readRetention},
	{pattern: "codes.yaml", read: (*Pack).readCodes},
	{pattern: "options.yaml", read: (*Pack).readChoices},
	{pattern: "words.yaml", read: (*Pack).readWords},
	{pattern: "rules/*.yaml", read: (*Pack).readRules},
	{pattern: "cases/*.yaml", read: (*Pack).readCases},
}

const headFile = "pack.yaml"

// Load reads the folder name of fsys, and that of the pack it extends. Its
// error is one line that names file, line, field and the values allowed;
// nothing is guessed, and a text without one of the pack's languages is an
// error. It does not run the pack's cases.
func Load(fsys fs.FS, name string) (*Pack, error) {
	if !fs.ValidPath(name) {
		return nil, fmt.Errorf("pack name %q must be the name of a folder", name)
	}
	p := &Pack{inherited: map[string]*Rule{}, labels: map[string]Text{}, phrases: map[string]Text{}, bases: map[string]Facts{}}
	if err := p.read(fsys, path.Join(name, headFile), (*Pack).readHead, nil); err != nil {
		return nil, err
	}
	if p.Name != path.Base(name) {
		return nil, fmt.Errorf("%s: name is %q, must be that of the folder", path.Join(name, headFile), p.Name)
	}
	if err := p.inherit(fsys, path.Dir(name)); err != nil {
		return nil, err
	}
	known := []string{path.Join(name, headFile)}
	for _, part := range parts {
		files, err := fs.Glob(fsys, path.Join(name, part.pattern))
		if err != nil {
			return nil, fmt.Errorf("pack %s: %w", name, err)
		}
		languages := p.StaffLanguages
		if part.reporter {
			languages = p.Languages
		}
		for _, file := range files {
			if err := p.read(fsys, file, part.read, languages); err != nil {
				return nil, err
			}
		}
		known = append(known, files...)
	}
	slices.SortStableFunc(p.Rules, func(a, b *Rule) int { return p.distance(a) - p.distance(b) })
	if missing := p.unlabelled(); len(p.Rules) > 0 && missing != "" {
		return nil, fmt.Errorf("%s: %s has no words; every fact and code that a decision may name needs some", path.Join(name, "words.yaml"), missing)
	}
	var err error
	p.Hash, err = p.hash(fsys, name, known)
	return p, err
}

func (p *Pack) read(fsys fs.FS, file string, read func(*Pack, *reader, field), languages []string) error {
	body, err := fs.ReadFile(fsys, file)
	if err != nil {
		return fmt.Errorf("%s: can't be read", file)
	}
	r := &reader{file: file, languages: languages}
	if root, ok := r.parse(body); ok {
		read(p, r, root)
	}
	return r.err
}

// distance puts a pack's own rules before those it inherits.
func (p *Pack) distance(r *Rule) int {
	if r.Pack == p.Name {
		return 0
	}
	return 1
}

// inherit begins with the rules, terms and words of the pack that this one
// extends, which stands beside it.
func (p *Pack) inherit(fsys fs.FS, beside string) error {
	if p.Extends == "" {
		var err error
		p.language, err = newLanguage()
		return err
	}
	base, err := Load(fsys, path.Join(beside, p.Extends))
	if err != nil {
		return err
	}
	for _, l := range p.StaffLanguages {
		if !slices.Contains(base.StaffLanguages, l) {
			return fmt.Errorf("%s: staff_languages: pack %s, which it extends, has no %s", path.Join(p.Name, headFile), base.Name, l)
		}
	}
	p.base = base.Hash
	p.language = &language{env: base.language.env, names: maps.Clone(base.language.names)}
	p.labels, p.phrases = maps.Clone(base.labels), maps.Clone(base.phrases)
	p.Rules = slices.Clone(base.Rules)
	p.Choices = slices.Clone(base.Choices)
	for _, rule := range base.Rules {
		p.inherited[rule.ID] = rule
	}
	return nil
}

var (
	packName = regexp.MustCompile(`^[a-z][a-z0-9-]{0,31}$`)
	version  = regexp.MustCompile(`^[0-9]+(\.[0-9]+){1,3}$`)
	langTag  = regexp.MustCompile(`^[a-z]{2,3}(-[A-Za-z0-9]{2,8})*$`)
)

func (p *Pack) readHead(r *reader, root field) {
	m := r.fields(root, "name", "version", "in_force", "languages", "staff_languages", "extends?")
	p.Name = r.matching(m["name"], packName, "lower-case letters, digits and hyphens")
	p.Version = r.matching(m["version"], version, "numbers joined by dots in quotes, as in \"2026.1\"")
	p.InForce = r.date(m["in_force"])
	p.Languages = r.tags(m["languages"])
	p.StaffLanguages = r.tags(m["staff_languages"])
	p.Extends = r.matching(m["extends"], packName, "the name of a pack beside this one")
	if p.Extends == p.Name && p.Name != "" {
		r.fail(m["extends"], "must be another pack")
	}
}

func (r *reader) tags(f field) []string {
	var out []string
	for _, one := range r.list(f) {
		out = append(out, r.matching(one, langTag, "a language tag, as in \"nl\""))
	}
	if !slices.Contains(out, "en") {
		r.fail(f, "must hold en: every other language falls back to it")
	}
	return out
}

// hash covers every file, so that no part of a pack can change under the same
// hash. Lengths keep two different sets of files from having the same bytes. A
// file that is no part of a pack is an error: it would be law that nobody reads.
func (p *Pack) hash(fsys fs.FS, name string, known []string) (string, error) {
	sum := sha256.New()
	write := func(b []byte) {
		var n [8]byte
		binary.BigEndian.PutUint64(n[:], uint64(len(b)))
		sum.Write(n[:])
		sum.Write(b)
	}
	write([]byte(p.base))
	// WalkDir goes in lexical order.
	err := fs.WalkDir(fsys, name, func(file string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		if !slices.Contains(known, file) {
			return fmt.Errorf("%s is no file of a pack", file)
		}
		body, err := fs.ReadFile(fsys, file)
		if err != nil {
			return err
		}
		write([]byte(file[len(name)+1:]))
		write(body)
		return nil
	})
	if err != nil {
		return "", fmt.Errorf("pack %s: %w", name, err)
	}
	return hex.EncodeToString(sum.Sum(nil)), nil
}
