package seal

import "strings"

// age's own Bech32 (BIP 173, without its length limit) is internal to the
// module, and it has no call that makes an identity from a seed; so the
// encoding, one way only, is here. age itself parses what comes out.

const bech32Alphabet = "qpzry9x8gf2tvdw0s3jn54khce6mua7l"

func bech32Polymod(values []byte) uint32 {
	generator := [5]uint32{0x3b6a57b2, 0x26508e6d, 0x1ea119fa, 0x3d4233dd, 0x2a1462b3}
	sum := uint32(1)
	for _, v := range values {
		top := sum >> 25
		sum = (sum&0x1ffffff)<<5 ^ uint32(v)
		for i, g := range generator {
			if top>>i&1 == 1 {
				sum ^= g
			}
		}
	}
	return sum
}

// bech32Encode takes the human-readable part in lower case.
func bech32Encode(hrp string, data []byte) string {
	var five []byte
	var acc, bits uint
	for _, b := range data {
		acc, bits = acc<<8|uint(b), bits+8
		for bits >= 5 {
			bits -= 5
			five = append(five, byte(acc>>bits&31))
		}
	}
	if bits > 0 {
		five = append(five, byte(acc<<(5-bits)&31))
	}

	var sum []byte
	for _, c := range []byte(hrp) {
		sum = append(sum, c>>5)
	}
	sum = append(sum, 0)
	for _, c := range []byte(hrp) {
		sum = append(sum, c&31)
	}
	sum = append(append(sum, five...), 0, 0, 0, 0, 0, 0)
	check := bech32Polymod(sum) ^ 1
	for i := range 6 {
		five = append(five, byte(check>>(5*(5-i))&31))
	}

	var out strings.Builder
	out.WriteString(hrp + "1")
	for _, v := range five {
		out.WriteByte(bech32Alphabet[v])
	}
	return out.String()
}
