package witness

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

// Elsewhere says that the witness saw another size last than it was told.
type Elsewhere struct{ Size int64 }

func (e Elsewhere) Error() string {
	return fmt.Sprintf("the witness saw %d leaves last", e.Size)
}

// Ask has the witness at url (its submission prefix) cosign a checkpoint; proof
// leads from the tree of old leaves, which it saw last, to the checkpoint's. It
// gives the signature line of the witness whose key is v, checked. The error is
// an Elsewhere if another old is wanted.
func Ask(ctx context.Context, client *http.Client, url string, v note.Verifier, old int64, proof tlog.TreeProof, checkpoint []byte) (line string, err error) {
	body := request{old, proof, checkpoint}.encode()
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, strings.TrimSuffix(url, "/")+addPath, bytes.NewReader(body))
	if err != nil {
		return "", err
	}
	answer, err := client.Do(r)
	if err != nil {
		return "", err
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(io.LimitReader(answer.Body, maxRequest))
	if err != nil {
		return "", err
	}
	if answer.StatusCode == http.StatusConflict && strings.HasPrefix(answer.Header.Get("Content-Type"), sizeType) {
		size, err := parseSize(strings.TrimSuffix(string(text), "\n"))
		if err != nil {
			return "", fmt.Errorf("the witness refused: %w", err)
		}
		return "", Elsewhere{size}
	}
	if answer.StatusCode != http.StatusOK {
		return "", fmt.Errorf("the witness answered %s", answer.Status)
	}
	return lineOf(checkpoint, text, v)
}

// lineOf picks v's signature line out of those that came, and checks it.
func lineOf(checkpoint, lines []byte, v note.Verifier) (string, error) {
	body, _, _ := bytes.Cut(checkpoint, []byte("\n\n"))
	for line := range strings.Lines(string(lines)) {
		signed := append(append(bytes.Clone(body), "\n\n"...), line...)
		if found, err := Cosigned(signed, v); err == nil && len(found) == 1 {
			return line, nil
		}
	}
	return "", fmt.Errorf("the witness gave no cosignature of the key %s", v.Name())
}
