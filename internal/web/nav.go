package web

import "strings"

// Link is one place in the staff's navigation.
type Link struct {
	Href, Key string
	Here      bool
}

// places are the doors of the staff pages and the power each asks for.
var places = [...]struct{ href, key, power string }{
	{"/desk/", "common.nav.desk", "officer"},
	{"/case/", "common.nav.cases", "officer"},
	{"/planner/", "common.nav.planner", "recordings"},
	{"/decisions/", "common.nav.decisions", "prosecutor"},
	{"/admin/", "common.nav.admin", "administrator"},
	{"/audit/", "common.nav.audit", "auditor"},
}

// Nav lists the places that the actor may enter.
func (p *Page) Nav() []Link {
	var out []Link
	for _, pl := range places {
		if p.Actor.Can(pl.power) {
			out = append(out, Link{pl.href, pl.key, strings.HasPrefix(p.Path, pl.href)})
		}
	}
	// Everybody may see what the rules demand.
	rules := "/" + p.Lang + "/rules"
	return append(out, Link{rules, "common.nav.rules", p.Path == rules})
}
