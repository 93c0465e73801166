package policy

import "slices"

// Role is an office that can hold powers.
type Role struct{ Coded }

// Power is one decision that not everybody may take (who may grant what).
type Power struct {
	Coded
	Holders []Holder
	Needs   []Coded // what makes its use valid, such as reasons in the file
	Ground  Ground
}

// Holder is a role that holds a power, perhaps not always.
type Holder struct {
	Role string // id of the role
	Only *Coded // when it holds the power; nil = always
}

// HeldBy says whether a role holds the power, and in what case only (nil =
// always).
func (w Power) HeldBy(role string) (held bool, only *Coded) {
	i := slices.IndexFunc(w.Holders, func(h Holder) bool { return h.Role == role })
	if i < 0 {
		return false, nil
	}
	return true, w.Holders[i].Only
}

// Role finds a role by its id.
func (p *Pack) Role(id string) (Role, bool) { return byID(p.Roles, id) }

// Power finds a power by its id.
func (p *Pack) Power(id string) (Power, bool) { return byID(p.Powers, id) }
