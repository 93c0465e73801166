package cli

import (
	"archive/zip"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"

	"verhaal/internal/recording/proof"
	"verhaal/internal/seal"
)

type verifyRecording struct {
	Place   string   `arg:"" name:"FILE|DIR|ZIP" help:"An exported recording or excerpt, as a folder or archive; or one .vhc file of records."`
	Key     string   `type:"existingfile" placeholder:"FILE" help:"File with a private key (age identity) that opens the recorder's shares: the contents are checked too. The minutes' keys that lie beside the recording are used by themselves."`
	LogKey  string   `name:"log-key" placeholder:"KEY" help:"Key that verifies the log: origin+hash+key. Without it, the one that came along is used, and shown."`
	Witness []string `placeholder:"KEY" help:"Public keys of witnesses that must have cosigned the log's checkpoint: name+hash+key."`
	Roots   string   `name:"tsa-roots" type:"existingfile" placeholder:"FILE" help:"Certificates (PEM) of the timestamping authorities that you trust."`
	JSON    bool     `name:"json" help:"Print the result as JSON."`
}

// Run verifies and prints one page. Exit status 0: sound as far as it was
// checked; 1: a fault was found; 2: nothing could be checked.
func (c verifyRecording) Run(t *terminal) error {
	result, err := c.verify(t)
	if err != nil {
		return wrong{fmt.Errorf("%s: %w", c.Place, err)}
	}
	if c.JSON {
		encoder := json.NewEncoder(t.out)
		encoder.SetIndent("", " ")
		err = encoder.Encode(result)
	} else {
		_, err = fmt.Fprint(t.out, result.Words())
	}
	if err == nil && !result.Sound {
		err = fmt.Errorf("%s is not sound: faults were found", c.Place)
	}
	return err
}

func (c verifyRecording) verify(t *terminal) (proof.Result, error) {
	o := proof.Options{LogKey: c.LogKey}
	var err error
	if o.Witnesses, err = readWitnesses(c.Witness); err != nil {
		return proof.Result{}, err
	}
	if c.Key != "" {
		if o.Identities, err = readIdentities(c.Key); err != nil {
			return proof.Result{}, err
		}
	}
	if c.Roots != "" {
		text, err := os.ReadFile(c.Roots)
		if err != nil {
			return proof.Result{}, err
		}
		o.Authorities = x509.NewCertPool()
		if !o.Authorities.AppendCertsFromPEM(text) {
			return proof.Result{}, fmt.Errorf("%s holds no certificate (PEM)", c.Roots)
		}
	}
	file, err := os.Open(c.Place)
	if err != nil {
		return proof.Result{}, err
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil {
		return proof.Result{}, err
	}
	if info.IsDir() {
		return proof.Verify(t.ctx, os.DirFS(c.Place), o)
	}
	if archive, err := zip.NewReader(file, info.Size()); err == nil {
		return proof.Verify(t.ctx, within(archive), o)
	}
	if c.Key != "" {
		return proof.Result{}, errors.New("a file alone is checked without keys: name the folder that it lies in")
	}
	if len(c.Witness) > 0 || c.Roots != "" {
		return proof.Result{}, errors.New("a file alone has neither cosignature nor timestamp: name the folder that it lies in")
	}
	return proof.VerifyPart(t.ctx, file)
}

// within is the archive, or the one folder that it holds.
func within(archive *zip.Reader) fs.FS {
	entries, err := fs.ReadDir(archive, ".")
	if err != nil || len(entries) != 1 || !entries[0].IsDir() {
		return archive
	}
	folder, err := fs.Sub(archive, entries[0].Name())
	if err != nil {
		return archive
	}
	return folder
}

// readIdentities reads a file as age-keygen writes it: one private key a line,
// lines with # are for people.
func readIdentities(name string) ([]seal.Identity, error) {
	text, err := os.ReadFile(name)
	if err != nil {
		return nil, err
	}
	var out []seal.Identity
	for line := range strings.Lines(string(text)) {
		line = strings.TrimSpace(line)
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		id, err := seal.ParseIdentity(line)
		if err != nil {
			return nil, fmt.Errorf("%s: a line is no private key (AGE-SECRET-KEY-PQ-1…)", name)
		}
		out = append(out, id)
	}
	if len(out) == 0 {
		return nil, fmt.Errorf("%s holds no private key", name)
	}
	return out, nil
}
