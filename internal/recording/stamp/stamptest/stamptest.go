// Package stamptest is a small timestamping authority on loopback (RFC 3161),
// which can also be wrong.
package stamptest

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"io"
	"math/big"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/digitorus/timestamp"

	"verhaal/internal/recording/stamp"
)

// TSA is one authority. Set a fault before it is asked.
type TSA struct {
	Refuse, OtherBytes, OtherNonce, NoUsage bool

	*httptest.Server
	root    *x509.Certificate
	rootKey *ecdsa.PrivateKey
}

// Start starts one that ends with the test.
func Start(t testing.TB) *TSA {
	t.Helper()
	a := &TSA{}
	var err error
	if a.rootKey, err = ecdsa.GenerateKey(elliptic.P256(), rand.Reader); err != nil {
		t.Fatal(err)
	}
	root := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "Test root"}, NotBefore: time.Now().Add(-time.Hour),
		NotAfter: time.Now().Add(24 * time.Hour), IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign}
	if a.root, err = sign(root, root, &a.rootKey.PublicKey, a.rootKey); err != nil {
		t.Fatal(err)
	}
	a.Server = httptest.NewServer(http.HandlerFunc(a.answer))
	t.Cleanup(a.Close)
	return a
}

// Authority asks this one.
func (a *TSA) Authority() stamp.Authority { return stamp.Authority{URL: a.URL, Pool: a.Roots()} }

// Root is the certificate that all trust.
func (a *TSA) Root() *x509.Certificate { return a.root }

// Roots is a pool of Root.
func (a *TSA) Roots() *x509.CertPool {
	pool := x509.NewCertPool()
	pool.AddCert(a.root)
	return pool
}

func (a *TSA) answer(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return
	}
	ask, err := timestamp.ParseRequest(body)
	if err != nil || a.Refuse {
		w.WriteHeader(http.StatusServiceUnavailable)
		return
	}
	key, cert, err := a.signer()
	if err != nil {
		panic(err)
	}
	t := timestamp.Timestamp{HashAlgorithm: ask.HashAlgorithm, HashedMessage: ask.HashedMessage, Time: time.Now().UTC().Truncate(time.Second), SerialNumber: big.NewInt(7),
		Nonce: ask.Nonce, Policy: asn1.ObjectIdentifier{1, 3, 6, 1, 4, 1, 13762, 3}, Certificates: []*x509.Certificate{a.root}, AddTSACertificate: ask.Certificates}
	if a.OtherBytes {
		t.HashedMessage = make([]byte, len(ask.HashedMessage))
	}
	if a.OtherNonce {
		t.Nonce = big.NewInt(1)
	}
	der, err := t.CreateResponseWithOpts(cert, key, ask.HashAlgorithm)
	if err != nil {
		panic(err)
	}
	w.Header().Set("Content-Type", "application/timestamp-reply")
	_, _ = w.Write(der) // a reader that left needs no answer
}

func (a *TSA) signer() (*ecdsa.PrivateKey, *x509.Certificate, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, nil, err
	}
	c := &x509.Certificate{SerialNumber: big.NewInt(2), Subject: pkix.Name{CommonName: "Test timestamps"}, NotBefore: time.Now().Add(-time.Hour),
		NotAfter: time.Now().Add(12 * time.Hour), KeyUsage: x509.KeyUsageDigitalSignature}
	if !a.NoUsage {
		usage, err := asn1.Marshal([]asn1.ObjectIdentifier{{1, 3, 6, 1, 5, 5, 7, 3, 8}})
		if err != nil {
			return nil, nil, err
		}
		// Critical, and alone (RFC 3161 section 2.3).
		c.ExtraExtensions = []pkix.Extension{{Id: asn1.ObjectIdentifier{2, 5, 29, 37}, Critical: true, Value: usage}}
	}
	cert, err := sign(c, a.root, &key.PublicKey, a.rootKey)
	return key, cert, err
}

func sign(c, by *x509.Certificate, key *ecdsa.PublicKey, with *ecdsa.PrivateKey) (*x509.Certificate, error) {
	der, err := x509.CreateCertificate(rand.Reader, c, by, key, with)
	if err != nil {
		return nil, err
	}
	return x509.ParseCertificate(der)
}
