package client

import (
	"context"

	"verhaal/internal/report"
	"verhaal/internal/seal"
)

// OpenIdentity opens who reported, for a reason: one of report.IdentityReasons,
// and words that are sealed to the desk. It is recorded.
func (c *Staff) OpenIdentity(ctx context.Context, r Case, code, words string) (Identity, error) {
	keys, err := c.ringKeys(ctx, "/desk/"+r.Channel)
	if err != nil {
		return Identity{}, err
	}
	reason, err := report.SealMessage(words, r.recipient)
	if err != nil {
		return Identity{}, err
	}
	var got struct {
		Epoch     int64
		Key, File []byte
	}
	if err := c.call(ctx, "/desk/"+r.Channel+"/"+r.ID+"/identity", map[string]any{"code": code, "reason": reason}, &got); err != nil {
		return Identity{}, err
	}
	key, err := keys.at(got.Epoch)
	if err != nil {
		return Identity{}, err
	}
	secret, err := seal.Open(got.Key, key)
	if err != nil {
		return Identity{}, err
	}
	own, err := seal.ParseIdentity(string(secret))
	if err != nil {
		return Identity{}, err
	}
	var who struct {
		Name, Contact string
		SafeContact   string `json:"safe_contact"`
	}
	err = seal.OpenJSON(got.File, &who, own)
	return Identity{Name: who.Name, Contact: who.Contact, SafeContact: who.SafeContact}, err
}
