package store

import (
	"bufio"
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strconv"
	"time"
	"unicode/utf8"

	"github.com/uptrace/bun"
)

// Snapshot is the whole database at one moment, whatever is done meanwhile.
type Snapshot struct {
	Migrations []Migration
	Tables     []string // each after those it refers to
	db         bun.IDB
	tables     map[string]table
}

// ErrNoSchema tells a database that was never migrated.
var ErrNoSchema = errors.New("the database is empty: it was never migrated")

// Snapshot lets fn read a snapshot. Nobody who acts waits for it; only a change
// of the schema does. It costs PostgreSQL old row versions and SQLite a longer
// write-ahead log while fn runs, so fn should do nothing slow beside reading.
func (s *Store) Snapshot(ctx context.Context, fn func(ctx context.Context, sn *Snapshot) error) error {
	return s.locked(ctx, func() error {
		return s.readTx(ctx, func(tx bun.Tx) error {
			sn := &Snapshot{db: tx, tables: map[string]table{}}
			var err error
			if sn.Migrations, err = applied(ctx, tx); isNoTable(err) || err == nil && len(sn.Migrations) == 0 {
				return ErrNoSchema
			} else if err != nil {
				return err
			}
			list, err := s.tables(ctx, tx)
			if err != nil {
				return err
			}
			for _, t := range list {
				sn.Tables = append(sn.Tables, t.Name)
				sn.tables[t.Name] = t
			}
			return fn(ctx, sn)
		})
	})
}

// readTx runs fn in a transaction that sees one moment and changes nothing.
func (s *Store) readTx(ctx context.Context, fn func(tx bun.Tx) error) error {
	o := &sql.TxOptions{ReadOnly: true}
	if s.postgres {
		o.Isolation = sql.LevelRepeatableRead // SQLite's transactions are so anyway
	}
	tx, err := s.read.BeginTx(ctx, o)
	if err != nil {
		return err
	}
	defer func() { _ = tx.Rollback() }()
	if err := s.unhurried(ctx, tx); err != nil {
		return err
	}
	return fn(tx)
}

// unhurried lifts the limits that protect the program from slow statements.
func (s *Store) unhurried(ctx context.Context, tx bun.Tx) error {
	if !s.postgres {
		return nil
	}
	_, err := tx.ExecContext(ctx, "SET LOCAL statement_timeout = 0; SET LOCAL lock_timeout = 0; SET LOCAL idle_in_transaction_session_timeout = 0")
	return err
}

// Dump writes a table's rows, one JSON object a line, the same from both
// databases: times in UTC as RFC 3339, absent values as null.
func (sn *Snapshot) Dump(ctx context.Context, name string, to io.Writer) (n int, err error) {
	t, ok := sn.tables[name]
	if !ok {
		return 0, fmt.Errorf("no table %s", name)
	}
	q := sn.db.NewSelect().TableExpr("?", bun.Ident(name))
	keys := make([][]byte, len(t.Columns))
	values, into := make([]any, len(t.Columns)), make([]any, len(t.Columns))
	for k, c := range t.Columns {
		q = q.ColumnExpr("?", bun.Ident(c.Name))
		keys[k] = append(strconv.AppendQuote(nil, c.Name), ':')
		into[k] = &values[k]
	}
	rows, err := q.Rows(ctx)
	if err != nil {
		return 0, err
	}
	defer rows.Close()
	w := bufio.NewWriterSize(to, 1<<16)
	var line []byte
	for ; rows.Next(); n++ {
		if err := rows.Scan(into...); err != nil {
			return n, err
		}
		line = append(line[:0], '{')
		for k, c := range t.Columns {
			if k > 0 {
				line = append(line, ',')
			}
			line = append(line, keys[k]...)
			if line, err = appendValue(line, c.Kind, values[k]); err != nil {
				return n, fmt.Errorf("table %s, column %s, row %v: %w (\"huiwu check\" says more)", name, c.Name, values[0], err)
			}
		}
		if _, err := w.Write(append(line, "}\n"...)); err != nil {
			return n, err
		}
	}
	return n, errors.Join(rows.Err(), w.Flush())
}

const (
	dumpTime   = "2006-01-02T15:04:05.999999Z07:00"
	sqliteTime = "2006-01-02 15:04:05.999999-07:00" // as bun writes it
)

func appendValue(b []byte, k kind, v any) ([]byte, error) {
	if raw, ok := v.([]byte); ok {
		v = string(raw)
	}
	switch v := v.(type) {
	case nil:
		return append(b, "null"...), nil
	case string:
		if k == kindTime {
			t, err := time.Parse(sqliteTime, v)
			if err != nil {
				return b, fmt.Errorf("%q is no time", v)
			}
			return appendValue(b, k, t)
		}
		if k == kindText {
			return appendText(b, v)
		}
	case time.Time:
		if k == kindTime {
			return strconv.AppendQuote(b, v.UTC().Format(dumpTime)), nil
		}
	case bool:
		if k == kindBool {
			return strconv.AppendBool(b, v), nil
		}
	case int64:
		switch {
		case k == kindBool && (v == 0 || v == 1):
			return strconv.AppendBool(b, v == 1), nil
		case k == kindInt, k == kindReal:
			return strconv.AppendInt(b, v, 10), nil
		}
	case float64:
		if k == kindReal {
			j, err := json.Marshal(v)
			return append(b, j...), err
		}
	}
	return b, fmt.Errorf("a %T does not belong there", v)
}

// appendText keeps also what is no text: SQLite takes any bytes, and JSON would
// put a mark in their place.
func appendText(b []byte, s string) ([]byte, error) {
	var v any = s
	if !utf8.ValidString(s) {
		v = map[string][]byte{"base64": []byte(s)}
	}
	j, err := json.Marshal(v)
	return append(b, j...), err
}

// PhotoFiles are the names of the photos and attachments whose files should be there,
// and whether they stand: the files of a struck photo may go at any moment.
func (sn *Snapshot) PhotoFiles(ctx context.Context) (map[string]bool, error) {
	if _, ok := sn.tables["photos"]; !ok { // an older schema
		return nil, nil
	}
	return photoFiles(ctx, sn.db, func(table string) bool { _, ok := sn.tables[table]; return ok })
}

// photoFiles asks only tables that are there: an older schema has not all of them. Pictures
// of check items stand as long as their version does: for ever.
func photoFiles(ctx context.Context, db bun.IDB, has func(table string) bool) (map[string]bool, error) {
	var list []struct {
		File   string
		Stands bool
	}
	query := "SELECT file, struck_at IS NULL AS stands FROM photos WHERE NOT erased"
	for _, more := range []struct{ since, query string }{
		{"request_files", "SELECT file, TRUE FROM request_files"},
		{"template_items", "SELECT picture, TRUE FROM template_items WHERE picture IS NOT NULL"},
		{"blockings", "SELECT photo_file, TRUE FROM rooms WHERE photo_file IS NOT NULL"}, // rooms have photos since there are blockings
		{"guest_photos", "SELECT file, struck_at IS NULL FROM guest_photos"},
	} {
		if has(more.since) {
			query += " UNION ALL " + more.query
		}
	}
	if err := db.NewRaw(query).Scan(ctx, &list); err != nil {
		return nil, err
	}
	files := make(map[string]bool, len(list))
	for _, r := range list {
		files[r.File] = files[r.File] || r.Stands
	}
	return files, nil
}
