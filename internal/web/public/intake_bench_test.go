package public_test

import (
	"bytes"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"io"
	"net/http"
	"testing"

	"verhaal/internal/client"
	"verhaal/internal/report"
	"verhaal/internal/seal"
)

// BenchmarkIntake is what one sealed report costs the server, from the body to
// the durable answer, with sixteen senders.
func BenchmarkIntake(b *testing.B) {
	h := newHouse(b)
	c := client.NewReporter(h.URL, "en")
	key, err := c.Key(b.Context(), "police-avim")
	ok(b, err)
	var keys seal.Keys
	keys.Identity, err = seal.NewIdentity()
	ok(b, err)
	_, _ = rand.Read(keys.Lookup[:])
	sealed, err := c.SealUnder(keys, key, report.Facts{Danger: "no", Age: "adult", AboutSelf: "no"}, client.Story{Text: "x"}, client.Identity{})
	ok(b, err)
	body, err := json.Marshal(sealed.Body)
	ok(b, err)
	old := []byte(base64.StdEncoding.EncodeToString(keys.Lookup[:]))
	sender := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 64}}
	b.SetParallelism(8)
	b.ResetTimer()
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			var lookup [16]byte
			_, _ = rand.Read(lookup[:])
			fresh := bytes.Replace(body, old, []byte(base64.StdEncoding.EncodeToString(lookup[:])), 1)
			res, err := sender.Post(h.URL+"/en/report", "application/json", bytes.NewReader(fresh))
			if err != nil || res.StatusCode != http.StatusCreated {
				b.Errorf("%v %v", err, res)
				return
			}
			_, _ = io.Copy(io.Discard, res.Body)
			_ = res.Body.Close()
		}
	})
}
