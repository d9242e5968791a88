// Package backup writes everything that a building has, rows and pictures, into
// one file, and puts it back into an empty database of either kind.
//
// The file is a tar archive, compressed by zstd:
//
//	tables/<table>.jsonl  one row a line, as a JSON object; parents before children
//	photos/<file>.jpg     pictures as they lie in the storage
//	manifest.json         the last entry: what the others are, with their checksums
package backup

import (
	"archive/tar"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/klauspost/compress/zstd"

	"huiwu/server/photos"
	"huiwu/server/store"
)

// format is raised when an older program could not read a file any more.
const format = 1

const (
	manifestName = "manifest.json"
	tableDir     = "tables/"
	tableExt     = ".jsonl"
	photoDir     = "photos/"
)

// Manifest says what is in the file.
type Manifest struct {
	Format   int               `json:"format"`
	MadeAt   time.Time         `json:"made_at"`
	Program  string            `json:"program"`
	Database string            `json:"database"` // postgres or sqlite: for people, it restores into either
	TimeZone string            `json:"time_zone"`
	Schema   []store.Migration `json:"schema"`
	Rows     map[string]int    `json:"rows"`    // by table
	Missing  []string          `json:"missing"` // files of photos that stand and were not in the storage
	Entries  []Entry           `json:"entries"` // in the order of the file
	Photos   int               `json:"photos"`  // files
}

// Entry is one of the others.
type Entry struct {
	Name   string `json:"name"`
	Size   int64  `json:"size"`
	SHA256 string `json:"sha256"`
}

// Total is the number of rows of all tables.
func (m *Manifest) Total() (n int) {
	for _, k := range m.Rows {
		n += k
	}
	return n
}

// archive is a file that is being written.
type archive struct {
	tar     *tar.Writer
	zip     *zstd.Encoder
	at      time.Time
	entries []Entry
}

func newArchive(w io.Writer, at time.Time) (*archive, error) {
	z, err := zstd.NewWriter(w)
	if err != nil {
		return nil, err
	}
	return &archive{tar: tar.NewWriter(z), zip: z, at: at}, nil
}

// add appends an entry of that size.
func (a *archive) add(name string, size int64, body io.Reader) error {
	h := &tar.Header{Name: name, Mode: 0o600, Size: size, ModTime: a.at, Format: tar.FormatPAX}
	if err := a.tar.WriteHeader(h); err != nil {
		return err
	}
	sum := sha256.New()
	if _, err := io.Copy(io.MultiWriter(a.tar, sum), body); err != nil {
		return err
	}
	a.entries = append(a.entries, Entry{Name: name, Size: size, SHA256: hex.EncodeToString(sum.Sum(nil))})
	return nil
}

// end writes the manifest and closes.
func (a *archive) end(m *Manifest) error {
	m.Entries = a.entries
	j, err := json.MarshalIndent(m, "", " ")
	if err != nil {
		return err
	}
	if err := a.add(manifestName, int64(len(j)), strings.NewReader(string(j))); err != nil {
		return err
	}
	return errors.Join(a.tar.Close(), a.zip.Close())
}

// What may be wrong with a file.
var (
	errForeign   = errors.New("it is not a backup of this program")
	errTruncated = errors.New("it ends too early: it was cut off while it was written or copied")
)

// walk gives every entry of a file to fn, up to the end.
func walk(f *os.File, fn func(name string, size int64, body io.Reader) error) error {
	if _, err := f.Seek(0, io.SeekStart); err != nil {
		return err
	}
	z, err := zstd.NewReader(f, zstd.WithDecoderMaxMemory(1<<30))
	if err != nil {
		return err
	}
	defer z.Close()
	t := tar.NewReader(z)
	for first := true; ; first = false {
		h, err := t.Next()
		if errors.Is(err, io.EOF) {
			// What follows the end of the archive holds the checksum of the compression.
			_, err := io.Copy(io.Discard, z)
			return said(err, first)
		}
		if err != nil {
			return said(err, first)
		}
		if err := fn(h.Name, h.Size, t); err != nil {
			return said(err, false)
		}
	}
}

// said tells a person what an error of reading means.
func said(err error, first bool) error {
	switch {
	case errors.Is(err, io.ErrUnexpectedEOF):
		return errors.Join(errTruncated, err)
	case errors.Is(err, zstd.ErrMagicMismatch), errors.Is(err, tar.ErrHeader) && first:
		return errors.Join(errForeign, err)
	}
	return err
}

// Verify reads a whole file, compares every checksum and returns its manifest.
// Nothing of a file may be used before.
func Verify(f *os.File) (*Manifest, error) {
	if err := bare(f); err != nil {
		return nil, err
	}
	var m *Manifest
	var found []Entry
	err := walk(f, func(name string, size int64, body io.Reader) error {
		if name == manifestName {
			m = new(Manifest)
			return json.NewDecoder(body).Decode(m)
		}
		sum := sha256.New()
		if _, err := io.Copy(sum, body); err != nil {
			return err
		}
		found = append(found, Entry{Name: name, Size: size, SHA256: hex.EncodeToString(sum.Sum(nil))})
		return nil
	})
	switch {
	case errors.Is(err, errForeign), errors.Is(err, errTruncated):
		return nil, err
	case err != nil:
		return nil, fmt.Errorf("it is damaged: %w", err)
	case m == nil || m.Format < 1:
		return nil, errForeign
	case m.Format > format:
		return nil, fmt.Errorf("its format is %d, this program reads up to %d: restore it with a newer program", m.Format, format)
	}
	if err := store.Known(m.Schema); err != nil {
		return nil, err
	}
	return m, compare(m.Entries, found)
}

// bare recognises a copy of the embedded database, as some tools make it.
func bare(f *os.File) error {
	head := make([]byte, 16)
	n, err := f.ReadAt(head, 0)
	if err != nil && !errors.Is(err, io.EOF) {
		return err
	}
	if strings.HasPrefix(string(head[:n]), "SQLite format 3") {
		return errors.New("it is a bare SQLite database: put it into DATA_DIR as huiwu.db instead")
	}
	if n < 4 {
		return errForeign
	}
	return nil
}

func compare(want, found []Entry) error {
	if len(want) != len(found) {
		return fmt.Errorf("it is damaged: %d entries, its manifest names %d", len(found), len(want))
	}
	for k, w := range want {
		f := found[k]
		if f != w {
			return fmt.Errorf("it is damaged: %s is not what was written (checksum)", w.Name)
		}
		table := strings.HasPrefix(f.Name, tableDir) && strings.HasSuffix(f.Name, tableExt)
		photo := strings.HasPrefix(f.Name, photoDir) && photos.IsFile(strings.TrimPrefix(f.Name, photoDir))
		if !table && !photo {
			return fmt.Errorf("it is damaged: nothing is known of %s", f.Name)
		}
	}
	return nil
}
