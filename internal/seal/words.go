package seal

import (
	"embed"
	"slices"
	"strings"
	"sync"
)

// The word lists are part of the format: a list that changes makes receipts
// unreadable. A test holds their hashes. internal/seal/words/README.md tells
// where they come from.
//
//go:embed words/*.txt
var wordFiles embed.FS

// Languages that have a word list.
var listed = [...]string{"en", "nl", "ar"}

// wordList is one language's 2048 words, as shown, and as folded for
// comparison with an entry.
type wordList struct {
	words  []string
	place  map[string]int // by folded word
	folded [][]rune
}

// lists are read when first needed; a program that spells no receipt doesn't
// pay for them.
var lists = map[string]func() *wordList{
	"en": sync.OnceValue(func() *wordList { return readList("en") }),
	"nl": sync.OnceValue(func() *wordList { return readList("nl") }),
	"ar": sync.OnceValue(func() *wordList { return readList("ar") }),
}

// listOf gives nil where there is no list.
func listOf(lang string) *wordList {
	if read := lists[lang]; read != nil {
		return read()
	}
	return nil
}

func readList(lang string) *wordList {
	text, err := wordFiles.ReadFile("words/" + lang + ".txt")
	if err != nil {
		panic("seal: embedded word list is missing: " + lang)
	}
	list := &wordList{words: strings.Fields(string(text)), place: make(map[string]int, 1<<wordBits)}
	for i, w := range list.words {
		folded := foldEntry(w)
		list.place[folded] = i
		list.folded = append(list.folded, []rune(folded))
	}
	return list
}

// near gives the places of the words that one slip away from w leads to: a
// letter too many, too few, another, or two neighbours swapped.
func (l *wordList) near(w string) []int {
	var places []int
	letters := []rune(w)
	for i, folded := range l.folded {
		if oneSlip(letters, folded) {
			places = append(places, i)
		}
	}
	return places
}

// oneSlip tells whether a and b are at optimal string alignment distance 1.
func oneSlip(a, b []rune) bool {
	if len(a) > len(b) {
		a, b = b, a
	}
	if len(b)-len(a) > 1 {
		return false
	}
	i := 0
	for i < len(a) && a[i] == b[i] {
		i++
	}
	if len(a) < len(b) {
		return slices.Equal(a[i:], b[i+1:])
	}
	if i == len(a) {
		return false
	}
	if slices.Equal(a[i+1:], b[i+1:]) {
		return true
	}
	return i+1 < len(a) && a[i] == b[i+1] && a[i+1] == b[i] && slices.Equal(a[i+2:], b[i+2:])
}
