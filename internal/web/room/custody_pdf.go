package room

import (
	"bytes"
	"fmt"
	"net/http"
	"strconv"
	"time"

	"codeberg.org/go-pdf/fpdf"
	"golang.org/x/text/encoding/charmap"
)

// printCustody gives the acts as a PDF to file. A court pack takes it along.
func (f *face) printCustody(w http.ResponseWriter, r *http.Request) error {
	page, err := f.custodyPage(r)
	if err != nil {
		return err
	}
	text := f.site.Page(r).T
	hint := text("room.custody.pdf.hint")
	if page.Part {
		hint += " " + text("room.custody.pdf.within", "From", page.From, "To", page.To)
	}
	file, err := custodyPDF(page, pdfWords{text("room.custody.pdf"), hint, text("room.custody.pdf.log")})
	if err != nil {
		return err
	}
	w.Header().Set("Content-Type", "application/pdf")
	_, err = w.Write(file)
	return err
}

// pdfWords are the sentences of the PDF, in the Latin script that its fonts have.
type pdfWords struct{ title, hint, log string }

// column is one of the table; widths are mm, and fill A4 on its side.
type column struct {
	name  string
	width float64
	font  string
	size  float64 // points
	of    func(listed) string
}

var columns = []column{
	{"leaf", 14, "Helvetica", 7, func(a listed) string { return strconv.FormatInt(a.Leaf, 10) }},
	{"time", 34, "Helvetica", 7, func(a listed) string { return a.Time.Format("2006-01-02 15:04:05 MST") }},
	{"act", 36, "Helvetica", 7, func(a listed) string { return a.Kind }},
	{"staff", 34, "Helvetica", 7, func(a listed) string { return a.Staff }},
	{"role", 24, "Helvetica", 7, func(a listed) string { return a.Roles }},
	{"basis", 24, "Helvetica", 7, func(a listed) string { return a.Basis }},
	{"details", 57, "Helvetica", 7, func(a listed) string { return a.Details }},
	{"leaf_hash", 54, "Courier", 6, func(a listed) string { return a.Hash }},
}

const (
	pdfMargin = 10.0  // mm
	pdfFoot   = 190.0 // mm from the top, where rows end
	pdfLine   = 3.2   // mm from one line to the next
	// pdfPages stands for how many there are; latin lets no text hold it.
	pdfPages = "\x01"
)

// custodyPDF writes the list. The same list gives the same bytes: the file is
// dated at the last act.
func custodyPDF(page custodyPage, words pdfWords) ([]byte, error) {
	p := fpdf.New("L", "mm", "A4", "")
	last := time.Unix(0, 0)
	if n := len(page.Acts); n > 0 {
		last = page.Acts[n-1].Time
	}
	p.SetCreationDate(last.UTC())
	p.SetModificationDate(last.UTC())
	p.SetCatalogSort(true)
	p.SetTitle(words.title+" "+page.ID, true)
	p.SetMargins(pdfMargin, pdfMargin, pdfMargin)
	p.SetAutoPageBreak(false, 0)
	p.AliasNbPages(pdfPages)
	p.SetLineWidth(0.1)
	p.SetHeaderFunc(func() {
		p.SetFont("Helvetica", "B", 9)
		p.CellFormat(0, 5, latin(words.title)+"   "+page.ID, "", 1, "L", false, 0, "")
		p.Ln(2)
		if p.PageNo() > 1 {
			heads(p)
		}
	})
	p.SetFooterFunc(func() {
		p.SetY(-pdfMargin - 2)
		p.SetFont("Helvetica", "", 7)
		p.CellFormat(0, 4, fmt.Sprintf("%s   %d / %s", page.ID, p.PageNo(), pdfPages), "", 0, "C", false, 0, "")
	})
	p.AddPage()
	p.SetFont("Helvetica", "", 8)
	p.MultiCell(0, 4, latin(words.hint), "", "L", false)
	p.Ln(2)
	heads(p)
	for _, a := range page.Acts {
		row(p, a)
	}
	if p.GetY()+2*pdfLine+8 > pdfFoot {
		p.AddPage()
	}
	p.Ln(3)
	p.SetFont("Courier", "", 7)
	p.MultiCell(0, 4, latin(words.log)+" "+latin(page.Log), "", "L", false)
	var out bytes.Buffer
	err := p.Output(&out)
	return out.Bytes(), err
}

// heads writes the names of the columns.
func heads(p *fpdf.Fpdf) {
	p.SetFont("Helvetica", "B", 7)
	for _, c := range columns {
		p.CellFormat(c.width, pdfLine+1, c.name, "B", 0, "L", false, 0, "")
	}
	p.Ln(pdfLine + 1)
}

// row writes an act: on one page if it fits there, else it goes on where the
// page ends.
func row(p *fpdf.Fpdf, a listed) {
	cells, most := make([][][]byte, len(columns)), 0
	for i, c := range columns {
		p.SetFont(c.font, "", c.size)
		cells[i] = p.SplitLines([]byte(latin(c.of(a))), c.width)
		most = max(most, len(cells[i]))
	}
	if height := float64(most) * pdfLine; p.GetY()+height > pdfFoot && height < pdfFoot/2 {
		p.AddPage()
	}
	for n := range most {
		if p.GetY()+pdfLine > pdfFoot {
			p.AddPage()
		}
		border := ""
		if n == most-1 {
			border = "B"
		}
		for i, c := range columns {
			line := ""
			if n < len(cells[i]) {
				line = string(cells[i][n])
			}
			p.SetFont(c.font, "", c.size)
			p.CellFormat(c.width, pdfLine, line, border, 0, "L", false, 0, "")
		}
		p.Ln(pdfLine)
	}
}

// latin writes text for the fonts that every reader of PDF has (Windows-1252);
// what they lack stands there as its number in Unicode, so that nothing is lost.
func latin(text string) string {
	var out []byte
	for _, r := range text {
		b, ok := charmap.Windows1252.EncodeRune(r)
		if ok && r >= ' ' {
			out = append(out, b)
		} else {
			out = fmt.Appendf(out, "\\u{%x}", r)
		}
	}
	return string(out)
}
