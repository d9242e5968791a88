package backup

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"

	"huiwu/server/photos"
	"huiwu/server/store"
)

// Write makes a backup while the program runs. The file is there whole or not at
// all, for its owner alone, and never in place of another.
func Write(ctx context.Context, s *store.Store, b photos.Blobs, file, program string) (*Manifest, error) {
	if _, err := os.Lstat(file); err == nil {
		return nil, fmt.Errorf("%s exists: a backup never overwrites", file)
	} else if !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	out, err := os.CreateTemp(filepath.Dir(file), ".huiwu-backup-*") // mode 0600
	if err != nil {
		return nil, err
	}
	defer os.Remove(out.Name())
	m, err := write(ctx, s, b, out, program)
	if err = errors.Join(err, out.Sync(), out.Close()); err != nil {
		return nil, err
	}
	return m, place(out.Name(), file)
}

// place gives a finished file its name, unless something has it meanwhile.
func place(from, to string) error {
	err := os.Link(from, to)
	if err != nil && !errors.Is(err, fs.ErrExist) {
		// A file system without links.
		if _, stat := os.Lstat(to); errors.Is(stat, fs.ErrNotExist) {
			err = os.Rename(from, to)
		}
	}
	if err != nil {
		return err
	}
	d, err := os.Open(filepath.Dir(to))
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close()) // the name survives a power cut
}

func write(ctx context.Context, s *store.Store, b photos.Blobs, out *os.File, program string) (*Manifest, error) {
	m := &Manifest{Format: format, MadeAt: s.Now(), Program: program, Database: s.Dialect(), TimeZone: s.Loc.String(), Rows: map[string]int{}, Missing: []string{}}
	a, err := newArchive(out, m.MadeAt)
	if err != nil {
		return nil, err
	}
	// A tar entry begins with its size, so a table is written beside first.
	spool, err := os.CreateTemp(filepath.Dir(out.Name()), ".huiwu-backup-*")
	if err != nil {
		return nil, err
	}
	defer os.Remove(spool.Name())
	defer spool.Close()
	var pictures map[string]bool
	err = s.Snapshot(ctx, func(ctx context.Context, sn *store.Snapshot) error {
		m.Schema = sn.Migrations
		for _, t := range sn.Tables {
			if err := errors.Join(spool.Truncate(0), rewind(spool)); err != nil {
				return err
			}
			n, err := sn.Dump(ctx, t, spool)
			if err != nil {
				return err
			}
			m.Rows[t] = n
			size, err := spool.Seek(0, io.SeekCurrent)
			if err != nil {
				return err
			}
			if err := errors.Join(rewind(spool), a.add(tableDir+t+tableExt, size, spool)); err != nil {
				return err
			}
		}
		pictures, err = sn.PhotoFiles(ctx)
		return err
	})
	if err != nil {
		return nil, err
	}
	// The snapshot is given back by now: pictures are written once and never
	// changed, and reading them may take long.
	for _, p := range slices.Sorted(maps.Keys(pictures)) {
		for _, name := range photos.Files(p) {
			if err := addPhoto(ctx, a, b, m, name, pictures[p]); err != nil {
				return nil, err
			}
		}
	}
	return m, a.end(m)
}

func rewind(f *os.File) error {
	_, err := f.Seek(0, io.SeekStart)
	return err
}

// addPhoto takes a picture in. One that is gone was struck and erased since the
// snapshot, or was lost before: neither may keep the rest from being saved.
func addPhoto(ctx context.Context, a *archive, b photos.Blobs, m *Manifest, name string, stands bool) error {
	body, err := b.Get(ctx, name)
	if errors.Is(err, photos.ErrGone) {
		if stands {
			m.Missing = append(m.Missing, name)
		}
		return nil
	}
	if err != nil {
		return fmt.Errorf("photo %s: %w", name, err)
	}
	m.Photos++
	return a.add(photoDir+name, int64(len(body)), bytes.NewReader(body))
}
