// Package packs holds the law and the practice of each country as data. A
// folder is a pack; internal/policy loads it and says in one line what is wrong
// with it.
package packs

import "embed"

// FS has <pack>/pack.yaml and <pack>/channels.yaml.
//
//go:embed */*.yaml
var FS embed.FS
