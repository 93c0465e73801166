//go:build !linux

package blob

import "os"

type diskFile struct{ *os.File }

func (f diskFile) datasync() error { return f.Sync() }
