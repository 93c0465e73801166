package desk

import (
	"context"

	"verhaal/internal/seal"
)

// Recover gives a member every epoch of a desk's key, with the recovery key, see keyring.
// The member must be allowed to read now.
func (d *Desks) Recover(ctx context.Context, channel, staff string, recovery seal.Identity) (int, error) {
	if err := d.MayRead(ctx, staff, channel); err != nil {
		return 0, err
	}
	recipient, err := d.staff.Recipient(ctx, staff)
	if err != nil {
		return 0, err
	}
	return d.rings.Recover(ctx, channel, staff, recipient, recovery, nil)
}
