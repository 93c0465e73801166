package staff

import (
	"context"
	"strings"

	"verhaal/internal/custody"
	"verhaal/internal/db"
	"verhaal/internal/fault"
)

// SetPowers gives a member other powers and ends all the member's sessions.
// The last active administrator keeps that power.
func (m *Members) SetPowers(ctx context.Context, actor, id string, powers []string) error {
	powers, err := checkPowers(powers)
	if err != nil {
		return err
	}
	act := custody.Act{Kind: "staff.powers_changed", Actor: actor, Subject: id, Facts: map[string]string{"powers": strings.Join(powers, " ")}}
	_, err = m.log.Do(ctx, act, func(tx *db.Tx) error {
		if !has(powers, Administrator) {
			if err := notTheLast(tx, id); err != nil {
				return err
			}
		}
		n, err := tx.Exec(setPowers, id, strings.Join(powers, " "))
		if err == nil && n == 0 {
			err = fault.New(fault.NotFound, "", "no such member, or left")
		}
		if err != nil {
			return err
		}
		_, err = tx.Exec(deleteSessions, id)
		return err
	})
	return err
}

// Leave ends an account: sessions, passkeys, wraps and the open invitation are
// deleted and the login is free. The row stays, so that the log's pseudonyms
// can be resolved. A member who lost every key leaves and is invited anew.
func (m *Members) Leave(ctx context.Context, actor, id string) error {
	act := custody.Act{Kind: "staff.left", Actor: actor, Subject: id}
	_, err := m.log.Do(ctx, act, func(tx *db.Tx) error {
		if err := notTheLast(tx, id); err != nil {
			return err
		}
		n, err := tx.Exec(setLeft, id, noLogin(id))
		if err == nil && n == 0 {
			err = fault.New(fault.NotFound, "", "no such member, or left already")
		}
		if err != nil {
			return err
		}
		for _, q := range []string{deleteSessions, deleteWraps, deletePasskeys} {
			if _, err := tx.Exec(q, id); err != nil {
				return err
			}
		}
		return nil
	})
	return err
}

// notTheLast refuses to leave an installation without an administrator.
func notTheLast(tx *db.Tx, id string) error {
	who, err := scanMember(tx.QueryRow(memberByID, id))
	if err != nil || !who.Can(Administrator) {
		return nil // the act itself finds out that there is no such member
	}
	n, err := administrators(tx, id)
	if err == nil && n == 0 {
		err = fault.New(fault.Refused, "admin.fault.last_administrator", "the last active administrator")
	}
	return err
}
