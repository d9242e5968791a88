package store

import (
	"bufio"
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/uptrace/bun"
	"github.com/uptrace/bun/migrate"
)

// NewerError tells a backup whose schema this program does not know.
type NewerError struct{ Names []string }

func (e *NewerError) Error() string {
	return "it was made by a newer program, whose schema this one does not know (" + strings.Join(e.Names, ", ") + "): restore it with that program or a later one"
}

// NotEmptyError names a table of the target that holds rows.
type NotEmptyError struct{ Table string }

func (e *NotEmptyError) Error() string {
	return "the database is not empty (table " + e.Table + " has rows): a backup is restored into an empty one only"
}

// Loader puts rows into the database that is being restored.
type Loader struct {
	db       bun.IDB
	tables   map[string]table
	loaded   map[string]bool
	postgres bool
}

// Known refuses a schema with steps that this program does not have.
func Known(list []Migration) error {
	have, err := known()
	if err != nil {
		return err
	}
	var newer []string
	for _, m := range list {
		if !slices.ContainsFunc(have, func(h migrate.Migration) bool { return h.Name == m.Name }) {
			newer = append(newer, m.Name)
		}
	}
	if len(newer) > 0 {
		return &NewerError{Names: newer}
	}
	return nil
}

// Restore builds the schema as the backup has it, lets fn load the rows and
// then takes the steps of the schema that came later: all in one transaction,
// so that what fails leaves nothing. The database must hold no rows.
func (s *Store) Restore(ctx context.Context, schema []Migration, fn func(ctx context.Context, l *Loader) error) error {
	if err := Known(schema); err != nil {
		return err
	}
	err := s.locked(ctx, func() error {
		return s.write.RunInTx(ctx, nil, func(ctx context.Context, tx bun.Tx) error {
			if err := s.unhurried(ctx, tx); err != nil {
				return err
			}
			if err := s.clear(ctx, tx); err != nil {
				return err
			}
			if err := climb(ctx, tx, func(m string) (int64, bool) {
				i := slices.IndexFunc(schema, func(x Migration) bool { return x.Name == m })
				if i < 0 {
					return 0, false
				}
				return schema[i].Group, true
			}); err != nil {
				return err
			}
			list, err := s.tables(ctx, tx)
			if err != nil {
				return err
			}
			l := &Loader{db: tx, tables: map[string]table{}, loaded: map[string]bool{}, postgres: s.postgres}
			for _, t := range list {
				l.tables[t.Name] = t
			}
			if err := fn(ctx, l); err != nil {
				return err
			}
			for name := range l.tables {
				if !l.loaded[name] {
					return fmt.Errorf("the backup lacks table %s", name)
				}
			}
			group := int64(1)
			for _, m := range schema {
				group = max(group, m.Group+1)
			}
			return climb(ctx, tx, func(m string) (int64, bool) {
				return group, !slices.ContainsFunc(schema, func(x Migration) bool { return x.Name == m })
			})
		})
	})
	if err == nil && !s.postgres {
		// All of it into the one file, which is moved to its place afterwards.
		_, err = s.write.ExecContext(ctx, "PRAGMA wal_checkpoint(TRUNCATE)")
	}
	return err
}

// Empty refuses a database that holds rows of anything.
func (s *Store) Empty(ctx context.Context) error { return s.empty(ctx, s.read) }

func (s *Store) empty(ctx context.Context, db bun.IDB) error {
	list, err := s.tables(ctx, db)
	if err != nil {
		return err
	}
	for _, t := range list {
		if full, err := db.NewSelect().TableExpr("?", bun.Ident(t.Name)).Limit(1).Exists(ctx); err != nil {
			return err
		} else if full {
			return &NotEmptyError{Table: t.Name}
		}
	}
	return nil
}

// clear takes an empty schema away, which "huiwu migrate" may have made before.
func (s *Store) clear(ctx context.Context, tx bun.Tx) error {
	if err := s.empty(ctx, tx); err != nil {
		return err
	}
	if _, err := tx.NewCreateTable().Model((*migrate.Migration)(nil)).ModelTableExpr("bun_migrations").IfNotExists().Exec(ctx); err != nil {
		return err
	}
	have, err := applied(ctx, tx)
	if err != nil {
		return err
	}
	if err := Known(have); err != nil {
		return fmt.Errorf("the database: %w", err)
	}
	steps, err := known()
	if err != nil {
		return err
	}
	for _, m := range slices.Backward(steps) {
		if slices.ContainsFunc(have, func(h Migration) bool { return h.Name == m.Name }) {
			if err := step(ctx, tx, m, "down"); err != nil {
				return err
			}
		}
	}
	_, err = tx.ExecContext(ctx, "DELETE FROM bun_migrations")
	return err
}

// climb takes the steps that want gives a group, in order.
func climb(ctx context.Context, tx bun.Tx, want func(name string) (group int64, ok bool)) error {
	steps, err := known()
	if err != nil {
		return err
	}
	for _, m := range steps {
		group, ok := want(m.Name)
		if !ok {
			continue
		}
		if err := step(ctx, tx, m, "up"); err != nil {
			return err
		}
		row := &migrate.Migration{Name: m.Name, GroupID: group}
		if _, err := tx.NewInsert().Model(row).ModelTableExpr("bun_migrations").Exec(ctx); err != nil {
			return err
		}
	}
	return nil
}

// batch is how many bytes of rows go into one statement.
const batch = 1 << 18

// Load reads what Dump wrote and returns how many rows there were.
func (l *Loader) Load(ctx context.Context, name string, from io.Reader) (n int, err error) {
	t, ok := l.tables[name]
	if !ok {
		return 0, fmt.Errorf("table %s is not in the schema of the backup", name)
	}
	l.loaded[name] = true
	head := "INSERT INTO ? ("
	idents := []any{bun.Ident(name)}
	for k, c := range t.Columns {
		head += strings.Repeat(", ", min(k, 1)) + "?"
		idents = append(idents, bun.Ident(c.Name))
	}
	head += ") VALUES "
	tuple := "(" + strings.TrimSuffix(strings.Repeat("?, ", len(t.Columns)), ", ") + ")"
	args, size, count := slices.Clone(idents), 0, 0
	flush := func() error {
		if count == 0 {
			return nil
		}
		_, err := l.db.NewRaw(head+strings.TrimSuffix(strings.Repeat(tuple+", ", count), ", "), args...).Exec(ctx)
		args, size, count = slices.Clone(idents), 0, 0
		return err
	}
	r := bufio.NewReaderSize(from, 1<<16)
	for {
		line, err := r.ReadBytes('\n')
		if len(line) > 0 {
			n++
			values, err := t.values(line)
			if err != nil {
				return n, fmt.Errorf("table %s, row %d: %w", name, n, err)
			}
			l.clean(values)
			args, size, count = append(args, values...), size+len(line), count+1
			if size > batch {
				if err := flush(); err != nil {
					return n, fmt.Errorf("table %s, up to row %d: %w", name, n, err)
				}
			}
		}
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return n, err
		}
	}
	if err := flush(); err != nil {
		return n, fmt.Errorf("table %s, up to row %d: %w", name, n, err)
	}
	return n, nil
}

// clean marks what is no text and was taken by SQLite: PostgreSQL refuses it,
// and a building that grows must not be kept where it is by a broken letter.
func (l *Loader) clean(values []any) {
	for k, v := range values {
		s, ok := v.(string)
		switch {
		case !ok:
		case l.postgres:
			values[k] = strings.ReplaceAll(strings.ToValidUTF8(s, "\uFFFD"), "\x00", "\uFFFD")
		case strings.Contains(s, "\x00"): // would end the statement
			values[k] = bun.Safe(fmt.Sprintf("CAST(x'%x' AS TEXT)", s))
		}
	}
}

// values reads one line; every column must be there, and nothing else.
func (t *table) values(line []byte) ([]any, error) {
	var row map[string]any
	d := json.NewDecoder(bytes.NewReader(line))
	d.UseNumber()
	if err := d.Decode(&row); err != nil {
		return nil, err
	}
	if len(row) != len(t.Columns) {
		return nil, fmt.Errorf("%d columns, the schema has %d", len(row), len(t.Columns))
	}
	list := make([]any, len(t.Columns))
	for k, c := range t.Columns {
		v, ok := row[c.Name]
		if !ok {
			return nil, fmt.Errorf("no column %s", c.Name)
		}
		var err error
		if list[k], err = c.Kind.value(v); err != nil {
			return nil, fmt.Errorf("column %s: %w", c.Name, err)
		}
	}
	return list, nil
}

func (k kind) value(v any) (any, error) {
	switch v := v.(type) {
	case nil:
		return nil, nil
	case bool:
		if k == kindBool {
			return v, nil
		}
	case json.Number:
		if k == kindInt {
			return v.Int64()
		}
		if k == kindReal {
			return v.Float64()
		}
	case string:
		if k == kindText {
			return v, nil
		}
		if k == kindTime {
			return time.Parse(dumpTime, v)
		}
	case map[string]any:
		if s, ok := v["base64"].(string); ok && k == kindText {
			b, err := base64.StdEncoding.DecodeString(s)
			return string(b), err
		}
	}
	return nil, fmt.Errorf("%v does not belong there", v)
}
