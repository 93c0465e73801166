package public

import (
	"net/http"

	"verhaal/internal/desk"
	"verhaal/internal/web"
)

// keyAnswer is all that a browser needs to seal a report for a channel.
type keyAnswer struct {
	Channel   string    `json:"channel"`
	Epoch     int64     `json:"epoch"`
	Recipient string    `json:"recipient"`
	Salt      []byte    `json:"salt"`
	Work      challenge `json:"work"`
}

func (f *face) giveKey(w http.ResponseWriter, r *http.Request) error {
	var key desk.Key
	if channel := r.PathValue("channel"); channel != anyChannel {
		var err error
		if key, err = f.Desks.Sealing(r.Context(), channel); err != nil {
			return err
		}
	}
	return web.WriteJSON(w, http.StatusOK, keyAnswer{key.Channel, key.Epoch, key.Recipient, f.Salt, f.work.ask(f.lanes.load())})
}

// anyChannel asks for the salt alone, to come back with a receipt.
const anyChannel = "none"
