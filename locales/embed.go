// Package locales holds the words of every page, one folder a language and one
// file an audience. A folder with complete files is all a further language needs.
package locales

import "embed"

// FS has <language>/<audience>.yaml: flat "key: text", or for a text that
// counts "key: {one: …, other: …}" with the plural forms of that language
// (CLDR). Placeholders are {{.Name}} and nothing else of the template language.
//
//go:embed */*.yaml
var FS embed.FS
