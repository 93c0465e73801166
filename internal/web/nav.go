package web

import (
	"slices"
	"strings"
)

// Link is one place in the staff's navigation.
type Link struct {
	Href, Key string
	Here      bool
}

// places are the doors of the staff pages and the powers that open each.
var places = [...]struct {
	href, key string
	powers    []string
}{
	{"/desk/", "common.nav.desk", []string{"officer"}},
	{"/case/", "common.nav.cases", []string{"officer"}},
	{"/planner/", "common.nav.planner", []string{"recordings"}},
	{"/decisions/", "common.nav.decisions", []string{"prosecutor"}},
	{"/outcomes/", "common.nav.outcomes", []string{"officer", "statistics"}},
	{"/admin/", "common.nav.admin", []string{"administrator"}},
	{"/audit/", "common.nav.audit", []string{"auditor"}},
}

// Nav lists the places that the actor may enter.
func (p *Page) Nav() []Link {
	var out []Link
	for _, pl := range places {
		if slices.ContainsFunc(pl.powers, p.Actor.Can) {
			out = append(out, Link{pl.href, pl.key, strings.HasPrefix(p.Path, pl.href)})
		}
	}
	// Everybody may see what the rules demand.
	rules := "/" + p.Lang + "/rules"
	return append(out, Link{rules, "common.nav.rules", p.Path == rules})
}
