package policy

var roomPowers = []string{CanSee, CanHear, CanPrompt, CanSteer, CanMark}

func (p *Pack) readRooms(r *reader, root field) {
	m := r.fields(root, "powers", "equipment", "procedure", "rooms")
	p.RoomPowers = table(r, m["powers"], func(f field) Coded {
		nm := r.fields(f, "id", "name")
		return Coded{ID: r.oneOf(nm["id"], roomPowers...), Name: r.text(nm["name"])}
	})
	equipment := table(r, m["equipment"], r.duty)
	procedure := table(r, m["procedure"], r.duty)
	var beside []field
	p.Rooms = table(r, m["rooms"], func(f field) RoomKind {
		m := r.fields(f, "id", "name", "for", "powers", "beside?", "adapted", "recording", "certificate",
			"interviewers?", "equipment", "procedure", "ages?", "clause")
		k := RoomKind{
			Coded:        r.coded(m),
			For:          RoomUse(r.oneOf(m["for"], string(ForInterview), string(ForControl), string(ForViewing))),
			Powers:       r.codes(m["powers"], keys(p.RoomPowers)...),
			Adapted:      r.flag(m["adapted"]),
			Levels:       r.codes(m["recording"], levels...),
			Interviewers: r.number(m["interviewers"], 1, 9),
			Equipment:    picks(r, m["equipment"], equipment),
			Procedure:    picks(r, m["procedure"], procedure),
			Ages:         r.text(m["ages"]),
			Ground:       r.ground(m["clause"]),
		}
		if c := r.oneOf(m["certificate"], "studio", "none"); c != "none" {
			k.Certificate = c
		}
		beside = append(beside, m["beside"])
		switch {
		case (k.For == ForInterview) != (len(k.Powers) == 0):
			r.fail(m["powers"], "must be empty for an interview room, and for no other: they are powers over an interview next door")
		case (k.For == ForInterview) != (len(k.Levels) > 0):
			r.fail(m["recording"], "must name levels for an interview room, and none for any other")
		case (k.For == ForInterview) == m["beside"].present():
			r.fail(f, "a control or viewing room is beside an interview room, and an interview room is beside none")
		case k.For == ForViewing && (k.Can(CanPrompt) || k.Can(CanSteer)):
			r.fail(m["powers"], "nobody can prompt or steer from a viewing room")
		case (k.Can(CanPrompt) || k.Can(CanSteer)) && !(k.Can(CanSee) && k.Can(CanHear)):
			r.fail(m["powers"], "who prompts or steers must see and hear")
		}
		return k
	})
	for i, f := range beside {
		p.Rooms[i].Beside = r.codes(f, p.interviewRooms()...)
		if f.present() && len(p.Rooms[i].Beside) == 0 {
			r.fail(f, "must hold at least one interview room")
		}
	}
}

func (p *Pack) interviewRooms() []string {
	var ids []string
	for _, k := range p.Rooms {
		if k.For == ForInterview {
			ids = append(ids, k.ID)
		}
	}
	return ids
}

func (r *reader) duty(f field) Duty {
	m := r.fields(f, "id", "name", "clause")
	return Duty{Coded: r.coded(m), Ground: r.ground(m["clause"])}
}
