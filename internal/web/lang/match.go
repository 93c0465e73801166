package lang

import (
	"strings"

	"golang.org/x/text/language"
)

// longestHeader bounds what Match reads of an Accept-Language header, which
// anybody can make as long as a server allows.
const longestHeader = 512

// sameAs sends a language that x/text would answer with English to one its
// speakers read: Dari is written as Persian is.
var sameAs = map[string]language.Tag{"prs": language.Persian}

// Match is the language that serves an Accept-Language header (RFC 9110
// section 12.5.4) best; English when none does or the header makes no sense.
func (b *Bundle) Match(acceptLanguage string) string {
	if len(acceptLanguage) > longestHeader {
		end := strings.LastIndexByte(acceptLanguage[:longestHeader], ',')
		acceptLanguage = acceptLanguage[:max(end, 0)]
	}
	wanted, _, err := language.ParseAcceptLanguage(acceptLanguage)
	if err != nil {
		return fallback
	}
	for i, tag := range wanted {
		base, _ := tag.Base()
		if other, ok := sameAs[base.String()]; ok && !b.Has(base.String()) {
			wanted[i] = other
		}
	}
	// The index, never the tag: that comes back as "fa-u-rg-afzzzz".
	_, i, _ := b.matcher.Match(wanted...)
	return b.order[i]
}

// rightToLeft are the scripts of living languages that run from right to left
// (ISO 15924 codes; bidirectional class of their letters in Unicode).
var rightToLeft = map[string]bool{
	"Adlm": true, "Arab": true, "Aran": true, "Hebr": true, "Mand": true, "Nkoo": true,
	"Rohg": true, "Samr": true, "Syrc": true, "Thaa": true, "Yezi": true,
}

// Dir is "rtl" for a language written from right to left, else "ltr".
func (b *Bundle) Dir(lang string) string {
	t := b.languages[lang]
	if t == nil {
		return "ltr"
	}
	script, _ := t.tag.Script()
	if rightToLeft[script.String()] {
		return "rtl"
	}
	return "ltr"
}
