package planner

import "slices"

// group is rooms that are the same to the rules and to those who travel there.
type group struct {
	kind    Kind
	adapted bool
	region  string
	rooms   []int // indices
	starts  []ticks
	free    []ticks  // starts of each room, whatever it lacks
	needs   [][]need // of each room, but for what it always has
	// never are the rules that rule such a room out whoever comes, on the day
	// that is looked at.
	never []string
}

func (s *search) groupRooms(open func(Hours) ticks) {
	margin := int(roomMargin / Tick)
	for i, room := range s.cal.Rooms {
		k := slices.IndexFunc(s.wish.Kinds, func(k Kind) bool { return k.ID == room.Kind })
		if k < 0 || len(s.wish.Regions) > 0 && !slices.Contains(s.wish.Regions, room.Region) {
			continue
		}
		kind := s.wish.Kinds[k]
		needs, met := s.needsOf(room, kind)
		if !met {
			continue
		}
		starts := s.without(open(room.Hours), room.Busy).around(s.length, margin, margin)
		for _, v := range s.wish.Apart {
			if v.Site == room.Site {
				s.keepOff(starts, v.Span, visitMargin)
			}
		}
		free := starts.clone()
		for _, need := range needs {
			starts.and(need.met())
		}
		adapted := room.Adapted || kind.AnyAdapted
		g := slices.IndexFunc(s.groups, func(g group) bool {
			return g.kind.ID == kind.ID && g.adapted == adapted && g.region == room.Region
		})
		if g < 0 {
			g = len(s.groups)
			s.groups = append(s.groups, group{kind: kind, adapted: adapted, region: room.Region})
		}
		s.groups[g].rooms = append(s.groups[g].rooms, i)
		s.groups[g].starts = append(s.groups[g].starts, starts)
		s.groups[g].free = append(s.groups[g].free, free)
		s.groups[g].needs = append(s.groups[g].needs, needs)
	}
	slices.SortStableFunc(s.groups, func(a, b group) int { return a.kind.Preferences - b.kind.Preferences })
}
