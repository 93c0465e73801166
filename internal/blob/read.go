package blob

import (
	"context"
	"io"

	"verhaal/internal/fault"
)

// source reads what a caller wants kept: exactly left bytes. Its errors never
// carry the text of the caller's, which may hold an address of the network.
type source struct {
	ctx  context.Context
	r    io.Reader
	left int64
	err  error // the first error, for those whose library wraps it
}

func (s *source) Read(p []byte) (int, error) {
	if s.left == 0 {
		return 0, io.EOF
	}
	if err := s.ctx.Err(); err != nil {
		s.err = fault.Wrap(fault.Unavailable, "", err)
		return 0, s.err
	}
	n, err := s.r.Read(p[:min(int64(len(p)), s.left)])
	s.left -= int64(n)
	switch {
	case s.left == 0:
		return n, nil
	case err == io.EOF:
		s.err = fault.New(fault.BadInput, "", "blob: the bytes end %d early", s.left)
		return n, s.err
	case err != nil && fault.KindOf(err) != fault.Internal:
		s.err = err
		return n, err
	case err != nil:
		s.err = fault.New(fault.BadInput, "", "blob: the bytes could not be read")
		return n, s.err
	}
	return n, nil
}

// bound ends reading when ctx ends and turns the errors of a backend into
// faults.
type bound struct {
	ctx   context.Context
	r     io.Reader
	fault func(error) error
}

func (b *bound) Read(p []byte) (int, error) {
	if err := b.ctx.Err(); err != nil {
		return 0, fault.Wrap(fault.Unavailable, "", err)
	}
	n, err := b.r.Read(p)
	if err != nil && err != io.EOF {
		err = b.fault(err)
	}
	return n, err
}
