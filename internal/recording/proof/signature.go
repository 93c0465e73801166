package proof

import (
	"crypto/sha256"
	"crypto/x509"
	"strings"
	"time"

	"golang.org/x/mod/sumdb/note"

	"verhaal/internal/custody/witness"
	"verhaal/internal/recording/stamp"
)

// signature checks the seal's signature and its place in the log.
func (c *check) signature(vkey string, witnesses []note.Verifier) error {
	own, err := c.optional(logKeyFile)
	if err != nil {
		return err
	}
	if vkey == "" && own == nil {
		c.why[2] = "there is no key of the log to check the signature with"
		return nil
	}
	if vkey == "" {
		vkey = string(own)
		c.note(fault(2, Open, "the signature was checked with the key that came along. Compare it with the one that the log's keeper publishes: %s", strings.TrimSpace(vkey)))
	}
	signed, err := c.optional(signatureFile)
	if err != nil {
		return err
	}
	c.done[2] = true
	text, name, err := openNote(signed, vkey)
	switch {
	case signed == nil:
		c.fault(fault(2, InLog, "%s is missing: the recording is not sealed", signatureFile))
		return nil
	case err != nil:
		c.fault(fault(2, InLog, "%s: %v", signatureFile, err))
		return nil
	case name != c.m.Log, text != string(SealText(c.m.Recording, c.text, c.m.Log)):
		c.fault(fault(2, InLog, "the signature is for another manifest: this one was changed after the seal"))
		return nil
	}
	c.Seal.Signed = true
	leaf, err := c.optional(leafFile)
	if err != nil {
		return err
	}
	proof, err := c.optional(logProofFile)
	if err != nil {
		return err
	}
	if leaf == nil || proof == nil {
		c.why[2] = "the signature is right, but no proof came along that the seal stands in the log"
		return nil
	}
	index, in, err := checkInclusion(proof, leaf, sha256.Sum256(c.text), vkey)
	if err != nil {
		c.fault(fault(2, InLog, "%v", err))
		return nil
	}
	c.Seal.Position = &index
	c.witnessed(proof, witnesses)
	return c.loadHeads(index, in)
}

// demanded says that cosignatures were asked for and none could be looked at:
// whoever took away what leads to them gains nothing.
func (c *check) demanded(witnesses []note.Verifier) error {
	if len(witnesses) > 0 && !c.cosigned {
		c.fault(fault(2, InLog, "no cosignature of a witness could be checked: what leads to the log's checkpoint is not here, or not right"))
	}
	return nil
}

// witnessed checks that those who were named cosigned the checkpoint: they saw
// the same log as everybody else.
func (c *check) witnessed(proof []byte, witnesses []note.Verifier) {
	_, _, checkpoint, err := readLogProof(proof)
	if err != nil {
		return // checkInclusion read it
	}
	c.cosigned = true
	for _, w := range witnesses {
		found, err := witness.Cosigned(checkpoint, w)
		switch {
		case err != nil:
			c.fault(fault(2, InLog, "the cosignature of the witness %s is not right", w.Name()))
		case len(found) == 0:
			c.fault(fault(2, InLog, "the witness %s did not cosign the checkpoint that came along", w.Name()))
		default:
			c.Seal.Witnesses = append(c.Seal.Witnesses, WitnessResult{found[0].Witness, found[0].At.UnixMilli()})
		}
	}
}

// stamp checks what a timestamping authority says of the seal (RFC 3161).
func (c *check) stamp(roots *x509.CertPool) error {
	der, err := c.optional(stampFile)
	if err != nil {
		return err
	}
	if der == nil && roots != nil {
		c.fault(fault(2, Stamp, "%s is missing: no authority that you trust stamped this seal", stampFile))
	}
	if der == nil {
		return nil
	}
	said, err := stamp.Check(der, c.text, roots)
	switch {
	case err != nil:
		c.fault(fault(2, Stamp, "%s: %v", stampFile, err))
		return nil
	case said.At.UnixMilli() < c.m.Ended-stampSlack.Milliseconds():
		c.fault(fault(2, Clock, "%s: it says %s, before the recording ended", stampFile, clock(said.At.UnixMilli())))
		return nil
	case !said.Trusted:
		c.note(fault(2, Open, "the timestamp is signed by %s; whether to trust that was not checked", said.By))
	}
	c.Seal.Stamp = &StampResult{said.At.UnixMilli(), said.By, said.Trusted}
	return nil
}

// stampSlack is how far an authority's clock and ours may differ.
const stampSlack = 2 * time.Minute
