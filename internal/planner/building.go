package planner

import (
	"slices"
	"strings"

	"verhaal/internal/db"
)

// building gives the name that a room's building has from now on, with its other rooms
// and the visits there: people are kept apart in it whatever it is called. The name of
// another building, however it is spelled, takes the room there; visits stay with the
// old one as long as it has a room.
func building(tx *db.Tx, r Room) (string, error) {
	all, err := rooms(tx)
	if err != nil {
		return "", err
	}
	was, name := "", r.Site
	others := slices.DeleteFunc(all, func(e Entry[Room]) bool {
		if e.It.ID == r.ID {
			was = e.It.Site
		}
		return e.It.ID == r.ID
	})
	in := func(site string) int {
		return slices.IndexFunc(others, func(e Entry[Room]) bool { return strings.EqualFold(e.It.Site, site) })
	}
	there := in(name)
	moves := there >= 0 && !strings.EqualFold(was, name)
	if moves {
		name = others[there].It.Site
	}
	if was == "" || was == name || moves && in(was) >= 0 {
		return name, nil
	}
	if _, err := tx.Exec(renameBuilding, was, name, r.ID); err != nil {
		return "", err
	}
	_, err = tx.Exec(renameVisits, was, name)
	return name, err
}
