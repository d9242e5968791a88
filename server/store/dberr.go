package store

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"io"
	"net"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"
	"modernc.org/sqlite"

	"huiwu/server/domain"
)

// ErrUnavailable is what a person reads while the database is away.
var ErrUnavailable = &domain.Error{Code: domain.CodeUnavailable, Key: "error.try_again"}

func sqlState(err error) string {
	var pg *pgconn.PgError
	if errors.As(err, &pg) {
		return pg.Code
	}
	return ""
}

func sqliteCode(err error) int {
	var e *sqlite.Error
	if errors.As(err, &e) {
		return e.Code()
	}
	return 0
}

// isUnique tells a broken UNIQUE or primary key.
func isUnique(err error) bool {
	c := sqliteCode(err)
	return sqlState(err) == "23505" || c == 2067 || c == 1555
}

// uniqueOn tells whether the broken key is on that table and column.
func uniqueOn(err error, table, column string) bool {
	if !isUnique(err) {
		return false
	}
	var pg *pgconn.PgError
	if errors.As(err, &pg) {
		return pg.TableName == table && (strings.Contains(pg.ConstraintName, column) || column == "")
	}
	return strings.Contains(err.Error(), table+"."+column)
}

// isForeign tells a reference to something that is not there.
func isForeign(err error) bool { return sqlState(err) == "23503" || sqliteCode(err) == 787 }

// isRetry tells an accident of concurrency that a second try will not meet.
func isRetry(err error) bool {
	c := sqlState(err)
	return c == "40001" || c == "40P01" || sqliteCode(err)&0xff == 5
}

func isNoTable(err error) bool {
	return sqlState(err) == "42P01" || sqliteCode(err) == 1 && strings.Contains(err.Error(), "no such table")
}

// isAway tells that the database could not be reached or was shutting down.
func isAway(err error) bool {
	switch c := sqlState(err); {
	case strings.HasPrefix(c, "08"), strings.HasPrefix(c, "57P"), c == "53300", c == "55P03", c == "57014":
		return true
	}
	var n net.Error
	var op *net.OpError
	var connErr *pgconn.ConnectError
	return errors.As(err, &n) || errors.As(err, &op) || errors.As(err, &connErr) || errors.Is(err, driver.ErrBadConn) || errors.Is(err, sql.ErrConnDone) ||
		errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, context.DeadlineExceeded) || errors.Is(err, net.ErrClosed) ||
		errors.Is(err, sql.ErrTxDone) || // its deadline has rolled it back
		strings.Contains(err.Error(), "database is closed") || // this instance stops, and the request has outlived its patience
		strings.Contains(err.Error(), "conn closed") || strings.Contains(err.Error(), "connection reset")
}

// asPerson turns database errors into what a person may read; the cause stays
// in the chain for the log.
func asPerson(err error) error {
	if err == nil {
		return nil
	}
	if _, ok := domain.AsError(err); ok {
		return err
	}
	if errors.Is(err, sql.ErrNoRows) {
		return errors.Join(domain.ErrNotFound, err)
	}
	if isAway(err) || isRetry(err) {
		return errors.Join(ErrUnavailable, err)
	}
	return err
}
