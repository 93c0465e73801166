package blob_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"pgregory.net/rapid"

	"verhaal/internal/blob"
	"verhaal/internal/blob/blobtest"
	"verhaal/internal/fault"
)

// each runs f on every backend.
func each(t *testing.T, f func(t *testing.T, s blob.Store)) {
	t.Run("disk", func(t *testing.T) {
		d, err := blob.OpenDisk(t.TempDir())
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { d.Close() })
		f(t, d)
	})
	t.Run("s3", func(t *testing.T) {
		s, err := blob.OpenS3(context.Background(), blobtest.Start(t).Config())
		if err != nil {
			t.Fatal(err)
		}
		f(t, s)
	})
}

func put(s blob.Store, name, text string) error {
	return s.Put(context.Background(), name, int64(len(text)), strings.NewReader(text))
}

func get(s blob.Store, name string, off, n int64) (string, error) {
	r, err := s.Get(context.Background(), name, off, n)
	if err != nil {
		return "", err
	}
	defer r.Close()
	b, err := io.ReadAll(r)
	return string(b), err
}

// want checks the kind of an error, and that no error gives a name away.
func want(t *testing.T, what string, err error, kind fault.Kind) {
	t.Helper()
	if err == nil || fault.KindOf(err) != kind {
		t.Errorf("%s: %v, want %v", what, err, kind)
	}
	if err != nil && strings.Contains(err.Error(), "secretname") {
		t.Errorf("%s: the error holds the name: %v", what, err)
	}
}

func must(t *testing.T, what string, err error) {
	t.Helper()
	if err != nil {
		t.Fatalf("%s: %v", what, err)
	}
}

func TestABlobIsKeptOnceAndReadInParts(t *testing.T) {
	each(t, func(t *testing.T, s blob.Store) {
		ctx := context.Background()
		const name = "attachment/secretname"
		must(t, "put", put(s, name, "0123456789"))
		want(t, "second put", put(s, name, "other"), fault.Conflict)
		for _, c := range []struct {
			off, n int64
			text   string
		}{{0, -1, "0123456789"}, {3, 4, "3456"}, {8, 100, "89"}, {10, -1, ""}, {0, 0, ""}, {9, 1, "9"}} {
			if text, err := get(s, name, c.off, c.n); err != nil || text != c.text {
				t.Errorf("get %d %d: %q %v, want %q", c.off, c.n, text, err, c.text)
			}
		}
		_, err := get(s, name, 11, -1)
		want(t, "get beyond the end", err, fault.BadInput)
		_, err = get(s, name, -1, 1)
		want(t, "get before the start", err, fault.BadInput)
		if size, err := s.Stat(ctx, name); size != 10 || err != nil {
			t.Errorf("stat: %d %v", size, err)
		}
		must(t, "empty put", put(s, "attachment/empty", ""))
		if text, err := get(s, "attachment/empty", 0, -1); text != "" || err != nil {
			t.Errorf("empty: %q %v", text, err)
		}
		must(t, "delete", s.Delete(ctx, name))
		must(t, "delete again", s.Delete(ctx, name))
		_, err = get(s, name, 0, -1)
		want(t, "get deleted", err, fault.NotFound)
		_, err = s.Stat(ctx, name)
		want(t, "stat deleted", err, fault.NotFound)
		must(t, "put after delete", put(s, name, "new"))
	})
}

func TestAPutThatFailsLeavesNothing(t *testing.T) {
	each(t, func(t *testing.T, s blob.Store) {
		ctx := context.Background()
		const name = "attachment/secretname"
		want(t, "short", s.Put(ctx, name, 10, strings.NewReader("short")), fault.BadInput)
		broken := io.MultiReader(strings.NewReader("abc"), errorReader{errors.New("read tcp 192.0.2.7:1234: reset")})
		err := s.Put(ctx, name, 10, broken)
		want(t, "broken", err, fault.BadInput)
		if err != nil && strings.Contains(err.Error(), "192.0.2.7") {
			t.Errorf("the error holds an address: %v", err)
		}
		ended, cancel := context.WithCancel(ctx)
		cancel()
		want(t, "ended", s.Put(ended, name, 3, strings.NewReader("abc")), fault.Unavailable)
		want(t, "too large", s.Put(ctx, name, blob.MaxPut+1, strings.NewReader("")), fault.TooLarge)
		_, err = s.Stat(ctx, name)
		want(t, "after", err, fault.NotFound)
		must(t, "the name is still free", put(s, name, "abc"))
	})
}

type errorReader struct{ err error }

func (r errorReader) Read([]byte) (int, error) { return 0, r.err }

func TestOfConcurrentPutsOfOneNameExactlyOneWins(t *testing.T) {
	each(t, func(t *testing.T, s blob.Store) {
		for round := range 5 {
			name := fmt.Sprintf("attachment/race%d", round)
			var winner atomic.Int64
			winner.Store(-1)
			var wg sync.WaitGroup
			for i := range 16 {
				wg.Go(func() {
					err := put(s, name, fmt.Sprintf("writer %02d", i))
					if err == nil && !winner.CompareAndSwap(-1, int64(i)) {
						t.Errorf("two puts of one name won")
					}
					if err != nil && fault.KindOf(err) != fault.Conflict {
						t.Errorf("a losing put: %v", err)
					}
				})
			}
			wg.Wait()
			if text, err := get(s, name, 0, -1); err != nil || text != fmt.Sprintf("writer %02d", winner.Load()) {
				t.Errorf("kept %q (%v), the winner was %d", text, err, winner.Load())
			}
		}
	})
}

func TestListGoesOnWhereItStopped(t *testing.T) {
	each(t, func(t *testing.T, s blob.Store) {
		ctx := context.Background()
		names := []string{"a/0000", "a/0001", "a/00.2", "a/ab-1", "a/ab_2", "a/abcd", "a/abce", "a/zz99", "b/abcd"}
		for _, n := range names {
			must(t, "put", put(s, n, "x"))
		}
		slices.Sort(names)
		for prefix, n := range map[string]int{"a/": 8, "a/ab": 4, "a/abc": 2, "a/a": 4, "b/": 1, "c/": 0, "a/0000": 1} {
			for limit := 1; limit < 10; limit++ {
				var got []string
				after := ""
				for {
					page, err := s.List(ctx, prefix, after, limit)
					must(t, "list", err)
					if len(page) > limit {
						t.Fatalf("a page of %d for %d", len(page), limit)
					}
					got = append(got, page...)
					if len(page) < limit {
						break
					}
					after = page[len(page)-1]
				}
				var wanted []string
				for _, name := range names {
					if strings.HasPrefix(name, prefix) {
						wanted = append(wanted, name)
					}
				}
				if !slices.Equal(got, wanted) || len(got) != n {
					t.Errorf("%s by %d: %v, want %v", prefix, limit, got, wanted)
				}
			}
		}
		_, err := s.List(ctx, "../", "", 1)
		want(t, "list outside", err, fault.BadInput)
	})
}

func TestAStreamGrowsAtItsEndAndBecomesABlob(t *testing.T) {
	each(t, func(t *testing.T, s blob.Store) {
		ctx := context.Background()
		const name = "attachment/secretname"
		_, err := s.Status(ctx, name)
		want(t, "status of nothing", err, fault.NotFound)
		_, err = s.Append(ctx, name, 0, []byte("x"))
		want(t, "append to nothing", err, fault.NotFound)
		want(t, "finish nothing", s.Finish(ctx, name, 0), fault.NotFound)
		must(t, "create", s.Create(ctx, name))
		want(t, "create again", s.Create(ctx, name), fault.Conflict)
		for _, c := range []struct {
			off  int64
			text string
			size int64
			kind fault.Kind
		}{
			{0, "01234", 5, -1}, {4, "x", 0, fault.Conflict}, {6, "x", 0, fault.Conflict}, {0, "01234", 0, fault.Conflict},
			{5, "", 0, fault.BadInput}, {-1, "x", 0, fault.BadInput}, {5, "56789", 10, -1}, {10, "abc", 13, -1},
		} {
			size, err := s.Append(ctx, name, c.off, []byte(c.text))
			if c.kind >= 0 {
				want(t, fmt.Sprintf("append %q at %d", c.text, c.off), err, c.kind)
			} else if err != nil || size != c.size {
				t.Errorf("append %q at %d: %d %v", c.text, c.off, size, err)
			}
		}
		_, err = s.Append(ctx, name, 13, make([]byte, blob.MaxAppend+1))
		want(t, "append too much", err, fault.TooLarge)
		if p, err := s.Status(ctx, name); err != nil || p != (blob.Progress{Size: 13}) {
			t.Errorf("status: %+v %v", p, err)
		}
		_, err = s.Stat(ctx, name)
		want(t, "an unfinished stream is no blob", err, fault.NotFound)
		want(t, "finish at a wrong size", s.Finish(ctx, name, 12), fault.Conflict)
		must(t, "finish", s.Finish(ctx, name, 13))
		must(t, "finish again", s.Finish(ctx, name, 13))
		want(t, "finish again at another size", s.Finish(ctx, name, 12), fault.Conflict)
		for _, c := range []struct {
			off, n int64
			text   string
		}{{0, -1, "0123456789abc"}, {4, 3, "456"}, {3, 9, "3456789ab"}, {13, -1, ""}, {10, 1, "a"}, {12, 50, "c"}} {
			if text, err := get(s, name, c.off, c.n); err != nil || text != c.text {
				t.Errorf("get %d %d: %q %v, want %q", c.off, c.n, text, err, c.text)
			}
		}
		if p, err := s.Status(ctx, name); err != nil || p != (blob.Progress{Size: 13, Finished: true}) {
			t.Errorf("status: %+v %v", p, err)
		}
		if size, err := s.Stat(ctx, name); err != nil || size != 13 {
			t.Errorf("stat: %d %v", size, err)
		}
		if list, err := s.List(ctx, "attachment/", "", 9); err != nil || !slices.Equal(list, []string{name}) {
			t.Errorf("list: %v %v", list, err)
		}
		_, err = s.Append(ctx, name, 13, []byte("late"))
		want(t, "append to a finished stream", err, fault.Conflict)
		want(t, "create a finished name", s.Create(ctx, name), fault.Conflict)
		want(t, "put a finished name", put(s, name, "x"), fault.Conflict)
		must(t, "delete", s.Delete(ctx, name))
		_, err = s.Status(ctx, name)
		want(t, "status of deleted", err, fault.NotFound)
		must(t, "create after delete", s.Create(ctx, name))
		if p, err := s.Status(ctx, name); err != nil || p != (blob.Progress{}) {
			t.Errorf("a new stream of a deleted name: %+v %v", p, err)
		}
		must(t, "delete an unfinished stream", s.Delete(ctx, name))
		must(t, "empty stream", s.Create(ctx, name))
		must(t, "finish an empty stream", s.Finish(ctx, name, 0))
		if text, err := get(s, name, 0, -1); text != "" || err != nil {
			t.Errorf("an empty stream reads %q %v", text, err)
		}
	})
}

func TestAPutDuringAStreamKeepsItsOwnBytes(t *testing.T) {
	each(t, func(t *testing.T, s blob.Store) {
		ctx := context.Background()
		const name = "attachment/both"
		must(t, "create", s.Create(ctx, name))
		_, err := s.Append(ctx, name, 0, []byte("stream"))
		must(t, "append", err)
		must(t, "put", put(s, name, "theput"))
		want(t, "finish", s.Finish(ctx, name, 6), fault.Conflict)
		if text, err := get(s, name, 0, -1); text != "theput" || err != nil {
			t.Errorf("kept %q %v", text, err)
		}
	})
}

func TestOfConcurrentAppendsAtOneOffsetExactlyOneWins(t *testing.T) {
	each(t, func(t *testing.T, s blob.Store) {
		ctx := context.Background()
		const name = "attachment/race"
		must(t, "create", s.Create(ctx, name))
		var expected []byte
		for round := range 5 {
			var mu sync.Mutex
			var won [][]byte
			var wg sync.WaitGroup
			for i := range 8 {
				wg.Go(func() {
					b := bytes.Repeat([]byte{byte('a' + i)}, 100+i)
					_, err := s.Append(ctx, name, int64(len(expected)), b)
					if err != nil && fault.KindOf(err) != fault.Conflict {
						t.Errorf("a losing append: %v", err)
					}
					if err == nil {
						mu.Lock()
						won = append(won, b)
						mu.Unlock()
					}
				})
			}
			wg.Wait()
			if len(won) != 1 {
				t.Fatalf("round %d: %d appends at one offset won", round, len(won))
			}
			expected = append(expected, won[0]...)
		}
		must(t, "finish", s.Finish(ctx, name, int64(len(expected))))
		if text, err := get(s, name, 0, -1); err != nil || text != string(expected) {
			t.Errorf("kept other bytes than those that won (%v)", err)
		}
	})
}

// Any sequence of appends of any size reads back whole and in any range.
func TestAStreamReadsBackWhatWasAppended(t *testing.T) {
	each(t, func(t *testing.T, s blob.Store) {
		ctx := context.Background()
		n := 0
		rapid.Check(t, func(rt *rapid.T) {
			n++
			name := fmt.Sprintf("attachment/prop%d", n)
			must(t, "create", s.Create(ctx, name))
			var all []byte
			for range rapid.IntRange(0, 6).Draw(rt, "appends") {
				b := pattern(int64(len(all)), rapid.SampledFrom([]int{1, 7, 4096, 70_000}).Draw(rt, "size"))
				size, err := s.Append(ctx, name, int64(len(all)), b)
				all = append(all, b...)
				if err != nil || size != int64(len(all)) {
					rt.Fatalf("append: %d %v", size, err)
				}
			}
			if err := s.Finish(ctx, name, int64(len(all))); err != nil {
				rt.Fatal(err)
			}
			off := rapid.IntRange(0, len(all)).Draw(rt, "off")
			length := rapid.IntRange(0, len(all)-off).Draw(rt, "n")
			if text, err := get(s, name, int64(off), int64(length)); err != nil || text != string(all[off:off+length]) {
				rt.Fatalf("get %d %d of %d: %d bytes, %v", off, length, len(all), len(text), err)
			}
		})
	})
}

// pattern is n bytes that depend on where they stand.
func pattern(off int64, n int) []byte {
	b := make([]byte, n)
	for i := range b {
		at := off + int64(i)
		b[i] = byte(at ^ at>>8 ^ at>>16)
	}
	return b
}

func TestAStoreThatIsGoneIsUnavailableAndLosesNothing(t *testing.T) {
	server := blobtest.Start(t)
	ctx := context.Background()
	s, err := blob.OpenS3(ctx, server.Config())
	must(t, "open", err)
	const name = "attachment/secretname"
	must(t, "put", put(s, name, "kept"))
	must(t, "create", s.Create(ctx, "attachment/grows"))
	_, err = s.Append(ctx, "attachment/grows", 0, []byte("first"))
	must(t, "append", err)

	server.Stop()
	short, cancel := context.WithTimeout(ctx, 20*time.Second)
	defer cancel()
	want(t, "put while gone", put(s, "attachment/secretname2", "x"), fault.Unavailable)
	_, err = s.Get(short, name, 0, -1)
	want(t, "get while gone", err, fault.Unavailable)
	_, err = s.Append(short, "attachment/grows", 5, []byte("second"))
	want(t, "append while gone", err, fault.Unavailable)
	_, err = s.List(short, "attachment/", "", 10)
	want(t, "list while gone", err, fault.Unavailable)
	want(t, "delete while gone", s.Delete(short, name), fault.Unavailable)
	_, err = blob.OpenS3(short, server.Config())
	want(t, "open while gone", err, fault.Unavailable)

	server.Start()
	if text, err := get(s, name, 0, -1); text != "kept" || err != nil {
		t.Errorf("after it came back: %q %v", text, err)
	}
	if p, err := s.Status(ctx, "attachment/grows"); err != nil || p.Size != 5 {
		t.Errorf("the stream after it came back: %+v %v", p, err)
	}
	size, err := s.Append(ctx, "attachment/grows", 5, []byte("second"))
	if err != nil || size != 11 {
		t.Errorf("append after it came back: %d %v", size, err)
	}
}

func TestASharedBucketServesSeveralProcesses(t *testing.T) {
	server := blobtest.Start(t)
	ctx := context.Background()
	one, err := blob.OpenS3(ctx, server.Config())
	must(t, "open", err)
	other, err := blob.OpenS3(ctx, server.Config())
	must(t, "open", err)
	must(t, "create", one.Create(ctx, "attachment/shared"))
	_, err = one.Append(ctx, "attachment/shared", 0, []byte("one "))
	must(t, "append", err)
	_, err = other.Append(ctx, "attachment/shared", 4, []byte("other"))
	must(t, "append", err)
	must(t, "finish", one.Finish(ctx, "attachment/shared", 9))
	if text, err := get(other, "attachment/shared", 0, -1); text != "one other" || err != nil {
		t.Errorf("%q %v", text, err)
	}
	missing := server.Config()
	missing.Bucket = "nowhere"
	_, err = blob.OpenS3(ctx, missing)
	want(t, "a missing bucket", err, fault.Unavailable)
}

func FuzzNoNameLeavesItsPlace(f *testing.F) {
	for _, s := range []string{"attachment/abcd", "../../etc/passwd", "a/..ab", "a/ab/cd", "A/abcd", "a/abcd\n", "a/abc", "a//abcd", "a/ab\x00cd"} {
		f.Add(s)
	}
	d, err := blob.OpenDisk(f.TempDir())
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, name string) {
		err := put(d, name, "x")
		if (blob.CheckName(name) == nil) != (fault.KindOf(err) != fault.BadInput || err == nil) {
			t.Fatalf("%q: %v", name, err)
		}
		if err != nil && fault.KindOf(err) != fault.Conflict {
			return
		}
		space, id, _ := strings.Cut(name, "/")
		if strings.ContainsAny(space, "./\\\x00") || strings.ContainsAny(id, "/\\\x00") || strings.HasPrefix(id, ".") {
			t.Errorf("%q was taken", name)
		}
	})
}
