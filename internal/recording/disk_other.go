//go:build !linux

package recording

import "os"

func datasync(f *os.File) error { return f.Sync() }
