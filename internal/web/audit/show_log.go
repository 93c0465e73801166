package audit

import (
	"encoding/json"
	"math"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"verhaal/internal/custody"
	"verhaal/internal/fault"
	"verhaal/internal/web"
)

// pageSize is how many acts a page shows.
const pageSize = 50

// line is one act as the page shows it.
type line struct {
	Seq                             int64
	When, Kind, Actor, Basis, Facts string
}

type logPage struct {
	Checkpoint, Key string
	Acts            []line
	Older           int64 // the page before begins before this number; 0 = none
	Paged           bool
	Token           string
}

func (f *face) showLog(w http.ResponseWriter, r *http.Request) error {
	before := int64(math.MaxInt64)
	if s := r.URL.Query().Get("before"); s != "" {
		n, err := strconv.ParseInt(s, 10, 64)
		if err != nil || n < 0 {
			return fault.New(fault.BadInput, "", "not a number of an act")
		}
		before = n
	}
	act := custody.Act{Kind: "log.read", Actor: web.ActorOf(r).ID}
	if _, err := f.log.Do(r.Context(), act, nil); err != nil {
		return err
	}
	return f.render(w, r, before, "")
}

func (f *face) render(w http.ResponseWriter, r *http.Request, before int64, token string) error {
	entries, err := f.log.Entries(r.Context(), before, pageSize)
	if err != nil {
		return err
	}
	page := logPage{Key: f.log.Verifier(), Paged: before != math.MaxInt64, Token: token}
	note, err := f.log.Checkpoint(r.Context())
	if err != nil && fault.KindOf(err) != fault.NotFound {
		return err
	}
	page.Checkpoint = string(note)
	for _, e := range entries {
		page.Acts = append(page.Acts, show(e))
	}
	if n := len(entries); n == pageSize && entries[n-1].Seq > 0 {
		page.Older = entries[n-1].Seq
	}
	return f.site.Render(w, r, http.StatusOK, "audit/log", page)
}

func show(e custody.Entry) line {
	var leaf struct {
		Kind, Actor, Basis string
		Day                int
		Time               int64
		Facts              map[string]string
	}
	if err := json.Unmarshal(e.Leaf, &leaf); err != nil {
		return line{Seq: e.Seq, Kind: "?"}
	}
	l := line{Seq: e.Seq, Kind: leaf.Kind, Actor: leaf.Actor, Basis: leaf.Basis}
	if leaf.Day != 0 {
		l.When = e.Time.Format(time.DateOnly)
	} else {
		l.When = e.Time.UTC().Format("2006-01-02 15:04:05")
	}
	var facts []string
	for k, v := range leaf.Facts {
		facts = append(facts, k+"="+v)
	}
	slices.Sort(facts)
	l.Facts = strings.Join(facts, " ")
	return l
}
