// Package lang gives every page its words. Load reads the folders of locales/,
// and Bundle.T is the text of one key in one language.
//
// A key that a language lacks falls back to English and is counted and logged
// as an error: a person always gets a sentence, and nobody overlooks the gap.
package lang

import (
	"fmt"
	"io/fs"
	"log/slog"
	"slices"
	"strings"
	"sync/atomic"

	"github.com/nicksnyder/go-i18n/v2/i18n"
	"golang.org/x/text/language"
)

// fallback is the language whose texts stand in for missing ones. Every key is
// written in it first.
const fallback = "en"

// nameKey is the text by which a language calls itself, in its own script.
const nameKey = "common.language_name"

// Bundle holds all texts of all languages. It does not change after Load and
// is safe for concurrent use.
type Bundle struct {
	languages map[string]*texts
	order     []string // fallback first, then alphabetical; index of matcher
	matcher   language.Matcher
	log       *slog.Logger
	missed    atomic.Uint64
}

// texts is one language.
type texts struct {
	tag      language.Tag
	messages map[string]message
	// localizer is of a go-i18n bundle with this language alone, so that
	// falling back stays our own decision.
	localizer *i18n.Localizer
}

// Name is a language as a chooser shows it.
type Name struct {
	Lang string // "ar"
	Name string // "العربية"
	Dir  string // "rtl"
}

// Load reads <language>/<audience>.yaml from fsys; languages are found from
// the folders, English must be among them. An error names file, line and key.
func Load(fsys fs.FS, log *slog.Logger) (*Bundle, error) {
	files, err := fs.Glob(fsys, "*/*.yaml")
	if err != nil {
		return nil, err
	}
	b := &Bundle{languages: map[string]*texts{}, log: log}
	for _, file := range files {
		folder, _, _ := strings.Cut(file, "/")
		tag, err := language.Parse(folder)
		if err != nil || tag.String() != folder {
			return nil, fmt.Errorf("%s: the folder must be a language tag of BCP 47 in its usual spelling, as in \"nl\" or \"pt-BR\"", file)
		}
		t := b.languages[folder]
		if t == nil {
			t = &texts{tag: tag, messages: map[string]message{}}
			b.languages[folder] = t
		}
		body, err := fs.ReadFile(fsys, file)
		if err != nil {
			return nil, err
		}
		if err := parseFile(file, body, t.messages); err != nil {
			return nil, err
		}
	}
	if b.languages[fallback] == nil {
		return nil, fmt.Errorf("no texts in %s/: every other language falls back to them", fallback)
	}
	return b, b.finish()
}

func (b *Bundle) finish() error {
	var tags []language.Tag
	for l := range b.languages {
		if l != fallback {
			b.order = append(b.order, l)
		}
	}
	slices.Sort(b.order)
	// The matcher answers index 0 when nothing fits.
	b.order = slices.Insert(b.order, 0, fallback)
	for _, l := range b.order {
		t := b.languages[l]
		tags = append(tags, t.tag)
		var err error
		if t.localizer, err = newLocalizer(t); err != nil {
			return fmt.Errorf("locales/%s: %w", l, err)
		}
	}
	b.matcher = language.NewMatcher(tags)
	return nil
}

// T is the text of key in lang. pairs are "Name", value, …; the value of
// "Count" (an integer) also selects the plural form. Numbers are written with
// the digits 0-9, which people can retype in every script.
func (b *Bundle) T(lang, key string, pairs ...any) string {
	data := map[string]any{}
	for i := 0; i+1 < len(pairs); i += 2 {
		if name, ok := pairs[i].(string); ok {
			data[name] = pairs[i+1]
		}
	}
	if t := b.languages[lang]; t != nil {
		text, err := t.localize(key, data)
		if err != nil {
			b.miss(lang, key, err)
		}
		if text != "" {
			return text // with an error: "other" in place of a plural form that is missing
		}
	} else {
		b.miss(lang, key, fmt.Errorf("no such language"))
	}
	text, err := b.languages[fallback].localize(key, data)
	if err != nil {
		return key
	}
	return text
}

func (t *texts) localize(key string, data map[string]any) (string, error) {
	c := &i18n.LocalizeConfig{MessageID: key, TemplateData: data, TemplateParser: strict}
	if t.messages[key].counts { // a text without plural forms may still be given a Count
		c.PluralCount = data["Count"]
	}
	return t.localizer.Localize(c)
}

func (b *Bundle) miss(lang, key string, err error) {
	b.missed.Add(1)
	b.log.Error("text missing", "language", lang, "key", key, "error", err)
}

// Missed counts the texts that were asked for and that a language could not
// give; anything but zero is a defect.
func (b *Bundle) Missed() uint64 { return b.missed.Load() }

// Names lists every language by its own name in its own script, English first.
func (b *Bundle) Names() []Name {
	var out []Name
	for _, l := range b.order {
		out = append(out, Name{Lang: l, Name: b.T(l, nameKey), Dir: b.Dir(l)})
	}
	return out
}

// Has says whether lang is one of the languages.
func (b *Bundle) Has(lang string) bool { return b.languages[lang] != nil }

// FromPath splits a path that begins with a language: "/nl/guide" is "nl" and
// "/guide". ok is false when the first part is no language.
func (b *Bundle) FromPath(path string) (lang, rest string, ok bool) {
	if !strings.HasPrefix(path, "/") {
		return "", "", false
	}
	lang, rest, slash := strings.Cut(path[1:], "/")
	if !b.Has(lang) {
		return "", "", false
	}
	if slash {
		rest = "/" + rest
	}
	return lang, rest, true
}
