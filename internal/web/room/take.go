package room

import (
	"errors"
	"io"
	"net/http"

	"verhaal/internal/fault"
	"verhaal/internal/recording"
	"verhaal/internal/recording/chunk"
	"verhaal/internal/web"
)

// maxTake bounds one body of records, in bytes: a backlog comes in several.
const maxTake = 4 * chunk.MaxRecord

// taken is what the server has, as the recorder checks it.
type taken struct {
	Seq  int64  `json:"seq"`
	Head string `json:"head"`
	Ack  []byte `json:"ack"`
}

func takenOf(a recording.Ack) taken { return taken{int64(a.Next) - 1, a.Head.String(), a.Sig} }

// tokenHeader is where whoever brings records shows the token of their part.
const tokenHeader = "Part-Token"

// brought reads the part of an address, for who shows its token.
func (f *face) brought(r *http.Request) (chunk.Part, error) {
	p, err := partOf(r)
	if err == nil {
		err = f.book.Brings(p, r.Header.Get(tokenHeader))
	}
	return p, err
}

// take takes records and answers when they are on the disk. After a crash any
// page of any officer in the recorder's browser brings what it left.
func (f *face) take(w http.ResponseWriter, r *http.Request) error {
	p, err := f.brought(r)
	if err != nil {
		return err
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxTake))
	if tooLong := new(http.MaxBytesError); errors.As(err, &tooLong) {
		return fault.New(fault.TooLarge, "", "records over %d bytes", int64(maxTake))
	}
	if err != nil {
		return fault.New(fault.BadInput, "", "the records did not come whole")
	}
	ack, err := f.book.Append(r.Context(), p, body)
	if fault.KindOf(err) == fault.Conflict && ack.Sig != nil {
		return web.WriteJSON(w, http.StatusConflict, struct {
			web.Failure
			taken
		}{web.Failure{Error: fault.KeyOf(err), Text: f.site.Page(r).T(fault.KeyOf(err))}, takenOf(ack)})
	}
	if err != nil {
		return err
	}
	return web.WriteJSON(w, http.StatusOK, takenOf(ack))
}

// next says where a recorder goes on.
func (f *face) next(w http.ResponseWriter, r *http.Request) error {
	p, err := f.brought(r)
	if err != nil {
		return err
	}
	ack, err := f.book.Next(r.Context(), p)
	if err != nil {
		return err
	}
	return web.WriteJSON(w, http.StatusOK, struct {
		Next uint32 `json:"next"`
		Head string `json:"head"`
	}{ack.Next, ack.Head.String()})
}
