package public_test

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"verhaal/internal/client"
	"verhaal/internal/report"
	"verhaal/internal/web/public"
)

// slow is a book of reports that takes its time, and remembers.
type slow struct {
	public.Reports
	hold chan struct{} // closed when writing may go on

	mu       sync.Mutex // keeps the lists whole
	received []report.Submission
	returned int
}

func (s *slow) Submit(_ context.Context, r report.Submission) (report.Received, error) {
	<-s.hold
	s.mu.Lock()
	defer s.mu.Unlock()
	s.received = append(s.received, r)
	return report.Received{Proof: "proof", Day: 20261123}, nil
}

func (s *slow) Return(ctx context.Context, lookup, proof []byte) (report.Dialogue, error) {
	s.mu.Lock()
	s.returned++
	s.mu.Unlock()
	if len(lookup) != 16 || len(proof) != 32 {
		panic("a receipt was not derived")
	}
	return s.Reports.Return(ctx, lookup, proof)
}

func TestUnderLoadWorkIsAskedForAndWhatComesWithoutIsTakenAndMarked(t *testing.T) {
	h := newHouse(t)
	book := &slow{Reports: h.reports, hold: make(chan struct{})}
	h.config.Reports = book
	base := h.door(t, h.config).URL
	c := client.NewReporter(base, "en")
	calm, err := c.Key(t.Context(), "crime-stoppers")
	ok(t, err)
	if calm.Work.Bits != 0 {
		t.Errorf("%d bits of work are asked for in calm", calm.Work.Bits)
	}
	facts := report.Facts{Danger: "no", Age: "adult", AboutSelf: "no"}
	early, err := c.Seal(calm, facts, client.Story{Text: "early"}, client.Identity{})
	ok(t, err)

	// Unsealed bodies reach the book too, here; it is the book that refuses them.
	var crowd sync.WaitGroup
	post := func(body string) {
		res, err := http.Post(base+"/en/report", "application/json", strings.NewReader(body))
		if err != nil {
			t.Error(err)
			return
		}
		res.Body.Close()
		if res.StatusCode != http.StatusCreated {
			t.Errorf("a finished report was answered with %d", res.StatusCode)
		}
	}
	const many = 300
	for range many {
		crowd.Go(func() { post(`{"channel":"crime-stoppers"}`) })
	}
	var busy client.DeskKey
	for deadline := time.Now().Add(20 * time.Second); busy.Work.Bits < 13; time.Sleep(10 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("with %d reports in hand %d bits of work are asked for", many, busy.Work.Bits)
		}
		busy, err = c.Key(t.Context(), "crime-stoppers")
		ok(t, err)
	}
	worked, err := c.Seal(busy, facts, client.Story{Text: "worked"}, client.Identity{})
	ok(t, err)
	for _, s := range []client.Sealed{early, worked} {
		crowd.Go(func() {
			if _, err := c.Send(context.Background(), s); err != nil {
				t.Error(err)
			}
		})
	}
	time.Sleep(100 * time.Millisecond)
	close(book.hold)
	crowd.Wait()

	marked, ours := 0, 0
	for _, r := range book.received {
		if r.Marked {
			marked++
		}
		if len(r.Lookup) > 0 {
			ours++
			if r.Marked {
				t.Error("a report that did its work, or began in calm a moment ago, is marked")
			}
		}
	}
	if len(book.received) != many+2 || ours != 2 {
		t.Errorf("%d reports arrived of %d", len(book.received), many+2)
	}
	if marked == 0 || marked > many {
		t.Errorf("%d reports are marked", marked)
	}
}

func TestLongFormsThatNeverEndHoldNobodyUp(t *testing.T) {
	h := newHouse(t)
	var lines []net.Conn
	for range 40 {
		line, err := net.Dial("tcp", h.Listener.Addr().String())
		ok(t, err)
		lines = append(lines, line)
		_, err = fmt.Fprint(line, "POST /en/report HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: 2000000\r\n\r\nstory=")
		ok(t, err)
	}
	// All places for long forms are taken by now, or soon.
	for range 3 {
		_, res := h.page(t, "/en/report", url.Values{"channel": {"labour-tci"}, "story": {strings.Repeat("a usual story ", 2000)}})
		if res.StatusCode != http.StatusOK {
			t.Errorf("a usual form was answered with %d", res.StatusCode)
		}
	}
	for _, line := range lines {
		ok(t, line.Close())
	}
	_, res := h.page(t, "/en/report", url.Values{"channel": {"labour-tci"}, "story": {strings.Repeat("a long story ", 15_000)}})
	if res.StatusCode != http.StatusOK {
		t.Errorf("a long form was answered with %d", res.StatusCode)
	}
}

func TestEveryWrongReceiptCostsOneLookUp(t *testing.T) {
	h := newHouse(t)
	book := &slow{Reports: h.reports}
	h.config.Reports = book
	base := h.door(t, h.config).URL
	for i, receipt := range []string{"", "nonsense", "1204 2220 4483 9865 8675 0362 5674", strings.Repeat("x", 5000)} {
		res, err := http.PostForm(base+"/en/return", url.Values{"receipt": {receipt}})
		ok(t, err)
		ok(t, res.Body.Close())
		if book.returned != i+1 {
			t.Errorf("entry %d: %d look-ups in all, want %d", i, book.returned, i+1)
		}
	}
}
