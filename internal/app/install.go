package app

import (
	"context"
	"crypto/rand"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"strings"

	"verhaal/internal/custody"
	"verhaal/internal/db"
	"verhaal/internal/seal"
)

// Names of what an installation keeps about itself.
const (
	installSalt     = "salt"     // 16 bytes, public: of every receipt's derivation
	installRecovery = "recovery" // the recovery recipient, age1pq1…
)

const (
	insertInstall = `insert into install (name, value) values ($1, $2)`
	findInstall   = `select value from install where name = $1`
)

// Initial is what setting up an installation gives out, once.
type Initial struct {
	Recovery seal.Secret // the recovery identity, to be printed and kept offline
	Code     string      // with which the first administrator enrols
	Verifier string      // the public key of the custody log
}

// Init sets up an installation: keys in the data folder, salt and recovery
// recipient in the database, and a code for the first administrator. It
// refuses a folder that already has keys, so that nothing is ever overwritten.
func Init(ctx context.Context, c Config) (Initial, error) {
	if err := c.complete(); err != nil {
		return Initial{}, err
	}
	if err := os.MkdirAll(c.Data, 0o700); err != nil {
		return Initial{}, err
	}
	logKey, err := custody.NewKey(c.Origin)
	if err != nil {
		return Initial{}, err
	}
	serverKey, err := newServerKey()
	if err != nil {
		return Initial{}, err
	}
	for name, key := range map[string][]byte{logKeyFile: []byte(logKey.Secret()), serverKeyFile: serverKey} {
		if err := newKeyFile(c.keyFile(name), key); errors.Is(err, os.ErrExist) {
			return Initial{}, fmt.Errorf("%s has keys already: this installation is set up", c.Data)
		} else if err != nil {
			return Initial{}, err
		}
	}
	recovery, err := seal.NewIdentity()
	if err != nil {
		return Initial{}, err
	}
	a, err := open(ctx, c, quiet, func(ctx context.Context, log *custody.Log) error {
		salt := make([]byte, seal.SaltSize)
		_, _ = rand.Read(salt) // never fails: crypto/rand
		_, err := log.Do(ctx, custody.Act{Kind: "install.made"}, func(tx *db.Tx) error {
			if _, err := tx.Exec(insertInstall, installSalt, salt); err != nil {
				return err
			}
			_, err := tx.Exec(insertInstall, installRecovery, []byte(recovery.Recipient()))
			return err
		})
		return err
	})
	if err != nil {
		return Initial{}, err
	}
	code, err := a.Members.InviteFirst(ctx)
	return Initial{seal.Secret(recovery.Secret()), code, logKey.Verifier()}, errors.Join(err, a.Close())
}

// install is what was set up.
type install struct {
	salt     []byte
	recovery string
}

func readInstall(ctx context.Context, d *db.DB) (install, error) {
	var salt, recovery []byte
	err := d.QueryRow(ctx, findInstall, installSalt).Scan(&salt)
	if err == nil {
		err = d.QueryRow(ctx, findInstall, installRecovery).Scan(&recovery)
	}
	if errors.Is(err, sql.ErrNoRows) {
		return install{}, errors.New("the database is not set up: run `verhaal init`")
	}
	return install{salt, strings.TrimSpace(string(recovery))}, err
}
