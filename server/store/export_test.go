package store

import (
	"context"
	"errors"
	"strings"
	"sync/atomic"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/uptrace/bun"
	"github.com/uptrace/bun/migrate"

	"huiwu/server/domain"
)

// CountQueries counts the statements that the store sends from now on.
func CountQueries(s *Store) *atomic.Int64 {
	h := new(countHook)
	one := s.read == s.write
	s.read = s.read.WithQueryHook(h)
	if s.write = s.write.WithQueryHook(h); one {
		s.read = s.write
	}
	return &h.n
}

type countHook struct{ n atomic.Int64 }

func (h *countHook) BeforeQuery(ctx context.Context, _ *bun.QueryEvent) context.Context { return ctx }

func (h *countHook) AfterQuery(context.Context, *bun.QueryEvent) { h.n.Add(1) }

// Broke names the rule of the schema that a statement broke: "unique",
// "foreign", "check" or "not null"; "" for none.
func Broke(err error) string {
	switch {
	case isUnique(err):
		return "unique"
	case isForeign(err):
		return "foreign"
	case sqlState(err) == "23514" || sqliteCode(err) == 275:
		return "check"
	case sqlState(err) == "23502" || sqliteCode(err) == 1299:
		return "not null"
	case err != nil && strings.Contains(err.Error(), "datatype mismatch"):
		return "type"
	}
	return ""
}

// Breaking lets fn break things against the schema's will, one after the other:
// look breaks one, checks, and takes it back.
func Breaking(ctx context.Context, s *Store, fn func(look func(breakIt func(ctx context.Context, db bun.IDB) error) ([]Finding, error))) error {
	undo := errors.New("undo")
	off, on := "PRAGMA defer_foreign_keys = 1; PRAGMA ignore_check_constraints = 1", "PRAGMA ignore_check_constraints = 0"
	if s.postgres {
		off, on = "SET LOCAL session_replication_role = replica", "SELECT 1"
	}
	_, err := s.Write(ctx, domain.Act{}, func(ctx context.Context, tx *Tx) error {
		if s.postgres {
			var checks []string
			if err := tx.NewRaw("SELECT 'ALTER TABLE ' || conrelid::regclass || ' DROP CONSTRAINT ' || conname FROM pg_constraint WHERE (contype = 'c' OR conname LIKE '%notices_%_key_key') AND connamespace = 'public'::regnamespace").Scan(ctx, &checks); err != nil {
				return err
			}
			if _, err := tx.ExecContext(ctx, strings.Join(checks, ";")); err != nil {
				return err
			}
		}
		fn(func(breakIt func(ctx context.Context, db bun.IDB) error) (found []Finding, err error) {
			err = tx.RunInTx(ctx, nil, func(ctx context.Context, db bun.Tx) error {
				if _, err := db.ExecContext(ctx, off); err != nil {
					return err
				}
				if err := breakIt(ctx, db); err != nil {
					return err
				}
				if _, err := db.ExecContext(ctx, on); err != nil { // or SQLite's own check looks away
					return err
				}
				if found, err = s.check(ctx, db, 5); err != nil {
					return err
				}
				return undo
			})
			if errors.Is(err, undo) {
				err = nil
			}
			return found, err
		})
		return undo
	})
	if errors.Is(err, undo) {
		err = nil
	}
	return err
}

// MigrateSingly takes every step of the schema as a group of its own, as years
// of updates do.
func MigrateSingly(ctx context.Context, s *Store) error {
	steps, err := known()
	if err != nil {
		return err
	}
	for n := range steps {
		list := migrate.NewMigrations()
		for _, m := range steps[:n+1] {
			list.Add(m)
		}
		m := migrate.NewMigrator(s.write, list, migrate.WithMarkAppliedOnSuccess(true))
		if err := m.Init(ctx); err != nil {
			return err
		}
		if _, err := m.Migrate(ctx); err != nil {
			return err
		}
	}
	return nil
}

// RuleNames are the rules that are written out, one by one.
func RuleNames() []string {
	var list []string
	for _, r := range rules {
		list = append(list, r.name)
	}
	return list
}

// Accident is a serialization failure, as PostgreSQL reports it.
func Accident() error { return errors.Join(errors.New("accident"), &pgconn.PgError{Code: "40001"}) }

// Away is a database that shuts down.
func Away() error { return &pgconn.PgError{Code: "57P01"} }

// TableNames are the tables of the program, each after the ones it refers to.
func TableNames(ctx context.Context, s *Store, tx *Tx) ([]string, error) {
	list, err := s.tables(ctx, tx)
	names := make([]string, len(list))
	for k := range list {
		names[k] = list[k].Name
	}
	return names, err
}
