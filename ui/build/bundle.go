package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/evanw/esbuild/pkg/api"
)

// bundle gives every file of dist by name, uncompressed.
func bundle(root string) (map[string][]byte, error) {
	root, err := filepath.Abs(root)
	if err != nil {
		return nil, err
	}
	if _, err := os.Stat(filepath.Join(root, "node_modules")); err != nil {
		return nil, errors.New("node_modules is missing: run `npm ci` first")
	}
	files := make(map[string][]byte)
	packages := make(map[string]bool)

	for entry, suffix := range map[string]string{"main.ts": ".js", "worker.ts": "-worker.js", "pack.ts": "-pack.js"} {
		scripts, err := filepath.Glob(filepath.Join(root, "ui", "*", entry))
		if err != nil {
			return nil, err
		}
		for _, script := range scripts {
			name := filepath.Base(filepath.Dir(script)) + suffix
			if files[name], err = transform(root, script, packages); err != nil {
				return nil, err
			}
		}
	}
	if files["site.css"], err = transform(root, filepath.Join(root, "ui", "css", "site.css"), packages); err != nil {
		return nil, err
	}
	lists, err := filepath.Glob(filepath.Join(root, "internal", "seal", "words", "*.txt"))
	if err != nil {
		return nil, err
	}
	for _, list := range lists {
		if files["words-"+filepath.Base(list)], err = os.ReadFile(list); err != nil {
			return nil, err
		}
	}
	// A court gets the second reader along with what it checks.
	if files["reader.txt"], err = os.ReadFile(filepath.Join(root, "docs", "reader", "verhaal_reader.py")); err != nil {
		return nil, err
	}
	files["LICENSES.txt"], err = licences(root, packages)
	return files, err
}

// transform bundles one entry and notes the npm packages that it draws in.
func transform(root, entry string, packages map[string]bool) ([]byte, error) {
	result := api.Build(api.BuildOptions{
		AbsWorkingDir:     root,
		EntryPoints:       []string{entry},
		Bundle:            true,
		Format:            api.FormatESModule,
		Target:            api.ES2022,
		Platform:          api.PlatformBrowser,
		Charset:           api.CharsetUTF8,
		MinifyWhitespace:  true,
		MinifyIdentifiers: true,
		MinifySyntax:      true,
		LegalComments:     api.LegalCommentsNone, // LICENSES.txt has the full texts
		Metafile:          true,
		LogLevel:          api.LogLevelSilent,
	})
	if len(result.Errors) > 0 {
		text := api.FormatMessages(result.Errors, api.FormatMessagesOptions{Kind: api.ErrorMessage})
		return nil, errors.New(strings.Join(text, ""))
	}
	var meta struct {
		Outputs map[string]struct {
			Inputs map[string]struct{ BytesInOutput int }
		}
	}
	if err := json.Unmarshal([]byte(result.Metafile), &meta); err != nil {
		return nil, fmt.Errorf("read what went into %s: %w", entry, err)
	}
	for _, output := range meta.Outputs {
		for input, share := range output.Inputs {
			if name := packageOf(input); name != "" && share.BytesInOutput > 0 {
				packages[name] = true
			}
		}
	}
	return result.OutputFiles[0].Contents, nil
}

// packageOf gives the folder of the npm package that an input belongs to,
// "node_modules/@noble/hashes"; "" for our own sources.
func packageOf(input string) string {
	at := strings.LastIndex(input, "node_modules/")
	if at < 0 {
		return ""
	}
	end := at + len("node_modules/")
	parts := strings.SplitN(input[end:], "/", 3)
	if strings.HasPrefix(parts[0], "@") {
		return input[:end] + parts[0] + "/" + parts[1]
	}
	return input[:end] + parts[0]
}

// licences joins the licence texts of the packages that are in the bundles.
func licences(root string, packages map[string]bool) ([]byte, error) {
	var out strings.Builder
	out.WriteString("The scripts of this site contain the following software.\n")
	for _, folder := range slices.Sorted(maps.Keys(packages)) {
		texts, err := filepath.Glob(filepath.Join(root, folder, "LICEN[SC]E*"))
		if err != nil || len(texts) == 0 {
			return nil, fmt.Errorf("%s has no licence file; it can't be shipped", folder)
		}
		text, err := os.ReadFile(texts[0])
		if err != nil {
			return nil, err
		}
		name := folder[strings.LastIndex(folder, "node_modules/")+len("node_modules/"):]
		fmt.Fprintf(&out, "\n---- %s ----\n\n%s\n", name, strings.TrimSpace(string(text)))
	}
	return []byte(out.String()), nil
}
