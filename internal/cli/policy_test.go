package cli_test

import (
	"bytes"
	"encoding/json"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"verhaal/internal/cli"
	"verhaal/packs"
)

func run(args ...string) (status int, out, errs string) {
	var o, e bytes.Buffer
	status = cli.Run(args, &o, &e)
	return status, o.String(), e.String()
}

func write(t *testing.T, name, text string) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

// edited is a folder with a copy of the Dutch pack, one text replaced.
func edited(t *testing.T, file, from, to string) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "nl")
	own, err := fs.Sub(packs.FS, "nl")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.CopyFS(dir, own); err != nil {
		t.Fatal(err)
	}
	body, err := os.ReadFile(filepath.Join(dir, file))
	if err != nil || !strings.Contains(string(body), from) {
		t.Fatalf("%s has no %q (%v)", file, from, err)
	}
	if err := os.WriteFile(filepath.Join(dir, file), []byte(strings.Replace(string(body), from, to, 1)), 0o600); err != nil {
		t.Fatal(err)
	}
	return dir
}

func TestExplainSaysWhyInWordsAndAsJSON(t *testing.T) {
	facts := write(t, "facts.yaml", "subject: {birth_date: \"2015-03-01\"}\nplan: {date: \"2026-11-23\", level: audio}\ncase: {phase: interview}\n")
	status, out, errs := run("policy", "explain", "--pack", "nl", "--date", "2026-11-23", facts)
	if status != 0 || errs != "" || !strings.Contains(out, "BLOCKED") || !strings.Contains(out, "age 11 on 2026-11-23") {
		t.Errorf("%d %s %s", status, out, errs)
	}
	status, out, _ = run("policy", "explain", "--pack", "nl", "--date", "2026-11-23", "--json", facts)
	var decision struct{ Verdict, Date, Pack string }
	if err := json.Unmarshal([]byte(out), &decision); status != 0 || err != nil || decision.Verdict != "blocked" || decision.Date != "2026-11-23" || decision.Pack != "nl" {
		t.Errorf("%d %v %+v", status, err, decision)
	}
	if status, out, _ = run("policy", "explain", "--lang", "nl", facts); status != 0 || !strings.Contains(out, "GEBLOKKEERD") {
		t.Errorf("%d %s", status, out)
	}
}

func TestBadInputIsOneLineAndExitTwo(t *testing.T) {
	good := write(t, "good.yaml", "plan: {level: audio}\n")
	for want, args := range map[string][]string{
		`plan.level: "vidio" must be one of none, audio, video`:    {"policy", "explain", write(t, "f.yaml", "plan: {level: vidio}")},
		`"plann": unknown field; allowed are subject`:              {"policy", "explain", write(t, "f.yaml", "plann: {}")},
		`plan.date: 2013-06-30 is before the first day of pack nl`: {"policy", "explain", write(t, "f.yaml", "plan: {date: \"2013-06-30\"}")},
		`pack "be": must be one of eu, nl`:                         {"policy", "explain", "--pack", "be", good},
		`--date: "tomorrow" must be a day`:                         {"policy", "explain", "--date", "tomorrow", good},
		`--lang: "fr" must be one of en, nl`:                       {"policy", "explain", "--lang", "fr", good},
		`no such file`:                                             {"policy", "explain", filepath.Join(t.TempDir(), "none.yaml")},
		`nl/rules/40-recording.yaml:`:                              {"policy", "test", edited(t, "rules/40-recording.yaml", "plan.level == \"video\"", "plan.levl == \"video\"")},
		`undeclared reference to 'plan.levl'`:                      {"policy", "test", edited(t, "rules/40-recording.yaml", "plan.level == \"video\"", "plan.levl == \"video\"")},
		`is missing`:                                               {"policy", "test", edited(t, "rules/40-recording.yaml", "    duty: audio\n", "")},
		`the id S-16 is taken by an earlier rule`:                  {"policy", "test", edited(t, "rules/40-recording.yaml", "id: S-17", "id: S-16")},
		`S-13 is if_possible, weaker than E-01f of pack eu`:        {"policy", "test", edited(t, "rules/30-interviews.yaml", "duty: companion\n    strength: must", "duty: companion\n    strength: if_possible")},
		`{plan.levl} names no fact or term`:                        {"policy", "test", edited(t, "rules/40-recording.yaml", "planned recording: {plan.level}", "planned recording: {plan.levl}")},
		`no such folder`:                                           {"policy", "test", "./nowhere"},
	} {
		status, _, errs := run(args...)
		if status != 2 || !strings.Contains(errs, want) || strings.Count(strings.TrimSpace(errs), "\n") != 0 {
			t.Errorf("%v: %d\n%s\nwant %s", args, status, errs, want)
		}
	}
}

func TestALawyerSeesWhatAnEditedCopyDecidesDifferently(t *testing.T) {
	if status, out, _ := run("policy", "test", "nl", "eu"); status != 0 || !strings.HasSuffix(out, " passed, 0 failed\n") {
		t.Errorf("%d %s", status, out)
	}
	stricter := edited(t, "options.yaml", "chosen: if_possible", "chosen: must")
	status, out, _ := run("policy", "diff", "nl", stricter)
	if status != 0 || !strings.Contains(out, "16th birthday is today: S-17 was absent, is unmet") || !strings.Contains(out, "differences between nl 2026.1 and nl 2026.1") {
		t.Errorf("%d %s", status, out)
	}
	other := edited(t, "codes.yaml", "the equipment failed", "the camera failed")
	if status, out, _ = run("policy", "diff", "nl", other); status != 0 || !strings.HasPrefix(out, "codes deviation_reason: changed\ncodes deviation_reason equipment: changed\n2 differences") {
		t.Errorf("other codes: %d %s", status, out)
	}
	if status, out, _ = run("policy", "test", stricter); status != 1 || !strings.Contains(out, "FAILED") {
		t.Errorf("a pack whose cases fail: %d %s", status, out)
	}
}
