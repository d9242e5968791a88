package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"huiwu/server"
	"huiwu/server/backup"
	"huiwu/server/photos"
	"huiwu/server/store"
)

type backupCmd struct {
	File string `arg:"" type:"path" help:"File to write; it must not exist."`
}

// Run leaves an older schema as it is: a backup before an update is of what was.
func (b backupCmd) Run(ctx context.Context) error {
	cfg, err := server.LoadConfig()
	if err != nil {
		return err
	}
	if !databaseThere(cfg) {
		return fmt.Errorf("there is no database in %s: set DATA_DIR or DATABASE_URL", cfg.DataDir)
	}
	blobs, err := photoStorage(cfg)
	if err != nil {
		return err
	}
	return openStore(ctx, func(s *store.Store) error {
		m, err := backup.Write(ctx, s, blobs, b.File, version())
		if err != nil {
			return fmt.Errorf("no backup was made: %w", err)
		}
		fmt.Printf("%s: %d rows of %d tables, %d photo files%s\n", b.File, m.Total(), len(m.Rows), m.Photos, sizeOf(b.File))
		if n := len(m.Missing); n > 0 {
			fmt.Printf("! %d photo files are not in the storage (first: %s); \"huiwu check\" lists them\n", n, m.Missing[0])
		}
		return nil
	})
}

func sizeOf(file string) string {
	info, err := os.Stat(file)
	if err != nil {
		return ""
	}
	return fmt.Sprintf(", %.1f MB", float64(info.Size())/1e6)
}

type restoreCmd struct {
	File string `arg:"" type:"existingfile" help:"File that \"huiwu backup\" wrote, on either database."`
}

// Run never overwrites a database: what is there may be newer than the person
// thinks.
func (r restoreCmd) Run(ctx context.Context) error {
	cfg, err := server.LoadConfig()
	if err != nil {
		return err
	}
	blobs, err := photoStorage(cfg)
	if err != nil {
		return err
	}
	o, err := storeOptions(cfg)
	if err != nil {
		return err
	}
	done, err := backup.Restore(ctx, o, blobs, r.File)
	if err != nil {
		return fmt.Errorf("nothing was restored: %w", err)
	}
	fmt.Printf("restored what %s was on %s: %d rows of %d tables, %d photo files put back, %d were there\n",
		done.Database, done.MadeAt.In(o.Loc).Format("2006-01-02 15:04"), done.Total(), len(done.Rows), done.Put, done.Kept)
	if done.TimeZone != cfg.SiteTZ {
		fmt.Printf("! the backup is of a building in %s, SITE_TZ is %s: set it before the program starts\n", done.TimeZone, cfg.SiteTZ)
	}
	if n := len(done.Missing); n > 0 {
		fmt.Printf("! %d photo files were missing when the backup was made\n", n)
	}
	fmt.Println("PINs fit only with the PIN_PEPPER that the program had. \"huiwu check\" looks through what was restored.")
	return nil
}

func photoStorage(cfg server.Config) (photos.Blobs, error) {
	return photos.Open(cfg.S3URL, filepath.Join(cfg.DataDir, "photos"))
}

// databaseThere is false where opening the embedded database would make it.
func databaseThere(cfg server.Config) bool {
	if cfg.DatabaseURL != "" {
		return true
	}
	_, err := os.Stat(filepath.Join(cfg.DataDir, store.FileName))
	return !errors.Is(err, os.ErrNotExist)
}
