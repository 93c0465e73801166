package staff

import (
	"strings"

	"verhaal/internal/fault"
)

// codeLetters spell a one-time code: Crockford's base 32 without I, L, O, U.
const codeLetters = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"

const (
	codeSize   = 10 // random bytes, 80 bits
	codeLength = codeSize * 8 / 5
)

// spellCode writes a code as four groups of four.
func spellCode(secret [codeSize]byte) string {
	var out strings.Builder
	var bits, held uint
	written := 0
	for _, b := range secret {
		held = held<<8 | uint(b)
		for bits += 8; bits >= 5; bits -= 5 {
			if written > 0 && written%4 == 0 {
				out.WriteByte('-')
			}
			out.WriteByte(codeLetters[held>>(bits-5)&31])
			written++
		}
	}
	return out.String()
}

// parseCode reads what a person typed: case, spaces and hyphens don't matter,
// and look-alikes (O, I, L) are forgiven.
func parseCode(text string) ([codeSize]byte, error) {
	var secret [codeSize]byte
	var bits, held uint
	letters, at := 0, 0
	for _, c := range strings.ToUpper(text) {
		switch c {
		case ' ', '-', '\t', '\n', '\r', '\u00a0', '\u2010', '\u2011', '\u2013':
			continue
		case 'O':
			c = '0'
		case 'I', 'L':
			c = '1'
		}
		n := strings.IndexRune(codeLetters, c)
		if letters++; n < 0 || letters > codeLength {
			return secret, errCode()
		}
		held, bits = held<<5|uint(n), bits+5
		if bits >= 8 {
			bits -= 8
			secret[at] = byte(held >> bits)
			at++
		}
	}
	if letters != codeLength {
		return secret, errCode()
	}
	return secret, nil
}

func errCode() error {
	return fault.New(fault.NotFound, "staff.fault.code", "no invitation has this code")
}
