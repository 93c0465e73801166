package rulebook

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"time"

	"verhaal/internal/fault"
)

const columns = `hash, pack, version, in_force, against, report, state, proposed_by, proposed_at, decided_by, decided_at`

const listVersions = `select ` + columns + ` from rulebook_version where pack = $1 order by proposed_at desc, hash`

const findVersion = `select ` + columns + `, archive, beneath from rulebook_version where pack = $1 and hash = $2`

const listConfirmed = `select hash, archive, beneath from rulebook_version where pack = $1 and state = 'in_force'`

const countConfirmed = `select count(*) from rulebook_version where pack = $1 and state = 'in_force'`

// A version that was refused may be proposed again.
const insertVersion = `insert into rulebook_version
(hash, pack, version, in_force, archive, beneath, against, report, state, proposed_by, proposed_at, decided_by, decided_at)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, '', 0)
on conflict (hash) do update set archive = excluded.archive, beneath = excluded.beneath, against = excluded.against,
report = excluded.report, state = excluded.state, proposed_by = excluded.proposed_by, proposed_at = excluded.proposed_at,
decided_by = '', decided_at = 0 where rulebook_version.state in ('refused', 'withdrawn')`

const setReport = `update rulebook_version set against = $2, report = $3 where hash = $1 and state = 'proposed'`

// Who confirms is not who proposed, and what was compared is what was read.
const setInForce = `update rulebook_version set state = 'in_force', decided_by = $2, decided_at = $3
where hash = $1 and state = 'proposed' and proposed_by <> $2 and against = $4`

const setState = `update rulebook_version set state = $2, decided_by = $3, decided_at = $4 where hash = $1 and state = 'proposed'`

// stored is a version with its bytes.
type stored struct {
	Version
	archive, beneath []byte
}

func (v *Version) scan(row interface{ Scan(...any) error }, more ...any) error {
	var report string
	var proposed, decided int64
	err := row.Scan(append([]any{&v.Hash, &v.Pack, &v.Number, &v.InForce, &v.Against, &report, &v.State,
		&v.ProposedBy, &proposed, &v.DecidedBy, &decided}, more...)...)
	if err != nil {
		return err
	}
	v.ProposedAt = time.Unix(proposed, 0).UTC()
	if decided != 0 {
		v.DecidedAt = time.Unix(decided, 0).UTC()
	}
	return json.Unmarshal([]byte(report), &v.Report)
}

func (b *Book) find(ctx context.Context, hash string) (stored, error) {
	var s stored
	err := s.scan(b.db.QueryRow(ctx, findVersion, b.Pack, hash), &s.archive, &s.beneath)
	if errors.Is(err, sql.ErrNoRows) {
		return stored{}, fault.New(fault.NotFound, "", "no such version of the rules")
	}
	return s, err
}

// List gives every version there is or was, the newest proposal first.
func (b *Book) List(ctx context.Context) ([]Version, error) {
	rows, err := b.db.Query(ctx, listVersions, b.Pack)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var out []Version
	state := b.state.Load()
	for rows.Next() {
		var v Version
		if err := v.scan(rows); err != nil {
			return nil, err
		}
		v.Broken = state.broken[v.Hash]
		out = append(out, v)
	}
	return out, rows.Err()
}

// Archive gives the zip of a version as it was uploaded.
func (b *Book) Archive(ctx context.Context, hash string) (Version, []byte, error) {
	s, err := b.find(ctx, hash)
	return s.Version, s.archive, err
}

func (b *Book) confirmed(ctx context.Context) ([]stored, error) {
	rows, err := b.db.Query(ctx, listConfirmed, b.Pack)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var out []stored
	for rows.Next() {
		var s stored
		if err := rows.Scan(&s.Hash, &s.archive, &s.beneath); err != nil {
			return nil, err
		}
		out = append(out, s)
	}
	return out, rows.Err()
}
