package desk

import (
	"context"

	"verhaal/internal/custody"
	"verhaal/internal/db"
	"verhaal/internal/fault"
	"verhaal/internal/keyring"
	"verhaal/internal/seal"
)

// Recover gives a member every epoch of a desk's key, with the recovery key
// that somebody brought from the safe: for the day when no member can open the
// desk any more. The member must be allowed to read now. It is an act, and the
// only one for which a private key is ever in this program's memory; run it
// where you would dare to lay the paper down. It says how many epochs it gave.
func (d *Desks) Recover(ctx context.Context, channel, staff string, recovery seal.Identity) (int, error) {
	if recovery.Recipient() != d.recovery {
		return 0, fault.New(fault.Refused, "fault.wrong_key", "not the recovery key of this installation")
	}
	if err := d.MayRead(ctx, staff, channel); err != nil {
		return 0, err
	}
	recipient, err := d.staff.Recipient(ctx, staff)
	if err != nil {
		return 0, err
	}
	if recipient == "" {
		return 0, fault.New(fault.Refused, "", "the member has no key of their own yet")
	}
	held, err := d.rings.WrapsOf(ctx, channel, Recovery)
	if err != nil {
		return 0, err
	}
	given := map[int64][]byte{}
	for _, w := range held {
		key, err := seal.Open(w.Wrapped, recovery)
		if err != nil {
			return 0, err
		}
		if given[w.Epoch], err = seal.Seal(key, recipient); err != nil {
			return 0, err
		}
	}
	act := custody.Act{Kind: "desk.key_recovered", Subject: staff, Facts: map[string]string{"channel": channel}}
	_, err = d.log.Do(ctx, act, func(tx *db.Tx) error {
		for epoch, wrapped := range given {
			if err := keyring.PutWraps(tx, channel, epoch, map[string][]byte{staff: wrapped}); err != nil {
				return err
			}
		}
		return nil
	})
	return len(given), err
}
