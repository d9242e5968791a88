package photos

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"time"
)

// disk keeps pictures below a folder.
type disk struct {
	dir   string
	write func(f *os.File, body []byte) (int, error) // tests fill the disk
}

func newDisk(dir string) *disk { return &disk{dir: dir, write: (*os.File).Write} }

func (d *disk) path(name string) string { return filepath.Join(d.dir, filepath.FromSlash(shelf(name))) }

const halfWritten = ".new-"

// Put writes beside the place and renames: a picture is there whole or not at all.
func (d *disk) Put(_ context.Context, name string, body []byte) error {
	err := d.put(d.path(name), body)
	if errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EDQUOT) {
		return errors.Join(ErrFull, err)
	}
	return err
}

func (d *disk) put(path string, body []byte) error {
	dir := filepath.Dir(path)
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	f, err := os.CreateTemp(dir, halfWritten+"*")
	if err != nil {
		return err
	}
	_, err = d.write(f, body)
	if err = errors.Join(err, f.Sync(), f.Close()); err == nil {
		err = os.Rename(f.Name(), path)
	}
	if err != nil {
		return errors.Join(err, os.Remove(f.Name()))
	}
	return syncDir(dir)
}

// syncDir makes the new name survive a power cut.
func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}

func (d *disk) Get(_ context.Context, name string) ([]byte, error) {
	body, err := os.ReadFile(d.path(name))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, errors.Join(ErrGone, err)
	}
	return body, err
}

func (d *disk) Delete(_ context.Context, name string) error {
	if err := os.Remove(d.path(name)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}

func (d *disk) Ready(ctx context.Context) error {
	const name = "check"
	return errors.Join(d.Put(ctx, name, []byte("check")), d.Delete(ctx, name))
}

// crashed is how old a half-written file is when nobody writes it any more.
const crashed = 24 * time.Hour

// List also takes away what a crash left half written.
func (d *disk) List(ctx context.Context, fn func(name string, at time.Time)) error {
	return filepath.WalkDir(d.dir, func(path string, e fs.DirEntry, err error) error {
		if errors.Is(err, fs.ErrNotExist) { // no picture yet, or taken away meanwhile
			return nil
		}
		if err = errors.Join(err, ctx.Err()); err != nil || e.IsDir() {
			return err
		}
		info, err := e.Info()
		switch {
		case errors.Is(err, fs.ErrNotExist):
			return nil
		case err != nil:
			return err
		case !strings.HasPrefix(e.Name(), halfWritten):
			fn(e.Name(), info.ModTime())
		case time.Since(info.ModTime()) > crashed:
			return os.Remove(path)
		}
		return nil
	})
}
