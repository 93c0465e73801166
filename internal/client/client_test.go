package client_test

import (
	"errors"
	"testing"

	"verhaal/internal/app/apptest"
	"verhaal/internal/client"
	"verhaal/internal/report"
)

const channel = "police-avim"

var facts = report.Facts{Danger: "no", Age: "adult", Kinds: []string{"labour"}, AboutSelf: "yes", Language: "pl"}

// opened is the one report of the desk, opened by an officer who signs in with
// nothing but a name and a passphrase.
func opened(t *testing.T, base, login string) (*client.Staff, client.Case) {
	t.Helper()
	officer := client.NewStaff(base)
	must(t, officer.SignIn(t.Context(), login, apptest.Words))
	ids, _, err := officer.Queue(t.Context(), channel)
	must(t, err)
	if len(ids) != 1 {
		t.Fatalf("%d reports in the queue", len(ids))
	}
	c, err := officer.Open(t.Context(), channel, ids[0])
	must(t, err)
	return officer, c
}

func TestWhatIsToldIsOpenedAnsweredAndReadWithTheReceipt(t *testing.T) {
	house := apptest.New(t)
	house.Seated(t, "first", channel)
	person := client.NewReporter(house.Base, "en")
	receipt, got, err := person.Tell(t.Context(), channel, facts, client.Story{Text: "They keep our passports."}, client.Identity{Name: "N. N."})
	must(t, err)
	if got.Proof == "" || got.Day == 0 {
		t.Errorf("the answer proves nothing: %+v", got)
	}
	officer, c := opened(t, house.Base, "first")
	if c.Story != "They keep our passports." || len(c.Lines) != 0 {
		t.Errorf("the officer reads %+v", c)
	}
	must(t, officer.Answer(t.Context(), c, "Where are you now?"))

	key, err := person.Key(t.Context(), channel)
	must(t, err)
	back := client.NewReporter(house.Base, "en")
	d, err := back.Return(t.Context(), receipt.Digits(), key.Salt)
	must(t, err)
	if d.Story != c.Story || d.Channel != channel || len(d.Lines) != 1 || d.Lines[0].Text != "Where are you now?" {
		t.Errorf("the reporter reads %+v", d)
	}
	must(t, back.Write(t.Context(), d, "Behind the cold store."))
	if _, c = opened(t, house.Base, "first"); len(c.Lines) != 2 || c.Lines[1].Text != "Behind the cold store." || c.Lines[1].Sender == c.Lines[0].Sender {
		t.Errorf("the officer reads %+v", c.Lines)
	}
}

func TestAColleagueReadsWhatCameBeforeThemOnceTheyHaveTheKey(t *testing.T) {
	house := apptest.New(t)
	first, _ := house.Seated(t, "first", channel)
	house.Told(t, channel, "Eight of us in one room.", client.Identity{})
	second, _ := house.Seated(t, "second", channel)
	ids, _, err := second.Queue(t.Context(), channel)
	must(t, err)
	if _, err := second.Open(t.Context(), channel, ids[0]); err == nil {
		t.Fatal("a report was opened without the key it is sealed to")
	}
	must(t, first.DoDuty(t.Context(), channel))
	if _, c := opened(t, house.Base, "second"); c.Story != "Eight of us in one room." {
		t.Errorf("the colleague reads %+v", c)
	}
}

func TestARefusalSaysWhy(t *testing.T) {
	house := apptest.New(t)
	var no *client.Refusal
	if _, err := client.NewReporter(house.Base, "en").Key(t.Context(), channel); !errors.As(err, &no) || no.Status != 503 || no.Key != "fault.channel_closed" || no.Text == "" {
		t.Errorf("a channel that is closed: %v", err)
	}
	house.Seated(t, "first", channel)
	if err := client.NewStaff(house.Base).SignIn(t.Context(), "first", "seven quiet herons count the stars"); !errors.As(err, &no) || no.Status != 401 {
		t.Errorf("another passphrase: %v", err)
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
