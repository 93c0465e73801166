package test

import (
	"encoding/json"
	"testing"

	"verhaal/internal/cli"
	"verhaal/internal/drill"
)

// TestADrillTellsWhatWasLostAndThatNothingSafeWas runs two of its faults and
// all its forgeries, in the real program, and looks at picture and sound.
func TestADrillTellsWhatWasLostAndThatNothingSafeWas(t *testing.T) {
	out, errs := &screen{}, &screen{}
	if code := cli.Run([]string{"drill", "--quick", "--json", "--only", "network cut", "--only", "browser killed"}, out, errs); code != 0 {
		t.Errorf("status %d: %s", code, errs)
	}
	var rows []drill.Row
	if err := json.Unmarshal([]byte(out.String()), &rows); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	if len(rows) != 9 {
		t.Fatalf("%d rows, want two faults and seven forgeries", len(rows))
	}
	for _, r := range rows {
		if !r.Held || r.Gone != 0 || (len(r.Lost) < 2 || r.Safe < 10_000) && r.Found == "" {
			t.Errorf("%+v", r)
		}
		for _, what := range []string{"main picture", "main sound", "audio-safe sound"} {
			if seen := r.Seen[what]; r.Found == "" && (seen == nil || seen.Kept < 20 || (seen.Tail != nil) != (r.Fault == "browser killed")) {
				t.Errorf("%s: the %s shows %v", r.Fault, what, seen)
			}
		}
	}
}
