package casefile

import (
	"context"
	"database/sql"
	"errors"

	"verhaal/internal/db"
	"verhaal/internal/fault"
	"verhaal/internal/seal"
)

// Recover makes somebody of the desk a member of a case file that nobody can open any
// more, and gives them every epoch of its key, with the recovery key, see keyring. Who is
// excluded stays out. It says how many epochs it gave.
func (f *Files) Recover(ctx context.Context, number, staff string, recovery seal.Identity) (int, error) {
	var id string
	err := f.db.QueryRow(ctx, findNumbered, number).Scan(&id)
	if errors.Is(err, sql.ErrNoRows) {
		return 0, fault.New(fault.NotFound, "", "no such case file")
	}
	if err != nil {
		return 0, err
	}
	file, err := f.find(ctx, id)
	if err != nil {
		return 0, err
	}
	if err := f.desks.MayRead(ctx, staff, file.Channel); err != nil {
		return 0, err
	}
	recipient, err := f.people.Recipient(ctx, staff)
	if err != nil {
		return 0, err
	}
	return f.rings.Recover(ctx, ring(id), staff, recipient, recovery, func(tx *db.Tx) error {
		if _, err := tx.Exec(insertMember, id, staff, f.clock().Unix(), "", ""); err != nil {
			return err
		}
		var excluded string
		if err := tx.QueryRow(findMember, id, staff).Scan(&excluded); err != nil {
			return err
		}
		if excluded != "" {
			return fault.New(fault.Refused, "fault.refused", "excluded from this case file")
		}
		return event(tx, id, "key_recovered", staff, staff, f.clock())
	})
}
