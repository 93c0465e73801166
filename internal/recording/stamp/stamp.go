// Package stamp has somebody else say when a seal was made: timestamps of an
// authority by RFC 3161.
//
// Promises: what is sent is a SHA-256 and a random number, nothing else; a
// stamp is kept as it came, so that any tool reads it
// (openssl ts -verify -data manifest.json -in manifest.tsr -CAfile …).
package stamp

import (
	"bytes"
	"context"
	"crypto"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"math/big"
	"net/http"
	"slices"
	"time"

	"github.com/digitorus/pkcs7"
	"github.com/digitorus/timestamp"

	"verhaal/internal/fault"
)

// maxAnswer bounds an authority's answer, in bytes.
const maxAnswer = 64 << 10

// patience is how long an authority has.
const patience = 20 * time.Second

// Authority is one that stamps.
type Authority struct {
	URL  string
	Pool *x509.CertPool // nil: the machine's roots
}

// Stamp asks for a stamp over text and gives the authority's answer (DER,
// TimeStampResp of RFC 3161 section 2.4.2) once it was checked.
func (a Authority) Stamp(ctx context.Context, text []byte) ([]byte, error) {
	nonce, err := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 64))
	if err != nil {
		return nil, err
	}
	ask, err := timestamp.CreateRequest(bytes.NewReader(text), &timestamp.RequestOptions{Hash: crypto.SHA256, Certificates: true, Nonce: nonce})
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, a.URL, bytes.NewReader(ask))
	if err != nil {
		return nil, err
	}
	request.Header.Set("Content-Type", "application/timestamp-query")
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		return nil, fault.New(fault.Unavailable, "", "the timestamping authority does not answer")
	}
	defer answer.Body.Close()
	der, err := io.ReadAll(io.LimitReader(answer.Body, maxAnswer+1))
	if err != nil || answer.StatusCode != http.StatusOK || len(der) > maxAnswer {
		return nil, fault.New(fault.Unavailable, "", "the timestamping authority answers %d", answer.StatusCode)
	}
	token, err := read(der, text)
	if err != nil {
		return nil, fault.Wrap(fault.Unavailable, "", err)
	}
	if token.Nonce == nil || token.Nonce.Cmp(nonce) != 0 {
		return nil, fault.New(fault.Unavailable, "", "the timestamp answers another question")
	}
	if a.Pool != nil {
		if err := token.trusted(a.Pool); err != nil {
			return nil, fault.Wrap(fault.Unavailable, "", err)
		}
	}
	return der, nil
}

// Stamped is what a stamp says.
type Stamped struct {
	At      time.Time
	By      string // the signer's name in its certificate
	Trusted bool   // by the roots that were given
}

// Check reads an authority's answer over text. It fails when the stamp is of
// other bytes or its signature does not hold; without roots the signer is named
// and not trusted.
func Check(der, text []byte, roots *x509.CertPool) (Stamped, error) {
	token, err := read(der, text)
	if err != nil {
		return Stamped{}, err
	}
	out := Stamped{At: token.Time.UTC(), By: token.signer.Subject.String()}
	if roots != nil {
		if err := token.trusted(roots); err != nil {
			return out, err
		}
		out.Trusted = true
	}
	return out, nil
}

// token is a timestamp whose signature was checked against its signer's certificate.
type token struct {
	*timestamp.Timestamp
	signer *x509.Certificate
	others *x509.CertPool
}

func read(der, text []byte) (_ token, err error) {
	if len(der) > maxAnswer {
		return token{}, errors.New("the timestamp is longer than any is")
	}
	if err := checkDER(der); err != nil {
		return token{}, fmt.Errorf("the timestamp can't be read: %w", err)
	}
	// The parsers index into what they are given without a look at its length: what
	// the walk let through must not end a server or a check either.
	defer func() {
		if wrong := recover(); wrong != nil {
			err = errors.New("the timestamp can't be read")
		}
	}()
	t, err := timestamp.ParseResponse(der)
	if err != nil {
		return token{}, fmt.Errorf("the timestamp can't be read: %w", err)
	}
	want := sha256.Sum256(text)
	if t.HashAlgorithm != crypto.SHA256 || !bytes.Equal(t.HashedMessage, want[:]) {
		return token{}, errors.New("the timestamp is of other bytes")
	}
	// The parser checks a signature only where certificates came along.
	signed, err := pkcs7.Parse(t.RawToken)
	if err != nil {
		return token{}, fmt.Errorf("the timestamp can't be read: %w", err)
	}
	out := token{t, signed.GetOnlySigner(), x509.NewCertPool()}
	if out.signer == nil {
		return token{}, errors.New("the timestamp names no signer, or several")
	}
	if err := signed.Verify(); err != nil {
		return token{}, fmt.Errorf("the timestamp's signature does not hold: %w", err)
	}
	if !slices.Contains(out.signer.ExtKeyUsage, x509.ExtKeyUsageTimeStamping) { // RFC 3161 section 2.3
		return token{}, errors.New("the timestamp's signer may not stamp")
	}
	for _, c := range signed.Certificates {
		out.others.AddCert(c)
	}
	return out, nil
}

// trusted checks the signer's chain as it was when it stamped.
func (t token) trusted(roots *x509.CertPool) error {
	_, err := t.signer.Verify(x509.VerifyOptions{Roots: roots, Intermediates: t.others, CurrentTime: t.Time, KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageTimeStamping}})
	if err != nil {
		return fmt.Errorf("the timestamp's signer is not trusted: %w", err)
	}
	return nil
}
