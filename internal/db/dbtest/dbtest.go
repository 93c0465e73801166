// Package dbtest gives tests real databases: SQLite in a folder of the test,
// and PostgreSQL in a cluster that one test binary starts for itself on a free
// loopback port and that ends with it.
package dbtest

import (
	"context"
	"crypto/rand"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"verhaal/internal/db"
)

// Each runs f once on SQLite and once on PostgreSQL, each time on a fresh
// database that is closed afterwards.
func Each(t *testing.T, f func(t *testing.T, d *db.DB, w *db.Writer)) {
	t.Helper()
	EachURL(t, func(t *testing.T, url string) {
		d, w := Open(t, url)
		f(t, d, w)
	})
}

// EachURL is Each for tests that open the database themselves, more than once
// or in another process.
func EachURL(t *testing.T, f func(t *testing.T, url string)) {
	t.Helper()
	t.Run("sqlite", func(t *testing.T) { f(t, "sqlite:"+filepath.Join(t.TempDir(), "test.db")) })
	t.Run("postgres", func(t *testing.T) { f(t, Postgres(t)) })
}

// Postgres is the address of a fresh PostgreSQL database.
func Postgres(t testing.TB) string {
	t.Helper()
	return shared(t).Database(t)
}

// Open opens url and closes it at the end of the test.
func Open(t testing.TB, url string) (*db.DB, *db.Writer) {
	t.Helper()
	d, w, err := db.Open(context.Background(), url, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := d.Close(); err != nil {
			t.Errorf("close: %v", err)
		}
	})
	return d, w
}

var once = sync.OnceValues(func() (*Cluster, error) { return Run("off") })

func shared(t testing.TB) *Cluster {
	t.Helper()
	c, err := once()
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// Cluster is a PostgreSQL server of our own.
type Cluster struct {
	bin, dir string
	port     int
	fsync    string
	cred     *syscall.Credential
	life     io.WriteCloser // the server stops when this closes
	exited   chan struct{}
}

// NewCluster starts a server for one test, which may stop and start it. fsync
// is "on" where durability is measured.
func NewCluster(t testing.TB, fsync string) *Cluster {
	t.Helper()
	c, err := Run(fsync)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		c.Stop()
		if err := os.RemoveAll(c.dir); err != nil {
			t.Errorf("clean up: %v", err)
		}
	})
	return c
}

// Run starts a server outside of tests. It ends with Stop, or with the process.
func Run(fsync string) (*Cluster, error) {
	bins, err := filepath.Glob("/usr/lib/postgresql/*/bin")
	if err != nil || len(bins) == 0 {
		return nil, errors.New("PostgreSQL is missing: run test/needs, or apt-get install postgresql")
	}
	c := &Cluster{bin: bins[len(bins)-1], fsync: fsync}
	if c.dir, err = os.MkdirTemp("", "verhaal-postgres-"); err != nil {
		return nil, err
	}
	if err := c.unprivileged(); err != nil {
		return nil, err
	}
	init := c.command("initdb", "-D", c.data(), "-U", "verhaal", "-A", "trust", "-E", "UTF8", "--no-sync", "--locale=C.UTF-8")
	if out, err := init.CombinedOutput(); err != nil {
		return nil, fmt.Errorf("initdb: %w: %s", err, out)
	}
	return c, c.Start()
}

// unprivileged makes the server run as somebody else when we are root, since
// PostgreSQL refuses to run as root.
func (c *Cluster) unprivileged() error {
	if os.Getuid() != 0 {
		return nil
	}
	u, err := user.Lookup("postgres")
	if err != nil {
		if u, err = user.Lookup("nobody"); err != nil {
			return err
		}
	}
	uid, _ := strconv.Atoi(u.Uid)
	gid, _ := strconv.Atoi(u.Gid)
	c.cred = &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}
	return os.Chown(c.dir, uid, gid)
}

func (c *Cluster) data() string { return filepath.Join(c.dir, "data") }

func (c *Cluster) command(name string, args ...string) *exec.Cmd {
	cmd := exec.Command(filepath.Join(c.bin, name), args...)
	cmd.Dir = c.dir
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: c.cred}
	return cmd
}

// keeper runs the server until its standard input ends, which it does when the
// test binary dies in whatever way.
const keeper = `"$@" >"$0/log" 2>&1 & server=$!
read -r how || how=INT
kill -$how $server; wait $server
[ -e "$0/keep" ] || rm -rf "$0"`

// Start starts the server again after Stop, on the same port.
func (c *Cluster) Start() error {
	if c.port == 0 {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			return err
		}
		c.port = l.Addr().(*net.TCPAddr).Port
		_ = l.Close()
	}
	_ = os.Remove(filepath.Join(c.dir, "keep"))
	server := c.command("postgres", "-D", c.data(), "-p", strconv.Itoa(c.port), "-c", "listen_addresses=127.0.0.1",
		"-c", "unix_socket_directories=", "-c", "fsync="+c.fsync, "-c", "max_connections=200")
	cmd := exec.Command("sh", append([]string{"-c", keeper, c.dir}, server.Args...)...)
	// A group of its own, so that Ctrl-C leaves the ending to the keeper.
	cmd.Dir, cmd.SysProcAttr = c.dir, &syscall.SysProcAttr{Credential: c.cred, Setpgid: true}
	life, err := cmd.StdinPipe()
	if err != nil {
		return err
	}
	if err := cmd.Start(); err != nil {
		return err
	}
	c.life, c.exited = life, make(chan struct{})
	go func() { _ = cmd.Wait(); close(c.exited) }()
	for range 300 {
		if conn, err := sql.Open("pgx", c.url("postgres")); err == nil {
			err = conn.Ping()
			_ = conn.Close()
			if err == nil {
				return nil
			}
		}
		time.Sleep(50 * time.Millisecond)
	}
	out, _ := os.ReadFile(filepath.Join(c.dir, "log"))
	return fmt.Errorf("PostgreSQL did not start: %s", out)
}

// Stop ends the server in good order; its data stay.
func (c *Cluster) Stop() { c.end("INT") }

// Kill ends the server in the middle of whatever it does (PostgreSQL's
// immediate shutdown), so that it starts with crash recovery; its data stay.
func (c *Cluster) Kill() { c.end("QUIT") }

func (c *Cluster) end(signal string) {
	_ = os.WriteFile(filepath.Join(c.dir, "keep"), nil, 0o666)
	_, _ = io.WriteString(c.life, signal+"\n")
	_ = c.life.Close()
	<-c.exited
}

// Database makes a fresh database and gives its address.
func (c *Cluster) Database(t testing.TB) string {
	t.Helper()
	url, err := c.Create()
	if err != nil {
		t.Fatal(err)
	}
	return url
}

// Create is Database outside of tests.
func (c *Cluster) Create() (url string, err error) {
	conn, err := sql.Open("pgx", c.url("postgres"))
	if err != nil {
		return "", err
	}
	defer conn.Close()
	name := "t" + strings.ToLower(rand.Text())
	_, err = conn.Exec("create database " + name)
	return c.url(name), err
}

func (c *Cluster) url(database string) string {
	return fmt.Sprintf("postgres://verhaal@127.0.0.1:%d/%s?sslmode=disable", c.port, database)
}
