// Package policy reads packs: the law and the practice of a country as data,
// and answers questions about them. It does nothing else: no clock, no store,
// no network, the same answer to the same question.
//
// Load reads a pack and refuses one that is not whole. Pack.Channel and
// Pack.Suggest are what most callers need.
package policy

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
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
	Languages []string // every Text of the pack is written in each of them
	// Hash is the hex SHA-256 of all files of the pack, with their names, in
	// the order of their names; a decision stores it.
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
	Confidence Confidence
}

// Source is where a fact that changes, such as a phone number, was found.
type Source struct {
	Document   string
	Checked    string // day on which somebody looked, YYYY-MM-DD
	Confidence Confidence
}

// Load reads the folder name of fsys. Its error is one line that names file,
// line, field and the values allowed; nothing is guessed, and a text without
// one of the pack's languages is an error.
func Load(fsys fs.FS, name string) (*Pack, error) {
	if !fs.ValidPath(name) {
		return nil, fmt.Errorf("pack name %q must be the name of a folder", name)
	}
	p := &Pack{}
	for _, part := range []struct {
		file  string
		read  func(*Pack, *reader, field)
		staff bool // a table for staff, which a pack may be without
	}{
		{"pack.yaml", (*Pack).readHead, false},
		{"channels.yaml", (*Pack).readChannels, false},
		// Later tables name rows of earlier ones.
		{"powers.yaml", (*Pack).readPowers, true},
		{"rooms.yaml", (*Pack).readRooms, true},
		{"deadlines.yaml", (*Pack).readDeadlines, true},
		{"retention.yaml", (*Pack).readRetention, true},
		{"codes.yaml", (*Pack).readCodes, true},
	} {
		file := path.Join(name, part.file)
		body, err := fs.ReadFile(fsys, file)
		if part.staff && errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return nil, fmt.Errorf("%s: can't be read; a pack has a pack.yaml and a channels.yaml", file)
		}
		r := &reader{file: file, languages: p.Languages}
		if part.staff {
			r.languages = staffLanguages()
		}
		if root, ok := r.parse(body); ok {
			part.read(p, r, root)
		}
		if r.err != nil {
			return nil, r.err
		}
	}
	if p.Name != path.Base(name) {
		return nil, fmt.Errorf("%s: name is %q, must be that of the folder", path.Join(name, "pack.yaml"), p.Name)
	}
	var err error
	p.Hash, err = hash(fsys, name)
	return p, err
}

var (
	packName = regexp.MustCompile(`^[a-z][a-z0-9-]{0,31}$`)
	version  = regexp.MustCompile(`^[0-9]+(\.[0-9]+){1,3}$`)
	langTag  = regexp.MustCompile(`^[a-z]{2,3}(-[A-Za-z0-9]{2,8})*$`)
)

func (p *Pack) readHead(r *reader, root field) {
	m := r.fields(root, "name", "version", "in_force", "languages")
	p.Name = r.matching(m["name"], packName, "lower-case letters, digits and hyphens")
	p.Version = r.matching(m["version"], version, "numbers joined by dots in quotes, as in \"2026.1\"")
	p.InForce = r.date(m["in_force"])
	for _, f := range r.list(m["languages"]) {
		p.Languages = append(p.Languages, r.matching(f, langTag, "a language tag, as in \"nl\""))
	}
	if !slices.Contains(p.Languages, "en") {
		r.fail(m["languages"], "must hold en: every other language falls back to it")
	}
}

// hash covers every file, so that no part of a pack can change under the same
// hash. Lengths keep two different sets of files from having the same bytes.
func hash(fsys fs.FS, name string) (string, error) {
	sum := sha256.New()
	write := func(b []byte) {
		var n [8]byte
		binary.BigEndian.PutUint64(n[:], uint64(len(b)))
		sum.Write(n[:])
		sum.Write(b)
	}
	// WalkDir goes in lexical order.
	err := fs.WalkDir(fsys, name, func(file string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
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
