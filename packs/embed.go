// Package packs holds the law and the practice of each country as data. A
// folder is a pack; internal/policy loads it and says in one line what is wrong
// with it.
package packs

import "embed"

// FS has a folder for each pack: pack.yaml, and what policy.Load lists.
//
//go:embed */*.yaml */*/*.yaml
var FS embed.FS
