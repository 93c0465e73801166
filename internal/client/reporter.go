package client

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"math/bits"

	"verhaal/internal/report"
	"verhaal/internal/seal"
)

// Story is what a reporter tells.
type Story struct {
	Text    string
	Answers map[string]string
}

// Identity is who reports; empty on anonymous channels.
type Identity = report.Who

// Reporter is somebody who tells, on one site and in one language.
type Reporter struct {
	door
	lang string
}

// NewReporter visits base in a language.
func NewReporter(base, lang string) *Reporter { return &Reporter{newDoor(base), lang} }

// DeskKey is what the site gives out to seal a report for a channel.
type DeskKey struct {
	Channel   string `json:"channel"`
	Epoch     int64  `json:"epoch"`
	Recipient string `json:"recipient"`
	Salt      []byte `json:"salt"`
	Work      struct {
		Challenge string `json:"challenge"`
		Bits      int    `json:"bits"`
	} `json:"work"`
}

// Key fetches the key of a channel.
func (c *Reporter) Key(ctx context.Context, channel string) (DeskKey, error) {
	var k DeskKey
	return k, c.call(ctx, "/"+c.lang+"/key/"+channel, nil, &k)
}

// Sealed is a finished report, ready to be sent as often as it takes.
type Sealed struct {
	Receipt seal.Receipt
	Body    any
}

// sealedBody is the JSON of POST /{lang}/report.
type sealedBody struct {
	Channel     string       `json:"channel"`
	Epoch       int64        `json:"epoch"`
	Key         string       `json:"key"`
	Lang        string       `json:"lang"`
	Facts       report.Facts `json:"facts"`
	Lookup      []byte       `json:"lookup"`
	Proof       []byte       `json:"proof"`
	Reporter    string       `json:"reporter"`
	Content     []byte       `json:"content"`
	IdentityKey []byte       `json:"identity_key"`
	Identity    []byte       `json:"identity"`
	Work        struct {
		Challenge string `json:"challenge"`
		Nonce     string `json:"nonce"`
	} `json:"work"`
}

// Seal makes a finished report under a new receipt.
func (c *Reporter) Seal(k DeskKey, f report.Facts, s Story, who Identity) (Sealed, error) {
	receipt, err := seal.NewReceipt(rand.Reader)
	if err != nil {
		return Sealed{}, err
	}
	keys, err := seal.Derive(receipt[:], k.Salt)
	if err != nil {
		return Sealed{}, err
	}
	body, err := c.sealUnder(keys, k, f, s, who)
	return Sealed{receipt, body}, err
}

// SealUnder is Seal with keys that come from elsewhere than a receipt: for
// load, where deriving each would measure Argon2id and not the server.
func (c *Reporter) SealUnder(keys seal.Keys, k DeskKey, f report.Facts, s Story, who Identity) (Sealed, error) {
	body, err := c.sealUnder(keys, k, f, s, who)
	return Sealed{Body: body}, err
}

func (c *Reporter) sealUnder(keys seal.Keys, k DeskKey, f report.Facts, s Story, who Identity) (sealedBody, error) {
	own := keys.Identity.Recipient()
	sealed, err := report.Told{Story: s.Text, Answers: s.Answers, Who: who}.Seal(k.Recipient, own)
	if err != nil {
		return sealedBody{}, err
	}
	b := sealedBody{Channel: k.Channel, Epoch: k.Epoch, Key: seal.Fingerprint(k.Recipient), Lang: c.lang, Facts: f,
		Lookup: keys.Lookup[:], Proof: keys.Proof[:], Reporter: own,
		Content: sealed.Content, IdentityKey: sealed.IdentityKey, Identity: sealed.Identity}
	b.Work.Challenge = k.Work.Challenge
	b.Work.Nonce = work(k.Work.Challenge, b.Lookup, k.Work.Bits)
	return b, nil
}

// Send hands a finished report in; the answer means that it is durable.
func (c *Reporter) Send(ctx context.Context, s Sealed) (report.Received, error) {
	var got struct {
		Proof string `json:"proof"`
		Day   int    `json:"day"`
	}
	err := c.call(ctx, "/"+c.lang+"/report", s.Body, &got)
	return report.Received{Proof: got.Proof, Day: got.Day}, err
}

// Tell is Key, Seal and Send; a key that changed meanwhile is fetched again.
func (c *Reporter) Tell(ctx context.Context, channel string, f report.Facts, s Story, who Identity) (seal.Receipt, report.Received, error) {
	for {
		k, err := c.Key(ctx, channel)
		if err != nil {
			return seal.Receipt{}, report.Received{}, err
		}
		sealed, err := c.Seal(k, f, s, who)
		if err != nil {
			return seal.Receipt{}, report.Received{}, err
		}
		got, err := c.Send(ctx, sealed)
		var no *Refusal
		if errors.As(err, &no) && no.Key == "fault.key_changed" {
			continue
		}
		return sealed.Receipt, got, err
	}
}

// work finds a nonce so that SHA-256(challenge, lookup, nonce) begins with n zero bits.
func work(challenge string, lookup []byte, n int) string {
	for i := uint64(0); ; i++ {
		nonce := base64.RawStdEncoding.EncodeToString(binary.BigEndian.AppendUint64(nil, i))
		h := sha256.Sum256(bytes.Join([][]byte{[]byte(challenge), lookup, []byte(nonce)}, nil))
		if bits.LeadingZeros64(binary.BigEndian.Uint64(h[:])) >= n {
			return nonce
		}
	}
}
