package main

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"verhaal/internal/client"
	"verhaal/internal/report"
	"verhaal/internal/seal"
)

// story has the length of a page, as a report by somebody who writes much.
var story = strings.Repeat("They took my papers and said that I owe them. ", 60)

// templates is how many reports are really sealed; each is sent many times
// under receipts of its own, since sealing is the reporter's work and not the server's.
const templates = 32

// intake sends sealed reports and remembers every one that was acknowledged.
type intake struct {
	base     string
	http     *http.Client
	reporter *client.Reporter
	bodies   [][]byte
	keys     []seal.Keys
	next     atomic.Int64

	mu       sync.Mutex // guards accepted
	accepted []seal.Keys
}

func newIntake(ctx context.Context, base string) (*intake, error) {
	transport := http.DefaultTransport.(*http.Transport).Clone()
	transport.MaxIdleConnsPerHost = 1024
	transport.MaxIdleConns = 1024
	in := &intake{base: base, http: &http.Client{Transport: transport}, reporter: client.NewReporter(base, "en")}
	key, err := in.reporter.Key(ctx, channel)
	if err != nil {
		return nil, err
	}
	for range templates {
		keys, err := newKeys()
		if err != nil {
			return nil, err
		}
		sealed, err := in.reporter.SealUnder(keys, key, report.Facts{Danger: "no", Age: "adult", AboutSelf: "yes", Kinds: []string{"labour"}, Language: "en"},
			client.Story{Text: story}, client.Identity{Name: "Nobody"})
		if err != nil {
			return nil, err
		}
		body, err := json.Marshal(sealed.Body)
		if err != nil {
			return nil, err
		}
		in.bodies, in.keys = append(in.bodies, body), append(in.keys, keys)
	}
	return in, nil
}

// newKeys are those of a receipt that was derived elsewhere.
func newKeys() (seal.Keys, error) {
	var k seal.Keys
	_, _ = rand.Read(k.Lookup[:])
	_, _ = rand.Read(k.Proof[:])
	var err error
	k.Identity, err = seal.NewIdentity()
	return k, err
}

// send sends one report under a fresh receipt; nil means that it was acknowledged.
func (in *intake) send() error {
	i := int(in.next.Add(1)) % templates
	keys := in.keys[i]
	_, _ = rand.Read(keys.Lookup[:])
	_, _ = rand.Read(keys.Proof[:])
	b64 := base64.StdEncoding.EncodeToString
	body := bytes.Replace(in.bodies[i], []byte(b64(in.keys[i].Lookup[:])), []byte(b64(keys.Lookup[:])), 1)
	body = bytes.Replace(body, []byte(b64(in.keys[i].Proof[:])), []byte(b64(keys.Proof[:])), 1)
	res, err := in.http.Post(in.base+"/en/report", "application/json", bytes.NewReader(body))
	if err != nil {
		return err
	}
	_, err = io.Copy(io.Discard, res.Body)
	_ = res.Body.Close()
	if err == nil && res.StatusCode != http.StatusCreated {
		err = fmt.Errorf("status %d", res.StatusCode)
	}
	if err != nil {
		return err
	}
	in.mu.Lock()
	in.accepted = append(in.accepted, keys)
	in.mu.Unlock()
	return nil
}

// openAll comes back with every receipt that was acknowledged and counts those
// that do not open the right story.
func (in *intake) openAll(ctx context.Context) (lost int) {
	work := make(chan seal.Keys)
	var missing atomic.Int64
	var wg sync.WaitGroup
	for range 16 {
		wg.Go(func() {
			for keys := range work {
				if d, err := in.reporter.ReturnWith(ctx, keys); err != nil || d.Story != story {
					missing.Add(1)
				}
			}
		})
	}
	for _, keys := range in.accepted {
		work <- keys
	}
	close(work)
	wg.Wait()
	return int(missing.Load())
}

// plain is a report of a browser without scripts: the server derives and seals.
func (in *intake) plain() error {
	res, err := in.http.PostForm(in.base+"/en/report", url.Values{"channel": {channel}, "story": {story}})
	if err != nil {
		return err
	}
	_, err = io.Copy(io.Discard, res.Body)
	_ = res.Body.Close()
	if err == nil && res.StatusCode != http.StatusOK {
		err = fmt.Errorf("status %d", res.StatusCode)
	}
	return err
}

// kdf is how long one derivation takes alone on this machine.
func kdf() (time.Duration, error) {
	start := time.Now()
	const n = 5
	for range n {
		if _, err := seal.Derive(make([]byte, 10), make([]byte, seal.SaltSize)); err != nil {
			return 0, err
		}
	}
	return time.Since(start) / n, nil
}
