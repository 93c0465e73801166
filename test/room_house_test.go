package test

import (
	"bytes"
	"cmp"
	"crypto/ed25519"
	"crypto/rand"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/crypto/chacha20poly1305"

	"verhaal/internal/recording"
	"verhaal/internal/recording/chunk"
	"verhaal/internal/seal"
	"verhaal/internal/web"
	"verhaal/internal/web/lang"
	"verhaal/locales"
	"verhaal/test/browser"
	"verhaal/ui"
)

// roomHouse is a server with the rooms' pages that keeps records in memory and
// can be cut off, so that a test sees what the browser does then. It checks
// every record against its chain, as the real one does.
type roomHouse struct {
	t        *testing.T
	caseKey  seal.Identity
	recovery seal.Identity
	member   seal.Identity
	share    []byte // of the member's unlocked key
	signer   ed25519.PrivateKey
	logKey   string
	url      string
	level    string
	studio   bool
	// certificates is the verdict on them; "" where the room asks for none.
	certificates string

	cut atomic.Bool // the network is gone

	mu       sync.Mutex // guards all below
	news     *sync.Cond
	id       chunk.ID
	started  time.Time
	running  bool
	sealed   bool
	shut     bool // pre-flight is refused
	away     bool // nobody is signed in any more
	seen     int  // how often a page said that somebody is there
	busy     bool // no part of the sound that is recorded apart can begin
	closed   bool // a colleague had it sealed: nothing new is taken
	parts    []*roomPart
	marks    []map[string]any
	gaps     []map[string]any
	alarms   []string      // that are on
	rang     []string      // that ever were
	pictures []int         // tracks that were said to have one
	ahead    time.Duration // of the time in which the recorder was awake
	unmet    string        // rules that demand a picture now
	refused  string        // kind of mark that is not taken
	unwell   string        // kind of mark that fails
	watchers map[string]string
	oneSeat  bool     // everybody who watches is one person, who sits in one page
	seat     string   // that was taken last
	asked    []string // track/part/minute of each key released
	arrived  map[string]time.Time
}

type roomPart struct {
	part    chunk.Part
	codec   int
	a       string // age file
	b       chunk.Secret
	chain   *chunk.Chain
	records []chunk.Record
	heard   time.Time // when something came last; zero since a later part began
	over    bool
	damaged bool // it takes nothing more
}

// alive is for how long a part counts as recorded after what came of it last.
const alive = 3 * time.Second

func newRoomHouse(t *testing.T) *roomHouse {
	t.Helper()
	h := &roomHouse{t: t, level: "video", certificates: "good", share: bytes.Repeat([]byte{9}, 32), watchers: map[string]string{}, arrived: map[string]time.Time{}}
	h.news = sync.NewCond(&h.mu)
	for _, id := range []*seal.Identity{&h.caseKey, &h.recovery, &h.member} {
		made, err := seal.NewIdentity()
		if err != nil {
			t.Fatal(err)
		}
		*id = made
	}
	public, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	h.signer, h.logKey = private, "test/log+00000000+"+base64.StdEncoding.EncodeToString(append([]byte{1}, public...))
	languages, err := lang.Load(locales.FS, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	site, err := web.New(web.Config{Languages: languages, Templates: map[string]fs.FS{"room": os.DirFS("../internal/web/room")}, Assets: ui.Assets(),
		Authenticate: func(*http.Request) (*web.Actor, error) {
			return &web.Actor{ID: "m1", Name: "Robin", Powers: []string{"officer"}}, nil
		}, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	mux := http.NewServeMux()
	site.Handle(mux, "GET /static/{name}", site.Static)
	h.routes(mux, site)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if h.cut.Load() {
			panic(http.ErrAbortHandler)
		}
		web.Protect(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			header := w.Header()
			header.Set("Content-Security-Policy", header.Get("Content-Security-Policy")+"; media-src 'self' blob:; worker-src 'self'")
			header.Set("Permissions-Policy", "camera=(self), microphone=(self), display-capture=(self)")
			mux.ServeHTTP(w, r)
		})).ServeHTTP(w, r)
	}))
	t.Cleanup(func() {
		h.end()
		server.CloseClientConnections()
		server.Close()
	})
	h.url = server.URL
	return h
}

// unlock puts the member's key into the tab, as signing in does.
func (h *roomHouse) unlock(b *browser.Tab) {
	h.t.Helper()
	aead, err := chacha20poly1305.NewX(h.share)
	if err != nil {
		h.t.Fatal(err)
	}
	nonce := make([]byte, aead.NonceSize())
	sealed := aead.Seal(nonce, nonce, []byte(h.member.Secret()), nil)
	b.Visit("/blank")
	browser.Ask[bool](b, fmt.Sprintf("sessionStorage.setItem('verhaal', %q), true", base64.StdEncoding.EncodeToString(sealed)))
}

type named struct{ ID, Name string }

type check struct{ Name, Ask string }

func (h *roomHouse) checks() []check {
	deviate := "/case/c1/about/i1#deviations"
	return []check{{"browser", ""}, {"alone", ""}, {"microphone", ""}, {"camera", deviate}, {"overview", deviate}, {"certificates", deviate},
		{"test", ""}, {"sealing", ""}, {"disk", ""}, {"space", ""}, {"clock", ""}, {"wake", ""}}
}

func (h *roomHouse) routes(mux *http.ServeMux, site *web.Site) {
	at := func(pattern string, act func(w http.ResponseWriter, r *http.Request) any) {
		mux.HandleFunc(pattern, func(w http.ResponseWriter, r *http.Request) {
			h.mu.Lock()
			v := act(w, r)
			h.mu.Unlock()
			if v != nil {
				w.Header().Set("Content-Type", "application/json")
				_ = json.NewEncoder(w).Encode(v)
			}
		})
	}
	body := func(r *http.Request, v any) {
		if err := json.NewDecoder(r.Body).Decode(v); err != nil {
			h.t.Errorf("%s: %v", r.URL.Path, err)
		}
	}
	marks := []string{"entry", "announced", "break", "resume", "exhibit", "distress", "becomes_formal_report", "left"}
	rooms := []named{{"director_room", "Director room"}, {"viewing_room", "Viewing room"}}
	at("GET /blank", func(w http.ResponseWriter, r *http.Request) any { return map[string]any{} })
	site.Handle(mux, "GET /case/c1/room/i1", func(w http.ResponseWriter, r *http.Request) error {
		running := ""
		if h.running {
			running = h.id.String()
		}
		return site.Render(w, r, 200, "room/record", map[string]any{"Case": "c1", "Number": "AVIM-2026-0001", "Interview": "i1", "Level": h.level, "Lang": "en",
			"Why":      []map[string]string{{"Rule": "S-17", "Title": "Under 16: picture", "Says": "A victim under 16 is interviewed with picture and sound.", "Clause": "2010A018 b"}},
			"RoomName": "Interview room", "Studio": h.studio, "Minutes": 90, "Kinds": []string{"interview"}, "Keyed": true, "LogKey": h.logKey, "Running": running, "Rooms": rooms,
			"People":    []map[string]any{{"Name": "Robin", "Role": "interviewer", "Certificates": []map[string]string{{"Kind": "trafficking", "State": "valid", "Until": "2027-01-01"}}}},
			"Procedure": []named{{"start_before_entry", "the recorder runs before the person comes in"}}, "Done": nil, "Marks": marks,
			"Checks":       h.checks(),
			"Certificates": h.certificates, "Followers": []string{"Robin", "Kim"},
			"Alarms": recording.AlarmKinds()})
	})
	site.Handle(mux, "GET /record/{id}/watch", func(w http.ResponseWriter, r *http.Request) error {
		return site.Render(w, r, 200, "room/watch", map[string]any{"ID": r.PathValue("id"), "Case": "c1", "Number": "AVIM-2026-0001", "Interview": "i1", "RoomName": "Interview room",
			"Lang": "en", "Rooms": rooms, "Recipient": h.caseKey.Recipient(), "Alarms": recording.AlarmKinds(),
			"Marks": []string{"topic", "distress"}, "MarkKinds": append(marks, "topic", "end", "prompt"), "MaskReasons": recording.MaskReasons()})
	})
	site.Handle(mux, "GET /record/{id}/receipt", func(w http.ResponseWriter, r *http.Request) error {
		http.Redirect(w, r, "play", http.StatusSeeOther)
		return nil
	})
	site.Handle(mux, "GET /record/{id}/play", func(w http.ResponseWriter, r *http.Request) error {
		return site.Render(w, r, 200, "room/play", map[string]any{"ID": r.PathValue("id"), "Case": "c1", "Number": "AVIM-2026-0001", "Interview": "i1", "RoomName": "Interview room",
			"Lang": "en", "Started": h.started, "Me": "Robin", "Sealed": h.sealed, "MarkKinds": append(marks, "topic", "end", "prompt"),
			"Purposes": []map[string]string{{"ID": "official_record", "Name": "To write the official record"}}})
	})
	at("GET /staff/share", func(w http.ResponseWriter, r *http.Request) any { return map[string]any{"share": h.share} })
	at("POST /staff/seen", func(w http.ResponseWriter, r *http.Request) any { h.seen++; return map[string]any{} })
	at("GET /case/c1/wraps", func(w http.ResponseWriter, r *http.Request) any {
		file, err := seal.Seal([]byte(h.caseKey.Secret()), h.member.Recipient())
		if err != nil {
			h.t.Error(err)
		}
		return []map[string]any{{"epoch": 1, "wrapped": file}}
	})
	at("GET /record/ready", func(w http.ResponseWriter, r *http.Request) any {
		if h.away {
			w.WriteHeader(http.StatusUnauthorized)
			return map[string]any{"error": "fault.unauthenticated", "text": "You are not signed in any more."}
		}
		if h.shut {
			w.WriteHeader(http.StatusForbidden)
			return map[string]any{"error": "case.fault.blocked", "text": "The rules do not allow it any more."}
		}
		return map[string]any{"now": time.Now().UnixMilli(), "need": 2_000_000_000, "free": 50_000_000_000, "room": true, "level": h.level, "met": h.level != "video" || strings.HasPrefix(r.FormValue("pictures"), "0")}
	})
	at("POST /record/{$}", func(w http.ResponseWriter, r *http.Request) any {
		var asked struct {
			Resume   string
			Pictures []int
		}
		body(r, &asked)
		h.pictures = asked.Pictures
		if asked.Resume == "" {
			_, _ = rand.Read(h.id[:])
			h.started, h.running = time.Now(), true
		}
		return map[string]any{"id": h.id.String(), "case_key": h.caseKey.Recipient(), "recovery": h.recovery.Recipient(), "level": h.level, "started": h.started.UnixMilli()}
	})
	at("POST /record/{id}/parts", func(w http.ResponseWriter, r *http.Request) any {
		var asked struct {
			Track, Codec int
			Share        string
		}
		body(r, &asked)
		if h.closed {
			return refuse(w, map[string]any{})
		}
		if h.busy && asked.Track == int(chunk.AudioSafe) {
			w.WriteHeader(http.StatusServiceUnavailable)
			return map[string]any{"error": "fault.unavailable", "text": "Busy."}
		}
		number := uint16(0)
		for _, p := range h.parts {
			if int(p.part.Track) == asked.Track {
				number++
				p.over, p.heard = true, time.Time{}
			}
		}
		p := &roomPart{part: chunk.Part{Recording: h.id, Track: chunk.Track(asked.Track), Number: number}, codec: asked.Codec, a: asked.Share, b: chunk.NewSecret()}
		p.chain = chunk.NewChain(p.part)
		h.parts = append(h.parts, p)
		h.news.Broadcast()
		return map[string]any{"part": number, "share_b": p.b[:], "token": p.part.File()}
	})
	at("PUT /record/{id}/{track}/{part}/{seq}", h.take)
	at("GET /record/{id}/{track}/{part}", func(w http.ResponseWriter, r *http.Request) any {
		p := h.part(r)
		return map[string]any{"next": p.chain.Next(), "head": p.chain.Head().String()}
	})
	at("POST /record/{id}/marks", func(w http.ResponseWriter, r *http.Request) any {
		var m map[string]any
		body(r, &m)
		if m["kind"] == h.refused {
			w.WriteHeader(http.StatusBadRequest)
			return map[string]any{"error": "fault.bad_input", "text": "Not that one."}
		}
		if m["kind"] == h.unwell {
			w.WriteHeader(http.StatusInternalServerError)
			return map[string]any{"error": "fault.internal", "text": "Not now."}
		}
		h.marks = append(h.marks, m)
		if m["kind"] == "becomes_formal_report" {
			h.unmet = "S-17"
		}
		return map[string]any{}
	})
	at("POST /record/{id}/gaps", func(w http.ResponseWriter, r *http.Request) any {
		var g map[string]any
		body(r, &g)
		g["token"] = r.Header.Get("Part-Token")
		h.gaps = append(h.gaps, g)
		return map[string]any{}
	})
	at("POST /record/{id}/alarms", func(w http.ResponseWriter, r *http.Request) any {
		var a struct {
			Kind string
			On   bool
		}
		body(r, &a)
		h.alarms = slices.DeleteFunc(h.alarms, func(kind string) bool { return kind == a.Kind })
		if a.On {
			h.alarms, h.rang = append(h.alarms, a.Kind), append(h.rang, a.Kind)
		}
		return map[string]any{}
	})
	at("POST /record/{id}/watch", func(w http.ResponseWriter, r *http.Request) any {
		var asked struct{ Room, Seat string }
		body(r, &asked)
		if asked.Seat != "" && asked.Seat != h.seat && h.oneSeat {
			w.WriteHeader(http.StatusConflict)
			return map[string]any{"error": "room.fault.elsewhere", "text": "Elsewhere."}
		}
		if asked.Seat == "" {
			h.seat = rand.Text()
			asked.Seat = h.seat
		}
		h.watchers["Robin"] = asked.Room
		return map[string]any{"powers": []string{"see", "hear", "prompt", "mark"}, "every": 5, "seat": asked.Seat}
	})
	at("POST /record/{id}/stop", func(w http.ResponseWriter, r *http.Request) any {
		if slices.ContainsFunc(h.parts, func(p *roomPart) bool { return !p.chain.Ended() && time.Since(p.heard) < alive }) {
			return refuse(w, map[string]any{"error": "room.fault.records", "text": "It is recorded still."})
		}
		h.running, h.sealed = false, true
		h.news.Broadcast()
		return map[string]any{"receipt": map[string]any{}}
	})
	at("GET /record/{id}/state", func(w http.ResponseWriter, r *http.Request) any { return h.state() })
	at("POST /record/{id}/keys", func(w http.ResponseWriter, r *http.Request) any {
		var asked struct {
			Track, Part int
			Minutes     []uint32
			Purpose     string
		}
		body(r, &asked)
		for _, p := range h.parts {
			if int(p.part.Track) == asked.Track && int(p.part.Number) == asked.Part && asked.Purpose != "" {
				b := map[string]any{}
				for _, m := range asked.Minutes {
					half := chunk.Release(p.b, p.part.Number, m)
					b[strconv.Itoa(int(m))] = half[:]
					h.asked = append(h.asked, fmt.Sprintf("%d/%d/%d", asked.Track, asked.Part, m))
				}
				return map[string]any{"b": b, "share": p.a}
			}
		}
		w.WriteHeader(http.StatusNotFound)
		return map[string]any{}
	})
	mux.HandleFunc("GET /record/{id}/{track}/{part}/stream", h.stream)
}

func (h *roomHouse) part(r *http.Request) *roomPart {
	for _, p := range h.parts {
		if fmt.Sprintf("%s/%d/%d", p.part.Recording, p.part.Track, p.part.Number) == r.PathValue("id")+"/"+r.PathValue("track")+"/"+r.PathValue("part") {
			return p
		}
	}
	h.t.Errorf("%s: no such part", r.URL.Path)
	return &roomPart{chain: chunk.NewChain(chunk.Part{})}
}

// refuse answers with what there is, as a server whose recording is over.
func refuse(w http.ResponseWriter, more map[string]any) any {
	w.WriteHeader(http.StatusConflict)
	if more["error"] == nil {
		more["error"], more["text"] = "room.fault.over", "This recording is over."
	}
	return more
}

// close has a colleague seal the recording.
func (h *roomHouse) close() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.closed, h.sealed, h.running = true, true, false
}

// take takes what is new of a batch, and gives what it has.
func (h *roomHouse) take(w http.ResponseWriter, r *http.Request) any {
	p := h.part(r)
	if token := r.Header.Get("Part-Token"); token != p.part.File() {
		h.t.Errorf("%s: the token is %q", r.URL.Path, token)
	}
	seq, head := int(p.chain.Next())-1, p.chain.Head().String()
	if h.closed {
		return refuse(w, map[string]any{"seq": seq, "head": head})
	}
	if p.damaged {
		return refuse(w, map[string]any{"seq": seq, "head": head, "error": "room.fault.part_over", "text": "This part takes no more."})
	}
	all, err := io.ReadAll(r.Body)
	if err != nil {
		h.t.Logf("%s: %v", r.URL.Path, err)
		return nil
	}
	for len(all) > 0 {
		record, rest, err := chunk.Parse(all)
		if err != nil {
			h.t.Errorf("%s: %v", r.URL.Path, err)
			break
		}
		all = rest
		if record.Seq < p.chain.Next() {
			if p.records[record.Seq].Hash() != record.Hash() {
				h.t.Errorf("%s: record %d has other bytes the second time", r.URL.Path, record.Seq)
			}
			continue
		}
		record.Raw = bytes.Clone(record.Raw)
		if _, err := p.chain.Add(record); err != nil {
			h.t.Errorf("%s: %v", r.URL.Path, err)
			break
		}
		p.records, p.heard = append(p.records, record), time.Now()
		h.arrived[record.Hash().String()] = time.Now()
	}
	h.news.Broadcast()
	seq, head = int(p.chain.Next())-1, p.chain.Head().String()
	said := fmt.Sprintf("verhaal/ack\n%s\n%d\n%d\n%d\n%s\n", p.part.Recording, p.part.Track, p.part.Number, seq, head)
	return map[string]any{"seq": seq, "head": head, "ack": ed25519.Sign(h.signer, []byte(said))}
}

func (h *roomHouse) state() any {
	parts := []map[string]any{}
	for _, p := range h.parts {
		if len(p.records) == 0 {
			continue
		}
		last := p.records[len(p.records)-1]
		parts = append(parts, map[string]any{"track": p.part.Track, "part": p.part.Number, "codec": p.codec, "next": p.chain.Next(), "from": p.records[0].Mono,
			"to": last.End(), "head": p.chain.Head().String(), "open": h.running && !p.over && !p.chain.Ended()})
	}
	watchers := []map[string]string{}
	for name, room := range h.watchers {
		if room != "" {
			watchers = append(watchers, map[string]string{"name": name, "room": room})
		}
	}
	alarms := []map[string]string{}
	for _, kind := range h.alarms {
		alarms = append(alarms, map[string]string{"kind": kind})
	}
	marks, gaps := []map[string]any{}, append([]map[string]any{}, h.gaps...)
	for i, set := range h.marks {
		mark := map[string]any{"n": i + 1}
		maps.Copy(mark, set)
		marks = append(marks, mark)
	}
	slices.SortStableFunc(marks, func(a, b map[string]any) int { return cmp.Compare(a["mono"].(float64), b["mono"].(float64)) })
	return map[string]any{"id": h.id.String(), "running": h.running, "sealed": h.sealed, "started": h.started.UnixMilli(), "now": time.Now().Add(h.ahead).UnixMilli(), "copies": 1,
		"mirrored": false, "watchers": watchers, "marks": marks, "gaps": gaps, "parts": parts,
		"alarms": alarms, "alone": true, "level_unmet": h.unmet}
}

// stream gives records as they come.
func (h *roomHouse) stream(w http.ResponseWriter, r *http.Request) {
	h.mu.Lock()
	defer h.mu.Unlock()
	p := h.part(r)
	number := func(name string, or int) int {
		if text := r.FormValue(name); text != "" {
			n, err := strconv.Atoi(text)
			if err != nil {
				h.t.Error(err)
			}
			return n
		}
		return or
	}
	next, to, until := number("from", 0), number("to", 1<<31), number("until", 1<<40)
	if at := number("at", -1); at >= 0 {
		next = 1
		for i, rec := range p.records {
			if i > 0 && rec.Flags&chunk.KeyFrame != 0 && rec.Mono <= uint64(at) {
				next = i
			}
		}
	}
	follow := r.FormValue("to") == "" && r.FormValue("until") == ""
	for {
		if follow && h.hidden() {
			return
		}
		for ; next < len(p.records) && next <= to && p.records[next].Mono < uint64(until); next++ {
			raw := p.records[next].Raw
			h.mu.Unlock()
			_, err := w.Write(raw)
			w.(http.Flusher).Flush()
			h.mu.Lock()
			if err != nil {
				return
			}
		}
		if !follow || !h.running || p.over || p.chain.Ended() || r.Context().Err() != nil {
			return
		}
		h.news.Wait()
	}
}

// hidden says whether the room is hidden now. h.mu is held.
func (h *roomHouse) hidden() (on bool) {
	for _, m := range h.marks {
		on = m["kind"] == "masked" || on && m["kind"] != "unmasked"
	}
	return on
}

func (h *roomHouse) end() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.running = false
	h.news.Broadcast()
}

// opened is what each record of a track holds, opened with the case key, and the records.
func (h *roomHouse) opened(track chunk.Track) (plain [][]byte, records []chunk.Record) {
	h.t.Helper()
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, p := range h.parts {
		if p.part.Track != track {
			continue
		}
		file, err := base64.StdEncoding.DecodeString(p.a)
		if err != nil {
			h.t.Fatal(err)
		}
		text, err := seal.Open(file, h.caseKey)
		if err != nil {
			h.t.Fatalf("share A of %v does not open with the case key: %v", p.part, err)
		}
		var share struct {
			V int
			A []byte
		}
		if err := json.Unmarshal(text, &share); err != nil || share.V != 1 {
			h.t.Fatalf("share A is %v", err)
		}
		for _, r := range p.records {
			m := r.Minute()
			held, err := r.Open(nil, chunk.MinuteKey(chunk.Secret(share.A), chunk.Release(p.b, p.part.Number, m), p.part, m))
			if err != nil {
				h.t.Fatalf("record %d: %v", r.Seq, err)
			}
			plain = append(plain, held)
		}
		records = append(records, p.records...)
	}
	return plain, records
}

// holds says whether anything the server got has the bytes.
func (h *roomHouse) holds(what string) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	text, err := json.Marshal(h.marks)
	if err != nil {
		h.t.Fatal(err)
	}
	return strings.Contains(string(text), what) || strings.Contains(hex.EncodeToString(text), what)
}
