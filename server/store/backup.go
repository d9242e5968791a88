package store

import (
	"context"
	"errors"
	"io/fs"
	"os"
)

// Backup writes a consistent copy of the embedded database to a new file while
// the program runs. PostgreSQL has its own tools (see docs/operations.md).
func (s *Store) Backup(ctx context.Context, file string) error {
	if s.postgres {
		return errors.New("the database is PostgreSQL: use pg_dump")
	}
	f, err := os.OpenFile(file, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600) // SQLite would let everybody read it
	if errors.Is(err, fs.ErrExist) {
		return errors.New("file exists: " + file)
	}
	if err != nil {
		return err
	}
	if err := f.Close(); err != nil {
		return err
	}
	if _, err := s.write.ExecContext(ctx, "VACUUM INTO ?", file); err != nil {
		return errors.Join(err, os.Remove(file))
	}
	return nil
}
