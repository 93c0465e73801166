package desk

import (
	"net/http"

	"verhaal/internal/fault"
	"verhaal/internal/report"
	"verhaal/internal/web"
)

type messageAnswer struct {
	N      int64  `json:"n"`
	Sender string `json:"sender"`
	Day    int    `json:"day"`
	Epoch  int64  `json:"epoch"`
	Sealed []byte `json:"sealed"`
}

// openAnswer is what the officer's browser unseals.
type openAnswer struct {
	Epoch    int64           `json:"epoch"`
	Content  []byte          `json:"content"`
	Reporter string          `json:"reporter"` // "" where the channel answers nobody
	Messages []messageAnswer `json:"messages"`
	Key      keyAnswer       `json:"key"`
}

// keyAnswer is the desk key to seal to now; empty while the channel is closed.
type keyAnswer struct {
	Epoch       int64  `json:"epoch,omitempty"`
	Recipient   string `json:"recipient,omitempty"`
	Fingerprint string `json:"fingerprint,omitempty"`
}

// openReport gives out the sealed report. It is an act in the custody log.
func (f *face) openReport(w http.ResponseWriter, r *http.Request) error {
	c, row, err := f.report(r)
	if err != nil {
		return err
	}
	opened, err := f.reports.Open(r.Context(), web.ActorOf(r).ID, row.ID)
	if err != nil {
		return err
	}
	key, err := f.desks.Sealing(r.Context(), c.ID)
	if err != nil && fault.KindOf(err) != fault.Unavailable {
		return err
	}
	return web.WriteJSON(w, http.StatusOK, answerOpened(opened, keyAnswer{key.Epoch, key.Recipient, key.Fingerprint}))
}

func answerOpened(opened report.OpenedReport, key keyAnswer) openAnswer {
	out := openAnswer{Epoch: opened.Epoch, Content: opened.Content, Reporter: opened.Reporter, Messages: []messageAnswer{}, Key: key}
	for _, m := range opened.Messages {
		out.Messages = append(out.Messages, messageAnswer(m))
	}
	return out
}
