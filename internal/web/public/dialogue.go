package public

import (
	"net/http"

	"verhaal/internal/report"
	"verhaal/internal/web"
)

// ticket is what a receipt derives on the reporter's device.
type ticket struct {
	Lookup []byte `json:"lookup"`
	Proof  []byte `json:"proof"`
}

type dialogueAnswer struct {
	Channel  string          `json:"channel"`
	Name     string          `json:"name"` // of the channel, in the language of the path
	Day      int             `json:"day"`
	Moved    int             `json:"moved"` // day since when the channel has it from another; 0 = from the start
	Content  []byte          `json:"content"`
	Messages []messageAnswer `json:"messages"`
	Key      dialogueKey     `json:"key"`
}

type messageAnswer struct {
	N      int64  `json:"n"`
	Sender string `json:"sender"`
	Day    int    `json:"day"`
	Epoch  int64  `json:"epoch"`
	Sealed []byte `json:"sealed"`
}

// dialogueKey is empty while the channel is closed.
type dialogueKey struct {
	Epoch       int64  `json:"epoch,omitempty"`
	Recipient   string `json:"recipient,omitempty"`
	Fingerprint string `json:"fingerprint,omitempty"`
}

// giveDialogue gives sealed bytes to a device that derived the right values.
func (f *face) giveDialogue(w http.ResponseWriter, r *http.Request) error {
	var in ticket
	if err := web.ReadJSON(r, maxGuide, &in); err != nil {
		return err
	}
	d, err := f.Reports.Return(r.Context(), in.Lookup, in.Proof)
	if err != nil {
		return err
	}
	channel, _ := f.Pack().Channel(d.Channel)
	out := dialogueAnswer{Channel: d.Channel, Name: channel.Name.In(f.Site.Page(r).Lang), Day: d.Day, Moved: d.Moved, Content: d.Content, Messages: []messageAnswer{},
		Key: dialogueKey{d.Key.Epoch, d.Key.Recipient, d.Key.Fingerprint}}
	for _, m := range d.Messages {
		out.Messages = append(out.Messages, messageAnswer(m))
	}
	return web.WriteJSON(w, http.StatusOK, out)
}

// receiveMessage adds what the reporter's device sealed.
func (f *face) receiveMessage(w http.ResponseWriter, r *http.Request) error {
	var in struct {
		ticket
		After  int64  `json:"after"`
		Key    string `json:"key"`
		Sealed []byte `json:"sealed"`
	}
	if err := web.ReadJSON(r, report.MaxMessage*4/3+maxGuide, &in); err != nil {
		return err
	}
	if err := f.Reports.WriteAgain(r.Context(), in.Lookup, in.Proof, in.After, in.Key, in.Sealed); err != nil {
		return err
	}
	return web.WriteJSON(w, http.StatusCreated, struct{}{})
}
