package stamp

import (
	"bytes"
	"encoding/asn1"
	"testing"
)

// wrapped lies n sequences deep.
func wrapped(n int) []byte {
	der := []byte{0x05, 0x00}
	for range n {
		der, _ = asn1.Marshal(asn1.RawValue{Tag: asn1.TagSequence, IsCompound: true, Bytes: der})
	}
	return der
}

// TestAnAnswerIsWalkedStrictly: nothing reaches beyond what it is in, and nothing
// lies deeper than an honest answer has it.
func TestAnAnswerIsWalkedStrictly(t *testing.T) {
	long := bytes.Repeat([]byte{1}, 200)
	for name, der := range map[string][]byte{
		"a sequence":        {0x30, 0x03, 0x02, 0x01, 0x07},
		"nothing in it":     {0x30, 0x00},
		"a length in two":   append([]byte{0x04, 0x81, 200}, long...),
		"a chosen sequence": {0xa0, 0x02, 0x05, 0x00},
		"not too deep":      wrapped(deepest - 1),
	} {
		if err := checkDER(der); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	for name, der := range map[string][]byte{
		"empty":                        {},
		"a tag alone":                  {0x30},
		"ends inside a tag":            {0x30, 0x02, 0x1f, 0x01},
		"longer than what is there":    {0x04, 0x02, 0x01},
		"longer than what it is in":    {0x30, 0x03, 0x04, 0x02, 0x01, 0x01},
		"more behind it":               {0x05, 0x00, 0x00},
		"a length without an end":      {0x30, 0x80, 0x05, 0x00, 0x00, 0x00},
		"a length that could be short": {0x04, 0x81, 0x01, 0x07},
		"a length that begins with 0":  append([]byte{0x04, 0x82, 0x00, 200}, long...),
		"a length of more than memory": {0x04, 0x84, 0x7f, 0xff, 0xff, 0xff},
		"a length that is not whole":   {0x04, 0x82, 0x01},
		"a sequence as bytes":          {0x10, 0x00},
		"bytes in pieces":              {0x24, 0x02, 0x05, 0x00},
		"a tag in several bytes":       {0x1f, 0x81, 0x01, 0x00},
		"too deep":                     wrapped(deepest),
		"a thousand without an end":    bytes.Repeat([]byte{0x30, 0x80}, 1000),
	} {
		if err := checkDER(der); err == nil {
			t.Errorf("%s: it is taken", name)
		}
	}
}

// FuzzWalk: what is taken, the standard library reads as one value too.
func FuzzWalk(f *testing.F) {
	f.Add([]byte{0x30, 0x03, 0x02, 0x01, 0x07})
	f.Add(wrapped(deepest))
	f.Fuzz(func(t *testing.T, der []byte) {
		if checkDER(der) != nil {
			return
		}
		var value asn1.RawValue
		if rest, err := asn1.Unmarshal(der, &value); err != nil || len(rest) > 0 {
			t.Errorf("%x is taken, and %d bytes are left: %v", der, len(rest), err)
		}
	})
}
