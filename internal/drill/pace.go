package drill

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"time"
)

// Pace is how quick the pages are, each list ascending.
type Pace struct {
	Live []time.Duration // from what happens in the room to its picture in the control room
	Seek []time.Duration // from the wish for a minute to its picture, its key included
}

// long is how long the recording is that is sought in.
const long = 2 * time.Hour

// Measure records an interview for a time while the control room watches, then
// seeks in a recording of two hours.
func Measure(ctx context.Context, o Options, length time.Duration) (pace Pace, err error) {
	err = house(ctx, o, func(d *drill) error {
		recorder, err := d.enter()
		if err != nil {
			return err
		}
		defer recorder.end()
		if err := recorder.begin(d.room); err != nil {
			return err
		}
		id, err := d.staff.Running(ctx, d.room.Case, d.room.Interview)
		if err != nil {
			return err
		}
		watcher, err := d.enter()
		if err != nil {
			return err
		}
		defer watcher.end()
		if pace.Live, err = watcher.follow(id, length); err != nil {
			return err
		}
		if err := recorder.stop(); err != nil {
			return err
		}
		film, err := d.staff.RecordFilm(ctx, d.room.Case, d.room.Interview, int(long.Seconds()))
		if err != nil {
			return err
		}
		if err := film.Stop(ctx); err != nil {
			return err
		}
		pace.Seek, err = watcher.seek(film.ID, long)
		return err
	})
	return pace, err
}

// enter opens a browser in which the interviewer is signed in.
func (d *drill) enter() (*tab, error) {
	profile, err := os.MkdirTemp(d.dir, "profile-")
	if err != nil {
		return nil, err
	}
	t, err := d.browse(profile)
	if err != nil {
		return nil, err
	}
	if err := t.signIn(d.room.Login, d.room.Passphrase); err != nil {
		t.end()
		return nil, err
	}
	return t, nil
}

// follow watches a recording and looks, ten times a second, how late it is.
func (t *tab) follow(id string, length time.Duration) (late []time.Duration, err error) {
	err = errors.Join(t.visit("/record/"+id+"/watch"), t.click("form[data-enter] button"),
		t.until(`Number(document.querySelector("[data-page]").dataset.at) > 0`),
		t.until(fmt.Sprintf(`fetch("/record/%s/state").then(r => r.json()).then(s => { window.began = s.started; return true; })`, id)))
	if err != nil {
		return nil, err
	}
	time.Sleep(5 * time.Second) // it begins far behind and catches up
	for end := time.Now().Add(length); time.Now().Before(end); time.Sleep(100 * time.Millisecond) {
		ms, err := ask[float64](t, `Date.now() - window.began - document.querySelector("video[data-track='0']").currentTime * 1000`)
		if err != nil {
			return nil, err
		}
		late = append(late, time.Duration(ms*float64(time.Millisecond)))
	}
	slices.Sort(late)
	return late, nil
}

// seek opens a recording in the player and goes to twenty places in it.
func (t *tab) seek(id string, length time.Duration) (took []time.Duration, err error) {
	err = errors.Join(t.visit("/record/"+id+"/play"), t.click("form[data-purpose] button"), t.until(`!document.querySelector("[data-player]").hidden`))
	if err != nil {
		return nil, err
	}
	time.Sleep(2 * time.Second)
	for _, at := range places(length) {
		err := errors.Join(t.until(fmt.Sprintf(`(() => { const p = document.querySelector("[data-page]"), s = document.querySelector("[data-seek]");
			delete p.dataset.sought; s.value = %d; s.dispatchEvent(new Event("change")); return true; })()`, at)), t.until(`document.querySelector("[data-page]").dataset.sought`+` !== undefined`))
		if err != nil {
			return nil, err
		}
		ms, err := ask[float64](t, `Number(document.querySelector("[data-page]").dataset.sought)`)
		if err != nil {
			return nil, err
		}
		took = append(took, time.Duration(ms*float64(time.Millisecond)))
	}
	slices.Sort(took)
	return took, nil
}

// places are twenty seconds of a long recording, back and forth, each in another minute.
func places(length time.Duration) (all []int) {
	for i := range 20 {
		all = append(all, (i+1)*2711%int(length.Seconds()))
	}
	return all
}
