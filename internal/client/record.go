package client

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"time"

	"verhaal/internal/recording/chunk"
	"verhaal/internal/recording/proof"
)

// Recorder records an interview as the room's page does, from what it is given.
type Recorder struct {
	staff   *Staff
	ID      string
	key     string // of the case
	paper   string // the recovery key's recipient
	Started time.Time
}

// Record begins the recording of a confirmed interview; pictures are those of
// the tracks that have a picture.
func (c *Staff) Record(ctx context.Context, file, interview string, minutes int, tracks, pictures []int) (*Recorder, error) {
	var begun struct {
		ID       string
		CaseKey  string `json:"case_key"`
		Recovery string
		Started  int64
	}
	err := c.call(ctx, "/record/", map[string]any{"case": file, "interview": interview, "kind": "interview", "minutes": minutes,
		"tracks": tracks, "pictures": pictures}, &begun)
	return &Recorder{c, begun.ID, begun.CaseKey, begun.Recovery, time.UnixMilli(begun.Started)}, err
}

// Reel is one part that is being recorded.
type Reel struct {
	of    *Recorder
	part  chunk.Part
	codec chunk.Codec
	a, b  chunk.Secret
	token string
	chain *chunk.Chain
	ready []byte // sealed, and not yet sent
	first uint32 // seq of the first of those
}

// Part begins the next part of a track.
func (r *Recorder) Part(ctx context.Context, track chunk.Track, codec chunk.Codec) (*Reel, error) {
	reel := &Reel{of: r, codec: codec, a: chunk.NewSecret()}
	share, err := proof.SealShare(reel.a, r.key, r.paper)
	if err != nil {
		return nil, err
	}
	var given struct {
		Part  uint16
		B     []byte `json:"share_b"`
		Token string
	}
	if err := r.staff.call(ctx, "/record/"+r.ID+"/parts", map[string]any{"track": track, "codec": codec, "share": share}, &given); err != nil {
		return nil, err
	}
	reel.part = chunk.Part{Track: track, Number: given.Part}
	if err := reel.part.Recording.UnmarshalText([]byte(r.ID)); err != nil {
		return nil, err
	}
	copy(reel.b[:], given.B)
	reel.token, reel.chain = given.Token, chunk.NewChain(reel.part)
	return reel, nil
}

// Add seals the next piece of the part: it begins at mono, in ms of the
// recording, and lasts so many. Send takes it to the server.
func (f *Reel) Add(plain []byte, mono uint64, duration uint32, flags chunk.Flags) error {
	h := chunk.Header{Part: f.part, Codec: f.codec, Seq: f.chain.Next(), Mono: mono, Duration: duration, Flags: flags, Prev: f.chain.Head(),
		Wall: uint64(f.of.Started.UnixMilli()) + mono}
	record, err := chunk.Seal(h, chunk.MinuteKey(f.a, chunk.Release(f.b, f.part.Number, h.Minute()), f.part, h.Minute()), plain)
	if err != nil {
		return err
	}
	_, err = f.chain.Add(record)
	f.ready = append(f.ready, record.Raw...)
	return err
}

// Waiting is how many sealed bytes were not sent yet.
func (f *Reel) Waiting() int { return len(f.ready) }

// Send takes what was added to the server; it is durable there afterwards.
func (f *Reel) Send(ctx context.Context) error {
	path := fmt.Sprintf("%s/record/%s/%d/%d/%d", f.of.staff.base, f.of.ID, f.part.Track, f.part.Number, f.first)
	req, err := http.NewRequestWithContext(ctx, http.MethodPut, path, bytes.NewReader(f.ready))
	if err != nil {
		return err
	}
	req.Header.Set("Content-Type", "application/octet-stream")
	req.Header.Set("Accept", "application/json")
	req.Header.Set("Part-Token", f.token)
	res, err := f.of.staff.http.Do(req)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	raw, err := io.ReadAll(io.LimitReader(res.Body, maxAnswer))
	if err != nil {
		return err
	}
	var ack struct{ Head string }
	if res.StatusCode != http.StatusOK || json.Unmarshal(raw, &ack) != nil || ack.Head != f.chain.Head().String() {
		return &Refusal{Status: res.StatusCode, Text: "the server has not what was sent"}
	}
	f.ready, f.first = f.ready[:0], f.chain.Next()
	return nil
}

// Stop has the recording sealed.
func (r *Recorder) Stop(ctx context.Context) error {
	return r.staff.call(ctx, "/record/"+r.ID+"/stop", map[string]bool{"room_empty": true}, nil)
}
