package proof

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"

	"verhaal/internal/recording/chunk"
	"verhaal/internal/seal"
)

// MinuteKey is K_m of one minute of a part: a line of keys.json. Whoever has it
// can see and hear this minute. It redacts itself; MarshalKeys writes it out.
type MinuteKey struct {
	Part   chunk.Part
	Minute uint32
	Key    chunk.Secret
}

// The files of keys beside a manifest.
const (
	keysFile    = "keys.json"    // K_m of minutes
	releaseFile = "release.json" // B_m of minutes, which open with share A
)

type keyList struct {
	Version   int       `json:"v"`
	Recording chunk.ID  `json:"recording"`
	Keys      []keyLine `json:"keys"`
}

type keyLine struct {
	Track  chunk.Track `json:"track"`
	Part   uint16      `json:"part"`
	Minute uint32      `json:"minute"`
	Key    []byte      `json:"key"`
}

// MarshalKeys writes keys.json or release.json.
func MarshalKeys(recording chunk.ID, keys []MinuteKey) ([]byte, error) {
	list := keyList{manifestVersion, recording, []keyLine{}}
	for _, k := range keys {
		list.Keys = append(list.Keys, keyLine{k.Part.Track, k.Part.Number, k.Minute, k.Key[:]})
	}
	return canonical(list)
}

func parseKeys(text []byte, recording chunk.ID) ([]MinuteKey, error) {
	var list keyList
	if err := parse(text, &list); err != nil {
		return nil, err
	}
	if list.Version != manifestVersion || list.Recording != recording {
		return nil, errors.New("it is of another recording or version")
	}
	var out []MinuteKey
	for _, k := range list.Keys {
		if len(k.Key) != len(chunk.Secret{}) {
			return nil, errors.New("a key is not 32 bytes")
		}
		out = append(out, MinuteKey{chunk.Part{Recording: recording, Track: k.Track, Number: k.Part}, k.Minute, chunk.Secret(k.Key)})
	}
	return out, nil
}

// ring is the keys at hand.
type ring struct {
	minutes  map[place]chunk.Secret // K_m
	released map[place]chunk.Secret // B_m
	shares   map[chunk.Part]chunk.Secret
}

type place struct {
	part   chunk.Part
	minute uint32
}

func (k *ring) key(p chunk.Part, minute uint32) (chunk.Secret, bool) {
	if key, ok := k.minutes[place{p, minute}]; ok {
		return key, true
	}
	b, ok := k.released[place{p, minute}]
	a, held := k.shares[p]
	if !ok || !held {
		return chunk.Secret{}, false
	}
	key := chunk.MinuteKey(a, b, p, minute)
	k.minutes[place{p, minute}] = key
	return key, true
}

func (k *ring) empty() bool {
	return len(k.minutes) == 0 && (len(k.released) == 0 || len(k.shares) == 0)
}

// shareJSON is what is sealed as share A: {"v":1,"a":"<base64>"}, padded.
type shareJSON struct {
	Version int    `json:"v"`
	A       []byte `json:"a"`
}

// SealShare seals share A as a recorder does: an age file for the case key and
// the recovery key.
func SealShare(a chunk.Secret, recipients ...string) ([]byte, error) {
	plain, err := seal.PadJSON(shareJSON{1, a[:]})
	if err != nil {
		return nil, err
	}
	return seal.Seal(plain, recipients...)
}

// OpenShare opens what SealShare sealed. Errors are seal.Open's.
func OpenShare(file []byte, ids ...seal.Identity) (chunk.Secret, error) {
	var s shareJSON
	if err := seal.OpenJSON(file, &s, ids...); err != nil {
		return chunk.Secret{}, err
	}
	if s.Version != 1 || len(s.A) != len(chunk.Secret{}) {
		return chunk.Secret{}, errors.New("what was sealed is no share of a recording")
	}
	return chunk.Secret(s.A), nil
}

// shareFile is where an export keeps the age file of a part's share A.
func shareFile(p chunk.Part) string { return fmt.Sprintf("shares/%d-%d.age", p.Track, p.Number) }

// loadKeys gathers what opens the recording in dir. That a share doesn't open
// is an error: whoever names a key wants to know.
func loadKeys(dir fs.FS, m Manifest, o Options) (*ring, error) {
	k := &ring{map[place]chunk.Secret{}, map[place]chunk.Secret{}, map[chunk.Part]chunk.Secret{}}
	take := func(name string, into map[place]chunk.Secret) error {
		text, err := readFile(dir, name)
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		if err != nil {
			return err
		}
		keys, err := parseKeys(text, m.Recording)
		if err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		for _, key := range keys {
			into[place{key.Part, key.Minute}] = key.Key
		}
		return nil
	}
	if err := errors.Join(take(keysFile, k.minutes), take(releaseFile, k.released)); err != nil {
		return nil, err
	}
	if len(o.Identities) == 0 {
		return k, nil
	}
	for _, t := range m.Tracks {
		for _, s := range t.Parts {
			p := chunk.Part{Recording: m.Recording, Track: t.Track, Number: s.Part}
			file, err := readFile(dir, shareFile(p))
			if errors.Is(err, fs.ErrNotExist) {
				continue
			}
			if err != nil {
				return nil, err
			}
			if k.shares[p], err = OpenShare(file, o.Identities...); err != nil {
				return nil, fmt.Errorf("%s does not open with the key given: %w", shareFile(p), err)
			}
		}
	}
	switch {
	case len(k.shares) == 0:
		return nil, errors.New("a key was given, but the folder shares is empty: there is nothing that it could open")
	case len(k.released) == 0 && len(k.minutes) == 0:
		return nil, errors.New("the key opens the recorder's shares, but the server's part for the minutes is not here (" + releaseFile + "): ask for it in the case")
	}
	return k, nil
}

// String keeps the keys out of every print.
func (k MinuteKey) String() string {
	return fmt.Sprintf("key of %s, minute %d", k.Part.File(), k.Minute)
}

// GoString is String.
func (k MinuteKey) GoString() string { return k.String() }

// MarshalJSON redacts.
func (k MinuteKey) MarshalJSON() ([]byte, error) { return json.Marshal(k.String()) }
