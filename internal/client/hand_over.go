package client

import (
	"context"

	"verhaal/internal/report"
	"verhaal/internal/seal"
)

// HandOver seals a report anew for another desk and sends it there. consent is
// one of report.Consents; reason may be empty when to is what the pack advises.
func (c *Staff) HandOver(ctx context.Context, r Case, to, consent, reason string) error {
	keys, err := c.ringKeys(ctx, "/desk/"+r.Channel)
	if err != nil {
		return err
	}
	var got struct {
		Epoch       int64
		Content     []byte
		Reporter    string
		Messages    []sealedMessage
		Key         struct{ Recipient, Fingerprint string }
		State       string
		IdentityKey []byte `json:"identity_key"`
	}
	path := "/desk/" + r.Channel + "/" + r.ID + "/hand-over"
	if err := c.call(ctx, path+"/prepare", map[string]string{"to": to}, &got); err != nil {
		return err
	}
	anew := func(file []byte, epoch int64, to ...string) ([]byte, error) {
		key, err := keys.at(epoch)
		if err != nil {
			return nil, err
		}
		plain, err := seal.Open(file, key)
		if err != nil {
			return nil, err
		}
		return seal.Seal(plain, to...)
	}
	body := map[string]any{"to": to, "key": got.Key.Fingerprint, "state": got.State, "consent": consent}
	if body["content"], err = anew(got.Content, got.Epoch, got.Key.Recipient, got.Reporter); err != nil {
		return err
	}
	messages := make([][]byte, len(got.Messages))
	for i, m := range got.Messages {
		if messages[i], err = anew(m.Sealed, m.Epoch, got.Key.Recipient, got.Reporter); err != nil {
			return err
		}
	}
	body["messages"] = messages
	if got.IdentityKey != nil {
		body["identity_key"], err = anew(got.IdentityKey, got.Epoch, got.Key.Recipient)
	} else {
		var nobody report.Sealed
		nobody, err = report.Told{}.Seal(got.Key.Recipient, got.Reporter)
		body["identity_key"], body["identity"] = nobody.IdentityKey, nobody.Identity
	}
	if err != nil {
		return err
	}
	if reason != "" {
		if body["reason"], err = report.SealMessage(reason, r.recipient); err != nil {
			return err
		}
	}
	return c.call(ctx, path, body, nil)
}
