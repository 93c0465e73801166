package client

import (
	"bytes"
	"context"
	_ "embed"
	"encoding/binary"
	"errors"

	"verhaal/internal/recording/chunk"
)

// webm is ten seconds of a test picture and a tone, VP8 and Opus, made with
// ffmpeg: a key frame each second, and every cluster with its length.
//
//go:embed film.webm
var webm []byte

// film is that film, cut at its seconds: a recording of any length can be made
// of it, where encoding one would take as long as it lasts.
type film struct {
	head    []byte   // of the container, up to the first cluster
	seconds [][]byte // blocks of one cluster each
}

// filmed are the seconds of the film.
const filmed = 10

// Elements of the container (RFC 9559).
const (
	timeID  = 0xe7
	blockID = 0xa3
)

var clusterID = []byte{0x1f, 0x43, 0xb6, 0x75}

var errFilm = errors.New("the film that came with the program is damaged")

func readFilm() (film, error) {
	head, rest, found := bytes.Cut(webm, clusterID)
	f := film{head: head, seconds: make([][]byte, filmed)}
	for found {
		size, n := vint(rest)
		if n == 0 || size > uint64(len(rest)-n) {
			return film{}, errFilm
		}
		if err := f.take(rest[n:][:size]); err != nil {
			return film{}, err
		}
		_, rest, found = bytes.Cut(rest[n+int(size):], clusterID)
	}
	return f, nil
}

// take sorts the blocks of a cluster into the seconds they belong to.
func (f film) take(cluster []byte) error {
	var began uint64
	for len(cluster) > 0 {
		id := cluster[0]
		size, n := vint(cluster[1:])
		end := 1 + n + int(size)
		if n == 0 || end > len(cluster) {
			return errFilm
		}
		body := cluster[1+n : end]
		switch {
		case id == timeID:
			for _, c := range body {
				began = began<<8 | uint64(c)
			}
		case id == blockID && len(body) > 4:
			at := int64(began) + int64(int16(binary.BigEndian.Uint16(body[1:])))
			second := min(max(at/1000, 0), filmed-1)
			block := bytes.Clone(cluster[:end])
			binary.BigEndian.PutUint16(block[2+n:], uint16(int16(at-second*1000)))
			f.seconds[second] = append(f.seconds[second], block...)
		}
		cluster = cluster[end:]
	}
	return nil
}

// vint reads a length of the container; n is 0 when there is none.
func vint(b []byte) (value uint64, n int) {
	for n = 1; n <= 8 && len(b) >= n; n++ {
		if b[0]&(0x80>>(n-1)) == 0 {
			continue
		}
		value = uint64(b[0]) & (0x7f >> (n - 1))
		for _, c := range b[1:n] {
			value = value<<8 | uint64(c)
		}
		return value, n
	}
	return 0, 0
}

// second is the cluster at a second of the recording.
func (f film) second(at int) []byte {
	blocks := f.seconds[at%filmed]
	out := append([]byte{}, clusterID...)
	out = binary.BigEndian.AppendUint64(out, 1<<56|uint64(len(blocks)+10)) // a length in eight bytes
	out = append(out, timeID, 0x88)
	out = binary.BigEndian.AppendUint64(out, uint64(at)*1000)
	return append(out, blocks...)
}

// RecordFilm records a film in place of an interview, as many seconds as it is
// said, and leaves it to be stopped. It goes through the server's real paths,
// faster than an interview would.
func (c *Staff) RecordFilm(ctx context.Context, file, interview string, seconds int) (*Recorder, error) {
	f, err := readFilm()
	if err != nil {
		return nil, err
	}
	r, err := c.Record(ctx, file, interview, seconds/60+1, []int{0, 1}, []int{0})
	if err != nil {
		return nil, err
	}
	main, err := r.Part(ctx, chunk.Main, chunk.VP8Opus)
	if err != nil {
		return nil, err
	}
	if err := main.Add(f.head, 0, 0, chunk.First); err != nil {
		return nil, err
	}
	const batch = 2 << 20
	for at := range seconds {
		flags := chunk.KeyFrame
		if at == seconds-1 {
			flags |= chunk.Last
		}
		if err := main.Add(f.second(at), uint64(at)*1000, 1000, flags); err != nil {
			return nil, err
		}
		if main.Waiting() < batch && at < seconds-1 {
			continue
		}
		if err := main.Send(ctx); err != nil {
			return nil, err
		}
	}
	return r, nil
}
