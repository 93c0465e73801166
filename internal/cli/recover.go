package cli

import (
	"bufio"
	"cmp"
	"errors"
	"fmt"
	"os"

	"verhaal/internal/app"
	"verhaal/internal/seal"
)

type recoverCommand struct {
	Config  string `required:"" type:"existingfile" help:"Configuration file (YAML)."`
	Channel string `xor:"what" required:"" help:"Channel whose desk is to be opened again."`
	Case    string `xor:"what" required:"" placeholder:"NUMBER" help:"Number of the case file that is to be opened again; who gets its key becomes a member."`
	Login   string `required:"" help:"Login of who gets the key: an active officer and member of the desk, certified where it demands it."`
}

// Run reads the recovery key from standard input, so that it stands in no
// history and in no list of processes.
func (c recoverCommand) Run(t *terminal) error {
	config, err := app.LoadConfig(c.Config)
	if err != nil {
		return err
	}
	a, err := app.Open(t.ctx, config, t.log)
	if err != nil {
		return err
	}
	n, err := c.recover(t, a)
	if err := errors.Join(err, a.Close()); err != nil {
		return err
	}
	t.say("%s holds %d keys of %s now. It stands in the custody log. Put the paper back into the safe.", c.Login, n, cmp.Or(c.Channel, c.Case))
	return nil
}

func (c recoverCommand) recover(t *terminal, a *app.App) (int, error) {
	member, err := a.Members.ByLogin(t.ctx, c.Login)
	if err != nil {
		return 0, err
	}
	fmt.Fprint(t.errOut, "Recovery key: ")
	line, err := bufio.NewReader(os.Stdin).ReadString('\n')
	if err != nil && line == "" {
		return 0, errors.New("no recovery key was entered")
	}
	key, err := seal.ParseIdentity(trimKey(line))
	if err != nil {
		return 0, err
	}
	if c.Case != "" {
		return a.Cases.Recover(t.ctx, c.Case, member.ID, key)
	}
	return a.Desks.Recover(t.ctx, c.Channel, member.ID, key)
}

// trimKey forgives spaces and line ends of a key typed from paper.
func trimKey(line string) string {
	out := make([]rune, 0, len(line))
	for _, r := range line {
		if r > ' ' {
			out = append(out, r)
		}
	}
	return string(out)
}
