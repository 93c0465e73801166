// Package lock keeps a folder or a file for one process. Take is all there is;
// the kernel frees a lock when its process dies, however it dies.
package lock

import (
	"errors"
	"os"
	"syscall"
)

// ErrHeld says that another process has it.
var ErrHeld = errors.New("another process holds it")

// Take holds path, a file made for the purpose, until it is closed. ErrHeld
// when somebody else does, also in this process.
func Take(path string) (*os.File, error) {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, err
	}
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		_ = f.Close()
		return nil, ErrHeld
	}
	return f, nil
}
