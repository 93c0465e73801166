//go:build !linux

package drill

import "errors"

// fill lets no file of the server grow; only Linux can do that to a process.
func (s *Server) fill() (free func() error, err error) { return nil, errors.ErrUnsupported }
