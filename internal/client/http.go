// Package client does in Go what the pages' scripts do in a browser: it seals
// and sends a report, comes back with a receipt, enrols, opens and answers.
// The demonstration, the tests and the benchmark use it, so that nothing is
// ever put behind the real paths.
package client

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/cookiejar"
	"strings"
)

// Refusal is an answer that is not a success.
type Refusal struct {
	Status int
	Key    string // the message id of the sentence
	Text   string
}

func (r *Refusal) Error() string { return fmt.Sprintf("%d %s: %s", r.Status, r.Key, r.Text) }

// maxAnswer bounds what is read of one answer.
const maxAnswer = 16 << 20

// door is one base address with the connection (and, for staff, the cookie) to it.
type door struct {
	base string
	http *http.Client
}

func newDoor(base string) door {
	jar, _ := cookiejar.New(nil) // never fails without options
	return door{strings.TrimSuffix(base, "/"), &http.Client{Jar: jar, CheckRedirect: func(*http.Request, []*http.Request) error {
		return http.ErrUseLastResponse
	}}}
}

// call sends in as JSON (GET when nil) and decodes the answer into out.
func (d door) call(ctx context.Context, path string, in, out any) error {
	method, body := http.MethodGet, io.Reader(nil)
	if in != nil {
		b, err := json.Marshal(in)
		if err != nil {
			return err
		}
		method, body = http.MethodPost, bytes.NewReader(b)
	}
	req, err := http.NewRequestWithContext(ctx, method, d.base+path, body)
	if err != nil {
		return err
	}
	req.Header.Set("Accept", "application/json")
	if in != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	res, err := d.http.Do(req)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	raw, err := io.ReadAll(io.LimitReader(res.Body, maxAnswer))
	if err != nil {
		return err
	}
	if res.StatusCode >= 300 {
		var f struct{ Error, Text string }
		if json.Unmarshal(raw, &f) != nil {
			f.Text = http.StatusText(res.StatusCode)
		}
		return &Refusal{res.StatusCode, f.Error, f.Text}
	}
	if out == nil {
		return nil
	}
	return json.Unmarshal(raw, out)
}

// Status asks for a path with a method and gives the status alone; a redirect
// is not followed.
func (d door) Status(ctx context.Context, method, path string) (int, error) {
	req, err := http.NewRequestWithContext(ctx, method, d.base+path, strings.NewReader("{}"))
	if err != nil {
		return 0, err
	}
	req.Header.Set("Accept", "application/json")
	req.Header.Set("Content-Type", "application/json")
	res, err := d.http.Do(req)
	if err != nil {
		return 0, err
	}
	return res.StatusCode, res.Body.Close()
}
