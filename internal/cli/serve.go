package cli

import (
	"net"

	"verhaal/internal/app"
)

type serveCommand struct {
	Config string `required:"" type:"existingfile" help:"Configuration file (YAML)."`
}

// Run serves until it is interrupted.
func (c serveCommand) Run(t *terminal) error {
	config, err := app.LoadConfig(c.Config)
	if err != nil {
		return err
	}
	a, err := app.Open(t.ctx, config, t.log)
	if err != nil {
		return err
	}
	l, err := net.Listen("tcp", config.Listen)
	if err != nil {
		return err
	}
	t.log.Info("serving", "address", l.Addr().String())
	return a.Serve(t.ctx, l)
}
