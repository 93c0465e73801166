package main

import (
	"archive/zip"
	"bytes"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"verhaal/internal/blob"
	"verhaal/internal/blob/blobtest"
	"verhaal/internal/custody"
	"verhaal/internal/db"
	"verhaal/internal/drill"
	"verhaal/internal/recording"
	"verhaal/internal/recording/chunk"
	"verhaal/internal/recording/proof"
	"verhaal/internal/seal"
)

// What a camera gives: 2 Mbit/s, a record each half second.
const (
	pace      = 500 * time.Millisecond
	perRecord = 125_000 // bytes
)

// rooms are recordings of a house without people: the book and the disk.
type rooms struct {
	*recording.Book
	key, recovery seal.Identity
}

func (r *rooms) Recordable(_ context.Context, _, casefile, interview string) (recording.Interview, error) {
	return recording.Interview{Casefile: casefile, ID: interview, Channel: channel, Kinds: []string{"interview"}, Level: "video", Room: "interview_room", Pack: "nl", Version: "1", Hash: "00"}, nil
}
func (r *rooms) Outside(context.Context, string, string) (recording.Case, error) {
	return recording.Case{}, nil
}
func (r *rooms) Heard(context.Context, string) ([]string, error)                  { return nil, nil }
func (r *rooms) MayRead(context.Context, string, string) error                    { return nil }
func (r *rooms) Recorded(*db.Tx, string, string, string, map[string]string) error { return nil }
func (r *rooms) TopicLinked(*db.Tx, string, string, string) error                 { return nil }

func (r *rooms) RecordSigned(*db.Tx, string, string, string, []string) error {
	return nil
}
func (r *rooms) Key(context.Context, string, string) (string, error) {
	return r.key.Recipient(), nil
}

func newRooms(ctx context.Context, path string, copies recording.Copies) (*rooms, func() error, error) {
	quiet := slog.New(slog.DiscardHandler)
	d, w, err := db.Open(ctx, "sqlite:"+filepath.Join(path, "log.db"), quiet)
	if err != nil {
		return nil, nil, err
	}
	key, err := custody.NewKey("bench.test/log")
	if err != nil {
		return nil, nil, errors.Join(err, d.Close())
	}
	r := &rooms{}
	for _, id := range []*seal.Identity{&r.key, &r.recovery} {
		if *id, err = seal.NewIdentity(); err != nil {
			return nil, nil, errors.Join(err, d.Close())
		}
	}
	r.Book, err = recording.New(d, custody.New(d, w, key, time.Now, quiet), r, recording.Config{Files: filepath.Join(path, "files"), Keys: filepath.Join(path, "keys"),
		Recovery: r.recovery.Recipient(), Software: "bench", Copies: copies, CopyFirst: copies != nil}, time.Now)
	return r, d.Close, err
}

// reel makes the records of one part.
type reel struct {
	part  chunk.Part
	a, b  chunk.Secret
	chain *chunk.Chain
	plain []byte
	last  bool  // the next record ends the part
	acked int64 // bytes
}

func (r *rooms) begin(ctx context.Context, id chunk.ID, track chunk.Track, size int) (*reel, error) {
	out := &reel{a: chunk.NewSecret(), plain: make([]byte, size)}
	if _, err := rand.Read(out.plain); err != nil {
		return nil, err
	}
	share, err := proof.SealShare(out.a, r.key.Recipient(), r.recovery.Recipient())
	if err != nil {
		return nil, err
	}
	codec := chunk.VP8Opus
	if track == 1 {
		codec = chunk.Opus
	}
	out.part, out.b, err = r.Part(ctx, "officer", id, track, codec, share)
	out.chain = chunk.NewChain(out.part)
	return out, err
}

func (f *reel) next() ([]byte, error) {
	n := f.chain.Next()
	mono := uint64(n) * uint64(pace.Milliseconds())
	hd := chunk.Header{Part: f.part, Codec: chunk.VP8Opus, Seq: n, Mono: mono, Wall: uint64(time.Now().UnixMilli()), Duration: uint32(pace.Milliseconds()), Prev: f.chain.Head()}
	if f.part.Track == 1 {
		hd.Codec = chunk.Opus
	}
	if n == 0 {
		hd.Flags |= chunk.First
	}
	if n%2 == 1 {
		hd.Flags |= chunk.KeyFrame
	}
	if f.last {
		hd.Flags |= chunk.Last
	}
	rec, err := chunk.Seal(hd, chunk.MinuteKey(f.a, chunk.Release(f.b, f.part.Number, hd.Minute()), f.part, hd.Minute()), f.plain)
	if err != nil {
		return nil, err
	}
	_, err = f.chain.Add(rec)
	return rec.Raw, err
}

// recordingPart measures the recording room's server.
func recordingPart(ctx context.Context, binary, dir string, length time.Duration) error {
	r, done, err := newRooms(ctx, mkdir(dir, "rooms"), nil)
	if err != nil {
		return err
	}
	err = errors.Join(ingest(ctx, dir, r, length), manyRooms(ctx, dir, r, max(length, 20*time.Second)), twoHours(ctx, dir, r))
	return errors.Join(err, done(), bucketFirst(ctx, dir, length), pages(ctx, binary))
}

// pages are the control room and the player in real browsers, beside the
// server on the same processors.
func pages(ctx context.Context, binary string) error {
	pace, err := drill.Measure(ctx, drill.Options{Program: binary, Height: 720, Progress: func(string) {}}, 20*time.Second)
	if err != nil {
		return err
	}
	mid := func(took []time.Duration) string {
		return fmt.Sprintf("p50 %.0f p95 %.0f ms", ms(took[len(took)/2]), ms(took[len(took)*95/100]))
	}
	if err := faults(ctx, binary); err != nil {
		return err
	}
	row("live: from the room to the control room", mid(pace.Live), "p50 < 600 ms", "two browsers and the server on these processors")
	row("seek in a recording of two hours, key included, to the picture", mid(pace.Seek), "≤ 150 ms", "")
	return nil
}

// faults kills, cuts and fills while a real browser records; what was lost is
// read from the headers of the sealed recording, and from its picture and sound:
// numbers lost before the fault + since.
func faults(ctx context.Context, binary string) error {
	const cut = 10 * time.Minute
	goals := map[string]string{"browser killed": "≤ 500 ms, 0 bytes", "server killed": "0 ms, 0 bytes", "network cut": fmt.Sprintf("0 ms, 0 bytes, %.0f min", cut.Minutes()), "server's disk full": "0 ms, 0 bytes"}
	rows, err := drill.Run(ctx, drill.Options{Program: binary, Only: slices.Collect(maps.Keys(goals)), Cut: cut, Progress: func(string) {}})
	if err != nil {
		return err
	}
	for _, f := range rows {
		goal, asked := goals[f.Fault]
		if !asked {
			continue
		}
		lost := int64(0)
		for _, ms := range f.Lost {
			lost = max(lost, ms)
		}
		row("lost while an interview is recorded: "+f.Fault, fmt.Sprintf("%d ms; %d acknowledged bytes", lost, f.Gone), goal,
			fmt.Sprintf("of %d bytes; safe again after %d ms; in picture and sound: %s", f.Safe, f.Back, f.Watched()))
	}
	return nil
}

// ingest is one track's records, each durable before the next, beside an append
// and fdatasync of the same bytes.
func ingest(ctx context.Context, dir string, r *rooms, length time.Duration) error {
	begun, err := r.Start(ctx, "officer", recording.Ask{Casefile: "one", Interview: "i1", Kind: "interview", Minutes: 1, Tracks: []int{0, 1}})
	if err != nil {
		return err
	}
	film, err := r.begin(ctx, begun.ID, 0, perRecord)
	if err != nil {
		return err
	}
	bare, err := os.Create(filepath.Join(dir, "bare-record"))
	if err != nil {
		return err
	}
	defer bare.Close()
	var ours, limit time.Duration
	n := 0
	for start := time.Now(); time.Since(start) < 2*length; n++ { // turn by turn, so that both have the same disk
		raw, err := film.next()
		if err != nil {
			return err
		}
		began := time.Now()
		if _, err := r.Append(ctx, film.part, raw); err != nil {
			return err
		}
		ours += time.Since(began)
		began = time.Now()
		if _, err := bare.Write(raw); err != nil {
			return err
		}
		if err := dataSync(bare); err != nil {
			return err
		}
		limit += time.Since(began)
	}
	row("records of a camera, 125 kB, durable, singly", fmt.Sprintf("%.0f/s = %.0f %% of the disk", float64(n)/ours.Seconds(), 100*limit.Seconds()/ours.Seconds()),
		"≥ 70 % of the disk", fmt.Sprintf("append + fdatasync %.0f/s", float64(n)/limit.Seconds()))
	return nil
}

// manyRooms records in 50 rooms at once, three tracks each, at the pace of
// cameras, and then looks whether all is there.
func manyRooms(ctx context.Context, dir string, r *rooms, length time.Duration) error {
	const count, tracks = 50, 3
	films, took, err := r.film(ctx, count, tracks, length)
	if err != nil {
		return err
	}
	bare, err := bareRooms(dir, len(films), length)
	if err != nil {
		return err
	}
	lost := 0
	for _, film := range films {
		state, err := r.State(ctx, "officer", film.part.Recording)
		if err != nil {
			return err
		}
		i := slices.IndexFunc(state.Parts, func(p recording.PartState) bool { return p.Part == film.part })
		if i < 0 || state.Parts[i].Next != film.chain.Next() || state.Parts[i].Head != film.chain.Head() {
			lost++
		}
	}
	row(fmt.Sprintf("%d rooms, %d tracks of 2 Mbit/s each, durable acks", count, tracks),
		fmt.Sprintf("p50 %.1f p99 %.1f ms, %d tracks lost some", ms(took[len(took)/2]), ms(took[len(took)*99/100]), lost), "p99 < 100 ms, 0 lost",
		fmt.Sprintf("the disk alone p50 %.1f p99 %.1f ms; %.1f MB/s", ms(bare[len(bare)/2]), ms(bare[len(bare)*99/100]), float64(len(took)*perRecord)/1e6/length.Seconds()))
	return nil
}

// bucketFirst records where nothing is acknowledged before an S3 server has it
// too: three requests a record, on the same processors.
func bucketFirst(ctx context.Context, dir string, length time.Duration) error {
	const count, tracks = 5, 2
	server, err := blobtest.Run(mkdir(dir, "bucket"))
	if err != nil {
		return err
	}
	defer server.Stop()
	bucket, err := blob.OpenS3(ctx, server.Config())
	if err != nil {
		return err
	}
	r, done, err := newRooms(ctx, mkdir(dir, "bucket-rooms"), bucket)
	if err != nil {
		return err
	}
	copying, stop := context.WithCancel(ctx)
	var run sync.WaitGroup
	run.Go(func() { r.Run(copying) })
	films, took, err := r.film(ctx, count, tracks, length)
	stop()
	run.Wait()
	if err = errors.Join(err, done()); err != nil {
		return err
	}
	lacking := 0
	for _, film := range films {
		if progress, err := bucket.Status(ctx, recording.CopyName(film.part)); err != nil || progress.Size < film.acked {
			lacking++
		}
	}
	row(fmt.Sprintf("%d rooms, %d tracks, acknowledged once a bucket has it too", count, tracks),
		fmt.Sprintf("p50 %.1f p99 %.1f ms, %d tracks lack some there", ms(took[len(took)/2]), ms(took[len(took)*99/100]), lacking), "p99 < 100 ms, 0 lack some",
		"an S3 server over the same disk, on these processors")
	return nil
}

// film records count rooms of so many tracks each at the pace of cameras, and
// gives how long each record took to be acknowledged, ascending.
func (r *rooms) film(ctx context.Context, count, tracks int, length time.Duration) ([]*reel, []time.Duration, error) {
	var films []*reel
	for room := range count {
		begun, err := r.Start(ctx, "officer", recording.Ask{Casefile: fmt.Sprint("room", room), Interview: "i1", Kind: "interview", Minutes: 1, Tracks: []int{0, 1, 2}[:tracks]})
		if err != nil {
			return nil, nil, err
		}
		for track := range tracks {
			film, err := r.begin(ctx, begun.ID, chunk.Track(track), perRecord)
			if err != nil {
				return nil, nil, err
			}
			films = append(films, film)
		}
	}
	took, err := paced(len(films), length, func(i int) ([]byte, error) { return films[i].next() }, func(i int, raw []byte) error {
		_, err := r.Append(ctx, films[i].part, raw)
		if err == nil {
			films[i].acked += int64(len(raw))
		}
		return err
	})
	return films, took, err
}

// bareRooms is the same pace of bytes to as many files, each append with its fdatasync.
func bareRooms(dir string, count int, length time.Duration) ([]time.Duration, error) {
	files := make([]*os.File, count)
	for i := range files {
		var err error
		if files[i], err = os.Create(filepath.Join(dir, fmt.Sprint("bare-room-", i))); err != nil {
			return nil, err
		}
		defer files[i].Close()
	}
	raw := make([]byte, perRecord)
	return paced(count, length, func(int) ([]byte, error) { return raw, nil }, func(i int, raw []byte) error {
		_, err := files[i].Write(raw)
		return errors.Join(err, dataSync(files[i]))
	})
}

// paced lets count writers each write at the pace of a camera, and gives how
// long each write took, ascending: from when it was due, so that waiting counts.
func paced(count int, length time.Duration, next func(i int) ([]byte, error), write func(i int, raw []byte) error) ([]time.Duration, error) {
	var mu sync.Mutex
	var took []time.Duration
	var wg sync.WaitGroup
	failed := make([]error, count)
	start := time.Now()
	for i := range count {
		wg.Go(func() {
			due := start.Add(pace * time.Duration(i) / time.Duration(count))
			for ; due.Sub(start) < length && failed[i] == nil; due = due.Add(pace) {
				raw, err := next(i)
				time.Sleep(time.Until(due))
				if err == nil {
					err = write(i, raw)
				}
				failed[i] = err
				mu.Lock()
				took = append(took, time.Since(due))
				mu.Unlock()
			}
		})
	}
	wg.Wait()
	slices.Sort(took)
	return took, errors.Join(failed...)
}

// twoHours seals and verifies a recording of two hours.
func twoHours(ctx context.Context, dir string, r *rooms) error {
	const records = 2 * 60 * 60 * 2
	begun, err := r.Start(ctx, "officer", recording.Ask{Casefile: "long", Interview: "i1", Kind: "interview", Minutes: 1, Tracks: []int{0, 1}})
	if err != nil {
		return err
	}
	film, err := r.begin(ctx, begun.ID, 0, perRecord/4)
	if err != nil {
		return err
	}
	for batch := range records / 60 {
		var body []byte
		for i := range 60 {
			film.last = batch == records/60-1 && i == 59
			raw, err := film.next()
			if err != nil {
				return err
			}
			body = append(body, raw...)
		}
		if _, err := r.Append(ctx, film.part, body); err != nil {
			return err
		}
	}
	start := time.Now()
	if _, err := r.Stop(ctx, "officer", begun.ID, true); err != nil {
		return err
	}
	row("seal a recording of two hours at its stop", fmt.Sprintf("%.0f ms", ms(time.Since(start))), "≤ 1 s", fmt.Sprintf("%d records", records))

	path := filepath.Join(dir, "two-hours.zip")
	file, err := os.Create(path)
	if err != nil {
		return err
	}
	if err := errors.Join(r.Export(ctx, "officer", begun.ID, file), file.Close()); err != nil {
		return err
	}
	z, err := zip.OpenReader(path)
	if err != nil {
		return err
	}
	defer z.Close()
	return verifySpeed(ctx, z, film.part)
}

// verifySpeed is the check without a key beside the hash alone of the same bytes.
func verifySpeed(ctx context.Context, z *zip.ReadCloser, p chunk.Part) error {
	raw, err := z.Open(p.File())
	if err != nil {
		return err
	}
	defer raw.Close()
	all, err := io.ReadAll(raw)
	if err != nil {
		return err
	}
	start := time.Now()
	hash := sha256.New()
	if _, err := io.Copy(hash, bytes.NewReader(all)); err != nil {
		return err
	}
	alone := float64(len(all)) / 1e6 / time.Since(start).Seconds()
	start = time.Now()
	result, err := proof.Verify(ctx, z, proof.Options{})
	if err != nil {
		return err
	}
	ours := float64(len(all)) / 1e6 / time.Since(start).Seconds()
	if result.Levels[0].State != proof.Passed {
		return errors.New("the recording that was just made does not verify")
	}
	row("verify it without a key, from the ZIP", fmt.Sprintf("%.0f MB/s = %.2f × SHA-256", ours, ours/alone), "≥ 0.8 × SHA-256", fmt.Sprintf("SHA-256 of one core %.0f MB/s", alone))
	return nil
}
