package test

import (
	"bufio"
	"bytes"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"testing"

	"github.com/evanw/esbuild/pkg/api"
	"pgregory.net/rapid"

	"verhaal/internal/recording/chunk"
)

// node is ui/room running in node.
type node struct {
	t   *testing.T
	in  io.Writer
	out *bufio.Reader
}

func openNode(t *testing.T) *node {
	t.Helper()
	path, err := exec.LookPath("node")
	if err != nil {
		t.Fatal("node is missing: install Node.js 20 or newer (Debian: apt-get install nodejs)")
	}
	root, err := filepath.Abs("..")
	if err != nil {
		t.Fatal(err)
	}
	script := filepath.Join(t.TempDir(), "testpage.mjs")
	built := api.Build(api.BuildOptions{AbsWorkingDir: root, EntryPoints: []string{"ui/room/testpage.ts"}, Outfile: script, Bundle: true,
		Write: true, Format: api.FormatESModule, Target: api.ES2022, Platform: api.PlatformBrowser, LogLevel: api.LogLevelSilent})
	if len(built.Errors) > 0 {
		t.Fatalf("bundle ui/room/testpage.ts (is node_modules there? `npm ci`): %v", built.Errors)
	}
	page := exec.Command(path, script)
	page.Stderr = os.Stderr
	in, err := page.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := page.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := page.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = in.Close()
		if err := page.Wait(); err != nil {
			t.Errorf("node ended with %v", err)
		}
	})
	return &node{t, in, bufio.NewReader(out)}
}

// ask calls a function of ui/room; refusal is what it threw.
func ask[T any](n *node, call string, args ...any) (value T, refusal string) {
	n.t.Helper()
	line, err := json.Marshal(append([]any{call}, args...))
	if err != nil {
		n.t.Fatal(err)
	}
	if _, err := n.in.Write(append(line, '\n')); err != nil {
		n.t.Fatal(err)
	}
	reply, err := n.out.ReadBytes('\n')
	if err != nil {
		n.t.Fatal(err)
	}
	var answer struct {
		Value json.RawMessage
		Error string
	}
	if err := json.Unmarshal(reply, &answer); err != nil {
		n.t.Fatalf("%s answered %q", call, reply)
	}
	if answer.Error == "" {
		if err := json.Unmarshal(answer.Value, &value); err != nil {
			n.t.Fatalf("%s answered %s", call, answer.Value)
		}
	}
	return value, answer.Error
}

func get[T any](n *node, call string, args ...any) T {
	n.t.Helper()
	value, refusal := ask[T](n, call, args...)
	if refusal != "" {
		n.t.Fatalf("%s: %s", call, refusal)
	}
	return value
}

type vectorPart struct {
	Recording string `json:"recording"`
	Track     int    `json:"track"`
	Part      int    `json:"part"`
	Start     string `json:"start"`
	A         string `json:"a"`
	B         string `json:"b"`
	Minutes   []struct {
		Minute int    `json:"minute"`
		BM     string `json:"b_m"`
		KM     string `json:"k_m"`
	} `json:"minutes"`
	Records []struct {
		Seq      int    `json:"seq"`
		Flags    int    `json:"flags"`
		Codec    int    `json:"codec"`
		Minute   int    `json:"minute"`
		Mono     uint64 `json:"mono"`
		Wall     uint64 `json:"wall"`
		Duration int    `json:"duration"`
		Prev     string `json:"prev"`
		Plain    string `json:"plain"`
		Record   string `json:"record"`
		Hash     string `json:"hash"`
	} `json:"records"`
}

// The vectors are those that the Go and the Python reader are held to.
func TestTheBrowserMakesAndReadsTheRecordsOfTheVectors(t *testing.T) {
	text, err := os.ReadFile("../internal/recording/chunk/testdata/vectors.json")
	if err != nil {
		t.Fatal(err)
	}
	var vectors struct {
		Parts   []vectorPart
		Refused []struct{ Why, Record string }
	}
	if err := json.Unmarshal(text, &vectors); err != nil {
		t.Fatal(err)
	}
	if len(vectors.Parts) == 0 || len(vectors.Refused) == 0 {
		t.Fatal("there are no vectors")
	}
	n := openNode(t)
	for _, p := range vectors.Parts {
		part := map[string]any{"recording": p.Recording, "track": p.Track, "part": p.Part}
		if got := get[string](n, "root", part); got != p.Start {
			t.Errorf("part %d begins with %s, want %s", p.Part, got, p.Start)
		}
		half := map[int]string{}
		for _, m := range p.Minutes {
			half[m.Minute] = get[string](n, "half", p.B, p.Part, m.Minute)
			if half[m.Minute] != m.BM {
				t.Errorf("B of minute %d is %s", m.Minute, half[m.Minute])
			}
			if got := get[string](n, "key", p.A, m.BM, part, m.Minute); got != m.KM {
				t.Errorf("key of minute %d is %s", m.Minute, got)
			}
		}
		for _, r := range p.Records {
			header := map[string]any{"recording": p.Recording, "track": p.Track, "part": p.Part, "seq": r.Seq, "flags": r.Flags, "codec": r.Codec,
				"minute": r.Minute, "mono": r.Mono, "wall": r.Wall, "duration": r.Duration, "prev": r.Prev}
			made := get[struct{ Record, Hash string }](n, "seal", p.A, half[r.Minute], header, r.Plain)
			if made.Record != r.Record || made.Hash != r.Hash {
				t.Errorf("record %d of part %d: the browser makes %s", r.Seq, p.Part, made.Record)
			}
			if plain := get[string](n, "open", p.A, half[r.Minute], r.Record); plain != r.Plain {
				t.Errorf("record %d of part %d opens to %q", r.Seq, p.Part, plain)
			}
			if _, refusal := ask[any](n, "parse", r.Record); refusal != "" {
				t.Errorf("record %d of part %d: %s", r.Seq, p.Part, refusal)
			}
		}
	}
	for _, r := range vectors.Refused {
		if _, refusal := ask[any](n, "parse", r.Record); refusal == "" {
			t.Errorf("%s: the browser takes it", r.Why)
		}
	}
}

// frame is one frame of a made-up WebM.
type frame struct {
	track, time int
	key         bool
	body        []byte
}

func (f frame) String() string {
	first, key := byte(0), ""
	if f.key {
		first, key = 0x80, "k"
	}
	return fmt.Sprintf("%d@%d%s:%s", f.track, f.time, key, base64.StdEncoding.EncodeToString(append([]byte{first}, f.body...)))
}

func ebml(id uint32, body []byte) []byte {
	name := bytes.TrimLeft(binary.BigEndian.AppendUint32(nil, id), "\x00")
	return slices.Concat(name, binary.BigEndian.AppendUint64(nil, 1<<56|uint64(len(body))), body)
}

// openEnded is an element of unknown size: the segment and clusters of a live WebM.
func openEnded(id uint32) []byte {
	return append(binary.BigEndian.AppendUint32(nil, id), 0x01, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff)
}

// webm writes sound as track 1 and picture as track 2, as Chromium's recorder
// does: a cluster of unknown size at each key frame of the picture.
func webm(frames []frame) (head, whole []byte) {
	entry := func(number, kind byte) []byte {
		return ebml(0xae, slices.Concat(ebml(0xd7, []byte{number}), ebml(0x73c5, []byte{1, 2, 3}), ebml(0x83, []byte{kind})))
	}
	head = slices.Concat(ebml(0x1a45dfa3, ebml(0x4282, []byte("webm"))), openEnded(0x18538067), ebml(0x1549a966, ebml(0x2ad7b1, []byte{0x0f, 0x42, 0x40})),
		ebml(0x1654ae6b, slices.Concat(entry(1, 2), entry(2, 1))))
	whole = slices.Clone(head)
	base := 0
	for i, f := range frames {
		if i == 0 || f.track == 2 && f.key || f.time-base > 20_000 {
			base = f.time
			whole = append(whole, openEnded(0x1f43b675)...)
			whole = append(whole, ebml(0xe7, binary.BigEndian.AppendUint32(nil, uint32(base)))...)
		}
		flags := byte(0)
		if f.key {
			flags = 0x80
		}
		relative := f.time - base
		whole = append(whole, ebml(0xa3, slices.Concat([]byte{0x80 | byte(f.track), byte(relative >> 8), byte(relative), flags}, f.body))...)
	}
	return head, whole
}

// someFrames draws sound every 20 ms and picture every 40 ms, with a key frame
// now and then, up to some seconds.
func someFrames(t *rapid.T, most int) []frame {
	var frames []frame
	keyEvery := rapid.IntRange(1, 30).Draw(t, "key frame every")
	pictures := 0
	for i := range rapid.IntRange(1, most).Draw(t, "frames") {
		body := rapid.SliceOfN(rapid.Byte(), 1, 30).Draw(t, "body")
		frames = append(frames, frame{1, 20 * i, true, body})
		if i%2 == 0 {
			frames = append(frames, frame{2, 20 * i, pictures%keyEvery == 0, body[:1]})
			pictures++
		}
	}
	return frames
}

// cut cuts bytes anywhere.
func cut(t *rapid.T, whole []byte) []string {
	var pieces []string
	for len(whole) > 0 {
		n := rapid.IntRange(1, len(whole)).Draw(t, "piece")
		pieces = append(pieces, base64.StdEncoding.EncodeToString(whole[:n]))
		whole = whole[n:]
	}
	return pieces
}

func TestAContainerCutAnywhereGivesTheSameFrames(t *testing.T) {
	n := openNode(t)
	rapid.Check(t, func(r *rapid.T) {
		frames := someFrames(r, 40)
		head, whole := webm(frames)
		got := get[struct {
			Head     string
			Frames   []string
			Pictures []int
		}](n, "blocks", cut(r, whole))
		var want []string
		for _, f := range frames {
			want = append(want, f.String())
		}
		if got.Head != base64.StdEncoding.EncodeToString(head) || !slices.Equal(got.Frames, want) || !slices.Equal(got.Pictures, []int{2}) {
			r.Fatalf("got %+v\nwant %v", got, want)
		}
	})
}

// What the recorder seals is one chain, keeps every frame in its order, and no
// record crosses a minute: read by the Go side.
func TestRecordsHoldEveryFrameAndCrossNoMinute(t *testing.T) {
	n := openNode(t)
	var a, b chunk.Secret
	for i := range a {
		a[i], b[i] = byte(i), byte(200-i)
	}
	enc := base64.StdEncoding.EncodeToString
	rapid.Check(t, func(r *rapid.T) {
		frames := someFrames(r, 60)
		head, whole := webm(frames)
		id := chunk.ID{1, 2, 3}
		p := chunk.Part{Recording: id, Track: chunk.Main, Number: 3}
		started := rapid.SampledFrom([]int{0, 59_000, 59_999, 60_000, 119_500}).Draw(r, "started")
		records := get[[]string](n, "record", map[string]any{"recording": id.String(), "track": 0, "part": 3}, 2, enc(a[:]), enc(b[:]), started, 250, cut(r, whole))

		var from, until uint64
		chain := chunk.NewChain(p)
		var plain []byte
		for i, text := range records {
			raw, err := base64.StdEncoding.DecodeString(text)
			if err != nil {
				r.Fatal(err)
			}
			record, rest, err := chunk.Parse(raw)
			if err != nil || len(rest) > 0 {
				r.Fatalf("record %d: %v", i, err)
			}
			if _, err := chain.Add(record); err != nil {
				r.Fatalf("record %d: %v", i, err)
			}
			h := record.Header
			if i == 0 {
				from = h.Mono
			}
			until = h.End()
			opened, err := record.Open(nil, chunk.MinuteKey(a, chunk.Release(b, p.Number, h.Minute()), p, h.Minute()))
			if err != nil {
				r.Fatalf("record %d: %v", i, err)
			}
			plain = append(plain, opened...)
			if (h.Flags&chunk.Last != 0) != (i == len(records)-1) {
				r.Fatalf("record %d of %d has flags %b", i, len(records), h.Flags)
			}
			if h.Flags&chunk.KeyFrame != 0 {
				got := get[struct{ Frames []string }](n, "blocks", []string{enc(slices.Concat(head, opened))})
				if len(got.Frames) == 0 || got.Frames[0][:2] != "2@" {
					r.Fatalf("record %d does not begin with a picture", i)
				}
			}
		}
		if last := uint64(frames[len(frames)-1].time); until < from+last || until > from+last+40 {
			r.Fatalf("the records take %d ms, the frames %d", until-from, last)
		}
		got := get[struct{ Frames []string }](n, "blocks", []string{enc(plain)})
		var want []string
		for _, f := range frames {
			want = append(want, f.String())
		}
		if !slices.Equal(got.Frames, want) {
			r.Fatalf("opened: %v\nwant %v", got.Frames, want)
		}
	})
}

// every gives moments from one to another, in ms, at so many a second.
func every(rate float64, from, to int) (all []int) {
	for i := 0; from+int(float64(i)*1000/rate) < to; i++ {
		all = append(all, from+int(float64(i)*1000/rate))
	}
	return all
}

// TestAPictureIsThinWhenItHoldsLessThanItsCameraGives: by its share of the last five
// seconds, or by a hole; a camera that is slow itself is none.
func TestAPictureIsThinWhenItHoldsLessThanItsCameraGives(t *testing.T) {
	n := openNode(t)
	sound := every(50, 0, 30_000)
	for name, c := range map[string]struct {
		frames []int
		sound  []int
		gives  float64
		thin   bool
	}{
		"whole":                             {every(25, 0, 30_000), sound, 25, false},
		"without sound":                     {every(25, 0, 30_000), []int{}, 25, false},
		"three quarters":                    {every(18.75, 0, 30_000), sound, 25, false},
		"half":                              {every(12.5, 0, 30_000), sound, 25, true},
		"half, too short to say":            {every(12.5, 0, 4_000), every(50, 0, 4_000), 25, false},
		"half, of a camera in the dark":     {every(12.5, 0, 30_000), sound, 12.5, false},
		"half, long ago":                    {slices.Concat(every(12.5, 0, 20_000), every(25, 20_000, 30_000)), sound, 25, false},
		"a hole":                            {slices.Concat(every(25, 0, 27_000), every(25, 27_520, 30_000)), sound, 25, true},
		"a hole without sound":              {slices.Concat(every(25, 0, 27_000), every(25, 27_520, 30_000)), []int{}, 25, true},
		"a short hole":                      {slices.Concat(every(25, 0, 27_000), every(25, 27_400, 30_000)), sound, 25, false},
		"a hole long ago":                   {slices.Concat(every(25, 0, 20_000), every(25, 22_000, 30_000)), sound, 25, false},
		"a hole that lasts":                 {every(25, 0, 29_400), sound, 25, true},
		"a camera that gives one in 600 ms": {every(1/0.6, 0, 30_000), sound, 1 / 0.6, false},
		"late to begin":                     {every(25, 28_000, 30_000), sound, 25, false},
		"no picture at all":                 {[]int{}, sound, 25, false},
	} {
		if got := get[bool](n, "thin", c.frames, c.sound, c.gives); got != c.thin {
			t.Errorf("%s: thin is %v", name, got)
		}
	}
}
