package store

import (
	"context"
	"errors"
	"strings"
	"sync/atomic"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/uptrace/bun"
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

// Accident is a serialization failure, as PostgreSQL reports it.
func Accident() error { return errors.Join(errors.New("accident"), &pgconn.PgError{Code: "40001"}) }

// Away is a database that shuts down.
func Away() error { return &pgconn.PgError{Code: "57P01"} }
