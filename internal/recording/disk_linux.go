package recording

import (
	"os"
	"syscall"
)

// datasync puts a file's bytes and length on the disk, without its times.
func datasync(f *os.File) error { return syscall.Fdatasync(int(f.Fd())) }
