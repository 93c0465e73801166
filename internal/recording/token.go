package recording

import (
	"context"
	"crypto/hkdf"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"os"

	"verhaal/internal/fault"
	"verhaal/internal/recording/chunk"
)

// Token is what a recorder shows to bring records of its part, now or after a
// crash from any page of its browser. It is made from the server's half of the
// part's key, which nobody else was given, and does not lead back to it.
func (b *Book) Token(p chunk.Part) (string, error) {
	half, err := os.ReadFile(b.keyFile(p))
	if err != nil || len(half) != len(chunk.Secret{}) {
		return "", fault.New(fault.NotFound, "", "no key of this part")
	}
	token, err := hkdf.Key(sha256.New, half, nil, "verhaal/recording/token"+p.File(), 32)
	return base64.RawURLEncoding.EncodeToString(token), err
}

// Brings is nil for the token of a part, and Refused for any other: whoever
// knows a recording's id must not be able to write into it.
func (b *Book) Brings(p chunk.Part, token string) error {
	want, err := b.Token(p)
	if err != nil || subtle.ConstantTimeCompare([]byte(want), []byte(token)) != 1 {
		return fault.New(fault.Refused, "room.fault.token", "not the token of this part")
	}
	return nil
}

// bringsTrack says whether a token is of a part of a track.
func (b *Book) bringsTrack(ctx context.Context, id chunk.ID, track chunk.Track, token string) bool {
	live, err := b.open(ctx, id)
	if err != nil {
		return false
	}
	for _, p := range live.all() {
		if p.Track == track && b.Brings(p.Part, token) == nil {
			return true
		}
	}
	return false
}
