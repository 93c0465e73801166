package recording

import (
	"context"
	"slices"

	"verhaal/internal/db"
	"verhaal/internal/fault"
	"verhaal/internal/recording/chunk"
)

// alarmKinds are what a recorder's page watches for.
var alarmKinds = []string{"chunk", "silence", "clipping", "frozen", "thin", "clock", "sleep", "lag", "offline", "refused", "conflict", "damage", "taken", "closed", "disk", "device", "container", "worker"}

// AlarmKinds lists what a recorder may say is wrong.
func AlarmKinds() []string { return slices.Clone(alarmKinds) }

// Alarm is something that is wrong at a recorder now.
type Alarm struct {
	Kind string
	At   int64 // Unix ms, since when
}

// SetAlarm notes that an alarm of a recorder came or went, for those who hold
// the interview. Each is an act; what is said again is none.
func (b *Book) SetAlarm(ctx context.Context, actor string, id chunk.ID, kind string, on bool) error {
	r, err := b.Get(ctx, actor, id)
	if err != nil {
		return err
	}
	if !slices.Contains(alarmKinds, kind) {
		return fault.New(fault.BadInput, "", "no alarm")
	}
	holds, err := b.holds(ctx, actor, id)
	if err != nil {
		return err
	}
	if !holds {
		return fault.New(fault.Refused, "", "an alarm of who does not record")
	}
	now, err := b.alarms(ctx, id)
	if err != nil || on == slices.ContainsFunc(now, func(a Alarm) bool { return a.Kind == kind }) {
		return err
	}
	act := b.act(map[bool]string{true: "recording.alarm_raised", false: "recording.alarm_ended"}[on], actor, r)
	act.Facts["alarm"] = kind
	_, err = b.log.Do(ctx, act, func(tx *db.Tx) error {
		if err := stillRuns(tx, id); err != nil {
			return err
		}
		var n int64
		if err := tx.QueryRow(lastAlarm, id.String()).Scan(&n); err != nil {
			return err
		}
		_, err := tx.Exec(insertAlarm, id.String(), n+1, kind, map[bool]int{true: 1}[on], b.clock().UnixMilli(), actor)
		return err
	})
	return err
}

// alarms lists what is wrong now.
func (b *Book) alarms(ctx context.Context, id chunk.ID) ([]Alarm, error) {
	rows, err := b.db.Query(ctx, listAlarms, id.String())
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var out []Alarm
	for rows.Next() {
		var a Alarm
		if err := rows.Scan(&a.Kind, &a.At); err != nil {
			return nil, err
		}
		out = append(out, a)
	}
	return out, rows.Err()
}
