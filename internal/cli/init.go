package cli

import (
	"verhaal/internal/app"
)

type initCommand struct {
	Config string `required:"" type:"existingfile" help:"Configuration file (YAML)."`
}

// Run sets up an installation and explains what it made.
func (c initCommand) Run(t *terminal) error {
	config, err := app.LoadConfig(c.Config)
	if err != nil {
		return err
	}
	made, err := app.Init(t.ctx, config)
	if err != nil {
		return err
	}
	t.say(`The installation is set up in %s.

1. Recovery key. It opens the keys of every desk when all members of a desk have
   lost theirs. It is shown once and kept nowhere: print it, let two people each
   take half of the paper, and lock both halves up in different places.

   %s

2. First administrator. Start the server with "verhaal serve --config %s", open
   /staff/enrol in a browser and enter this code. It works once.

   %s

3. Key that verifies the custody log. It is public: give it to auditors, to a
   court, to a partner organisation, before there is any dispute.

   %s`, config.Data, made.Recovery.Reveal(), c.Config, made.Code, made.Verifier)
	return nil
}
