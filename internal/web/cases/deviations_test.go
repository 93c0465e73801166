package cases

import "testing"

func TestADecisionIsSaidInTheReadersLanguageAndOlderOnesInEnglish(t *testing.T) {
	const both, old = `{"en": "because", "nl": "omdat"}`, `{"pack": "nl", "requirements": []}`
	for _, c := range []struct{ kept, lang, text, in string }{
		{both, "nl", `"omdat"`, "nl"},
		{both, "fr", `"because"`, "en"},
		{old, "nl", old, "en"},
	} {
		text, in, err := saidIn([]byte(c.kept), c.lang)
		if err != nil || string(text) != c.text || in != c.in {
			t.Errorf("%s for a reader of %s: %s in %s, %v", c.kept, c.lang, text, in, err)
		}
	}
	if _, _, err := saidIn([]byte("no JSON"), "nl"); err == nil {
		t.Error("what is no JSON was read")
	}
}
