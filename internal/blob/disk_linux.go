package blob

import (
	"os"

	"golang.org/x/sys/unix"
)

type diskFile struct{ *os.File }

// datasync makes the bytes and the size durable, and leaves the times of the
// file, which cost a write of the journal, alone.
func (f diskFile) datasync() error {
	for {
		if err := unix.Fdatasync(int(f.Fd())); err != unix.EINTR {
			return err
		}
	}
}
