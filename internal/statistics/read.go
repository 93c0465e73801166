package statistics

import (
	"cmp"
	"context"
	"database/sql"
)

// each runs a query and gives every row to scan.
func (b *Book) each(ctx context.Context, scan func(*sql.Rows) error, query string, args ...any) error {
	rows, err := b.db.Query(ctx, query, args...)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		if err := scan(rows); err != nil {
			return err
		}
	}
	return rows.Err()
}

// readReports counts the reports of one channel.
func (b *Book) readReports(ctx context.Context, t *tally, channel string) error {
	rank, received, id := int64(-1), int64(0), ""
	for {
		n := 0
		err := b.each(ctx, func(rows *sql.Rows) error {
			var message, reached int64
			n++
			if err := rows.Scan(&rank, &received, &id, &message, &reached); err != nil {
				return err
			}
			contact := message
			if message == 0 || reached > 0 && reached < message {
				contact = reached
			}
			if contact > 0 {
				days := day(contact) - day(received)
				t.count(contacts, channel, contact, "all", waited(days))
				t.took(contacts, channel, contact, "all", days)
			}
			if received < t.until && (contact == 0 || contact >= t.until) {
				t.count(waiting, channel, t.until-1, "all", waited(day(t.until)-day(received)))
			}
			return nil
		}, pageReports, channel, rank, received, id, pageSize)
		if err != nil || n < pageSize {
			return err
		}
	}
}

// readFiles counts all case files, a page at a time.
func (b *Book) readFiles(ctx context.Context, t *tally) error {
	after := ""
	for {
		page, last := map[string]*file{}, after
		err := b.each(ctx, func(rows *sql.Rows) error {
			f, id := newFile(), ""
			if err := rows.Scan(&last, &id, &f.channel); err != nil {
				return err
			}
			page[id] = f
			return nil
		}, pageFiles, after, pageSize)
		if err != nil {
			return err
		}
		if err := b.fill(ctx, page, after, last); err != nil {
			return err
		}
		for _, f := range page {
			f.count(t)
		}
		if len(page) < pageSize {
			return nil
		}
		after = last
	}
}

// fill reads what belongs to the case files of a page, in one query a table.
// A case file that was opened in between is not of this page.
func (b *Book) fill(ctx context.Context, page map[string]*file, after, last string) error {
	of := func(id string) *file {
		if f := page[id]; f != nil {
			return f
		}
		return newFile()
	}
	var id string
	if err := b.each(ctx, func(rows *sql.Rows) error {
		var received int64
		err := rows.Scan(&id, &received)
		of(id).reported = received
		return err
	}, reportedOf, after, last); err != nil {
		return err
	}
	if err := b.each(ctx, func(rows *sql.Rows) error {
		var subject, kind, role, about string
		err := rows.Scan(&id, &subject, &kind, &role, &about)
		if kind == "interview" {
			of(id).about[subject] = about
		} else {
			of(id).victims = append(of(id).victims, subject)
		}
		return err
	}, subjectsOf, after, last); err != nil {
		return err
	}
	if err := b.each(ctx, func(rows *sql.Rows) error {
		var subject, name, fields string
		var changed int64
		if err := rows.Scan(&id, &subject, &name, &fields, &changed); err != nil {
			return err
		}
		of(id).facts[subject+" "+name] = fact{fields, changed}
		return nil
	}, factsOf, after, last); err != nil {
		return err
	}
	if err := b.each(ctx, func(rows *sql.Rows) error {
		var interview string
		var again askedAgain
		err := rows.Scan(&id, &interview, &again.topics, &again.unexplained)
		of(id).again[interview] = again
		return err
	}, askedAgainOf, after, last); err != nil {
		return err
	}
	return b.each(ctx, func(rows *sql.Rows) error {
		var e event
		err := rows.Scan(&id, &e.kind, &e.subject, &e.at)
		of(id).events = append(of(id).events, e)
		return err
	}, eventsOf, after, last)
}

// NotSaid stands for the reason of a deviation that was asked before there was a
// list of them, in the name of a row.
const NotSaid = "not_said"

func (b *Book) readDeviations(ctx context.Context, t *tally) error {
	id := ""
	for {
		n := 0
		err := b.each(ctx, func(rows *sql.Rows) error {
			var channel, rule, why, state string
			var asked, decided int64
			n++
			if err := rows.Scan(&id, &channel, &rule, &why, &state, &asked, &decided); err != nil {
				return err
			}
			why = cmp.Or(why, NotSaid)
			t.count(deviations, channel, asked, "asked", "asked."+rule, "asked."+rule+"."+why, "why."+why)
			if state != "asked" {
				t.count(deviations, channel, decided, state, state+"."+rule, state+"."+rule+"."+why)
			}
			return nil
		}, pageDeviations, id, pageSize)
		if err != nil || n < pageSize {
			return err
		}
	}
}

// outcome is a row of what either worked or did not.
func outcome(failed bool) string {
	if failed {
		return "failed"
	}
	return "worked"
}

func (b *Book) readOthers(ctx context.Context, t *tally) error {
	if b.searches != nil {
		if err := b.searches.EachSearch(ctx, t.until, func(s Search) { t.count(studios, s.Channel, s.At, "all", outcome(s.Full)) }); err != nil {
			return err
		}
	}
	if b.recordings == nil {
		return nil
	}
	return b.recordings.EachRecording(ctx, t.until, func(r Recording) { t.count(recordings, r.Channel, r.At, "all", outcome(r.Failed)) })
}
