package app

import (
	"crypto/rand"
	"errors"
	"fmt"
	"os"
	"path/filepath"
)

// serverKeySize is the length of the key behind session cookies, work
// challenges and the salts of unknown logins.
const serverKeySize = 32

// keyFile names a file of the installation's own keys; they never enter the
// database, so that a copy of it can neither sign a log nor make a session.
func (c Config) keyFile(name string) string { return filepath.Join(c.Data, "keys", name) }

// newKeyFile writes a key that did not exist before, readable by us alone.
func newKeyFile(path string, key []byte) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return err
	}
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	_, err = f.Write(key)
	return errors.Join(err, f.Sync(), f.Close())
}

func readKeyFile(path string) ([]byte, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, fmt.Errorf("%w: was `verhaal init` run for this data folder?", err)
	}
	if info.Mode().Perm()&0o077 != 0 {
		return nil, fmt.Errorf("%s can be read by others: chmod 600 it", path)
	}
	return os.ReadFile(path)
}

func newServerKey() ([]byte, error) {
	key := make([]byte, serverKeySize)
	_, err := rand.Read(key)
	return key, err
}
