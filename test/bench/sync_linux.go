package main

import (
	"os"
	"syscall"
)

// dataSync waits until a file's bytes are on the disk.
func dataSync(f *os.File) error { return syscall.Fdatasync(int(f.Fd())) }
