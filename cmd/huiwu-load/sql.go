package main

import (
	"context"
	"database/sql"
	"net/url"
	"path/filepath"
	"strings"

	_ "github.com/jackc/pgx/v5/stdlib" // the driver "pgx"
)

// openSQL opens a stand's database beside the servers: a benchmark may do what
// no instance does. The SQLite driver comes with the store.
func openSQL(on *stand) (*sql.DB, error) {
	if on.options.URL != "" {
		return sql.Open("pgx", on.options.URL)
	}
	v := url.Values{"_busy_timeout": {"5000"}, "_journal_mode": {"WAL"}, "_synchronous": {"NORMAL"}, "_txlock": {"immediate"}, "_foreign_keys": {"1"}}
	db, err := sql.Open("sqlite", "file:"+filepath.Join(on.options.Dir, "huiwu.db")+"?"+v.Encode())
	if err == nil {
		db.SetMaxOpenConns(1)
	}
	return db, err
}

// moveOn raises the counters of events without a change: what was remembered of
// them is of no use then. The ids are the store's own, so they may stand in SQL.
func moveOn(ctx context.Context, db *sql.DB, events []string) error {
	_, err := db.ExecContext(ctx, "UPDATE topics SET seq = seq + 1 WHERE id IN ('event:"+strings.Join(events, "','event:")+"')")
	return err
}
