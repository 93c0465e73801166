package cli

import (
	"encoding/json"
	"fmt"
	"os"
	"time"

	"golang.org/x/mod/sumdb/note"

	"verhaal/internal/custody/verify"
	"verhaal/internal/custody/witness"
)

type verifyCommand struct {
	Log       verifyLog       `cmd:"" help:"Verify a whole custody log."`
	Proof     verifyProof     `cmd:"" help:"Verify a proof of report that a reporter kept."`
	Recording verifyRecording `cmd:"" help:"Verify an exported recording, or an excerpt of one."`
}

// tokenVariable holds the reader's key for a log behind a server.
const tokenVariable = "VERHAAL_LOG_TOKEN"

type verifyLog struct {
	Place   string   `arg:"" name:"DIR|URL" help:"Folder of a downloaded log, or address of a log (then a reader's key in VERHAAL_LOG_TOKEN)."`
	Key     string   `required:"" help:"Key that verifies the log: origin+hash+key."`
	Witness []string `placeholder:"KEY" help:"Public keys of witnesses that must have cosigned the log's checkpoint: name+hash+key."`
	Older   []string `type:"existingfile" help:"Checkpoints that were kept: nothing before them may have been rewritten."`
	JSON    bool     `name:"json" help:"Print the result as JSON."`
}

// Run verifies and says in plain words what was checked.
func (c verifyLog) Run(t *terminal) error {
	var older [][]byte
	for _, name := range c.Older {
		note, err := os.ReadFile(name)
		if err != nil {
			return err
		}
		older = append(older, note)
	}
	r, err := verify.Log(t.ctx, verify.At(c.Place, os.Getenv(tokenVariable)), c.Key, older...)
	if err != nil {
		return err
	}
	seen, err := c.witnessed(r.Checkpoint)
	if err != nil {
		return err
	}
	if c.JSON {
		return json.NewEncoder(t.out).Encode(map[string]any{"origin": r.Origin, "size": r.Size, "root": r.Root.String(), "actors": r.Actors, "witnesses": len(seen)})
	}
	t.say("The log %s is whole: %d acts of %d actors agree with its signed checkpoint.\nRoot: %s", r.Origin, r.Size, r.Actors, r.Root)
	for _, w := range seen {
		t.say("The witness %s cosigned it on %s.", w.Witness, w.At.UTC().Format(time.RFC3339))
	}
	if len(older) > 0 {
		t.say("Nothing that the older checkpoints cover was rewritten.")
	}
	return nil
}

// witnessed checks that every witness that was named cosigned the checkpoint.
func (c verifyLog) witnessed(checkpoint []byte) ([]witness.Cosignature, error) {
	witnesses, err := readWitnesses(c.Witness)
	if err != nil {
		return nil, err
	}
	var seen []witness.Cosignature
	for _, w := range witnesses {
		found, err := witness.Cosigned(checkpoint, w)
		if err != nil || len(found) == 0 {
			return nil, fmt.Errorf("the witness %s did not cosign this checkpoint", w.Name())
		}
		seen = append(seen, found...)
	}
	return seen, nil
}

func readWitnesses(keys []string) ([]note.Verifier, error) {
	var out []note.Verifier
	for _, key := range keys {
		v, err := witness.Verifier(key)
		if err != nil {
			return nil, wrong{err}
		}
		out = append(out, v)
	}
	return out, nil
}

type verifyProof struct {
	File string `arg:"" type:"existingfile" help:"The proof of report, as it was shown."`
	Key  string `required:"" help:"Key that verifies the log: origin+hash+key."`
	Log  string `help:"Folder or address of the log, to see that the report stands in it."`
	JSON bool   `name:"json" help:"Print the result as JSON."`
}

// Run verifies a proof of report and says what it proves.
func (c verifyProof) Run(t *terminal) error {
	text, err := os.ReadFile(c.File)
	if err != nil {
		return err
	}
	var p verify.Proof
	if c.Log == "" {
		p, err = verify.Report(text, c.Key)
	} else {
		p, err = verify.ReportIn(t.ctx, verify.At(c.Log, os.Getenv(tokenVariable)), text, c.Key)
	}
	if err != nil {
		return err
	}
	if c.JSON {
		return json.NewEncoder(t.out).Encode(map[string]any{"day": p.Day, "channel": p.Channel, "log": p.Log, "position": p.Position, "in_log": c.Log != ""})
	}
	t.say("%s received a report on day %d. It is act number %d of the log %s.", p.Channel, p.Day, p.Position, p.Log)
	if c.Log == "" {
		t.say("The signature is right. To see that the report stands in the log, name the log with --log.")
	} else {
		t.say("The signature is right, and the report stands in the log.")
	}
	return nil
}
