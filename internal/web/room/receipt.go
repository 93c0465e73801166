package room

import (
	"encoding/hex"
	"fmt"
	"io/fs"
	"net/http"
	"strings"
	"time"

	"rsc.io/qr"

	"verhaal/ui"
)

// receiptWords is how many words stand for a seal: 11 bits each, enough to
// compare over a telephone, while the code holds the whole.
const receiptWords = 8

type receiptPage struct {
	ID, Case, Number   string
	Started, Ended     time.Time
	Seal, Words        []string // the seal in groups of eight digits; its first bits in words
	Log                string
	Position           int64
	Stamped            time.Time
	By                 string
	Code               string // path of an SVG
	CodeSize, CodeView int
}

// showReceipt is what the interviewer prints and the victim's lawyer keeps.
func (f *face) showReceipt(w http.ResponseWriter, r *http.Request) error {
	one, file, _, err := f.recordingPage(r)
	if err != nil {
		return err
	}
	receipt, err := f.book.Receipt(r.Context(), actor(r), one.ID)
	if err != nil {
		return err
	}
	seal, err := hex.DecodeString(receipt.Manifest)
	if err != nil {
		return err
	}
	page := receiptPage{ID: one.ID.String(), Case: one.Casefile, Number: file.Number, Started: time.UnixMilli(receipt.Started).UTC(),
		Ended: time.UnixMilli(receipt.Ended).UTC(), Log: receipt.Log, Position: receipt.Position, By: receipt.StampedBy}
	if receipt.Stamped > 0 {
		page.Stamped = time.UnixMilli(receipt.Stamped).UTC()
	}
	for i := 0; i < len(receipt.Manifest); i += 8 {
		page.Seal = append(page.Seal, receipt.Manifest[i:i+8])
	}
	if page.Words, err = wordsOf(seal, f.site.Page(r).Lang); err != nil {
		return err
	}
	if page.Code, page.CodeSize, err = code(fmt.Sprintf("verhaal:seal:%s:%d:%s", receipt.Manifest, receipt.Position, receipt.Log)); err != nil {
		return err
	}
	page.CodeView = page.CodeSize + 2*quietZone
	return f.site.Render(w, r, http.StatusOK, "room/receipt", page)
}

// wordsOf gives the first bits of a hash in words of a language's list of 2048.
func wordsOf(sum []byte, lang string) ([]string, error) {
	text, err := fs.ReadFile(ui.Assets(), "words-"+lang+".txt")
	if err != nil {
		return nil, err
	}
	list := strings.Fields(string(text))
	if len(list) != 2048 {
		return nil, fmt.Errorf("the list of words of %s has %d", lang, len(list))
	}
	var out []string
	var bits, held uint
	for _, b := range sum {
		bits, held = bits<<8|uint(b), held+8
		if held >= 11 && len(out) < receiptWords {
			held -= 11
			out = append(out, list[bits>>held&2047])
		}
	}
	return out, nil
}

// quietZone is the empty border around a code, in modules (ISO/IEC 18004, 5.3.8).
const quietZone = 4

// code draws a QR code as the path of an SVG, one unit for each module.
func code(text string) (path string, size int, err error) {
	c, err := qr.Encode(text, qr.M)
	if err != nil {
		return "", 0, err
	}
	var b strings.Builder
	for y := range c.Size {
		for x := 0; x < c.Size; x++ {
			n := 0
			for c.Black(x+n, y) {
				n++
			}
			if n > 0 {
				fmt.Fprintf(&b, "M%d %dh%dv1h-%dz", x+quietZone, y+quietZone, n, n)
				x += n
			}
		}
	}
	return b.String(), c.Size, nil
}
