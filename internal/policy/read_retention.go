package policy

func (p *Pack) readRetention(r *reader, root field) {
	m := r.fields(root, "events", "uses", "retention")
	events := table(r, m["events"], r.codedRow)
	uses := table(r, m["uses"], r.codedRow)
	var channels []string
	for _, c := range p.Channels {
		channels = append(channels, c.ID)
	}
	regime := map[string]Regime{} // by channel
	p.Retention = table(r, m["retention"], func(f field) Retention {
		m := r.fields(f, "id", "name", "regime", "applies_to", "channels?", "from", "ends", "stages?", "review?",
			"order_by", "written?", "destroy_within?", "readers?", "clause")
		c := Retention{
			Coded:         r.coded(m),
			Regime:        Regime(r.oneOf(m["regime"], string(RegimePolice), string(RegimeGeneral))),
			AppliesTo:     r.text(m["applies_to"]),
			Channels:      r.codes(m["channels"], channels...),
			From:          pick(r, m["from"], events),
			Ends:          RetentionEnd(r.oneOf(m["ends"], string(EndsAtOnce), string(EndsAfter), string(EndsReview))),
			Review:        r.span(m["review"]),
			OrderBy:       keys(picks(r, m["order_by"], p.Roles)),
			Written:       m["written"].present() && r.flag(m["written"]),
			DestroyWithin: r.span(m["destroy_within"]),
			Readers:       keys(picks(r, m["readers"], p.Roles)),
			Ground:        r.ground(m["clause"]),
		}
		for _, one := range r.list(m["stages"]) {
			sm := r.fields(one, "use", "for")
			c.Stages = append(c.Stages, Stage{Use: pick(r, sm["use"], uses), For: r.span(sm["for"])})
		}
		switch {
		case (c.Ends == EndsAfter) != (len(c.Stages) > 0):
			r.fail(m["ends"], "must be after where there are stages, and only there")
		case c.Ends == EndsReview && c.Review.IsZero():
			r.fail(f, "what has no end date needs a review, as in review: {months: 12}")
		case c.Written && len(c.OrderBy) == 0:
			r.fail(m["written"], "must be false where nobody orders it")
		}
		for _, id := range c.Channels {
			if was, twice := regime[id]; twice && was != c.Regime {
				r.fail(m["regime"], "must be %s: an earlier row puts %s under it, and a channel has one regime", was, id)
			}
			regime[id] = c.Regime
		}
		return c
	})
}
