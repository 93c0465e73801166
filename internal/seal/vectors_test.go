package seal_test

import (
	"bytes"
	"compress/zlib"
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"io"
	"io/fs"
	"strings"
	"testing"

	agetest "c2sp.org/CCTV/age"
	"filippo.io/age"

	"verhaal/internal/fault"
	"verhaal/internal/seal"
)

// vector is one of the public test vectors of the age format (C2SP CCTV).
type vector struct {
	name, expect, payloadHash string
	fileKey                   []byte
	identity                  string // the first; "" where a passphrase opens it
	armored                   bool
	file                      []byte
}

func vectors(t *testing.T) []vector {
	t.Helper()
	names, err := fs.ReadDir(agetest.Vectors, ".")
	if err != nil {
		t.Fatal(err)
	}
	var all []vector
	for _, entry := range names {
		text, err := fs.ReadFile(agetest.Vectors, entry.Name())
		if err != nil {
			t.Fatal(err)
		}
		v := vector{name: entry.Name()}
		head, file, _ := bytes.Cut(text, []byte("\n\n"))
		v.file = file
		for line := range strings.Lines(string(head)) {
			key, value, _ := strings.Cut(strings.TrimSuffix(line, "\n"), ": ")
			switch key {
			case "expect":
				v.expect = value
			case "payload":
				v.payloadHash = value
			case "file key":
				if v.fileKey, err = hex.DecodeString(value); err != nil {
					t.Fatal(err)
				}
			case "identity":
				if v.identity == "" {
					v.identity = value
				}
			case "armored":
				v.armored = true
			case "compressed":
				r, err := zlib.NewReader(bytes.NewReader(file))
				if err != nil {
					t.Fatal(err)
				}
				if v.file, err = io.ReadAll(r); err != nil {
					t.Fatal(err)
				}
			}
		}
		all = append(all, v)
	}
	if len(all) < 140 {
		t.Fatalf("only %d vectors", len(all))
	}
	return all
}

// grafted puts the payload of a vector made for a classic key under a header
// of our own for id, with the same file key.
func grafted(t *testing.T, v vector, id seal.Identity) []byte {
	t.Helper()
	header, err := age.ExtractHeader(bytes.NewReader(v.file))
	if err != nil {
		t.Fatal(err)
	}
	r, err := age.ParseHybridRecipient(id.Recipient())
	if err != nil {
		t.Fatal(err)
	}
	stanzas, err := r.Wrap(v.fileKey)
	if err != nil {
		t.Fatal(err)
	}
	b64 := base64.RawStdEncoding.EncodeToString
	text := "age-encryption.org/v1\n-> " + stanzas[0].Type + " " + stanzas[0].Args[0] + "\n" + b64(stanzas[0].Body) + "\n---"
	key, err := hkdf.Key(sha256.New, v.fileKey, nil, "header", 32)
	if err != nil {
		t.Fatal(err)
	}
	mac := hmac.New(sha256.New, key)
	mac.Write([]byte(text))
	return append([]byte(text+" "+b64(mac.Sum(nil))+"\n"), v.file[len(header):]...)
}

// trial is one vector as it applies to hybrid identities.
type trial struct {
	name  string
	file  []byte
	id    seal.Identity
	want  fault.Kind // Internal: opens
	plain string     // hex SHA-256
}

func trials(t *testing.T) []trial {
	t.Helper()
	own := newIdentity(t)
	opens := fault.Internal
	var all []trial
	for _, v := range vectors(t) {
		want := map[string]fault.Kind{"success": opens, "no match": fault.Refused}
		kind, special := want[v.expect]
		if !special {
			kind = fault.BadInput
		}
		switch {
		case v.armored: // our files are never armored
			all = append(all, trial{v.name, v.file, own, fault.BadInput, ""})
		case strings.HasPrefix(v.identity, "AGE-SECRET-KEY-PQ-1"):
			id, err := seal.ParseIdentity(v.identity)
			if err != nil {
				t.Fatal(err)
			}
			all = append(all, trial{v.name, v.file, id, kind, v.payloadHash})
		case v.identity == "":
			// A passphrase's file: the kind of failure is the library's affair,
			// but no identity opens it.
		case v.expect == "success" || v.expect == "payload failure" || strings.HasPrefix(v.name, "stream_"):
			all = append(all, trial{v.name, grafted(t, v, own), own, kind, v.payloadHash})
		case v.expect == "header failure" && !strings.Contains(v.name, "x25519"):
			all = append(all, trial{v.name, v.file, own, fault.BadInput, ""})
		}
	}
	if len(all) < 90 {
		t.Fatalf("only %d vectors apply", len(all))
	}
	return all
}

func TestPublicAgeVectors(t *testing.T) {
	for _, v := range trials(t) {
		plain, err := seal.Open(v.file, v.id)
		if v.want == fault.Internal {
			if sum := sha256.Sum256(plain); err != nil || hex.EncodeToString(sum[:]) != v.plain {
				t.Errorf("%s: %d bytes, %v", v.name, len(plain), err)
			}
			continue
		}
		if err == nil || fault.KindOf(err) != v.want || plain != nil {
			t.Errorf("%s: %v (%v), want %v", v.name, err, fault.KindOf(err), v.want)
		}
	}
}
