package rulebook

import (
	"archive/zip"
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path"
	"strings"
)

// The limits of an archive.
const (
	// MaxArchive is the most bytes an archive may have, packed and unpacked.
	MaxArchive = 2 << 20
	maxFiles   = 200
)

// open reads an archive that somebody uploaded: nothing but the YAML files of
// the folder pack. Every byte is read once here, so that what the zip says of
// itself need not be believed. Its error is one line for a person.
func open(archive []byte, pack string) (fs.FS, error) {
	if len(archive) > MaxArchive {
		return nil, fmt.Errorf("the archive is larger than %d KiB", MaxArchive>>10)
	}
	z, err := zip.NewReader(bytes.NewReader(archive), int64(len(archive)))
	if err != nil {
		return nil, errors.New("this is not a zip archive that can be read")
	}
	if len(z.File) > maxFiles {
		return nil, fmt.Errorf("the archive holds more than %d files", maxFiles)
	}
	seen, left := map[string]bool{}, int64(MaxArchive)
	for _, f := range z.File {
		name := strings.TrimSuffix(f.Name, "/")
		folder := name != f.Name
		if !placed(name, pack, folder) || !folder && !f.Mode().IsRegular() {
			return nil, fmt.Errorf("%.80q has no place in the archive: it may hold the folder %s with files that end in .yaml, and nothing else", f.Name, pack)
		}
		if seen[name] {
			return nil, fmt.Errorf("%s stands twice in the archive", name)
		}
		seen[name] = true
		n, err := unpack(f, left)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		left -= n
	}
	return z, nil
}

// placed says whether an entry of that name may be there. Folders have no dot
// in their names, so that no file can be the folder of another.
func placed(name, pack string, folder bool) bool {
	if !fs.ValidPath(name) || strings.ContainsAny(name, "\\\x00") || name != pack && !strings.HasPrefix(name, pack+"/") {
		return false
	}
	if folder {
		return !strings.Contains(name, ".")
	}
	return strings.HasSuffix(name, ".yaml") && path.Base(name) != ".yaml" && !strings.Contains(path.Dir(name), ".")
}

// unpack reads an entry to its end and says how many bytes it has.
func unpack(f *zip.File, most int64) (int64, error) {
	r, err := f.Open()
	if err != nil {
		return 0, errors.New("can't be unpacked")
	}
	defer r.Close()
	n, err := io.Copy(io.Discard, io.LimitReader(r, most+1))
	if n > most {
		return n, fmt.Errorf("the files of the archive have more than %d KiB together", MaxArchive>>10)
	}
	if err != nil {
		return n, errors.New("is damaged")
	}
	return n, nil
}

// pack makes an archive of the folders of fsys that keep names.
func pack(fsys fs.FS, keep func(folder string) bool) ([]byte, error) {
	var out bytes.Buffer
	z := zip.NewWriter(&out)
	folders, err := fs.ReadDir(fsys, ".")
	if err != nil {
		return nil, err
	}
	for _, d := range folders {
		if !d.IsDir() || !keep(d.Name()) {
			continue
		}
		err := fs.WalkDir(fsys, d.Name(), func(name string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() {
				return err
			}
			body, err := fs.ReadFile(fsys, name)
			if err != nil {
				return err
			}
			w, err := z.Create(name)
			if err == nil {
				_, err = w.Write(body)
			}
			return err
		})
		if err != nil {
			return nil, err
		}
	}
	err = z.Close()
	return out.Bytes(), err
}

// unzipped reads an archive of our own.
func unzipped(archive []byte) (fs.FS, error) {
	return zip.NewReader(bytes.NewReader(archive), int64(len(archive)))
}
