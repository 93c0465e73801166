package staff

import (
	"slices"

	"verhaal/internal/fault"
)

// The powers. Reading reports also needs membership of a desk and, on some
// channels, a certificate: a power opens pages, never content.
const (
	Officer       = "officer"
	Administrator = "administrator"
	Auditor       = "auditor"
	Prosecutor    = "prosecutor"
	Recordings    = "recordings" // manager of rooms, recordings and who works in them
	Statistics    = "statistics"
)

// Power is one row of the table of powers.
type Power struct {
	Name     string
	Sentence string // message id: what the power allows and what it does not
}

// Powers lists all powers in the order pages show them.
func Powers() []Power {
	return []Power{
		{Officer, "admin.power.officer"},
		{Administrator, "admin.power.administrator"},
		{Prosecutor, "admin.power.prosecutor"},
		{Recordings, "admin.power.recordings"},
		{Auditor, "admin.power.auditor"},
		{Statistics, "admin.power.statistics"},
	}
}

// checkPowers gives the powers in the table's order; BadInput when one is
// unknown or there is none.
func checkPowers(wanted []string) ([]string, error) {
	var got []string
	for _, p := range Powers() {
		if has(wanted, p.Name) {
			got = append(got, p.Name)
		}
	}
	for _, w := range wanted {
		if !has(got, w) {
			return nil, fault.New(fault.BadInput, "", "an unknown power")
		}
	}
	if len(got) == 0 {
		return nil, fault.New(fault.BadInput, "admin.fault.no_power", "no power chosen")
	}
	return got, nil
}

// Doubtful says that powers are together that should not be: who runs the
// system should not also read reports. It is a warning, not a rule.
func Doubtful(powers []string) bool { return has(powers, Officer) && has(powers, Administrator) }

func has(list []string, s string) bool { return slices.Contains(list, s) }
