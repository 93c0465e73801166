package cases

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"

	"verhaal/internal/casefile"
	"verhaal/internal/fault"
	"verhaal/internal/policy"
	"verhaal/internal/web"
	"verhaal/internal/web/facts"
)

// clash is a fact that two people changed: both values are shown.
type clash struct{ Label, Theirs, Yours string }

// problem is a fact that was not saved: in a sentence of ours about it, or as
// the pack said it, in English.
type problem struct{ Of, Key, Said string }

// keptFacts says in the address of the page after a save that it was the form of
// facts, so that its draft ends, and no other form's.
const keptFacts = "facts"

// seen is what a form remembers of the facts as it was filled in: their versions,
// and a mark of each, by which it shows afterwards what nobody touched.
func seen(known map[string]casefile.Fact) (versions map[string]int64, was map[string]string) {
	versions, was = map[string]int64{}, map[string]string{}
	for _, fact := range policy.Schema() {
		kept := known[fact.Name]
		versions[fact.Name], was[fact.Name] = kept.Version, mark(policy.FieldsOf(fact.Name, kept.Fields))
	}
	return versions, was
}

func mark(fields url.Values) string {
	sum := sha256.Sum256([]byte(fields.Encode()))
	return hex.EncodeToString(sum[:8])
}

// saveFacts keeps what was changed. What somebody else changed meanwhile is
// shown with both values; what cannot be read or saved is named; an earlier
// interview that would be lost is kept until a reason is given; everything else
// that was typed is saved, and nothing typed is lost. A field that nobody touched
// shows what is kept now, so that it never puts an old value back.
func (f *face) saveFacts(w http.ResponseWriter, r *http.Request) error {
	typed, err := web.Form(r)
	if err != nil {
		return err
	}
	ctx, who, id := r.Context(), actor(r), r.PathValue("id")
	known, err := f.files.Facts(ctx, who, id, subject(r))
	if err != nil {
		return err
	}
	page := aboutPage{Unsaved: true}
	lang := facts.Language(f.pack(), f.site.Page(r).Lang)
	var untouched []string
	for _, fact := range policy.Schema() {
		if !typed.Has("version." + fact.Name) {
			continue
		}
		now, before := policy.FieldsOf(fact.Name, typed), policy.FieldsOf(fact.Name, known[fact.Name].Fields)
		if mark(now) == typed.Get("was."+fact.Name) {
			untouched = append(untouched, fact.Name)
			continue
		}
		if now.Encode() == before.Encode() {
			continue
		}
		version, err := strconv.ParseInt(typed.Get("version."+fact.Name), 10, 64)
		if err != nil {
			return fault.New(fault.BadInput, "", "a version that is no number")
		}
		err = f.files.CorrectFact(ctx, who, id, subject(r), fact.Name, now, version, casefile.Correction{Why: typed.Get("correct.why"), Rows: typed["correct.row"]})
		var less casefile.Lessened
		switch {
		case err == nil:
		case fault.KeyOf(err) == changedMeanwhile:
			page.Clash = append(page.Clash, clash{f.pack().Label(fact.Name, lang), facts.Said(before), facts.Said(now)})
		case errors.As(err, &less):
			page.Lessened = less.Rows
		case errors.As(err, new(casefile.Unreadable)):
			page.Problems = append(page.Problems, problem{Said: err.Error()})
		case slices.Contains([]fault.Kind{fault.BadInput, fault.Conflict, fault.Refused}, fault.KindOf(err)):
			page.Problems = append(page.Problems, problem{Of: f.pack().Label(fact.Name, lang), Key: fault.KeyOf(err)})
		default:
			return err
		}
	}
	if len(page.Clash)+len(page.Problems)+len(page.Lessened) == 0 {
		back := r.URL.Path
		if typed.Get("from") == "talk" {
			back += "/talk"
		}
		return web.Back(w, r, back+"?saved="+keptFacts)
	}
	if known, err = f.files.Facts(ctx, who, id, subject(r)); err != nil {
		return err
	}
	for _, name := range untouched {
		for field := range policy.FieldsOf(name, typed) {
			typed.Del(field)
		}
		maps.Copy(typed, known[name].Fields)
	}
	return f.about(w, r, http.StatusConflict, page, known, typed)
}
