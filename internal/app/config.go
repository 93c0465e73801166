package app

import (
	"errors"
	"fmt"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"time"
	_ "time/tzdata" // a server may have no zones of its own

	"go.yaml.in/yaml/v4"

	"verhaal/internal/custody"
)

// Config is the whole configuration of one installation. A field left out has
// the default named here; an unknown field is an error.
type Config struct {
	Listen   string   `yaml:"listen"`   // address of the pages; 127.0.0.1:8080
	Metrics  string   `yaml:"metrics"`  // address of /metrics for Prometheus; empty = off
	Data     string   `yaml:"data"`     // folder of keys and of the embedded stores; required
	Database string   `yaml:"database"` // postgres://… ; empty = SQLite in the data folder
	Pack     string   `yaml:"pack"`     // policy pack; nl
	Origin   string   `yaml:"origin"`   // name of the custody log, e.g. meldingen.example.nl/log; required
	Site     string   `yaml:"site"`     // host name that passkeys are bound to; empty = localhost
	Zone     string   `yaml:"zone"`     // time zone of days and hours; Europe/Amsterdam
	Origins  []string `yaml:"origins"`  // addresses staff sign in at; https:// and the site
	Copies   Copies   `yaml:"copies"`   // second copy of recordings; empty = none
	Stamps   Stamps   `yaml:"stamps"`   // timestamping authority of seals; empty = none
	// Witnesses cosign the custody log's checkpoints; empty = none.
	Witnesses []WitnessConfig `yaml:"witnesses"`
	// Behind is how far the clock of recordings is behind: the demonstration makes
	// a film faster than it plays, and begins it by as much earlier. nil = nothing.
	Behind func() time.Duration `yaml:"-"`
}

// WitnessConfig is an organisation outside the house that cosigns checkpoints.
type WitnessConfig struct {
	URL string `yaml:"url"` // what add-checkpoint is put behind
	Key string `yaml:"key"` // public key: name+hash+key
}

// LoadConfig reads a configuration file. An error names the file and the field.
func LoadConfig(path string) (Config, error) {
	raw, err := os.ReadFile(path)
	if err != nil {
		return Config{}, err
	}
	var c Config
	if err := yaml.Load(raw, &c, yaml.WithKnownFields()); err != nil {
		return Config{}, fmt.Errorf("%s: %w", path, err)
	}
	for _, name := range []*string{&c.Data, &c.Copies.Folder, &c.Stamps.Roots} {
		if *name != "" && !filepath.IsAbs(*name) {
			*name = filepath.Join(filepath.Dir(path), *name)
		}
	}
	if err := c.complete(); err != nil {
		return Config{}, fmt.Errorf("%s: %w", path, err)
	}
	return c, nil
}

// complete fills the defaults in and refuses what can't work.
func (c *Config) complete() error {
	defaults := []struct {
		field *string
		value string
	}{
		{&c.Listen, "127.0.0.1:8080"}, {&c.Pack, "nl"}, {&c.Site, "localhost"}, {&c.Zone, "Europe/Amsterdam"},
	}
	for _, d := range defaults {
		if *d.field == "" {
			*d.field = d.value
		}
	}
	if _, err := time.LoadLocation(c.Zone); err != nil {
		return fmt.Errorf("zone: %q is no time zone like Europe/Amsterdam", c.Zone)
	}
	if err := c.Copies.check(); err != nil {
		return err
	}
	if _, err := c.witnesses(); err != nil {
		return err
	}
	if c.Data == "" {
		return errors.New("data: name the folder for keys and stores")
	}
	if c.Origin == "" {
		return errors.New("origin: name the custody log, for example meldingen.example.nl/log")
	}
	if c.Database == "" {
		c.Database = "sqlite:" + filepath.Join(c.Data, "verhaal.db")
	}
	if len(c.Origins) == 0 {
		c.Origins = []string{"https://" + c.Site}
		if _, port, err := net.SplitHostPort(c.Listen); err == nil && c.Site == "localhost" {
			c.Origins = []string{"http://localhost:" + port}
		}
	}
	for _, o := range c.Origins {
		if u, err := url.Parse(o); err != nil || u.Host == "" || (u.Scheme != "https" && u.Scheme != "http") || u.Path != "" {
			return fmt.Errorf("origins: %q is not of the form https://host or http://host:port", o)
		}
	}
	return nil
}

// witnesses are those of the configuration, checked.
func (c *Config) witnesses() ([]custody.Witness, error) {
	var out []custody.Witness
	for _, w := range c.Witnesses {
		one, err := custody.NewWitness(w.URL, w.Key)
		if err != nil {
			return nil, fmt.Errorf("witnesses: %w", err)
		}
		out = append(out, one)
	}
	return out, nil
}
