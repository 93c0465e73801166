package policy

import (
	"net/url"
	"regexp"
	"strings"

	"golang.org/x/text/cases"
)

// CodePattern is how one code is written, for a server and for a page's field.
const CodePattern = `[A-Za-z0-9][A-Za-z0-9._@\-]{0,79}`

var code = regexp.MustCompile(`^` + CodePattern + `$`)

// IsCode says whether a text is all that a server may read where something is not
// a day, a number or a choice: a login, a topic's code. It has no room for a
// sentence.
func IsCode(text string) bool { return code.MatchString(text) }

// Topic is a topic in the one way of writing in which topics are compared and
// kept: "Recruitment" was told when "recruitment" was.
func Topic(code string) string { return cases.Fold().String(strings.TrimSpace(code)) }

// FoldTopics writes the topics of a form in that way.
func FoldTopics(form url.Values) url.Values {
	for name, values := range form {
		planned := strings.HasPrefix(name, "plan.topics.") && strings.HasSuffix(name, ".name")
		told := strings.HasPrefix(name, "earlier.") && strings.HasSuffix(name, ".topics")
		for i := range values {
			if planned || told {
				values[i] = Topic(values[i])
			}
		}
	}
	return form
}
