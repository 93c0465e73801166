// Verhaal receives reports of human trafficking and protects the victim
// through everything that follows.
package main

import (
	"os"

	"verhaal/internal/cli"
)

func main() { os.Exit(cli.Run(os.Args[1:], os.Stdout, os.Stderr)) }
