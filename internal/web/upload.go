package web

import (
	"errors"
	"io"
	"net/http"
	"time"

	"verhaal/internal/fault"
)

// formRoom is what a form takes around the one file in it, in bytes.
const formRoom = 4 << 10

// ReadUpload reads the file of a form (multipart/form-data) that has the field
// name and nothing else. At most max bytes are read, into memory.
func ReadUpload(r *http.Request, name string, max int64) ([]byte, error) {
	r.Body = http.MaxBytesReader(nil, r.Body, max+formRoom)
	parts, err := r.MultipartReader()
	if err != nil {
		return nil, badBody(err)
	}
	part, err := parts.NextPart()
	if err != nil {
		return nil, badBody(err)
	}
	if part.FormName() != name {
		return nil, fault.New(fault.BadInput, "", "the form has no file")
	}
	body, err := io.ReadAll(io.LimitReader(part, max+1))
	if err != nil {
		return nil, badBody(err)
	}
	if int64(len(body)) > max {
		return nil, fault.New(fault.TooLarge, "", "a file over %d bytes", max)
	}
	if _, err := parts.NextPart(); err != io.EOF {
		return nil, fault.New(fault.BadInput, "", "the form has more than the file")
	}
	return body, nil
}

// stallTime is how long a body that Unhurried reads may bring nothing.
const stallTime = time.Minute

// Unhurried reads the body of a request for as long as it takes, hours where the
// connection is slow: of the time that the server gives a whole request it counts
// only how long nothing comes. It is for what signed-in staff send.
func Unhurried(w http.ResponseWriter, r *http.Request) io.Reader {
	return &unhurried{body: r.Body, control: http.NewResponseController(w), stall: stallTime}
}

type unhurried struct {
	body    io.Reader
	control *http.ResponseController
	stall   time.Duration
	ended   error // after it the deadline is the server's again
}

// Read implements io.Reader.
func (u *unhurried) Read(p []byte) (n int, err error) {
	if u.ended != nil {
		return 0, u.ended
	}
	if err := u.control.SetReadDeadline(time.Now().Add(u.stall)); err != nil && !errors.Is(err, http.ErrNotSupported) {
		return 0, err
	}
	n, u.ended = u.body.Read(p)
	return n, u.ended
}
