package web

import (
	"io"
	"net/http"

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
