package rulebook_test

import (
	"archive/zip"
	"bytes"
	"context"
	"errors"
	"io/fs"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"verhaal/internal/custody"
	"verhaal/internal/db"
	"verhaal/internal/db/dbtest"
	"verhaal/internal/fault"
	"verhaal/internal/policy"
	"verhaal/internal/rulebook"
	"verhaal/packs"
)

const pack = "nl"

// house is one process with the book open.
type house struct {
	*rulebook.Book
	db   *db.DB
	log  *custody.Log
	now  time.Time
	told bytes.Buffer // what the log of the process says

	meanwhile func() // runs once, while the next version is checked
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// check runs the real cases of nothing: what it finds is told by the pack's
// number, so that a test can choose it.
func check(candidate, inForce *policy.Pack) (rulebook.Report, error) {
	if strings.HasSuffix(candidate.Version, ".666") {
		return rulebook.Report{Passed: 1, Failed: []string{"nl/cases/x.yaml:3 a child: S-17 is met, must be unmet"}}, nil
	}
	return rulebook.Report{Passed: 2, Changes: []string{inForce.Version + " → " + candidate.Version}}, nil
}

func newHouse(t *testing.T, url string, shipped fs.FS) *house {
	t.Helper()
	d, w := dbtest.Open(t, url)
	key, err := custody.NewKey("verhaal.test/log")
	must(t, err)
	return open(t, d, custody.New(d, w, key, time.Now, slog.New(slog.DiscardHandler)), shipped)
}

// beside is another process with the same database open; SQLite serves one, in
// which there is then another book.
func (h *house) beside(t *testing.T, url string, shipped fs.FS) *house {
	t.Helper()
	if h.db.Engine() == db.SQLite {
		return open(t, h.db, h.log, shipped)
	}
	return newHouse(t, url, shipped)
}

func open(t *testing.T, d *db.DB, log *custody.Log, shipped fs.FS) *house {
	t.Helper()
	h := &house{db: d, log: log, now: time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)}
	clock := func() time.Time { return h.now }
	var err error
	h.Book, err = rulebook.Open(t.Context(), d, h.log, rulebook.Config{
		Pack: pack, Packs: shipped, Clock: clock, Log: slog.New(slog.NewTextHandler(&h.told, nil)),
		Check: func(candidate, inForce *policy.Pack) (rulebook.Report, error) {
			if then := h.meanwhile; then != nil {
				h.meanwhile = nil
				then()
			}
			return check(candidate, inForce)
		},
		Administrator: func(_ context.Context, id string) (bool, error) { return id == "ann" || id == "ben", nil },
	})
	must(t, err)
	return h
}

func each(t *testing.T, f func(t *testing.T, h *house)) {
	dbtest.EachURL(t, func(t *testing.T, url string) { f(t, newHouse(t, url, packs.FS)) })
}

// folder is the pack that came with the software under another number and
// first day, with more replacements (file, from, to) if any.
func folder(t testing.TB, number, inForce string, more ...string) fstest.MapFS {
	t.Helper()
	out := fstest.MapFS{}
	must(t, fs.WalkDir(packs.FS, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		body, err := fs.ReadFile(packs.FS, name)
		out[name] = &fstest.MapFile{Data: body}
		return err
	}))
	shipped, err := policy.Load(packs.FS, pack)
	must(t, err)
	head := pack + "/pack.yaml"
	more = append([]string{head, `version: "` + shipped.Version + `"`, `version: "` + number + `"`,
		head, `in_force: "` + shipped.InForce + `"`, `in_force: "` + inForce + `"`}, more...)
	for i := 0; i < len(more); i += 3 {
		before := string(out[more[i]].Data)
		after := strings.Replace(before, more[i+1], more[i+2], 1)
		if before == after && more[i+1] != more[i+2] {
			t.Fatalf("%s holds no %q", more[i], more[i+1])
		}
		out[more[i]] = &fstest.MapFile{Data: []byte(after)}
	}
	return out
}

// zipped is an archive of the pack's folder.
func zipped(t testing.TB, fsys fs.FS) []byte {
	t.Helper()
	var out bytes.Buffer
	z := zip.NewWriter(&out)
	must(t, fs.WalkDir(fsys, pack, func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		body, err := fs.ReadFile(fsys, name)
		must(t, err)
		w, err := z.Create(name)
		must(t, err)
		_, err = w.Write(body)
		return err
	}))
	must(t, z.Close())
	return out.Bytes()
}

func version(t testing.TB, number, inForce string, more ...string) []byte {
	t.Helper()
	return zipped(t, folder(t, number, inForce, more...))
}

// confirmed proposes and confirms a version.
func (h *house) confirmed(t *testing.T, number, inForce string) rulebook.Version {
	t.Helper()
	v, err := h.Propose(t.Context(), "ann", version(t, number, inForce))
	must(t, err)
	must(t, h.Confirm(t.Context(), "ben", v.Hash))
	return v
}

// leaves lists the kinds of the acts in the custody log.
func (h *house) leaves(t *testing.T, like string) (out []string) {
	t.Helper()
	rows, err := h.db.Query(t.Context(), `select leaf from custody_leaf order by seq`)
	must(t, err)
	defer rows.Close()
	for rows.Next() {
		var leaf []byte
		must(t, rows.Scan(&leaf))
		if strings.Contains(string(leaf), like) {
			out = append(out, string(leaf))
		}
	}
	must(t, rows.Err())
	return out
}

func wantFault(t *testing.T, err error, k fault.Kind, key string) {
	t.Helper()
	if err == nil || fault.KindOf(err) != k || key != "" && fault.KeyOf(err) != key {
		t.Errorf("got %v (%v %s), want %v %s", err, fault.KindOf(err), fault.KeyOf(err), k, key)
	}
}

func (h *house) states(t *testing.T) map[string]string {
	t.Helper()
	list, err := h.List(t.Context())
	must(t, err)
	out := map[string]string{}
	for _, v := range list {
		out[v.Number] = v.State
	}
	return out
}

func TestAVersionIsInForceWhenASecondAdministratorConfirmsIt(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		ctx, before := t.Context(), h.Now()
		v, err := h.Propose(ctx, "ann", version(t, "2026.9", "2026-11-23"))
		must(t, err)
		if v.Report.Passed != 2 || !slices.Equal(v.Report.Changes, []string{before.Version + " → 2026.9"}) || v.Against != before.Hash {
			t.Errorf("the report is %+v", v)
		}
		if h.Now() != before {
			t.Error("a proposal judges before anybody confirmed it")
		}
		wantFault(t, h.Confirm(ctx, "ann", v.Hash), fault.Refused, "admin.fault.rules_same_person")
		wantFault(t, h.Confirm(ctx, "eve", v.Hash), fault.Refused, "fault.refused")
		if h.Now() != before || h.states(t)["2026.9"] != rulebook.Proposed {
			t.Fatal("one person changed the law")
		}
		must(t, h.Confirm(ctx, "ben", v.Hash))
		if now := h.Now(); now.Hash != v.Hash || now.Version != "2026.9" {
			t.Errorf("in force is %s", now.Version)
		}
		if p, err := h.Version(v.Hash); err != nil || p.Hash != v.Hash {
			t.Errorf("by its hash: %v", err)
		}
		wantFault(t, h.Confirm(ctx, "ben", v.Hash), fault.Conflict, "")
		wantFault(t, h.Refuse(ctx, "ben", v.Hash), fault.Conflict, "")
		for kind, actor := range map[string]string{"rulebook.proposed": "ann", "rulebook.confirmed": "ben"} {
			leaves := h.leaves(t, kind)
			if len(leaves) != 1 || !strings.Contains(leaves[0], v.Hash) || !strings.Contains(leaves[0], `"actor":"`+actor+`"`) || !strings.Contains(leaves[0], `"hashes":{"archive":`) {
				t.Errorf("%s: %v", kind, leaves)
			}
		}
	})
}

func TestARefusedVersionNeverJudgesAndMayBeProposedAgain(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		ctx, before, archive := t.Context(), h.Now(), version(t, "2026.9", "2026-11-23")
		v, err := h.Propose(ctx, "ann", archive)
		must(t, err)
		_, err = h.Propose(ctx, "ben", archive)
		wantFault(t, err, fault.Conflict, "admin.fault.rules_known")
		wantFault(t, h.Refuse(ctx, "eve", v.Hash), fault.Refused, "")
		must(t, h.Refuse(ctx, "ben", v.Hash))
		wantFault(t, h.Confirm(ctx, "ben", v.Hash), fault.Conflict, "")
		if h.Now() != before || h.states(t)["2026.9"] != rulebook.Refused {
			t.Error("a refused version judges")
		}
		_, err = h.Version(v.Hash)
		wantFault(t, err, fault.NotFound, "")
		_, err = h.Propose(ctx, "ben", archive)
		must(t, err)
		must(t, h.Refuse(ctx, "ben", v.Hash))
		if s := h.states(t)["2026.9"]; s != rulebook.Withdrawn {
			t.Errorf("taken back by who proposed it: %s", s)
		}
		wantFault(t, h.Confirm(ctx, "ann", "no such hash"), fault.NotFound, "")
		if n := len(h.leaves(t, "rulebook.refused")) + len(h.leaves(t, "rulebook.withdrawn")); n != 2 {
			t.Errorf("%d acts, want 2", n)
		}
	})
}

func TestABrokenVersionIsNotStoredAndSaysWhyInOneLine(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		before, acts := h.Now(), len(h.leaves(t, ""))
		for name, c := range map[string]struct {
			archive []byte
			want    string
		}{
			"no zip":        {[]byte("name: nl"), "not a zip archive"},
			"nothing":       {nil, "not a zip archive"},
			"unknown field": {version(t, "2026.9", "2026-11-23", "nl/pack.yaml", "name: nl", "name: nl\nnmae: x"), `nl/pack.yaml:2: "nmae": unknown field`},
			"bad day":       {version(t, "2026.9", "2026-02-30"), "in_force"},
			"another pack":  {version(t, "2026.9", "2026-11-23", "nl/pack.yaml", "name: nl", "name: be"), "must be that of the folder"},
			"failing cases": {version(t, "2026.666", "2026-11-23"), "S-17 is met, must be unmet (cases that fail: 1)"},
			"same number":   {version(t, before.Version, "2026-11-23"), "in force already"},
			"downgrade":     {version(t, "2025.9", "2026-11-23"), "is older than " + before.Version},
			"before it":     {version(t, "2026.9", "2001-01-01"), "lies before"},
		} {
			_, err := h.Propose(t.Context(), "ann", c.archive)
			var why *rulebook.Broken
			if !errors.As(err, &why) || !strings.Contains(why.Line, c.want) || strings.Contains(why.Line, "\n") || fault.KindOf(err) != fault.BadInput {
				t.Errorf("%s: %v, want %q", name, err, c.want)
			}
		}
		_, err := h.Propose(t.Context(), "eve", version(t, "2026.9", "2026-11-23"))
		wantFault(t, err, fault.Refused, "fault.refused")
		if h.Now() != before || len(h.states(t)) != 1 || len(h.leaves(t, "")) != acts {
			t.Error("something was stored")
		}
	})
}

func TestADayIsJudgedByTheVersionInForceOnIt(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		first := h.Now().Version
		h.confirmed(t, "2026.10", "2026-12-01")
		h.confirmed(t, "2027.1", "2027-01-01")
		h.confirmed(t, "2026.11", "2026-12-15") // between the two
		h.confirmed(t, "2026.12", "2026-12-15") // a mistake put right
		for day, want := range map[string]string{
			"1999-01-01": first, "2026-11-30": first, "2026-12-01": "2026.10", "2026-12-14": "2026.10", "2026-12-15": "2026.12",
			"2026-12-31": "2026.12", "2027-01-01": "2027.1", "2099-01-01": "2027.1",
		} {
			p, err := h.On(day)
			must(t, err)
			if p.Version != want {
				t.Errorf("%s is judged by %s, want %s", day, p.Version, want)
			}
		}
		for _, day := range []string{"", "2026-12-1", "20261201", "2026-02-30"} {
			_, err := h.On(day)
			wantFault(t, err, fault.BadInput, "")
		}
		for _, c := range []struct{ number, day, why string }{
			{"2026.13", "2027-01-01", "older than 2027.1"}, {"2027.2", "2026-12-31", "lies before"}, {"2027.1.0", "2027-01-01", "there is a version 2027.1"},
		} {
			if _, err := h.Propose(t.Context(), "ann", version(t, c.number, c.day)); err == nil || !strings.Contains(err.Error(), c.why) {
				t.Errorf("%s from %s: %v", c.number, c.day, err)
			}
		}
		if h.Now().Version != first {
			t.Error("a version judges before its first day")
		}
		h.now = time.Date(2026, 12, 31, 23, 59, 59, 0, time.UTC)
		if h.Now().Version != "2026.12" {
			t.Errorf("on the last day before: %s", h.Now().Version)
		}
		h.now = h.now.Add(time.Second)
		if h.Now().Version != "2027.1" {
			t.Errorf("on the first day: %s", h.Now().Version)
		}
	})
}

func TestAnotherProcessNoticesAndNeitherConfirmsWhatTheOtherOvertook(t *testing.T) {
	dbtest.EachURL(t, func(t *testing.T, url string) {
		one := newHouse(t, url, packs.FS)
		two := one.beside(t, url, packs.FS)
		v, err := one.Propose(t.Context(), "ann", version(t, "2026.9", "2026-11-23"))
		must(t, err)
		late, err := two.Propose(t.Context(), "ann", version(t, "2026.8", "2026-11-23"))
		must(t, err)
		newer, err := two.Propose(t.Context(), "ann", version(t, "2026.10", "2026-11-23"))
		must(t, err)
		ctx, stop := context.WithCancel(t.Context())
		ended := make(chan struct{})
		go func() { two.Run(ctx); close(ended) }()
		must(t, one.Confirm(t.Context(), "ben", v.Hash))
		for end := time.Now().Add(10 * time.Second); two.Now().Hash != v.Hash; time.Sleep(20 * time.Millisecond) {
			if time.Now().After(end) {
				t.Fatal("the other process did not notice")
			}
		}
		stop()
		<-ended
		err = two.Confirm(t.Context(), "ben", late.Hash)
		if err == nil || !strings.Contains(err.Error(), "2026.8 is older than 2026.9") {
			t.Errorf("an older version was confirmed: %v", err)
		}
		wantFault(t, two.Confirm(t.Context(), "ben", newer.Hash), fault.Conflict, "admin.fault.rules_compared")
		list, err := two.List(t.Context())
		must(t, err)
		for _, l := range list {
			if l.Hash == newer.Hash && (l.Against != v.Hash || l.Report.Changes[0] != "2026.9 → 2026.10") {
				t.Errorf("compared with %v", l.Report.Changes)
			}
		}
		must(t, two.Confirm(t.Context(), "ben", newer.Hash))
		must(t, one.Refresh(t.Context()))
		if one.Now().Hash != newer.Hash {
			t.Error("the first process did not notice")
		}
	})
}

func TestOfTwoConfirmedInTheSameMomentOneMustBeReadAgain(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		var hashes []string
		for _, number := range []string{"2026.8", "2026.9"} {
			v, err := h.Propose(t.Context(), "ann", version(t, number, "2026-11-23"))
			must(t, err)
			hashes = append(hashes, v.Hash)
		}
		answers := make(chan error)
		for _, hash := range hashes {
			go func() { answers <- h.Confirm(t.Context(), "ben", hash) }()
		}
		one, two := <-answers, <-answers
		if (one == nil) == (two == nil) {
			t.Fatalf("%v and %v", one, two)
		}
		if n := len(h.leaves(t, "rulebook.confirmed")); n != 1 {
			t.Errorf("%d confirmations are in the log", n)
		}
	})
}

func TestNobodyConfirmsWhatTheyProposedAgainMeanwhile(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		before, archive := h.Now(), version(t, "2026.9", "2026-11-23")
		v, err := h.Propose(t.Context(), "ann", archive)
		must(t, err)
		h.meanwhile = func() {
			must(t, h.Refuse(t.Context(), "ann", v.Hash))
			_, err := h.Propose(t.Context(), "ben", archive)
			must(t, err)
		}
		wantFault(t, h.Confirm(t.Context(), "ben", v.Hash), fault.Conflict, "")
		if h.Now() != before || h.states(t)["2026.9"] != rulebook.Proposed {
			t.Error("one person proposed and confirmed")
		}
		must(t, h.Confirm(t.Context(), "ann", v.Hash))
	})
}

func TestVersionsOutliveTheSoftwareTheyCameWith(t *testing.T) {
	dbtest.EachURL(t, func(t *testing.T, url string) {
		old := newHouse(t, url, packs.FS)
		first := old.Now()
		own := old.confirmed(t, "2026.9", "2026-11-01")

		// The next release brings another pack, and other words of the pack beneath.
		release := folder(t, "2027.1", "2027-01-01", "eu/pack.yaml", `version: "`, `version: "9`)
		h := old.beside(t, url, release)
		if h.Now().Hash != own.Hash {
			t.Errorf("an upgrade of the software changed the law to %s", h.Now().Version)
		}
		if p, err := h.On("2026-10-31"); err != nil || p.Hash != first.Hash {
			t.Errorf("the version of the software before is lost: %v", err)
		}
		if s := h.states(t); s["2027.1"] != rulebook.Proposed || len(s) != 3 {
			t.Fatalf("what came with the software: %v", s)
		}
		shipped, err := policy.Load(release, pack)
		must(t, err)
		must(t, h.Confirm(t.Context(), "ann", shipped.Hash))
		if p, err := h.On("2027-01-01"); err != nil || p.Hash != shipped.Hash {
			t.Errorf("%v", err)
		}
		if again := h.beside(t, url, release); len(again.states(t)) != 3 || again.Now().Hash != own.Hash {
			t.Error("a second start changed something")
		}
	})
}

func TestAStoredVersionThatNoLongerLoadsIsToldAndLeftOut(t *testing.T) {
	dbtest.EachURL(t, func(t *testing.T, url string) {
		h := newHouse(t, url, packs.FS)
		before := h.Now()
		v := h.confirmed(t, "2026.9", "2026-11-01")
		spoilt := version(t, "2026.9", "2026-11-01", "nl/pack.yaml", "extends: eu", "extends: xx")
		_, err := h.log.Do(t.Context(), custody.Act{Kind: "test.spoilt"}, func(tx *db.Tx) error {
			_, err := tx.Exec(`update rulebook_version set archive = $2 where hash = $1`, v.Hash, spoilt)
			return err
		})
		must(t, err)
		again := h.beside(t, url, packs.FS)
		if again.Now().Hash != before.Hash || !strings.Contains(again.told.String(), v.Hash) {
			t.Errorf("in force is %s; told: %s", again.Now().Version, again.told.String())
		}
		list, err := again.List(t.Context())
		must(t, err)
		if i := slices.IndexFunc(list, func(l rulebook.Version) bool { return l.Hash == v.Hash }); i < 0 || !list[i].Broken {
			t.Error("the list does not say that it is broken")
		}
		must(t, again.Refresh(t.Context()))
	})
}

func TestWhoMayReadAndWhatIsPromisedIsInTheComparison(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		v, err := h.Propose(t.Context(), "ann", version(t, "2026.9", "2026-11-23",
			"nl/channels.yaml", "certificate: trafficking", "certificate: none", "nl/channels.yaml", `number: "112"`, `number: "113"`))
		must(t, err)
		for _, want := range []string{"police-avim certificate: trafficking → ", "emergency number: 112 → 113"} {
			if !slices.Contains(v.Report.Changes, want) {
				t.Errorf("%q is not in %q", want, v.Report.Changes)
			}
		}
	})
}

func TestTheArchiveComesBackAsItWasUploaded(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		archive := version(t, "2026.9", "2026-11-23")
		v, err := h.Propose(t.Context(), "ann", archive)
		must(t, err)
		got, back, err := h.Archive(t.Context(), v.Hash)
		if err != nil || !bytes.Equal(back, archive) || got.Number != "2026.9" || got.ProposedBy != "ann" || !got.ProposedAt.Equal(h.now) {
			t.Errorf("%+v %v", got, err)
		}
		_, _, err = h.Archive(t.Context(), "none")
		wantFault(t, err, fault.NotFound, "")
	})
}
