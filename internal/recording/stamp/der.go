package stamp

import "errors"

// deepest is how far the values of an answer lie in one another at most: a signed
// attribute of a certificate's extension has about a dozen around it.
const deepest = 32

var errDER = errors.New("it is not the DER that RFC 3161 asks for")

// checkDER walks what an authority sent before any parser does: each value ends
// within the one around it, has its length in the one form that DER knows, and
// they lie in one another only so far. The parsers behind it take the lengths of
// BER, whose values may reach beyond the one they are in.
func checkDER(der []byte) error {
	rest, err := walk(der, deepest)
	if err == nil && len(rest) > 0 {
		err = errDER
	}
	return err
}

// walk checks the value at the beginning of der, and gives what is behind it.
func walk(der []byte, deep int) (rest []byte, err error) {
	if deep == 0 || len(der) < 2 {
		return nil, errDER
	}
	const (
		form, number      = 0x20, 0x1f // of the first byte (X.690 section 8.1.2)
		universal         = 0xc0       // clear in a type of ASN.1 itself
		sequence, set     = 0x10, 0x11
		longForm, maxSize = 0x80, 3 // bytes that a length may have
	)
	tag, length := der[0], int(der[1])
	der = der[2:]
	if length >= longForm {
		n := length - longForm
		if n == 0 || n > maxSize || n > len(der) {
			return nil, errDER // without an end, or too long
		}
		length = 0
		for _, b := range der[:n] {
			length = length<<8 | int(b)
		}
		if length < longForm || length>>(8*(n-1)) == 0 {
			return nil, errDER // a shorter form was there
		}
		der = der[n:]
	}
	kind := tag & number
	switch constructed := tag&form != 0; {
	case kind == number, length > len(der):
		return nil, errDER
	case !constructed && tag&universal == 0 && (kind == sequence || kind == set), constructed && tag&universal == 0 && kind != sequence && kind != set:
		return nil, errDER
	case constructed:
		for in := der[:length]; len(in) > 0; {
			if in, err = walk(in, deep-1); err != nil {
				return nil, err
			}
		}
	}
	return der[length:], nil
}
