package public

import (
	"context"
	"mime"
	"net/http"

	"verhaal/internal/fault"
	"verhaal/internal/report"
	"verhaal/internal/web"
)

// maxSealed bounds a sealed report as JSON: its parts in base64, and the rest.
const maxSealed = (report.MaxContent+report.MaxIdentity)*4/3 + 32<<10

// sealedReport is a report that the reporter's own device sealed.
type sealedReport struct {
	Channel     string       `json:"channel"`
	Epoch       int64        `json:"epoch"`
	Key         string       `json:"key"`
	Lang        string       `json:"lang"`
	Facts       report.Facts `json:"facts"`
	Lookup      []byte       `json:"lookup"`
	Proof       []byte       `json:"proof"`
	Reporter    string       `json:"reporter"`
	Content     []byte       `json:"content"`
	IdentityKey []byte       `json:"identity_key"`
	Identity    []byte       `json:"identity"`
	Work        struct {
		Challenge string `json:"challenge"`
		Nonce     string `json:"nonce"`
	} `json:"work"`
}

// receivedAnswer says that a report is durable.
type receivedAnswer struct {
	Proof string `json:"proof"`
	Day   int    `json:"day"`
}

// receive takes a finished report: JSON that a browser sealed, or a plain form
// of a browser without scripts.
func (f *face) receive(w http.ResponseWriter, r *http.Request) error {
	kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil {
		return fault.New(fault.BadInput, "", "no content type")
	}
	if kind == "application/json" {
		return f.receiveSealed(w, r)
	}
	return f.receivePlain(w, r)
}

func (f *face) receiveSealed(w http.ResponseWriter, r *http.Request) error {
	var in sealedReport
	if err := web.ReadJSON(r, maxSealed, &in); err != nil {
		return err
	}
	need, leave := f.lanes.enter()
	defer leave()
	worked := need == 0 || f.work.done(in.Work.Challenge, in.Work.Nonce, in.Lookup, need)
	defer f.lanes.pass(worked)()
	// What has arrived whole is kept, also when the line breaks meanwhile.
	got, err := f.Reports.Submit(context.WithoutCancel(r.Context()), report.Submission{
		Channel: in.Channel, Key: in.Key, Lang: in.Lang, Facts: in.Facts, Lookup: in.Lookup, Proof: in.Proof, Reporter: in.Reporter,
		Content: in.Content, IdentityKey: in.IdentityKey, Identity: in.Identity,
		Arrival: report.Browser, Marked: !worked,
	})
	if err != nil {
		return err
	}
	return web.WriteJSON(w, http.StatusCreated, receivedAnswer(got))
}
