package store

import (
	"context"
	"errors"
	"os"
)

// Backup writes a consistent copy of the embedded database to a new file while
// the program runs. PostgreSQL has its own tools (see docs/operations.md).
func (s *Store) Backup(ctx context.Context, file string) error {
	if s.postgres {
		return errors.New("the database is PostgreSQL: use pg_dump")
	}
	if _, err := os.Stat(file); err == nil {
		return errors.New("file exists: " + file)
	}
	_, err := s.write.ExecContext(ctx, "VACUUM INTO ?", file)
	return err
}
