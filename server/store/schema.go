package store

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/uptrace/bun"
	"github.com/uptrace/bun/migrate"

	"huiwu/migrations"
)

// kind is what a column holds, under whatever name a database has for it.
type kind int

const (
	kindText kind = iota
	kindInt
	kindBool
	kindTime
	kindReal
)

// kinds by the names of both databases. What is not here cannot be backed up
// yet: a migration that uses a new type has to say how it is written down.
var kinds = map[string]kind{
	"text": kindText, "integer": kindInt, "bigint": kindInt, "boolean": kindBool,
	"timestamptz": kindTime, "timestamp with time zone": kindTime, "double precision": kindReal,
}

type column struct {
	Name string
	Kind kind
}

// reference is a foreign key of one column.
type reference struct{ Table, Column, Parent, ParentColumn string }

type table struct {
	Name    string
	Columns []column
	Refs    []reference
}

// tables are those of the program, each after the ones it refers to. They are
// read from the database itself, so no list of them can be forgotten.
func (s *Store) tables(ctx context.Context, db bun.IDB) ([]table, error) {
	columns, refs := sqliteColumns, sqliteRefs
	if s.postgres {
		columns, refs = postgresColumns, postgresRefs
	}
	var cols []struct{ TableName, ColumnName, DataType string }
	if err := db.NewRaw(columns).Scan(ctx, &cols); err != nil {
		return nil, err
	}
	var list []table
	for _, c := range cols {
		if strings.HasPrefix(c.TableName, "bun_") {
			continue
		}
		k, ok := kinds[strings.ToLower(c.DataType)]
		if !ok {
			return nil, fmt.Errorf("column %s.%s has the unknown type %s", c.TableName, c.ColumnName, c.DataType)
		}
		if n := len(list); n == 0 || list[n-1].Name != c.TableName {
			list = append(list, table{Name: c.TableName})
		}
		t := &list[len(list)-1]
		t.Columns = append(t.Columns, column{Name: c.ColumnName, Kind: k})
	}
	var keys []struct{ TableName, ColumnName, Parent, ParentColumn string }
	if err := db.NewRaw(refs).Scan(ctx, &keys); err != nil {
		return nil, err
	}
	for _, k := range keys {
		if i := slices.IndexFunc(list, func(t table) bool { return t.Name == k.TableName }); i >= 0 {
			list[i].Refs = append(list[i].Refs, reference{k.TableName, k.ColumnName, k.Parent, k.ParentColumn})
		}
	}
	return parentsFirst(list)
}

const postgresColumns = `SELECT c.table_name, c.column_name, c.data_type FROM information_schema.columns AS c
	JOIN information_schema.tables AS t ON t.table_schema = c.table_schema AND t.table_name = c.table_name AND t.table_type = 'BASE TABLE'
	WHERE c.table_schema = current_schema() ORDER BY c.table_name COLLATE "C", c.ordinal_position`

const postgresRefs = `SELECT c.relname AS table_name, a.attname AS column_name, p.relname AS parent, b.attname AS parent_column
	FROM pg_constraint AS k JOIN pg_class AS c ON c.oid = k.conrelid JOIN pg_class AS p ON p.oid = k.confrelid
	JOIN pg_attribute AS a ON a.attrelid = c.oid AND a.attnum = k.conkey[1] JOIN pg_attribute AS b ON b.attrelid = p.oid AND b.attnum = k.confkey[1]
	WHERE k.contype = 'f' AND k.connamespace = current_schema()::regnamespace ORDER BY 1, 2`

const sqliteColumns = `SELECT m.name AS table_name, p.name AS column_name, p.type AS data_type FROM sqlite_master AS m, pragma_table_info(m.name) AS p
	WHERE m.type = 'table' AND m.name NOT LIKE 'sqlite\_%' ESCAPE '\' ORDER BY m.name, p.cid`

const sqliteRefs = `SELECT m.name AS table_name, f."from" AS column_name, f."table" AS parent, f."to" AS parent_column
	FROM sqlite_master AS m, pragma_foreign_key_list(m.name) AS f WHERE m.type = 'table' ORDER BY 1, 2`

// parentsFirst orders tables so that rows can be put in without breaking a reference.
func parentsFirst(list []table) ([]table, error) {
	var done []table
	isDone := map[string]bool{}
	for len(done) < len(list) {
		n := len(done)
		for _, t := range list {
			waits := slices.ContainsFunc(t.Refs, func(r reference) bool { return r.Parent != t.Name && !isDone[r.Parent] })
			if !isDone[t.Name] && !waits {
				done, isDone[t.Name] = append(done, t), true
			}
		}
		if len(done) == n {
			return nil, fmt.Errorf("tables refer to each other in a circle: %d of %d have an order", n, len(list))
		}
	}
	return done, nil
}

// Migration is one step of the schema that a database has; steps that were
// taken together have the same group.
type Migration struct {
	Name  string `json:"name"`
	Group int64  `json:"group"`
}

// applied are the steps that the database has, in order.
func applied(ctx context.Context, db bun.IDB) ([]Migration, error) {
	var list []Migration
	err := db.NewSelect().TableExpr("bun_migrations").ColumnExpr(`name, group_id AS "group"`).OrderExpr("name").Scan(ctx, &list)
	return list, err
}

// known are the steps that this program has, in order.
func known() (migrate.MigrationSlice, error) {
	list := migrate.NewMigrations()
	if err := list.Discover(migrations.Files); err != nil {
		return nil, err
	}
	return list.Sorted(), nil
}

// step takes one step of the schema, up or down, inside a transaction: the
// migrator of bun begins one of its own for every step.
func step(ctx context.Context, db bun.IDB, m migrate.Migration, way string) error {
	sql, err := migrations.Files.ReadFile(m.String() + ".tx." + way + ".sql")
	if err != nil {
		return err
	}
	for q := range strings.SplitSeq(string(sql), "--bun:split") {
		if _, err := db.ExecContext(ctx, q); err != nil {
			return fmt.Errorf("schema %s %s: %w", m.Name, way, err)
		}
	}
	return nil
}
