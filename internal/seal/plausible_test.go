package seal

import "testing"

func TestEveryRecipientIsPlausibleAndNothingElse(t *testing.T) {
	id, err := NewIdentity()
	if err != nil {
		t.Fatal(err)
	}
	r := id.Recipient()
	if !PlausibleRecipient(r) {
		t.Error("a real recipient is refused")
	}
	for name, s := range map[string]string{
		"short": r[:len(r)-1], "long": r + "q", "classic": "age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kg5sfn9aqmcac8p",
		"upper case": "AGE1PQ1" + r[7:], "foreign letter": r[:100] + "b" + r[101:], "": "",
	} {
		if PlausibleRecipient(s) {
			t.Errorf("%s is taken for a recipient", name)
		}
	}
}
