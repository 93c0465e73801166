package cli

import (
	"context"
	"fmt"
	"net/url"
	"os"
	"strings"
	"time"

	"verhaal/internal/app"
	"verhaal/internal/client"
	"verhaal/internal/policy"
	"verhaal/internal/report"
)

// The demonstration's people, invented like everything in it. Everyone has the
// same passphrase, which is printed: a demonstration has no secrets.
const demoPassphrase = "lantern orchard velvet canyon pepper"

type demoPerson struct {
	login, name string
	powers      []string
	desks       []string
	certificate int // days from today until it ends; 0 = none
}

var demoPeople = []demoPerson{
	{"avim", "Detective A. Visser", []string{"officer"}, []string{"police-avim"}, 400},
	{"avim2", "Detective B. Yılmaz", []string{"officer"}, []string{"police-avim"}, 20},
	{"avim3", "Detective K. Mertens", []string{"officer"}, []string{"police-avim"}, 250},
	{"expired", "Detective C. de Boer", []string{"officer"}, []string{"police-avim"}, -1},
	{"labour", "Inspector D. Jansen", []string{"officer"}, []string{"labour-authority"}, 300},
	{"labour2", "Inspector L. Visscher", []string{"officer"}, []string{"labour-authority"}, 200},
	{"tci", "Source handler E. Bakker", []string{"officer"}, []string{"labour-tci"}, 0},
	{"crimestoppers", "Operator F. Smit", []string{"officer"}, []string{"crime-stoppers"}, 0},
	{"planner", "Recordings manager I. Dekker", []string{"recordings"}, nil, 0},
	{"prosecutor", "Prosecutor J. Vermeer", []string{"prosecutor"}, nil, 0},
	{"auditor", "Auditor G. Mulder", []string{"auditor"}, nil, 0},
	{"manager", "Manager K. Smits", []string{"statistics"}, nil, 0},
}

type demoReport struct {
	channel, lang string
	facts         report.Facts
	story         client.Story
	who           client.Identity
	answer        string
	reply         string
}

var demoReports = []demoReport{
	{"police-avim", "en", report.Facts{Danger: "yes", Age: "12-15", Kinds: []string{"sexual"}, AboutSelf: "no", Language: "ro"},
		client.Story{Text: "I am a teacher. A girl in my class, 14, has a new phone every month and an older boyfriend who waits at the gate. On Friday she said she owes him money and has to \"work it off\" this weekend. She cried and asked me to tell nobody.",
			Answers: map[string]string{"where": "The school, and a flat near the station.", "who": "He drives a grey van. She calls him Dino."}},
		client.Identity{Name: "M. Teacher (invented)", Contact: "+31 6 0000 0000", SafeContact: "Call only between 16:00 and 17:00. Never speak on voicemail."},
		"Thank you. You did the right thing. A detective reads this today. Is there a moment tomorrow when she is at school and he is not?",
		"Yes, she has class until 14:00. He never comes before 15:00."},
	{"police-avim", "en", report.Facts{Danger: "no", Age: "adult", Kinds: []string{"sexual"}, AboutSelf: "yes", Language: "bg"},
		client.Story{Text: "He keeps my passport and half of everything I earn. I want to stop but I do not know where to go. I do not want my family to hear about it."},
		client.Identity{SafeContact: "Only here. He reads my phone."}, "", ""},
	{"police-avim", "nl", report.Facts{Danger: "unknown", Age: "16-17", Kinds: []string{"criminal"}, AboutSelf: "yes", Language: "nl"},
		client.Story{Text: "Ik moet pakjes wegbrengen voor jongens uit de buurt. Als ik stop, doen ze mijn broertje iets aan. Ik ben 16."},
		client.Identity{}, "", ""},
	{"police-avim", "ar", report.Facts{Danger: "no", Age: "adult", Kinds: []string{"forced_marriage"}, AboutSelf: "no", Language: "ar"},
		client.Story{Text: "جارتي لا تخرج من البيت أبدًا. زوّجوها رغمًا عنها ولا يسمحون لها بالكلام مع أحد."}, client.Identity{}, "", ""},
	{"labour-authority", "en", report.Facts{Danger: "no", Age: "adult", Kinds: []string{"labour"}, AboutSelf: "yes", Language: "pl"},
		client.Story{Text: "We pick mushrooms fourteen hours a day. They pay for nine and take the rent from it. Eight of us sleep in one room behind the cold store.",
			Answers: map[string]string{"others": "Seven others, two from my village."}},
		client.Identity{Name: "K. Worker (invented)", Contact: "k.worker@example.org"},
		"Thank you for telling us. Do you have your own passport? Are you able to leave the place when you want to?", ""},
	{"labour-authority", "en", report.Facts{Danger: "no", Age: "adult", Kinds: []string{"domestic_servitude"}, AboutSelf: "no", Language: "tl"},
		client.Story{Text: "The nanny of the family upstairs has not had a day off since spring. She asked me for food."}, client.Identity{}, "", ""},
	{"labour-tci", "en", report.Facts{Danger: "no", Age: "unknown", Kinds: []string{"labour"}, AboutSelf: "no", Language: "en"},
		client.Story{Text: "The temp agency keeps two sets of books. The second set is with the brother of the owner. If they learn that I said this I lose more than my job."},
		client.Identity{}, "We read you. Write only when you are alone. Where did you see the second set, without saying when?", ""},
	{"crime-stoppers", "en", report.Facts{Danger: "no", Age: "unknown", Kinds: []string{"sexual"}, AboutSelf: "no", Language: ""},
		client.Story{Text: "Different young women every few weeks, always brought by the same two men. The windows are covered."}, client.Identity{}, "", ""},
}

// furnish makes the demonstration's data by calling the server as browsers do,
// and writes down what a visitor needs. behind sets the clock of recordings back.
func furnish(ctx context.Context, base string, made app.Initial, notes string, behind func(time.Duration)) error {
	admin := client.NewStaff(base)
	if err := admin.Enrol(ctx, client.Newcomer{Code: made.Code, Login: "admin", Name: "Administrator H. Prins", Lang: "en", Passphrase: demoPassphrase}); err != nil {
		return fmt.Errorf("first administrator: %w", err)
	}
	staff, ids, err := hire(ctx, base, admin)
	if err != nil {
		return err
	}
	if err := furnishCalendar(ctx, staff["planner"], ids); err != nil {
		return err
	}
	var text strings.Builder
	fmt.Fprintf(&text, "Staff sign in at %s/staff/sign-in, all with the passphrase\n\n    %s\n\n", base, demoPassphrase)
	fmt.Fprintf(&text, "    %-14s sets up people, certificates, desks; reads no content\n", "admin")
	for _, p := range demoPeople {
		fmt.Fprintf(&text, "    %-14s %s\n", p.login, p.note())
	}
	fmt.Fprintf(&text, "\nReporters come back at %s/en/return with a receipt (words or digits):\n\n", base)
	for _, r := range demoReports {
		line, err := r.make(ctx, base, staff)
		if err != nil {
			return fmt.Errorf("report for %s: %w", r.channel, err)
		}
		text.WriteString(line)
	}
	file, err := demoCase(ctx, staff["avim"], client.Deviation{Rule: "S-19", Why: "no_room", Prosecutor: ids["prosecutor"], Recipient: staff["prosecutor"].Recipient(),
		Words: "The nearest studio is free in eleven days. She goes back to her uncle on Friday."})
	if err != nil {
		return fmt.Errorf("case file: %w", err)
	}
	fmt.Fprintf(&text, "\navim has a case file at %s/case/%s/ with an interview that the rules block;\nprosecutor is asked for a deviation at %s/decisions/\n", base, file, base)
	file, interview, err := demoInterview(ctx, staff["avim"])
	if err != nil {
		return fmt.Errorf("interview: %w", err)
	}
	fmt.Fprintf(&text, "and an interview that is confirmed for today, to be recorded at %s/case/%s/room/%s\n", base, file, interview)
	recorded, err := demoRecording(ctx, staff["avim"], behind)
	if err != nil {
		return fmt.Errorf("recording: %w", err)
	}
	fmt.Fprintf(&text, "and one that was recorded (a test picture and a tone), at %s/record/%s/play\n", base, recorded)
	fmt.Fprintf(&text, "\nKey that verifies the custody log:\n    %s\n", made.Verifier)
	return os.WriteFile(notes, []byte(text.String()), 0o600)
}

// demoCase is a case file of a girl of ten who was interviewed before, by
// another agency, and whose next interview is planned as if she were an adult.
// From one rule that is in the way a deviation is asked.
func demoCase(ctx context.Context, detective *client.Staff, asked client.Deviation) (id string, err error) {
	if id, err = detective.OpenCase(ctx, "police-avim", "ex_officio"); err != nil {
		return "", err
	}
	person, err := detective.AddPerson(ctx, id, "victim")
	if err != nil {
		return "", err
	}
	day := func(days int) string { return time.Now().UTC().AddDate(0, 0, days).Format(time.DateOnly) }
	interview, err := detective.PlanInterview(ctx, id, person)
	if err != nil {
		return "", err
	}
	for subject, fields := range map[string]url.Values{
		"case": {"report.exploitation": {"criminal"}, "report.anonymous": {"false"}, "clock.reported": {day(-9)}, "case.acute": {"false"}},
		person: {"case.talk_held": {"true"}, "subject.age": {"10"}, "subject.language": {"ro"}, "subject.needs_interpreter": {"true"}, "subject.lawful_stay": {"false"}, "subject.dublin": {"false"},
			"subject.unaccompanied": {"true"}, "earlier.0.date": {day(-6)}, "earlier.0.level": {"video"}, "earlier.0.interviewers": {"shelter"}, "earlier.0.topics": {"recruitment, transport"}},
		interview: {"plan.date": {day(3)}, "plan.planned": {"true"}, "plan.level": {"audio"}, "plan.room.kind": {"interview_room"}, "plan.interviewers.0.id": {"avim"},
			"plan.topics.0.name": {"recruitment"}},
	} {
		if err := detective.FirstFacts(ctx, id, subject, fields); err != nil {
			return "", fmt.Errorf("facts about %s: %w", subject, err)
		}
	}
	return id, detective.AskDeviation(ctx, id, interview, asked)
}

// demoInterview is a case file of an adult whose interview is confirmed for today.
func demoInterview(ctx context.Context, detective *client.Staff) (id, interview string, err error) {
	if id, err = detective.OpenCase(ctx, "police-avim", "ex_officio"); err != nil {
		return "", "", err
	}
	person, err := detective.AddPerson(ctx, id, "victim")
	if err != nil {
		return "", "", err
	}
	if interview, err = detective.PlanInterview(ctx, id, person); err != nil {
		return "", "", err
	}
	today := time.Now().Format(time.DateOnly)
	facts := []struct {
		subject string
		fields  url.Values
	}{
		{"case", url.Values{"case.acute": {"false"}, "report.anonymous": {"false"}, "report.exploitation": {"sexual"}, "clock.reported": {today}}},
		{person, url.Values{"subject.age": {"34"}, "subject.age_doubt": {"false"}, "subject.intellectual_disability": {"doubt"}, "subject.cognitive_disorder": {"absent"},
			"subject.special_needs.none": {"1"}, "subject.language": {"nl"}, "subject.needs_interpreter": {"false"}, "subject.lawful_stay": {"true"}, "subject.dublin": {"false"},
			"earlier.none": {"1"}, "case.expert_supports": {"false"}, "case.expert_conducts": {"false"}, "case.would_rather_not_testify": {"false"}}},
		{interview, url.Values{"plan.date": {today}, "plan.planned": {"true"}, "plan.room.kind": {"interview_room"}, "plan.room.adapted": {"false"}, "plan.level": {"video"},
			"plan.interviewers.0.id": {"avim"}, "plan.topics.0.name": {"recruitment"}, "plan.topics.1.name": {"money"}}},
	}
	for _, f := range facts {
		if err := detective.FirstFacts(ctx, id, f.subject, f.fields); err != nil {
			return "", "", fmt.Errorf("facts about %s: %w", f.subject, err)
		}
	}
	if err := detective.Assess(ctx, id, person, today); err != nil {
		return "", "", fmt.Errorf("assessment: %w", err)
	}
	return id, interview, detective.ConfirmInterview(ctx, id, interview)
}

// demoRecording is another case, of which the interview was recorded. It began as
// long before it was made as it plays.
func demoRecording(ctx context.Context, detective *client.Staff, behind func(time.Duration)) (id string, err error) {
	file, interview, err := demoInterview(ctx, detective)
	if err != nil {
		return "", err
	}
	if err := detective.DoCaseDuty(ctx, file); err != nil {
		return "", err
	}
	const length = 3 * time.Minute
	behind(length)
	film, err := detective.RecordFilm(ctx, file, interview, int(length.Seconds()))
	behind(0)
	if err != nil {
		return "", err
	}
	return film.ID, film.Stop(ctx)
}

func (p demoPerson) note() string {
	switch {
	case p.certificate < 0:
		return p.name + ": a certificate that ended, so no key and no reports"
	case len(p.desks) > 0:
		return p.name + ", desk " + strings.Join(p.desks, ", ")
	}
	return p.name + map[string]string{
		"prosecutor": ", signs or refuses deviations",
		"recordings": ", keeps rooms, people and interpreters",
		"statistics": ", sees figures of all desks at /outcomes/, from the end of the first quarter on",
		"auditor":    ", reads and verifies the custody log",
	}[p.powers[0]]
}

// hire invites and enrols everyone, seats them, makes the desks' keys and
// opens the channels.
func hire(ctx context.Context, base string, admin *client.Staff) (staff map[string]*client.Staff, ids map[string]string, err error) {
	staff, ids = map[string]*client.Staff{}, map[string]string{}
	for _, p := range demoPeople {
		id, code, err := admin.Invite(ctx, p.login, p.name, p.powers...)
		if err != nil {
			return nil, nil, fmt.Errorf("invite %s: %w", p.login, err)
		}
		ids[p.login] = id
		if p.certificate != 0 {
			today := time.Now().UTC()
			from, until := today.AddDate(-1, 0, 0), today.AddDate(0, 0, p.certificate)
			// Every certified detective of the demonstration may work in the studio too.
			for _, kind := range policy.CertificateKinds() {
				if err := admin.Certify(ctx, id, kind, from.Format(time.DateOnly), until.Format(time.DateOnly), "DEMO-"+p.login); err != nil {
					return nil, nil, fmt.Errorf("certificate of %s: %w", p.login, err)
				}
			}
		}
		staff[p.login] = client.NewStaff(base)
		if err := staff[p.login].Enrol(ctx, client.Newcomer{Code: code, Lang: "en", Passphrase: demoPassphrase}); err != nil {
			return nil, nil, fmt.Errorf("enrol %s: %w", p.login, err)
		}
		for _, channel := range p.desks {
			if err := admin.Seat(ctx, channel, p.login); err != nil {
				return nil, nil, fmt.Errorf("seat %s: %w", p.login, err)
			}
		}
	}
	for channel, login := range demoDesks {
		if err := staff[login].DoDuty(ctx, channel); err != nil {
			return nil, nil, fmt.Errorf("key of %s: %w", channel, err)
		}
		if err := admin.OpenChannel(ctx, channel); err != nil {
			return nil, nil, fmt.Errorf("open %s: %w", channel, err)
		}
	}
	return staff, ids, nil
}

// demoDesks names the member who makes each desk's key and answers.
var demoDesks = map[string]string{"police-avim": "avim", "labour-authority": "labour", "labour-tci": "tci", "crime-stoppers": "crimestoppers"}

// make tells one report, has it answered and replies, and says how to come back.
func (r demoReport) make(ctx context.Context, base string, staff map[string]*client.Staff) (string, error) {
	reporter := client.NewReporter(base, r.lang)
	receipt, _, err := reporter.Tell(ctx, r.channel, r.facts, r.story, r.who)
	if err != nil {
		return "", err
	}
	if r.channel == "crime-stoppers" {
		return fmt.Sprintf("    %-17s no receipt: this channel never answers\n", r.channel), nil
	}
	line := fmt.Sprintf("    %-17s %s\n    %-17s %s\n", r.channel, strings.Join(receipt.Words("en"), " "), "", receipt.Digits())
	if r.answer == "" {
		return line, nil
	}
	officer := staff[demoDesks[r.channel]]
	ids, _, err := officer.Queue(ctx, r.channel)
	if err != nil {
		return "", err
	}
	for _, id := range ids {
		c, err := officer.Open(ctx, r.channel, id)
		if err != nil {
			return "", err
		}
		if c.Story != r.story.Text {
			continue
		}
		if err := officer.Answer(ctx, c, r.answer); err != nil {
			return "", err
		}
	}
	if r.reply == "" {
		return line, nil
	}
	key, err := reporter.Key(ctx, r.channel)
	if err != nil {
		return "", err
	}
	talk, err := reporter.Return(ctx, receipt.Digits(), key.Salt)
	if err != nil {
		return "", err
	}
	return line, reporter.Write(ctx, talk, r.reply)
}
