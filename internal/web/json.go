package web

import (
	"bytes"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"

	strict "github.com/go-json-experiment/json"

	"verhaal/internal/fault"
)

// ReadJSON decodes the body into v. At most max bytes are read; unknown or
// repeated fields, trailing data and anything that isn't JSON are bad input.
func ReadJSON(r *http.Request, max int64, v any) error {
	var body bytes.Buffer
	if r.ContentLength > 0 {
		body.Grow(int(min(r.ContentLength, max)) + bytes.MinRead)
	}
	if _, err := body.ReadFrom(http.MaxBytesReader(nil, r.Body, max)); err != nil {
		return badBody(err)
	}
	return badBody(strict.Unmarshal(body.Bytes(), v, strict.RejectUnknownMembers(true)))
}

// MaxForm bounds what people type into a form of codes and days, in bytes.
const MaxForm = 64 << 10

// Form reads the form of a request, where people choose and type little.
func Form(r *http.Request) (url.Values, error) {
	err := ReadForm(r, MaxForm)
	return r.PostForm, err
}

// Back answers a change with the page it was made on; a script is told its address.
func Back(w http.ResponseWriter, r *http.Request, to string) error {
	if FromScript(r) {
		return WriteJSON(w, http.StatusOK, struct {
			To string `json:"to"`
		}{to})
	}
	http.Redirect(w, r, to, http.StatusSeeOther)
	return nil
}

// ReadForm parses a form of at most max bytes.
func ReadForm(r *http.Request, max int64) error {
	r.Body = http.MaxBytesReader(nil, r.Body, max)
	return badBody(r.ParseForm())
}

func badBody(err error) error {
	var tooLarge *http.MaxBytesError
	switch {
	case err == nil:
		return nil
	case errors.As(err, &tooLarge):
		return fault.New(fault.TooLarge, "", "body over %d bytes", tooLarge.Limit)
	}
	// The decoder's own words may quote the body, so they stop here.
	return fault.New(fault.BadInput, "", "body can't be read as the form or JSON expected")
}

// WriteJSON answers with v.
func WriteJSON(w http.ResponseWriter, status int, v any) error {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	return json.NewEncoder(w).Encode(v)
}
