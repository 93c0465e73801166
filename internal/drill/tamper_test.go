package drill

import (
	"strings"
	"testing"

	"verhaal/internal/recording/chunk"
	"verhaal/internal/recording/recordingtest"
)

func TestAnExcerptThatSaysTooMuchIsNamed(t *testing.T) {
	r := recordingtest.Make(t, recordingtest.ThreeMinutes())
	row, err := overclaim(t.Context(), r.Dir, chunk.Main, 0, 2)
	if err != nil || !row.Held || !strings.Contains(row.Found, "minute 2: the excerpt names") {
		t.Errorf("%v: %+v", err, row)
	}
}
