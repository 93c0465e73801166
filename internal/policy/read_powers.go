package policy

func (p *Pack) readPowers(r *reader, root field) {
	m := r.fields(root, "roles", "needs", "limits", "powers")
	p.Roles = table(r, m["roles"], func(f field) Role { return Role{r.codedRow(f)} })
	needs := table(r, m["needs"], r.codedRow)
	limits := table(r, m["limits"], r.codedRow)
	p.Powers = table(r, m["powers"], func(f field) Power {
		m := r.fields(f, "id", "name", "holders", "needs", "clause")
		w := Power{Coded: r.coded(m), Needs: picks(r, m["needs"], needs), Ground: r.ground(m["clause"])}
		for _, one := range r.list(m["holders"]) {
			hm := r.fields(one, "role", "only?")
			h := Holder{Role: pick(r, hm["role"], p.Roles).ID}
			if held, _ := w.HeldBy(h.Role); held {
				r.fail(one, "%s stands twice", h.Role)
			}
			if hm["only"].present() {
				only := pick(r, hm["only"], limits)
				h.Only = &only
			}
			w.Holders = append(w.Holders, h)
		}
		if len(w.Holders) == 0 {
			r.fail(m["holders"], "must hold at least one role: a power that nobody holds is a rule, not a power")
		}
		return w
	})
}
