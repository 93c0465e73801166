package recording

import (
	"context"
	"crypto/hkdf"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"os"
	"slices"

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

// bringsGap says whether a token is of a part of a gap's track, and the gap lies
// beside what anybody else recorded there: who brings what a dead recorder left says
// nothing of another's time.
func (b *Book) bringsGap(ctx context.Context, id chunk.ID, g Gap, token string) (bool, error) {
	live, err := b.open(ctx, id)
	if err != nil {
		return false, err
	}
	all := live.all()
	i := slices.IndexFunc(all, func(p *part) bool { return p.Track == g.Track && b.Brings(p.Part, token) == nil })
	if i < 0 {
		return false, nil
	}
	shares, err := b.shares(ctx, id)
	if err != nil {
		return false, err
	}
	opened := map[chunk.Part]string{}
	for _, s := range shares {
		opened[s.Part] = s.by
	}
	live.mu.Lock()
	defer live.mu.Unlock()
	return !slices.ContainsFunc(all, func(p *part) bool {
		n := len(p.index)
		return p.Track == g.Track && opened[p.Part] != opened[all[i].Part] && n > 0 && g.From < p.index[n-1].till && g.To > p.index[0].mono
	}), nil
}
