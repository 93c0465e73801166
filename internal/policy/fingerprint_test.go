package policy

import "testing"

func TestAFingerprintIsOfWhatARuleAsksAndOfNothingElse(t *testing.T) {
	p := netherlands(t)
	of := func(facts Facts) map[string]string {
		out := map[string]string{}
		for _, r := range p.Rules {
			for _, name := range p.Asks(r) {
				if _, ours := p.language.names[name]; !ours {
					t.Errorf("%s asks for %q, which is no fact", r.ID, name)
				}
			}
			out[r.ID] = p.Fingerprint(r, facts, "2026-11-23")
		}
		return out
	}
	before := of(p.Example("adult"))
	other := p.Example("adult")
	other["case.desk"] = "labour-authority"
	after := of(other)
	for id, changed := range map[string]bool{"S-03": true, "S-04": true, "A-15": false, "S-07": false} {
		if before[id] == "" || (before[id] != after[id]) != changed {
			t.Errorf("%s: the fingerprint goes from %q to %q", id, before[id], after[id])
		}
	}
}
