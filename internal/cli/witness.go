package cli

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"time"

	"verhaal/internal/custody/witness"
	"verhaal/internal/lock"
)

type witnessCommand struct {
	Name   string   `placeholder:"NAME" help:"Name of the key that is made the first time, for example the host: witness.example.org."`
	Data   string   `required:"" type:"path" help:"Folder of the witness's key and of what it saw. Never put an old copy of it back."`
	Listen string   `default:"127.0.0.1:8090" help:"Address to answer at; put TLS in front."`
	Log    []string `required:"" placeholder:"KEY" help:"Public key of a log to witness: origin+hash+key. May be given several times."`
}

// witnessKey is the file of the private key, on its first line.
const witnessKey = "witness.key"

// Run answers until it is interrupted.
func (c witnessCommand) Run(t *terminal) error {
	secret, err := c.key(t)
	if err != nil {
		return err
	}
	held, err := lock.Take(filepath.Join(c.Data, "lock"))
	if err != nil {
		return fmt.Errorf("%s: %w", c.Data, err) // two witnesses with one memory could sign two histories
	}
	defer held.Close()
	handler, err := witness.NewServer(filepath.Join(c.Data, "seen"), secret, c.Log...)
	if err != nil {
		return wrong{err}
	}
	l, err := net.Listen("tcp", c.Listen)
	if err != nil {
		return err
	}
	t.say("answering at http://%s", l.Addr())
	server := &http.Server{Handler: handler, ReadTimeout: time.Minute}
	go func() {
		<-t.ctx.Done()
		_ = server.Shutdown(context.WithoutCancel(t.ctx))
	}()
	if err := server.Serve(l); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}

// key reads the private key, or makes it the first time and shows the public one.
func (c witnessCommand) key(t *terminal) (string, error) {
	path := filepath.Join(c.Data, witnessKey)
	text, err := os.ReadFile(path)
	if err == nil || !errors.Is(err, fs.ErrNotExist) {
		return string(text), err
	}
	secret, verifier, err := witness.NewKey(c.Name)
	if err != nil {
		return "", wrong{err}
	}
	if err := os.MkdirAll(c.Data, 0o700); err != nil {
		return "", err
	}
	if err := os.WriteFile(path, []byte(secret+"\n"), 0o600); err != nil {
		return "", err
	}
	if err := os.WriteFile(filepath.Join(c.Data, "witness.pub"), []byte(verifier+"\n"), 0o644); err != nil {
		return "", fmt.Errorf("the public key: %w", err)
	}
	t.say("a key was made; the logs and their auditors need the public half:\n%s", verifier)
	return secret, nil
}
