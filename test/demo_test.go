package test

import (
	"archive/zip"
	"bytes"
	"regexp"
	"slices"
	"testing"

	"verhaal/internal/client"
	"verhaal/internal/recording/proof"
)

// TestTheDemonstrationsRecordingLastsAsLongAsItPlays: it is made faster than it
// plays, and the check finds nothing to say of its clock.
func TestTheDemonstrationsRecordingLastsAsLongAsItPlays(t *testing.T) {
	base, said := demo(t)
	id := regexp.MustCompile(`/record/([0-9a-f]+)/play`).FindStringSubmatch(said)[1]
	detective := client.NewStaff(base)
	if err := detective.SignIn(t.Context(), "avim", "lantern orchard velvet canyon pepper"); err != nil {
		t.Fatal(err)
	}
	var raw bytes.Buffer
	if err := detective.ExportRecording(t.Context(), id, &raw); err != nil {
		t.Fatal(err)
	}
	z, err := zip.NewReader(bytes.NewReader(raw.Bytes()), int64(raw.Len()))
	if err != nil {
		t.Fatal(err)
	}
	result, err := proof.Verify(t.Context(), z, proof.Options{})
	clock := func(f proof.Finding) bool { return f.Kind == proof.Clock }
	if err != nil || !result.Sound || slices.ContainsFunc(result.Notes, clock) {
		t.Errorf("%v\n%s", err, result.Words())
	}
}
