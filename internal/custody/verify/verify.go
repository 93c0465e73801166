// Package verify checks a custody log from outside: with its public key and
// the bytes it serves or exported, and nothing else. It shares no code with
// the package that writes the log, only the published formats (docs/formats.md,
// C2SP tlog-tiles, tlog-checkpoint, signed-note) and golang.org/x/mod's
// RFC 6962 hashing.
//
// Log checks a whole log; Report checks a signed proof of report, ReportIn also
// that the log holds it. What is wrong comes as a *Broken, in plain words; any
// other error means that the check could not be made.
package verify

import (
	"context"
	"encoding/base64"
	"fmt"
	"runtime"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

// Result is what was checked.
type Result struct {
	Origin string    // name of the log
	Size   int64     // leaves under the checkpoint, all of them checked
	Root   tlog.Hash // of the checkpoint
	Actors int       // different actors, "" counted as one
	// Checkpoint is the signed note that was checked against: keep it, and
	// give it to a later check, so that nobody can take back what it covers.
	Checkpoint []byte
}

// Problem is one thing that is not as it must be.
type Problem struct {
	Leaf int64  // number of the leaf; -1 when it is about no single leaf
	Path string // tile, bundle or checkpoint
	What string // a sentence for a person
}

func (p Problem) String() string {
	if p.Leaf < 0 {
		return p.Path + ": " + p.What
	}
	return fmt.Sprintf("leaf %d (%s): %s", p.Leaf, p.Path, p.What)
}

// Broken says that a log or a proof is not what it claims to be.
type Broken struct {
	Problems []Problem // in the order they were found; at most 20
}

func (b *Broken) Error() string {
	lines := make([]string, len(b.Problems))
	for i, p := range b.Problems {
		lines[i] = p.String()
	}
	return strings.Join(lines, "\n")
}

const maxProblems = 20

func broken(path, what string, args ...any) error {
	return &Broken{[]Problem{{-1, path, fmt.Sprintf(what, args...)}}}
}

// Log checks a whole log against the public key vkey: the signature of its
// checkpoint, the bytes of every leaf, every tile up to the root, the canonical
// form of every leaf and the chain of each actor's acts. older are checkpoints
// of the same log that the caller kept: the log must contain what they cover.
// It streams; memory does not grow with the log, but for the actors' names.
func Log(ctx context.Context, source Source, vkey string, older ...[]byte) (Result, error) {
	now, err := openCheckpoint(ctx, source, vkey)
	if err != nil {
		return Result{}, err
	}
	c := newCheck(source, now)
	for i, signed := range older {
		old, err := parseCheckpoint(signed, vkey)
		if err != nil {
			return Result{}, broken(fmt.Sprintf("older checkpoint %d", i+1), "%v", err)
		}
		if old.Size > now.Size {
			c.problem(-1, checkpointPath, "the log has %d leaves, but it had %d when an older checkpoint was signed: the last %d are gone",
				now.Size, old.Size, old.Size-now.Size)
			continue
		}
		c.older = append(c.older, old)
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	for b := range c.bundles(ctx, 2*runtime.NumCPU()) {
		if err := c.take(ctx, <-b); err != nil {
			return Result{}, err
		}
		if len(c.found) >= maxProblems {
			break
		}
	}
	if err := ctx.Err(); err != nil {
		return Result{}, err
	}
	if len(c.found) < maxProblems {
		if err := c.finish(ctx); err != nil {
			return Result{}, err
		}
	}
	r := Result{Origin: now.origin, Size: now.Size, Root: now.Root, Actors: len(c.last), Checkpoint: now.signed}
	if len(c.found) > 0 {
		return r, &Broken{c.found[:min(len(c.found), maxProblems)]}
	}
	return r, nil
}

// checkpoint is a signed tree.
type checkpoint struct {
	Size   int64
	Root   tlog.Hash
	origin string
	signed []byte
}

const checkpointPath = "checkpoint"

func openCheckpoint(ctx context.Context, source Source, vkey string) (checkpoint, error) {
	signed, err := source.read(ctx, checkpointPath)
	if isMissing(err) {
		return checkpoint{}, broken(checkpointPath, "is missing")
	}
	if err != nil {
		return checkpoint{}, err
	}
	c, err := parseCheckpoint(signed, vkey)
	if err != nil {
		return checkpoint{}, broken(checkpointPath, "%v", err)
	}
	return c, nil
}

// parseCheckpoint checks the signature and reads "<origin>\n<size>\n<root>\n"
// (C2SP tlog-checkpoint); lines after the third are extensions.
func parseCheckpoint(signed []byte, vkey string) (checkpoint, error) {
	text, name, err := openNote(signed, vkey)
	if err != nil {
		return checkpoint{}, err
	}
	lines := strings.Split(text, "\n")
	if len(lines) < 4 {
		return checkpoint{}, fmt.Errorf("is no checkpoint: it has fewer than three lines")
	}
	if lines[0] != name {
		return checkpoint{}, fmt.Errorf("is of the log %q, not of %q", lines[0], name)
	}
	size, err := strconv.ParseInt(lines[1], 10, 64)
	if err != nil || size < 0 || strconv.FormatInt(size, 10) != lines[1] {
		return checkpoint{}, fmt.Errorf("has no proper number of leaves")
	}
	root, err := base64.StdEncoding.Strict().DecodeString(lines[2])
	if err != nil || len(root) != tlog.HashSize {
		return checkpoint{}, fmt.Errorf("has no proper root hash")
	}
	return checkpoint{Size: size, Root: tlog.Hash(root), origin: name, signed: signed}, nil
}

// openNote checks a signed note and gives its text and the signer's name.
func openNote(signed []byte, vkey string) (text, name string, err error) {
	verifier, err := note.NewVerifier(strings.TrimSpace(vkey))
	if err != nil {
		return "", "", fmt.Errorf("the public key can't be read: %w", err)
	}
	n, err := note.Open(signed, note.VerifierList(verifier))
	if err != nil {
		return "", "", fmt.Errorf("is not signed by the key of %s: %w", verifier.Name(), err)
	}
	return n.Text, verifier.Name(), nil
}
