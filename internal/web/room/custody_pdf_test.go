package room

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// acts makes a list as long as an interview's.
func acts(n int) custodyPage {
	page := custodyPage{ID: strings.Repeat("ab", 16), Log: "verhaal.test/log+0123abcd+AAAA"}
	for i := range n {
		page.Acts = append(page.Acts, listed{Leaf: int64(1000 + 3*i), Time: time.Date(2026, 11, 28, 20, 0, i, 0, time.FixedZone("CET", 3600)), Kind: "recording.key_released", Staff: "st-" + fmt.Sprint(i),
			Roles: "interviewer", Basis: "A-26", Details: fmt.Sprintf("minutes=%d; purpose=prosecution; track=0", i), Hash: fmt.Sprintf("%064x", i)})
	}
	return page
}

// told is what a reader of PDF finds, with every run of space as one.
func told(t *testing.T, file []byte) (pages []string) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "custody.pdf")
	if err := os.WriteFile(path, file, 0o600); err != nil {
		t.Fatal(err)
	}
	out, err := exec.Command("pdftotext", "-layout", path, "-").Output()
	if err != nil {
		t.Fatalf("pdftotext: %v (run test/needs, or apt-get install poppler-utils)", err)
	}
	for page := range strings.SplitSeq(strings.TrimSuffix(string(out), "\f"), "\f") {
		pages = append(pages, strings.Join(strings.Fields(page), " "))
	}
	return pages
}

func made(t *testing.T, page custodyPage) []byte {
	t.Helper()
	file, err := custodyPDF(page, pdfWords{"Wie wat met deze opname deed", "Elke handeling, op volgorde: één voor één.", "Sleutel van het logboek:"})
	if err != nil {
		t.Fatal(err)
	}
	return file
}

func TestThePrintedListHasEveryActWithItsPlaceInTheLogOnNumberedPages(t *testing.T) {
	list := acts(100)
	pages := told(t, made(t, list))
	if len(pages) < 3 {
		t.Fatalf("%d pages", len(pages))
	}
	for i, page := range pages {
		if !strings.HasSuffix(page, fmt.Sprintf("%s %d / %d", list.ID, i+1, len(pages))) || !strings.HasPrefix(page, "Wie wat met deze opname deed "+list.ID) || !strings.Contains(page, "leaf time act staff role basis details leaf_hash") {
			t.Errorf("page %d: %s", i+1, page)
		}
	}
	all := strings.Join(pages, " ")
	for _, a := range list.Acts {
		if line := fmt.Sprintf("%d %s CET %s %s %s %s %s", a.Leaf, a.Time.Format("2006-01-02 15:04:05"), a.Kind, a.Staff, a.Roles, a.Basis, a.Details); !strings.Contains(all, line) {
			t.Errorf("there is no %q", line)
		}
	}
	for _, want := range []string{"één voor één", "Sleutel van het logboek: " + list.Log} {
		if !strings.Contains(all, want) {
			t.Errorf("there is no %q", want)
		}
	}
}

func TestThePrintedListIsTheSameToTheByteForTheSameActs(t *testing.T) {
	if a, b := made(t, acts(30)), made(t, acts(30)); !bytes.Equal(a, b) {
		t.Error("two files of one list differ")
	}
	if pages := told(t, made(t, acts(0))); len(pages) != 1 {
		t.Errorf("a list without acts has %d pages", len(pages))
	}
}

func TestThePrintedListLosesNoLetterAndBreaksWhatIsLong(t *testing.T) {
	list := acts(1)
	list.Acts[0].Basis = "\x01 (§ 4) سبب"
	list.Acts[0].Details = strings.Repeat("purpose=prosecution; ", 400)
	list.Acts[0].Hash = strings.Repeat("0123456789abcdef", 4)
	pages := told(t, made(t, list))
	all := strings.Join(pages, " ")
	for _, want := range []string{`\u{1}`, "(§ 4)", `\u{633}`, `\u{628}`} {
		if !strings.Contains(all, want) {
			t.Errorf("there is no %q", want)
		}
	}
	if n := strings.Count(all, "purpose=prosecution;"); n != 400 || len(pages) < 2 {
		t.Errorf("%d of 400 on %d pages", n, len(pages))
	}
}
