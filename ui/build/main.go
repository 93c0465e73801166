// Command build bundles the browser's side into ui/dist: a script for each
// audience (ui/<audience>/main.ts, and its worker.ts and pack.ts if it has them:
// what runs beside the page, and what is loaded when it is asked for), the
// stylesheet, the receipts' word lists, the second reader of recordings and the
// licences of what is inside, each
// with a .gz and a .br beside it.
//
//	go run ./ui/build          builds and prints sizes
//	go run ./ui/build -check   builds in memory and names what is stale
//
// The same sources and the same node_modules (npm ci) give the same bytes.
package main

import (
	"bytes"
	"compress/gzip"
	"errors"
	"flag"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/andybalholm/brotli"
)

func main() {
	check := flag.Bool("check", false, "write nothing; fail when ui/dist isn't what the sources give")
	flag.Parse()
	if err := run(".", *check, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// run builds the tree whose go.mod lies in root.
func run(root string, check bool, out io.Writer) error {
	files, err := bundle(root)
	if err != nil {
		return err
	}
	dist := filepath.Join(root, "ui", "dist")
	if check {
		return stale(dist, files)
	}
	return write(dist, files, out)
}

func write(dist string, files map[string][]byte, out io.Writer) error {
	if err := os.MkdirAll(dist, 0o755); err != nil {
		return err
	}
	fmt.Fprintf(out, "%-16s %9s %9s %9s\n", "ui/dist", "bytes", "gzip", "brotli")
	for _, name := range slices.Sorted(maps.Keys(files)) {
		plain := files[name]
		gz, br := gzipped(plain), brotlied(plain)
		for suffix, body := range map[string][]byte{"": plain, ".gz": gz, ".br": br} {
			if err := os.WriteFile(filepath.Join(dist, name+suffix), body, 0o644); err != nil {
				return err
			}
		}
		fmt.Fprintf(out, "%-16s %9d %9d %9d\n", name, len(plain), len(gz), len(br))
	}
	without, err := sourceless(dist, files)
	for _, name := range without {
		err = errors.Join(err, os.Remove(filepath.Join(dist, name)))
	}
	return err
}

// sourceless names the files in dist that the sources don't give.
func sourceless(dist string, files map[string][]byte) ([]string, error) {
	entries, err := os.ReadDir(dist)
	var names []string
	for _, entry := range entries {
		name := strings.TrimSuffix(strings.TrimSuffix(entry.Name(), ".gz"), ".br")
		if _, ok := files[name]; !ok {
			names = append(names, entry.Name())
		}
	}
	return names, err
}

// stale compares what the compressed files say, not their bytes: another
// version of a compressor isn't another program.
func stale(dist string, files map[string][]byte) error {
	wrong := func(name, why string) error {
		return fmt.Errorf("ui/dist/%s %s: run `go run ./ui/build` and commit ui/dist", name, why)
	}
	for _, name := range slices.Sorted(maps.Keys(files)) {
		for _, suffix := range []string{"", ".gz", ".br"} {
			body, err := os.ReadFile(filepath.Join(dist, name+suffix))
			if err != nil {
				return wrong(name+suffix, "is missing")
			}
			if plain, err := inflated(suffix, body); err != nil || !bytes.Equal(plain, files[name]) {
				return wrong(name+suffix, "is not what the sources give")
			}
		}
	}
	without, err := sourceless(dist, files)
	for _, name := range without {
		return wrong(name, "has no source any more")
	}
	return err
}

func gzipped(plain []byte) []byte {
	var out bytes.Buffer
	w, err := gzip.NewWriterLevel(&out, gzip.BestCompression) // no name, no time in the header
	if err != nil {
		panic(err)
	}
	_, _ = w.Write(plain) // a bytes.Buffer takes everything
	_ = w.Close()
	return out.Bytes()
}

func brotlied(plain []byte) []byte {
	var out bytes.Buffer
	w := brotli.NewWriterLevel(&out, brotli.BestCompression)
	_, _ = w.Write(plain)
	_ = w.Close()
	return out.Bytes()
}

func inflated(suffix string, body []byte) ([]byte, error) {
	switch suffix {
	case ".gz":
		r, err := gzip.NewReader(bytes.NewReader(body))
		if err != nil {
			return nil, err
		}
		return io.ReadAll(r)
	case ".br":
		return io.ReadAll(brotli.NewReader(bytes.NewReader(body)))
	}
	return body, nil
}
