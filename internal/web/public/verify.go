package public

import (
	"fmt"
	"io/fs"
	"net/http"
	"strings"

	"verhaal/internal/web"
	"verhaal/internal/web/lang"
	"verhaal/ui"
)

// verifyPrefix begins the keys of the sentences that the script puts together.
const verifyPrefix = "verify.script."

type verifyPage struct {
	LogKey string      // of this installation's log
	Says   []lang.Text // what the script says; keys without verifyPrefix
	List   string      // 2048 words, for hashes
}

// verify is the page on which anybody checks an exported recording in the
// browser. The file that is chosen goes nowhere: the page's policy forbids it to
// send anything, to us too.
func (f *face) verify(w http.ResponseWriter, r *http.Request) error {
	language := f.Site.Page(r).Lang
	list, err := fs.ReadFile(ui.Assets(), "words-"+language+".txt")
	if err != nil {
		return fmt.Errorf("words of %s: %w", language, err)
	}
	web.ForbidSending(w)
	return f.Site.Render(w, r, http.StatusOK, "public/verify",
		verifyPage{f.LogKey, f.Languages.Under(language, verifyPrefix), strings.Join(strings.Fields(string(list)), " ")})
}
