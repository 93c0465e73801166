package cli_test

import (
	"bytes"
	"strings"
	"testing"

	"verhaal/internal/cli"
)

// TestADrillSaysThatItCantLookAtThePicture: who has no decoder is told before it begins.
func TestADrillSaysThatItCantLookAtThePicture(t *testing.T) {
	t.Setenv("PATH", t.TempDir()) // no browser either
	var out, errs bytes.Buffer
	if code := cli.Run([]string{"drill"}, &out, &errs); code == 0 {
		t.Errorf("status 0: %s", &out)
	}
	for _, want := range []string{"ffmpeg is not installed", "no browser found"} {
		if !strings.Contains(errs.String(), want) {
			t.Errorf("%q is not in %q", want, errs.String())
		}
	}
}
