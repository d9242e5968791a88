package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"huiwu/server"
	"huiwu/server/store"
)

type backupCmd struct {
	File string `arg:"" type:"path" help:"File to write; it must not exist."`
}

func (b backupCmd) Run(ctx context.Context) error {
	return withStore(ctx, func(s *store.Store) error { return s.Backup(ctx, b.File) })
}

type restoreCmd struct {
	File string `arg:"" type:"existingfile" help:"File that \"huiwu backup\" wrote."`
}

// Run puts a backup in place of a missing database. It never overwrites one:
// what is there may be newer than the person thinks.
func (r restoreCmd) Run(ctx context.Context) error {
	cfg, err := server.LoadConfig()
	if err != nil {
		return err
	}
	if cfg.DatabaseURL != "" {
		return errors.New("the database is PostgreSQL: use pg_restore")
	}
	if err := os.MkdirAll(cfg.DataDir, 0o700); err != nil {
		return err
	}
	target := filepath.Join(cfg.DataDir, "huiwu.db")
	for _, suffix := range []string{"", "-wal", "-shm"} {
		if _, err := os.Stat(target + suffix); err == nil {
			return fmt.Errorf("%s exists: stop the program and move it away first", target+suffix)
		}
	}
	if err := copyFile(r.File, target); err != nil {
		return err
	}
	// Opening it proves that it is a database of ours; an older schema is brought up to date.
	if err := withStore(ctx, func(s *store.Store) error {
		people, err := s.People(ctx)
		if err == nil {
			fmt.Printf("restored %s: %d people\n", target, len(people))
		}
		return err
	}); err != nil {
		return errors.Join(fmt.Errorf("%s is not a backup of this program", r.File), err, os.Remove(target))
	}
	return nil
}

func copyFile(from, to string) error {
	in, err := os.Open(from)
	if err != nil {
		return err
	}
	defer in.Close()
	out, err := os.OpenFile(to, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	_, err = io.Copy(out, in)
	return errors.Join(err, out.Sync(), out.Close())
}
