package client

import (
	"context"
	"errors"
	"io"
	"maps"
	"net/http"
	"net/url"
	"slices"

	"verhaal/internal/recording/chunk"
	"verhaal/internal/recording/proof"
)

// ConfirmInterview confirms an interview that is held elsewhere.
func (c *Staff) ConfirmInterview(ctx context.Context, id, interview string) error {
	_, err := c.moved(ctx, "/case/"+id+"/about/"+interview+"/state", url.Values{"act": {"confirm"}, "outside": {"held_elsewhere"}})
	return err
}

// Running gives the id of the recording of an interview that runs; "" for none.
func (c *Staff) Running(ctx context.Context, file, interview string) (string, error) {
	var ready struct{ Running string }
	query := url.Values{"case": {file}, "interview": {interview}, "minutes": {"60"}, "tracks": {"0,1"}}
	err := c.call(ctx, "/record/ready?"+query.Encode(), nil, &ready)
	return ready.Running, err
}

// RecordedPart is how far a part of a recording is kept by the server: Next is
// the seq that it waits for, Head the hash of the record before.
type RecordedPart struct {
	Track  chunk.Track
	Number uint16 `json:"part"`
	Next   uint32
	Head   chunk.Hash
}

// Recording lists the parts of a recording as the server has them.
func (c *Staff) Recording(ctx context.Context, id string) ([]RecordedPart, error) {
	var state struct{ Parts []RecordedPart }
	err := c.call(ctx, "/record/"+id+"/state", nil, &state)
	return state.Parts, err
}

// Keys gives the keys of some minutes of a part of a case's recording, by
// minute. The purpose goes into the log.
func (c *Staff) Keys(ctx context.Context, file string, p chunk.Part, minutes []uint32, purpose string) (map[uint32]chunk.Secret, error) {
	held, err := c.ringKeys(ctx, "/case/"+file)
	if err != nil {
		return nil, err
	}
	var got struct {
		B     map[uint32][]byte
		Share []byte
	}
	if err := c.call(ctx, "/record/"+p.Recording.String()+"/keys", map[string]any{"track": p.Track, "part": p.Number, "minutes": minutes, "purpose": purpose}, &got); err != nil {
		return nil, err
	}
	a, err := proof.OpenShare(got.Share, slices.Collect(maps.Values(held))...)
	if err != nil {
		return nil, err
	}
	keys := map[uint32]chunk.Secret{}
	for _, m := range minutes {
		if len(got.B[m]) != len(chunk.Secret{}) {
			return nil, errors.New("a minute was not released")
		}
		keys[m] = chunk.MinuteKey(a, chunk.Secret(got.B[m]), p, m)
	}
	return keys, nil
}

// ExportRecording writes a sealed recording, encrypted, as a ZIP.
func (c *Staff) ExportRecording(ctx context.Context, id string, to io.Writer) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, c.base+"/record/"+id+"/export.zip", nil)
	if err != nil {
		return err
	}
	res, err := c.http.Do(req)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	if res.StatusCode != http.StatusOK {
		return &Refusal{Status: res.StatusCode, Text: http.StatusText(res.StatusCode)}
	}
	_, err = io.Copy(to, res.Body)
	return err
}
