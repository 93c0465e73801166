package recordingtest

import (
	"embed"
	"encoding/binary"
	"encoding/json"
	"math/rand/v2"

	"verhaal/internal/recording/chunk"
)

// Slice is what a recorder hands out at once.
type Slice struct {
	Mono  uint64 // ms since the part began, at the slice's beginning
	Till  uint64 // at its end
	Bytes []byte
	Key   bool // begins with a cluster
}

// testdata holds slices that the MediaRecorder of Chromium 156 made of its fake
// camera and microphone (160×120, 10 pictures a second; 500 ms slices), as pairs
// of the ms at which a slice came and its base64.
//
//go:embed testdata/*.json
var testdata embed.FS

// Chromium gives the slices of a real recording of five seconds: VP8Opus, or
// Opus alone.
func Chromium(codec chunk.Codec) []Slice {
	name := "testdata/vp8.json"
	if codec == chunk.Opus {
		name = "testdata/opus.json"
	}
	text, err := testdata.ReadFile(name)
	if err != nil {
		panic(err) // it is embedded
	}
	var pairs [][2]any
	if err := json.Unmarshal(text, &pairs); err != nil {
		panic(err)
	}
	var out []Slice
	for i, p := range pairs {
		var raw []byte
		quoted, _ := json.Marshal(p[1])
		if err := json.Unmarshal(quoted, &raw); err != nil {
			panic(err)
		}
		s := Slice{Till: uint64(p[0].(float64)), Bytes: raw, Key: i == 0}
		if i > 0 {
			s.Mono = out[i-1].Till
		}
		out = append(out, s)
	}
	return out
}

// Camera makes WebM of the shape that browsers make, of any length: clusters of
// unknown size, a packet of sound each 60 ms, a picture each 100 ms. The packets
// are noise, so that no decoder shows anything, but sizes and times are right.
type Camera struct {
	Codec   chunk.Codec
	Bitrate int                  // of the pictures, bits a second; 0 = 100,000
	Mute    func(ms uint64) bool // nil = never: the packet is digital silence
	Fail    func(ms uint64) bool // nil = never: there is no packet of sound at all
	Lose    func(ms uint64) bool // nil = never: there is no picture

	noise         *rand.ChaCha8
	sound, camera uint64 // ms of the next packets
}

const (
	soundEvery   = 60
	pictureEvery = 100
)

// Film gives the slices of ms milliseconds, each as long as every, and shorter
// where a minute ends. begin is the recording's time at which the part begins.
func (c *Camera) Film(begin, ms, every uint64) []Slice {
	if c.noise == nil {
		c.noise = rand.NewChaCha8([32]byte{byte(c.Codec)})
	}
	var out []Slice
	for at := uint64(0); at < ms; {
		till := min(at+every, ms, (begin+at)/chunk.MinuteMS*chunk.MinuteMS+chunk.MinuteMS-begin)
		s := Slice{Mono: at, Till: till, Key: true}
		if at == 0 {
			s.Bytes = c.Head()
		}
		s.Bytes = append(s.Bytes, c.cluster(at, till)...)
		out = append(out, s)
		at = till
	}
	return out
}

// Head is the beginning of the container, up to the first cluster.
func (c *Camera) Head() []byte {
	text := func(id []byte, s string) []byte { return sized(id, []byte(s)) }
	number := func(id []byte, n byte) []byte { return sized(id, []byte{n}) }
	b := sized([]byte{0x1a, 0x45, 0xdf, 0xa3}, text([]byte{0x42, 0x82}, "webm"), number([]byte{0x42, 0x87}, 4), number([]byte{0x42, 0x85}, 2))
	b = append(b, 0x18, 0x53, 0x80, 0x67, 0x01, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff)
	b = append(b, sized([]byte{0x15, 0x49, 0xa9, 0x66}, sized([]byte{0x2a, 0xd7, 0xb1}, []byte{0x0f, 0x42, 0x40}))...)
	entry := func(number, kind byte, codec string) []byte {
		return sized([]byte{0xae}, sized([]byte{0xd7}, []byte{number}), sized([]byte{0x83}, []byte{kind}), text([]byte{0x86}, codec))
	}
	var tracks [][]byte
	if c.Codec.Sound() {
		tracks = append(tracks, entry(1, 2, "A_OPUS"))
	}
	switch c.Codec {
	case chunk.VP8Opus, chunk.VP8:
		tracks = append(tracks, entry(2, 1, "V_VP8"))
	case chunk.VP9Opus:
		tracks = append(tracks, entry(2, 1, "V_VP9"))
	}
	return append(b, sized([]byte{0x16, 0x54, 0xae, 0x6b}, tracks...)...)
}

// sized is an EBML element of known size.
func sized(id []byte, parts ...[]byte) []byte {
	var body []byte
	for _, p := range parts {
		body = append(body, p...)
	}
	b := append([]byte{}, id...)
	b = binary.BigEndian.AppendUint32(b, 0x1000_0000|uint32(len(body)))
	return append(b, body...)
}

func (c *Camera) cluster(from, till uint64) []byte {
	b := []byte{0x1f, 0x43, 0xb6, 0x75, 0x01, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xe7, 0x84}
	b = binary.BigEndian.AppendUint32(b, uint32(from))
	block := func(track byte, ms uint64, size int) {
		packet := make([]byte, size)
		_, _ = c.noise.Read(packet) // never fails
		body := append([]byte{0x80 | track, byte((ms - from) >> 8), byte(ms - from), 0x80}, packet...)
		b = append(b, sized([]byte{0xa3}, body)...)
	}
	bitrate := c.Bitrate
	if bitrate == 0 {
		bitrate = 100_000
	}
	for ; c.Codec.Sound() && c.sound < till; c.sound += soundEvery {
		switch {
		case c.Fail != nil && c.Fail(c.sound):
		case c.Mute != nil && c.Mute(c.sound):
			block(1, max(c.sound, from), 8)
		default:
			block(1, max(c.sound, from), 180)
		}
	}
	for ; c.Codec != chunk.Opus && c.camera < till; c.camera += pictureEvery {
		if c.Lose == nil || !c.Lose(c.camera) {
			block(2, max(c.camera, from), bitrate*pictureEvery/8000)
		}
	}
	return b
}
