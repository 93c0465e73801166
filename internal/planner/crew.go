package planner

import (
	"math/bits"
	"slices"
)

// freePeople knows who is free when, and who is alike on a day.
type freePeople struct {
	workers []Worker
	kinds   []string // of certificates
	days    []string
	same    people
	// home and away are who can begin at each quarter, in their own region and
	// in another.
	home, away []people
	byRegion   map[string]people
	none       people
	// byDay is shared by days in a row on which nobody's certificates change.
	byDay []*dayPeople
}

// dayPeople is who holds what on a day.
type dayPeople struct {
	made     bool
	holding  map[string]people // by kind of certificate
	anything people            // who holds any
	pools    []people
	class    []string // what the rules see of each
	order    []int    // the best first
}

func newFreePeople(h horizon, workers []Worker, w Wish, length int, open func(Hours) ticks) freePeople {
	words := (len(workers) + 63) / 64
	set := func() people { return make(people, words) }
	f := freePeople{workers: workers, days: h.days, same: set(), home: make([]people, h.n), away: make([]people, h.n),
		byRegion: map[string]people{}, none: set()}
	all := make(people, 2*h.n*words)
	for i := range h.n {
		f.home[i], f.away[i] = all[2*i*words:(2*i+1)*words], all[(2*i+1)*words:(2*i+2)*words]
	}
	way := int(travel / Tick)
	for i, worker := range workers {
		for _, held := range worker.Held {
			if !slices.Contains(f.kinds, held.Kind) {
				f.kinds = append(f.kinds, held.Kind)
			}
		}
		if slices.Contains(w.Same, worker.Login) {
			f.same.add(i)
		}
		if w.Sex != "" && worker.Sex != w.Sex {
			continue
		}
		if f.byRegion[worker.Region] == nil {
			f.byRegion[worker.Region] = set()
		}
		f.byRegion[worker.Region].add(i)
		free := h.without(open(worker.Hours), worker.Busy)
		free.starts(length).each(func(at int) bool { f.home[at].add(i); return true })
		free.around(length, way, way).each(func(at int) bool { f.away[at].add(i); return true })
	}
	slices.Sort(f.kinds)
	f.byDay = alike(h.days, workers)
	return f
}

// alike gives days in a row the same people until a certificate begins or is
// over.
func alike(days []string, workers []Worker) []*dayPeople {
	changes := make([]bool, len(days)+1)
	for _, w := range workers {
		for _, held := range w.Held {
			begins, _ := slices.BinarySearch(days, held.From)
			over, last := slices.BinarySearch(days, held.Until)
			if last {
				over++
			}
			changes[begins], changes[over] = true, true
		}
	}
	out := make([]*dayPeople, len(days))
	for i := range days {
		if i == 0 || changes[i] {
			out[i] = new(dayPeople)
		} else {
			out[i] = out[i-1]
		}
	}
	return out
}

// at is who can begin at a quarter in a region: those who live there without
// the way.
func (f freePeople) at(at int, region string) people {
	local := f.byRegion[region]
	out := make(people, len(f.none))
	for i := range out {
		out[i] = f.away[at][i]
		if local != nil {
			out[i] |= f.home[at][i] & local[i]
		}
	}
	return out
}

func (f freePeople) on(day int) *dayPeople {
	d := f.byDay[day]
	if d.made {
		return d
	}
	d.made, d.holding, d.anything = true, map[string]people{}, make(people, len(f.none))
	date := f.days[day]
	trainees := make(people, len(f.none))
	for i, w := range f.workers {
		if w.Trainee {
			trainees.add(i)
		}
		for _, held := range w.Held {
			if held.on(date) {
				if d.holding[held.Kind] == nil {
					d.holding[held.Kind] = make(people, len(f.none))
				}
				d.holding[held.Kind].add(i)
				d.anything.add(i)
			}
		}
	}
	// For each kind of certificate a pool asks that it is held, that it is held
	// or trained for, or nothing; the strictest pool comes first, and those of
	// it who held earlier interviews before the rest.
	count := 1
	for range f.kinds {
		count *= 3
	}
	for asks := range count {
		pool := f.pool(d, asks, trainees)
		if same := pool.both(f.same); same.count() > 0 {
			d.pools = append(d.pools, same)
		}
		if pool.count() > 0 {
			d.pools = append(d.pools, pool)
		}
	}
	for i := range f.workers {
		d.class = append(d.class, f.classOf(d, i))
	}
	d.order = f.ranked(d)
	return d
}

// pool is who has what a number asks, one digit to the base of three for each
// kind of certificate: 0 held, 1 held or trained for, 2 nothing.
func (f freePeople) pool(d *dayPeople, asks int, trainees people) people {
	out := make(people, len(f.none))
	for i := range f.workers {
		ok, rest := true, asks
		for _, kind := range f.kinds {
			held := d.holding[kind]
			has := held != nil && held.has(i)
			ok = ok && (has || rest%3 == 2 || rest%3 == 1 && trainees.has(i))
			rest /= 3
		}
		if ok {
			out.add(i)
		}
	}
	return out
}

func (f freePeople) pools(day int) []people { return f.on(day).pools }

// class says what the rules see of somebody on a day.
func (f freePeople) class(i, day int) string { return f.on(day).class[i] }

func (f freePeople) classOf(d *dayPeople, i int) string {
	out := ""
	for _, kind := range f.kinds {
		if held := d.holding[kind]; held != nil && held.has(i) {
			out += kind + ","
		}
	}
	if f.same.has(i) {
		out += "same,"
	}
	if f.workers[i].Trainee {
		out += "trainee"
	}
	return out
}

// ranked orders people: who held earlier interviews, then who holds more, then
// who has less to do.
func (f freePeople) ranked(d *dayPeople) []int {
	out := make([]int, len(f.workers))
	held := make([]int, len(f.workers))
	for i := range f.workers {
		out[i] = i
		for _, holders := range d.holding {
			if holders.has(i) {
				held[i]++
			}
		}
	}
	slices.SortStableFunc(out, func(a, b int) int {
		if f.same.has(a) != f.same.has(b) {
			if f.same.has(a) {
				return -1
			}
			return 1
		}
		if held[a] != held[b] {
			return held[b] - held[a]
		}
		return len(f.workers[a].Busy) - len(f.workers[b].Busy)
	})
	return out
}

// choose takes the n best of a pool, which holds as many.
func (f freePeople) choose(able people, n, day int) []int {
	out := make([]int, 0, n)
	for _, i := range f.on(day).order {
		if len(out) == n {
			break
		}
		if able.has(i) {
			out = append(out, i)
		}
	}
	return out
}

// directors gives one director of each class among those who do not interview:
// the rules see no difference within a class.
func (f freePeople) directors(here people, interviewers []int, day int) []int {
	d := f.on(day)
	var out []int
	for _, i := range d.order {
		if here.has(i) && !slices.Contains(interviewers, i) && !slices.ContainsFunc(out, func(o int) bool { return d.class[o] == d.class[i] }) {
			out = append(out, i)
		}
	}
	return out
}

// people is a set of workers by index.
type people []uint64

func (p people) count() int {
	n := 0
	for _, word := range p {
		n += bits.OnesCount64(word)
	}
	return n
}

func (p people) both(o people) people {
	out := make(people, len(p))
	for i := range p {
		out[i] = p[i] & o[i]
	}
	return out
}

func (p people) add(i int)      { p[i/64] |= 1 << (i % 64) }
func (p people) has(i int) bool { return p[i/64]&(1<<(i%64)) != 0 }
