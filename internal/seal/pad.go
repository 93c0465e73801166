package seal

import (
	"bytes"
	"encoding/json"
	"math/bits"

	"verhaal/internal/fault"
)

// smallest is the length below which all payloads look alike, in bytes.
const smallest = 4096

// paddedSize is the length that n bytes are padded to: 4,096, or above that the
// Padmé length (Nikitin et al., "Reducing Metadata Leakage from Encrypted Files
// and Communication with PURBs", PoPETs 2019, §4.2): at most 12 % more, and
// only O(log log n) bits of the true length show.
func paddedSize(n int) int {
	if n <= smallest {
		return smallest
	}
	exponent := bits.Len(uint(n)) - 1
	low := exponent - bits.Len(uint(exponent))
	mask := 1<<low - 1
	return (n + mask) &^ mask
}

// PadJSON gives v as JSON, padded with trailing spaces to paddedSize. JSON
// readers skip the spaces.
func PadJSON(v any) ([]byte, error) {
	var out bytes.Buffer
	enc := json.NewEncoder(&out)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		return nil, fault.New(fault.Internal, "", "a payload of type %T is not JSON", v)
	}
	plain := bytes.TrimSuffix(out.Bytes(), []byte("\n"))
	return append(plain, bytes.Repeat([]byte(" "), paddedSize(len(plain))-len(plain))...), nil
}
