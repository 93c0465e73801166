// Package blobtest gives tests and benchmarks a real S3 server that can go and come back.
package blobtest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/minio/minio-go/v7"
	"github.com/minio/minio-go/v7/pkg/credentials"

	"verhaal/internal/blob"
)

const (
	accessKey = "test"
	secretKey = "test-secret"
	bucket    = "verhaal"
)

// Server is one versitygw process over a folder.
type Server struct {
	t    testing.TB // nil when Run ran it
	tool string
	dir  string
	addr string
	cmd  *exec.Cmd
	out  bytes.Buffer
}

// Start runs a server with one empty bucket on a free port of the loopback
// until the test ends. A missing tool fails the test.
func Start(t testing.TB) *Server {
	t.Helper()
	s, err := Run(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Stop)
	s.t = t
	return s
}

// Run runs a server over an empty folder until Stop.
func Run(dir string) (*Server, error) {
	path, err := tool()
	if err != nil {
		return nil, err
	}
	s := &Server{tool: path, dir: dir}
	if s.addr, err = freePort(); err == nil {
		err = s.start()
	}
	if err != nil {
		return nil, err
	}
	client, err := minio.New(s.addr, &minio.Options{Creds: credentials.NewStaticV4(accessKey, secretKey, ""), Region: "us-east-1"})
	if err == nil {
		err = client.MakeBucket(context.Background(), bucket, minio.MakeBucketOptions{})
	}
	if err != nil {
		s.Stop()
		return nil, fmt.Errorf("S3 server: %w\n%s", err, &s.out)
	}
	return s, nil
}

// Config is what blob.OpenS3 needs.
func (s *Server) Config() blob.S3Config {
	return blob.S3Config{Endpoint: s.addr, Bucket: bucket, Prefix: "here/", AccessKey: accessKey, SecretKey: secretKey}
}

// Start brings a test's stopped server back on the same port with the same bytes.
func (s *Server) Start() {
	s.t.Helper()
	if err := s.start(); err != nil {
		s.t.Fatal(err)
	}
}

func (s *Server) start() error {
	s.cmd = exec.Command(s.tool, "--port", s.addr, "--quiet", "posix", s.dir)
	s.cmd.Env = append(os.Environ(), "ROOT_ACCESS_KEY="+accessKey, "ROOT_SECRET_KEY="+secretKey)
	s.cmd.Stdout, s.cmd.Stderr = &s.out, &s.out
	if err := s.cmd.Start(); err != nil {
		return err
	}
	for end := time.Now().Add(20 * time.Second); time.Now().Before(end); time.Sleep(20 * time.Millisecond) {
		if answer, err := http.Get("http://" + s.addr); err == nil {
			answer.Body.Close()
			return nil
		}
	}
	s.Stop()
	return fmt.Errorf("S3 server did not start on %s\n%s", s.addr, &s.out)
}

// Stop kills the server, as a crash would.
func (s *Server) Stop() {
	if s.cmd == nil {
		return
	}
	s.cmd.Process.Kill()
	s.cmd.Wait() // says "killed", which is what was asked
	s.cmd = nil
}

// tool finds versitygw in .tools/bin of the module or on the path.
func tool() (string, error) {
	root, err := moduleRoot()
	if err != nil {
		return "", err
	}
	path := filepath.Join(root, ".tools", "bin", "versitygw")
	if _, err := os.Stat(path); err == nil {
		return path, nil
	}
	if path, err := exec.LookPath("versitygw"); err == nil {
		return path, nil
	}
	return "", errors.New("versitygw, the S3 server of the tests, is missing: run \"make tools\"")
}

func moduleRoot() (string, error) {
	dir, err := os.Getwd()
	for err == nil {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			return dir, nil
		}
		if dir == filepath.Dir(dir) {
			return "", errors.New("the test does not run inside the module")
		}
		dir = filepath.Dir(dir)
	}
	return "", err
}

func freePort() (string, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	defer l.Close()
	return fmt.Sprint(l.Addr()), nil
}
