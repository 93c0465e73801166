package staff

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"time"

	"verhaal/internal/fault"
)

// ticket is a note to ourselves that a browser carries between two steps: it
// can be read by the browser but not changed, and not used after life or for
// another purpose. So no process has to remember who is half way.
func (m *Members) ticket(purpose string, payload []byte, life time.Duration) string {
	b := binary.BigEndian.AppendUint64(nil, uint64(m.clock().Add(life).Unix()))
	b = append(b, payload...)
	return base64.RawURLEncoding.EncodeToString(append(b, m.ticketMAC(purpose, b)...))
}

// readTicket gives the payload of a ticket of that purpose; BadInput otherwise.
func (m *Members) readTicket(purpose, ticket string) ([]byte, error) {
	b, err := base64.RawURLEncoding.DecodeString(ticket)
	if err != nil || len(b) < 8+sha256.Size {
		return nil, errTicket()
	}
	b, mac := b[:len(b)-sha256.Size], b[len(b)-sha256.Size:]
	if !hmac.Equal(mac, m.ticketMAC(purpose, b)) || uint64(m.clock().Unix()) > binary.BigEndian.Uint64(b) {
		return nil, errTicket()
	}
	return b[8:], nil
}

func (m *Members) ticketMAC(purpose string, b []byte) []byte {
	h := hmac.New(sha256.New, m.keys.ticket)
	h.Write([]byte(purpose))
	h.Write([]byte{0})
	h.Write(b)
	return h.Sum(nil)
}

func errTicket() error {
	return fault.New(fault.BadInput, "staff.fault.too_late", "a ticket that is not ours, not for this, or too old")
}
