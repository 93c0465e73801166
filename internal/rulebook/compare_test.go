package rulebook

import (
	"strings"
	"testing"

	"verhaal/internal/policy"
)

func TestAChannelWhoseReportsMustStayReadableCannotGo(t *testing.T) {
	base := &policy.Pack{Version: "1.1", InForce: "2026-01-01", Channels: []policy.Channel{{ID: "one"}, {ID: "two"}}}
	b := &Book{Config: Config{Check: func(_, _ *policy.Pack) (Report, error) { return Report{}, nil }}}
	b.state.Store(&state{packs: []*policy.Pack{base}})
	candidate := &policy.Pack{Version: "1.2", InForce: "2026-01-01", Channels: []policy.Channel{{ID: "one"}, {ID: "three"}}}
	if _, err := b.examine(candidate, base); err == nil || !strings.Contains(err.Error(), "two is missing") {
		t.Errorf("a channel went: %v", err)
	}
	candidate.Channels = append(candidate.Channels, policy.Channel{ID: "two"})
	report, err := b.examine(candidate, base)
	if err != nil || len(report.Changes) != 1 || report.Changes[0] != "channel three: new" {
		t.Errorf("%q %v", report.Changes, err)
	}
}

func TestTheTablesForStaffAreCompared(t *testing.T) {
	row := func(id, name string) policy.Retention {
		return policy.Retention{Coded: policy.Coded{ID: id, Name: policy.Text{"en": name}}}
	}
	base := &policy.Pack{Retention: []policy.Retention{row("report", "Reports"), row("log", "The log"), row("same", "Same")}}
	candidate := &policy.Pack{Retention: []policy.Retention{row("log", "Our log"), row("video", "Videos"), row("same", "Same")}}
	got := strings.Join(changes(candidate, base), "; ")
	if got != "retention report: gone; retention log: changed; retention video: new" {
		t.Error(got)
	}
}
