package packs

import (
	"io/fs"
	"strings"
)

// Over is FS with some packs replaced or added: a folder of upper hides the
// whole folder of that name below, so that no two versions of a pack mix.
func Over(upper fs.FS) fs.FS { return Layer(upper, FS) }

// Layer is Over for packs below that are not ours.
func Layer(upper, lower fs.FS) fs.FS { return layered{upper, lower} }

type layered struct{ upper, lower fs.FS }

// Open implements fs.FS.
func (l layered) Open(name string) (fs.File, error) {
	pack, _, _ := strings.Cut(name, "/")
	if info, err := fs.Stat(l.upper, pack); err == nil && info.IsDir() && pack != "." {
		return l.upper.Open(name)
	}
	return l.lower.Open(name)
}
