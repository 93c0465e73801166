package drill

import "golang.org/x/sys/unix"

// fill lets no file of the server grow, as a full disk does; free ends that.
func (s *Server) fill() (free func() error, err error) {
	var before unix.Rlimit
	pid := s.cmd.Process.Pid
	if err := unix.Prlimit(pid, unix.RLIMIT_FSIZE, nil, &before); err != nil {
		return nil, err
	}
	full := unix.Rlimit{Cur: 0, Max: before.Max}
	return func() error { return unix.Prlimit(pid, unix.RLIMIT_FSIZE, &before, nil) }, unix.Prlimit(pid, unix.RLIMIT_FSIZE, &full, nil)
}
