// Package ui holds the browser's side as it was built: scripts, styles, word
// lists, each with a .gz and a .br beside it. The sources lie next to this
// file; `go run ./ui/build` builds dist, which is committed so that Go alone
// builds the program.
package ui

import (
	"embed"
	"io/fs"
)

//go:embed dist
var dist embed.FS

// Assets gives the built files by name: "desk.js", "desk.js.br", "site.css".
func Assets() fs.FS {
	assets, err := fs.Sub(dist, "dist")
	if err != nil {
		panic("ui: dist is embedded under another name")
	}
	return assets
}
