package policy

import (
	"net/url"
	"strings"

	"golang.org/x/text/cases"
)

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
