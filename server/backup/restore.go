package backup

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"huiwu/server/photos"
	"huiwu/server/store"
)

// Restored says what was put back.
type Restored struct {
	*Manifest
	Put  int // files of photos
	Kept int // files of photos that were there already
}

// Restore puts a backup into the empty database that o names, and its pictures
// into b. It reads the whole file first; what fails later leaves nothing.
func Restore(ctx context.Context, o store.Options, b photos.Blobs, file string) (*Restored, error) {
	f, err := os.Open(file)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	m, err := Verify(f)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	r := &restore{Restored: Restored{Manifest: m}, f: f, blobs: b}
	if o.URL != "" {
		err = r.into(ctx, o)
	} else {
		err = r.intoFile(ctx, o)
	}
	if err != nil {
		return nil, errors.Join(err, r.undo(context.WithoutCancel(ctx)))
	}
	return &r.Restored, nil
}

type restore struct {
	Restored
	f     *os.File
	blobs photos.Blobs
	put   []string
}

func (r *restore) into(ctx context.Context, o store.Options) error {
	s, err := store.Open(ctx, o)
	if err != nil {
		return err
	}
	return errors.Join(s.Restore(ctx, r.Schema, r.load), s.Close())
}

// intoFile builds the embedded database beside its place: it appears there
// whole, and what is there already is left alone.
func (r *restore) intoFile(ctx context.Context, o store.Options) error {
	if err := os.MkdirAll(o.Dir, 0o750); err != nil {
		return err
	}
	target := filepath.Join(o.Dir, store.FileName)
	for _, suffix := range []string{"", "-wal", "-shm"} {
		if _, err := os.Lstat(target + suffix); err == nil {
			return fmt.Errorf("%s exists: stop the program and move it away first", target+suffix)
		} else if !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	dir, err := os.MkdirTemp(o.Dir, ".huiwu-restore-*")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	o.Dir = dir
	if err := r.into(ctx, o); err != nil {
		return err
	}
	built := filepath.Join(dir, store.FileName)
	if err := errors.Join(os.Chmod(built, 0o600), syncFile(built)); err != nil {
		return err
	}
	return place(built, target)
}

func syncFile(name string) error {
	f, err := os.OpenFile(name, os.O_RDWR, 0)
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}

// load gives every entry its place. Pictures come last: they are in the storage
// before the rows that name them are committed.
func (r *restore) load(ctx context.Context, l *store.Loader) error {
	there := map[string]bool{}
	err := r.blobs.List(ctx, func(name string, _ time.Time) { there[name] = true })
	if err != nil {
		return fmt.Errorf("storage of photos: %w", err)
	}
	return walk(r.f, func(name string, _ int64, body io.Reader) error {
		if t, ok := strings.CutPrefix(name, tableDir); ok {
			t = strings.TrimSuffix(t, tableExt)
			n, err := l.Load(ctx, t, body)
			if err == nil && n != r.Rows[t] {
				err = fmt.Errorf("table %s: %d rows, the manifest says %d", t, n, r.Rows[t])
			}
			return err
		}
		if p, ok := strings.CutPrefix(name, photoDir); ok {
			return r.putPhoto(ctx, p, there[p], body)
		}
		return nil
	})
}

// putPhoto leaves a picture alone that is there: only the database may have
// been lost, and pictures never change.
func (r *restore) putPhoto(ctx context.Context, name string, there bool, body io.Reader) error {
	if there {
		r.Kept++
		return nil
	}
	picture, err := io.ReadAll(body)
	if err != nil {
		return err
	}
	r.put = append(r.put, name) // also when it fails: half of it may be there
	if err := r.blobs.Put(ctx, name, picture); err != nil {
		return fmt.Errorf("photo %s: %w", name, err)
	}
	r.Put++
	return nil
}

func (r *restore) undo(ctx context.Context) error {
	var errs error
	for _, name := range r.put {
		errs = errors.Join(errs, r.blobs.Delete(ctx, name))
	}
	return errs
}
