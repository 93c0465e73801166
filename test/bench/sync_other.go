//go:build !linux

package main

import "os"

// dataSync waits until a file's bytes are on the disk.
func dataSync(f *os.File) error { return f.Sync() }
