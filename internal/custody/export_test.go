package custody

import "time"

// LeafOf is the leaf an act becomes, for tests of its form.
func LeafOf(a Act, previous int64, when time.Time, salt []byte) ([]byte, error) {
	if err := a.check(); err != nil {
		return nil, err
	}
	return a.leaf(previous, when, commitment(salt, a.Subject)), nil
}

// SpellPath reads a path and writes it again.
func SpellPath(path string) (string, error) {
	r, err := parsePath(path)
	return r.path(), err
}
