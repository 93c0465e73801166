package test

import (
	"archive/zip"
	"bytes"
	"encoding/json"
	"fmt"
	"io/fs"
	"log/slog"
	"maps"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"

	"verhaal/internal/app/apptest"
	"verhaal/internal/recording/chunk"
	"verhaal/internal/recording/proof"
	"verhaal/internal/recording/recordingtest"
	"verhaal/internal/web/lang"
	"verhaal/locales"
	"verhaal/test/browser"
)

// desktop is the public page that checks recordings, in a browser.
type desktop struct {
	*browser.Tab
	t      *testing.T
	folder string // of what is saved
}

func openDesktop(t *testing.T) *desktop {
	t.Helper()
	d := &desktop{browser.Open(t, apptest.New(t).Base), t, t.TempDir()}
	saveTo(d.Tab, d.folder)
	d.Visit("/en/verify")
	d.See("[data-choose]")
	return d
}

// choose hands a file to the page and waits for what it says: the headline of a
// result, or why there is none.
func (d *desktop) choose(path string) (headline, problem string) {
	d.t.Helper()
	browser.Ask[bool](d.Tab, `document.querySelector("[data-result]").hidden = document.querySelector("[data-problem]").hidden = true; document.querySelector("#file").value = ""; true`)
	d.Do(chromedp.SetUploadFiles(chromedp.CSS("#file"), []string{path}))
	d.Until(`!document.querySelector("[data-result]").hidden || !document.querySelector("[data-problem]").hidden`)
	if browser.Ask[bool](d.Tab, `document.querySelector("[data-result]").hidden`) {
		return "", d.Text("[data-problem]")
	}
	return d.Text("[data-part=headline]"), ""
}

// agree checks an archive in the page and with the program, and fails where
// they say different things.
func (d *desktop) agree(t *testing.T, path string) proof.Result {
	t.Helper()
	headline, problem := d.choose(path)
	if problem != "" {
		t.Fatalf("refused: %s", problem)
	}
	d.Click("[data-json]")
	name := saved(t, d.folder, browser.Ask[string](d.Tab, `document.querySelector("[data-json]").download`))
	text, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(name); err != nil {
		t.Fatal(err)
	}
	archive, err := zip.OpenReader(path)
	if err != nil {
		t.Fatal(err)
	}
	defer archive.Close()
	result, err := proof.Verify(t.Context(), archive, proof.Options{})
	if err != nil {
		t.Fatal(err)
	}
	want, err := json.Marshal(result)
	if err != nil {
		t.Fatal(err)
	}
	var here, there any
	if err := json.Unmarshal(text, &here); err != nil {
		t.Fatalf("%v: %s", err, text)
	}
	if err := json.Unmarshal(want, &there); err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(here, there) {
		t.Errorf("the page says\n%s\nthe program says\n%s", text, result.Words())
	}
	if strings.HasPrefix(headline, "SOUND") != result.Sound {
		t.Errorf("%q: %s", headline, result.Words())
	}
	return result
}

// packed makes an archive of files in dir.
func packed(t *testing.T, dir string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "export.zip")
	file, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	w := zip.NewWriter(file)
	err = fs.WalkDir(os.DirFS(dir), ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		data, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			return err
		}
		return put(w, name, zip.Store, data)
	})
	if err := joined(err, w.Close()); err != nil {
		t.Fatal(err)
	}
	return path
}

func put(w *zip.Writer, name string, method uint16, data []byte) error {
	to, err := w.CreateHeader(&zip.FileHeader{Name: name, Method: method})
	if err == nil {
		_, err = to.Write(data)
	}
	return err
}

func joined(errs ...error) error {
	i := slices.IndexFunc(errs, func(err error) bool { return err != nil })
	if i < 0 {
		return nil
	}
	return errs[i]
}

// copied is a copy of an export that may be spoilt.
func copied(t *testing.T, r *recordingtest.Recording) *recordingtest.Recording {
	t.Helper()
	c := *r
	c.Dir = t.TempDir()
	if err := os.CopyFS(c.Dir, os.DirFS(r.Dir)); err != nil {
		t.Fatal(err)
	}
	return &c
}

func contents(t *testing.T, r *recordingtest.Recording, name string) []byte {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(r.Dir, name))
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func TestTheVerifyPageSaysOfEachTamperingWhatTheProgramSays(t *testing.T) {
	d := openDesktop(t)
	sound := recordingtest.Make(t, recordingtest.ThreeMinutes())
	if result := d.agree(t, packed(t, sound.Dir)); !result.Sound || result.Seal.Position == nil {
		t.Fatal(result.Words())
	}
	for _, c := range recordingtest.Tamperings() {
		t.Run(c.Name, func(t *testing.T) {
			r := copied(t, sound)
			recordingtest.Rewrite(t, filepath.Join(r.Dir, "0-0.vhc"), contents(t, sound, "0-0.vhc"), c.Do)
			d.agree(t, packed(t, r.Dir))
			where := d.Text("[data-part=faults] strong")
			want := fmt.Sprintf(", minute %d,", c.Minutes.From)
			if c.Minutes.From != c.Minutes.To {
				want = fmt.Sprintf(", minutes %d to %d,", c.Minutes.From, c.Minutes.To)
			}
			if !strings.Contains(where, want) {
				t.Errorf("%q does not name %s", where, want)
			}
		})
	}
}

func TestTheVerifyPageNamesForeignRecordsAndAlteredSealsAsTheProgramDoes(t *testing.T) {
	d := openDesktop(t)
	second := recordingtest.ThreeMinutes()
	second.Number, second.From = 1, 200_000
	jumps := recordingtest.Part{Track: chunk.AudioSafe, From: 50_000, Seconds: 130, Camera: recordingtest.Camera{Codec: chunk.Opus},
		Wall: func(mono uint64) int64 { return int64(mono / 125_000 * 3_600_000) }}
	overview := func(number uint16, from, seconds uint64) recordingtest.Part { // two computers recorded
		return recordingtest.Part{Track: chunk.Overview, Number: number, From: from, Seconds: seconds, Camera: recordingtest.Camera{Codec: chunk.VP8}}
	}
	r := recordingtest.Make(t, recordingtest.ThreeMinutes(), second, jumps, overview(0, 0, 30), overview(1, 5000, 5), overview(2, 20_000, 15))
	other := recordingtest.Make(t, recordingtest.ThreeMinutes())
	foreign := other.Records[chunk.Part{Recording: other.ID}][100].Raw
	alter := func(name string, change func([]byte) []byte) func(*testing.T, *recordingtest.Recording) {
		return func(t *testing.T, r *recordingtest.Recording) { r.Write(t, name, change(contents(t, r, name))) }
	}
	records := func(do func(all [][]byte) [][]byte) func(*testing.T, *recordingtest.Recording) {
		return func(t *testing.T, r *recordingtest.Recording) {
			recordingtest.Rewrite(t, filepath.Join(r.Dir, "0-0.vhc"), contents(t, r, "0-0.vhc"), do)
		}
	}
	swap := func(old, new string) func([]byte) []byte {
		return func(b []byte) []byte { return bytes.Replace(b, []byte(old), []byte(new), 1) }
	}
	gone := func(name string) func(*testing.T, *recordingtest.Recording) {
		return func(t *testing.T, r *recordingtest.Recording) {
			if err := os.Remove(filepath.Join(r.Dir, name)); err != nil {
				t.Fatal(err)
			}
		}
	}
	for name, spoil := range map[string]func(*testing.T, *recordingtest.Recording){
		"holes and a clock that jumps": func(*testing.T, *recordingtest.Recording) {},
		"holes and jumps, declared": func(t *testing.T, r *recordingtest.Recording) {
			m := r.Manifest
			m.Gaps = []proof.Gap{{Track: chunk.Main, From: 180_000, To: 200_000, Reason: "browser_killed"}, {Track: chunk.AudioSafe, From: 124_500, To: 126_000, Reason: "clock"}}
			r.Seal(t, m, nil)
		},
		"a foreign record in the place of one": records(func(all [][]byte) [][]byte { all[100] = foreign; return all }),
		"foreign records between": records(func(all [][]byte) [][]byte {
			return append(append(append([][]byte{}, all[:150]...), foreign, foreign), all[150:]...)
		}),
		"every other record changed": records(func(all [][]byte) [][]byte {
			for i := 0; i < len(all); i += 2 {
				all[i][200] ^= 1
			}
			return all
		}),
		"another track's file": func(t *testing.T, r *recordingtest.Recording) { r.Write(t, "0-0.vhc", contents(t, r, "1-0.vhc")) },
		"a file more":          func(t *testing.T, r *recordingtest.Recording) { r.Write(t, "0-7.vhc", foreign) },
		"a file missing":       gone("0-0.vhc"),
		"a role":               alter("manifest.json", swap("st-7k2", "st-7k3")),
		"the spelling":         alter("manifest.json", func(b []byte) []byte { return append(b, '\n') }),
		"no JSON":              alter("manifest.json", func(b []byte) []byte { b[0] ^= 1; return b }),
		"a member more":        alter("manifest.json", swap(`{"`, `{"a":1,"`)),
		"another version":      alter("manifest.json", swap(`"v":1}`, `"v":2}`)),
		"a size":               alter("manifest.json", swap(`"to":180000`, `"to":179999`)),
		"the marks":            alter("marks.json", swap("1000", "1001")),
		"no marks":             gone("marks.json"),
		"a share":              alter("shares/0-0.age", func(b []byte) []byte { b[5000] ^= 1; return b }),
		"the signature":        alter("manifest.sig", func(b []byte) []byte { b[len(b)-10] ^= 1; return b }),
		"the signature gone":   gone("manifest.sig"),
		"the act":              alter("log/leaf.json", swap(`"v":1`, `"v":2`)),
		"the act's kind":       alter("log/leaf.json", swap("sealed", "opened")),
		"the act gone":         gone("log/leaf.json"),
		"another place":        alter("log/manifest.tlog-proof", swap("index 6", "index 7")),
		"the checkpoint":       alter("log/manifest.tlog-proof", swap("\n11\n", "\n12\n")),
		"the checkpoint's end": alter("log/manifest.tlog-proof", func(b []byte) []byte { return b[:len(b)-9] }),
		"no key":               gone("log/key"),
		"another log's key":    alter("log/key", func([]byte) []byte { return []byte(other.LogKey + "\n") }),
		"a key that can't be":  alter("log/key", func([]byte) []byte { return []byte("verhaal.test/log+00000000+AAAA") }),
		"a record rewritten and sealed anew": func(t *testing.T, r *recordingtest.Recording) {
			r.Forge(t, chunk.Part{Recording: r.ID, Track: chunk.AudioSafe}, 100)
		},
		"a track gone, sealed anew": func(t *testing.T, r *recordingtest.Recording) {
			m := r.Manifest
			m.Tracks = m.Tracks[:1]
			r.Seal(t, m, nil)
		},
		"a tail gone, sealed anew": func(t *testing.T, r *recordingtest.Recording) {
			p := chunk.Part{Recording: r.ID, Track: chunk.AudioSafe}
			tally := proof.NewTally(p)
			for _, rec := range r.Records[p][:100] {
				tally.Add(rec.Header, rec.Hash())
			}
			recordingtest.Rewrite(t, filepath.Join(r.Dir, p.File()), contents(t, r, p.File()), func(all [][]byte) [][]byte { return all[:100] })
			r.Reseal(t, p, tally)
		},
		"most heads left out": func(t *testing.T, r *recordingtest.Recording) {
			acts, err := proof.ParseHeads(contents(t, r, "log/heads.json"))
			if err != nil {
				t.Fatal(err)
			}
			text, err := proof.MarshalHeads(acts[:1])
			if err != nil {
				t.Fatal(err)
			}
			r.Write(t, "log/heads.json", text)
		},
		"no heads":             gone("log/heads.json"),
		"heads of another":     alter("log/heads.json", func([]byte) []byte { return contents(t, other, "log/heads.json") }),
		"no list of heads":     alter("log/heads.json", func([]byte) []byte { return []byte("[[[") }),
		"a list without heads": alter("log/heads.json", func([]byte) []byte { return []byte(`{"acts":[],"v":1}`) }),
		"a head":               alter("log/heads.json", func(b []byte) []byte { return spoilt(b, bytes.Index(b, []byte(`part_0\":\"`))+len(`part_0\":\"`), '7') }),
		"a head's place":       alter("log/heads.json", swap(`"index":2`, `"index":3`)),
		"heads after the seal": alter("log/heads.json", swap(`"index":2`, `"index":8`)),
		"heads twice":          alter("log/heads.json", swap(`"index":2`, `"index":1`)),
		"files beside": func(t *testing.T, r *recordingtest.Recording) {
			for _, name := range []string{"main.webm", "custody.csv", "log/more", "shares/7-0.age"} {
				r.Write(t, name, []byte("whatever"))
			}
		},
		"records after the end": func(t *testing.T, r *recordingtest.Recording) {
			m := r.Manifest
			m.Ended = m.Started + 100_900
			r.Seal(t, m, nil)
		},
		"everything in a folder": nil,
	} {
		t.Run(name, func(t *testing.T) {
			c := copied(t, r)
			if spoil != nil {
				spoil(t, c)
				d.agree(t, packed(t, c.Dir))
				return
			}
			outer := t.TempDir()
			if err := os.CopyFS(filepath.Join(outer, "unpacked"), os.DirFS(other.Dir)); err != nil {
				t.Fatal(err)
			}
			if headline, problem := d.choose(packed(t, outer)); !strings.HasPrefix(headline, "SOUND") {
				t.Errorf("%s%s", headline, problem)
			}
		})
	}
}

// cutOut makes an excerpt of minutes in a folder of its own.
func cutOut(t *testing.T, r *recordingtest.Recording, minutes []uint32) string {
	t.Helper()
	var archive bytes.Buffer
	w := zip.NewWriter(&archive)
	if err := joined(proof.Excerpt(t.Context(), os.DirFS(r.Dir), proof.Selection{Tracks: []chunk.Track{chunk.Main}, Minutes: minutes}, w), w.Close()); err != nil {
		t.Fatal(err)
	}
	z, err := zip.NewReader(bytes.NewReader(archive.Bytes()), int64(archive.Len()))
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	if err := os.CopyFS(dir, z); err != nil {
		t.Fatal(err)
	}
	return dir
}

// excerpted makes an excerpt of minutes, and spoils its records.
func excerpted(t *testing.T, r *recordingtest.Recording, minutes []uint32, spoil func([][]byte) [][]byte) string {
	t.Helper()
	dir := cutOut(t, r, minutes)
	file := filepath.Join(dir, "0-0.vhc")
	whole, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	recordingtest.Rewrite(t, file, whole, spoil)
	return packed(t, dir)
}

func TestTheVerifyPageChecksAnExcerptAsTheProgramDoes(t *testing.T) {
	d := openDesktop(t)
	second := recordingtest.ThreeMinutes()
	second.Number, second.From = 1, 180_200
	r := recordingtest.Make(t, recordingtest.ThreeMinutes(), second,
		recordingtest.Part{Track: chunk.AudioSafe, From: 50_000, Seconds: 260, Camera: recordingtest.Camera{Codec: chunk.Opus}})
	// Records 19 to 140 of part 0: minute 1 and its neighbours.
	for name, c := range map[string]struct {
		minutes []uint32
		spoil   func([][]byte) [][]byte
	}{
		"untouched":              {[]uint32{1}, func(all [][]byte) [][]byte { return all }},
		"two parts":              {[]uint32{2, 3}, func(all [][]byte) [][]byte { return all }},
		"minutes apart":          {[]uint32{0, 2}, func(all [][]byte) [][]byte { return all }},
		"a bit":                  {[]uint32{1}, func(all [][]byte) [][]byte { all[50][200] ^= 1; return all }},
		"a bit, mended":          {[]uint32{1}, func(all [][]byte) [][]byte { all[50][200] ^= 1; recordingtest.Mend(all[50]); return all }},
		"the last bit, mended":   {[]uint32{1}, func(all [][]byte) [][]byte { all[121][200] ^= 1; recordingtest.Mend(all[121]); return all }},
		"two swapped":            {[]uint32{1}, func(all [][]byte) [][]byte { all[50], all[51] = all[51], all[50]; return all }},
		"one replayed":           {[]uint32{1}, func(all [][]byte) [][]byte { return append(all[:60:60], all[50:]...) }},
		"the tail dropped":       {[]uint32{1}, func(all [][]byte) [][]byte { return all[:100] }},
		"the neighbours dropped": {[]uint32{1}, func(all [][]byte) [][]byte { return all[1 : len(all)-1] }},
		"junk":                   {[]uint32{1}, func(all [][]byte) [][]byte { all[50] = append([]byte("VHC1 junk"), all[50]...); return all }},
	} {
		t.Run(name, func(t *testing.T) {
			result := d.agree(t, excerpted(t, r, c.minutes, c.spoil))
			if result.What != "excerpt" {
				t.Error(result.Words())
			}
		})
	}
	for _, named := range []string{"[1,3,4,5]", "[0,1]", "[1,2]", "[1,9]"} {
		t.Run("of minutes "+named, func(t *testing.T) {
			dir := cutOut(t, r, []uint32{1})
			list := filepath.Join(dir, "excerpt.json")
			text, err := os.ReadFile(list)
			if err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(list, bytes.Replace(text, []byte(`"minutes":[1]`), []byte(`"minutes":`+named), 1), 0o600); err != nil {
				t.Fatal(err)
			}
			d.agree(t, packed(t, dir))
		})
	}
	t.Run("a minute with nothing", func(t *testing.T) {
		camera := recordingtest.Camera{Codec: chunk.VP8Opus}
		film := camera.Film(0, 300_000, 500)
		r := recordingtest.Make(t, recordingtest.Part{Track: chunk.Main, Camera: camera, Slices: append(film[:140:140], film[500:]...)})
		m := r.Manifest
		m.Gaps = []proof.Gap{{Track: chunk.Main, From: 70_000, To: 250_000, Reason: "sleep"}}
		r.Seal(t, m, nil)
		if result := d.agree(t, packed(t, cutOut(t, r, []uint32{2}))); !result.Sound {
			t.Error(result.Words())
		}
	})
	t.Run("rewritten and sealed anew", func(t *testing.T) {
		whole := recordingtest.Make(t, recordingtest.ThreeMinutes())
		whole.Forge(t, chunk.Part{Recording: whole.ID}, 100)
		result := d.agree(t, excerpted(t, whole, []uint32{1}, func(all [][]byte) [][]byte { return all }))
		if len(result.Faults) != 1 || result.Faults[0].Kind != proof.Rewritten {
			t.Error(result.Words())
		}
		if where := d.Text("[data-part=faults] strong"); !strings.Contains(where, ", minute 1, records 20 to 139") {
			t.Errorf("%q", where)
		}
	})
}

func TestTheVerifyPageRefusesInOneSentenceWhatItCannotCheck(t *testing.T) {
	d := openDesktop(t)
	r := recordingtest.Make(t, recordingtest.ThreeMinutes())
	whole, err := os.ReadFile(packed(t, r.Dir))
	if err != nil {
		t.Fatal(err)
	}
	archive := func(add func(w *zip.Writer) error) []byte {
		var b bytes.Buffer
		w := zip.NewWriter(&b)
		if err := joined(add(w), w.Close()); err != nil {
			t.Fatal(err)
		}
		return b.Bytes()
	}
	manifest := contents(t, r, "manifest.json")
	for name, c := range map[string]struct {
		file []byte
		want string
	}{
		"a letter":            {[]byte("Dear court, herewith the recording.\n"), "no ZIP"},
		"a long letter":       {bytes.Repeat([]byte("Dear court, herewith the recording.\n"), 200_000), "no ZIP"},
		"nothing":             {nil, "empty"},
		"one part":            {contents(t, r, "0-0.vhc"), "one part"},
		"half an archive":     {whole[:len(whole)/2], "cut off"},
		"without its last":    {whole[:len(whole)-1], "cut off"},
		"a directory too big": {spoilt(whole, len(whole)-10, 0xff), "two things"},
		"a letter behind":     {append(bytes.Clone(whole), "Dear court"...), "two things"},
		"other names inside":  {bytes.Replace(whole, []byte("manifest.json"), []byte("manifest.jsoN"), 1), "two things"},
		"another archive":     {archive(func(w *zip.Writer) error { return put(w, "letter.txt", zip.Deflate, []byte("Dear court")) }), "no manifest.json"},
		"an empty archive":    {archive(func(*zip.Writer) error { return nil }), "no manifest.json"},
		"two manifests": {archive(func(w *zip.Writer) error {
			return joined(put(w, "manifest.json", zip.Store, manifest), put(w, "manifest.json", zip.Store, manifest))
		}), "twice"},
		"a bomb": {archive(func(w *zip.Writer) error { return put(w, "manifest.json", zip.Deflate, make([]byte, 80<<20)) }), "larger than it can be"},
		"an excerpt's list": {archive(func(w *zip.Writer) error {
			return joined(put(w, "manifest.json", zip.Store, manifest), put(w, "excerpt.json", zip.Store, []byte("[[[[")))
		}), "excerpt.json"},
		"a size that is wrong": {spoilt(whole, bytes.LastIndex(whole, []byte("PK\x01\x02"))+27, 0x7f), "ZIP"},
	} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "recording.zip")
			if err := os.WriteFile(path, c.file, 0o600); err != nil {
				t.Fatal(err)
			}
			if headline, problem := d.choose(path); headline != "" || !strings.Contains(problem, c.want) {
				t.Errorf("%q, %q; want %q", headline, problem, c.want)
			}
		})
	}
}

func spoilt(data []byte, at int, value byte) []byte {
	out := bytes.Clone(data)
	out[at] = value
	return out
}

// TestAFileOfNothingButBeginningsOfRecordsEndsSoon gives the page what sends a
// search for the next record back and forth: headers that promise 4 MiB each.
func TestAFileOfNothingButBeginningsOfRecordsEndsSoon(t *testing.T) {
	d := openDesktop(t)
	r := recordingtest.Make(t, recordingtest.ThreeMinutes())
	head := bytes.Clone(contents(t, r, "0-0.vhc")[:chunk.HeaderSize])
	copy(head[chunk.HeaderSize-4:], []byte{0, 0x3f, 0xff, 0xff})
	first := r.Records[chunk.Part{Recording: r.ID}][0].Raw
	for name, piece := range map[string][]byte{"alone": head, "with a record between": append(bytes.Clone(head), first...)} {
		r.Write(t, "0-0.vhc", bytes.Repeat(piece, 12<<20/len(piece)))
		if result := d.agree(t, packed(t, r.Dir)); result.Sound {
			t.Errorf("%s: %s", name, result.Words())
		}
		t.Logf("12 MB of beginnings, %s, took %s s", name, browser.Ask[string](d.Tab, `document.querySelector("[data-result]").dataset.seconds`))
	}
}

func TestTheVerifyPageNamesABitThatFlippedInTheArchiveItself(t *testing.T) {
	d := openDesktop(t)
	r := recordingtest.Make(t, recordingtest.ThreeMinutes())
	path := packed(t, r.Dir)
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	raw := r.Records[chunk.Part{Recording: r.ID}][100].Raw
	at := bytes.Index(whole, raw) + 300
	whole[at] ^= 4
	if err := os.WriteFile(path, whole, 0o600); err != nil {
		t.Fatal(err)
	}
	if headline, problem := d.choose(path); !strings.HasPrefix(headline, "NOT SOUND") {
		t.Fatalf("%s%s", headline, problem)
	}
	if got := d.Text("[data-part=faults]"); got != "main, part 0, minute 1, record 100: bytes of it were changed" {
		t.Error(got)
	}
}

func TestTheVerifyPageComparesTheKeyOfTheLog(t *testing.T) {
	d := openDesktop(t)
	r := recordingtest.Make(t, recordingtest.ThreeMinutes())
	path := packed(t, r.Dir)
	d.choose(path)
	if said := d.Text("[data-part=key-verdict]"); !strings.Contains(said, "not the key of this site") || d.Text("[data-part=key]") != r.LogKey {
		t.Errorf("%s: %s", d.Text("[data-part=key]"), said)
	}
	if words := strings.Split(d.Text("[data-part=seal-words]"), " · "); len(words) != 8 || slices.Contains(words, "undefined") {
		t.Errorf("the seal in words: %q", words)
	}
	d.Click("[data-choose] summary")
	d.Write("#key", r.LogKey)
	if headline, problem := d.choose(path); !strings.HasPrefix(headline, "SOUND") || !strings.Contains(d.Text("[data-part=key-verdict]"), "that you gave") {
		t.Errorf("%s%s", headline, problem)
	}
	browser.Ask[string](d.Tab, `document.querySelector("#key").value = ""`)
	d.Write("#key", recordingtest.Make(t, recordingtest.ThreeMinutes()).LogKey)
	if headline, problem := d.choose(path); !strings.HasPrefix(headline, "NOT SOUND") {
		t.Errorf("another log's key: %s%s", headline, problem)
	}
}

// TestTheVerifyPageIsReadableEverywhereAndSendsNothing looks at the page in
// every language, on a telephone and a screen, by day and by night.
func TestTheVerifyPageIsReadableEverywhereAndSendsNothing(t *testing.T) {
	shots(t)
	d := openDesktop(t)
	r := recordingtest.Make(t, recordingtest.ThreeMinutes(), recordingtest.Part{Track: chunk.AudioSafe, From: 50_000, Seconds: 130, Camera: recordingtest.Camera{Codec: chunk.Opus}})
	faulty := copied(t, r)
	recordingtest.Rewrite(t, filepath.Join(faulty.Dir, "0-0.vhc"), contents(t, r, "0-0.vhc"), func(all [][]byte) [][]byte {
		all[100][300] ^= 1
		all[30], all[31] = all[31], all[30]
		return all[:250]
	})
	states := []struct{ name, path string }{{"start", ""}, {"sound", packed(t, r.Dir)}, {"faulty", packed(t, faulty.Dir)}}
	for _, look := range []struct {
		language string
		width    int64
		dark     bool
	}{{"en", 360, false}, {"en", 1280, true}, {"nl", 1280, false}, {"ar", 360, true}, {"ar", 1280, false}} {
		d.Width(look.width)
		d.Dark(look.dark)
		d.Visit("/" + look.language + "/verify")
		d.See("[data-choose]")
		for _, state := range states {
			if state.path != "" {
				d.choose(state.path)
			}
			name := fmt.Sprintf("verify-%s-%s-%d", state.name, look.language, look.width)
			d.Check(name)
			d.Shot(name)
		}
	}
	if sent := browser.Ask[string](d.Tab, `fetch("/en/verify", {method: "POST", body: "x"}).then(() => "sent", () => "refused")`); sent != "refused" {
		t.Error("the page can send")
	}
	d.Scripts(false)
	d.Visit("/en/verify")
	if said := d.Text("[data-no-script]"); !strings.Contains(said, "verhaal verify recording") {
		t.Errorf("without scripts: %q", said)
	}
	d.Shot("verify-plain")
}

// TestEverySentenceOfTheVerifyPageStandsInItAndIsSaid holds the script's names
// of sentences against the texts.
func TestEverySentenceOfTheVerifyPageStandsInItAndIsSaid(t *testing.T) {
	bundle, err := lang.Load(locales.FS, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	there := map[string]bool{}
	for _, text := range bundle.Under("en", "verify.script.say.") {
		there[text.Key] = true
	}
	scripts, err := filepath.Glob("../ui/verify/*.ts")
	if err != nil {
		t.Fatal(err)
	}
	said := map[string]bool{}
	for _, name := range scripts {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		for _, call := range regexp.MustCompile(`say\(([^{)]*)`).FindAllStringSubmatch(string(text), -1) {
			for _, code := range regexp.MustCompile(`"([a-z_.]+)"`).FindAllStringSubmatch(call[1], -1) {
				said[code[1]] = true
			}
		}
	}
	if !maps.Equal(there, said) {
		t.Errorf("the page has %v\nthe script says %v", slices.Sorted(maps.Keys(there)), slices.Sorted(maps.Keys(said)))
	}
}

// TestALongRecordingIsCheckedAsAStream checks some hundred megabytes, and says
// how fast.
func TestALongRecordingIsCheckedAsAStream(t *testing.T) {
	d := openDesktop(t)
	r := recordingtest.Make(t, recordingtest.Part{Track: chunk.Main, Seconds: 600, Camera: recordingtest.Camera{Codec: chunk.VP8Opus, Bitrate: 2_000_000}})
	path := packed(t, r.Dir)
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	for range 3 {
		if headline, problem := d.choose(path); !strings.HasPrefix(headline, "SOUND") {
			t.Fatalf("%s%s", headline, problem)
		}
		seconds := browser.Ask[float64](d.Tab, `Number(document.querySelector("[data-result]").dataset.seconds)`)
		t.Logf("%.0f MB in %.2f s: %.0f MB/s", float64(info.Size())/1e6, seconds, float64(info.Size())/1e6/seconds)
	}
	if done := browser.Ask[float64](d.Tab, `document.querySelector("progress").value / document.querySelector("progress").max`); done != 1 {
		t.Errorf("the bar stands at %v", done)
	}
}
