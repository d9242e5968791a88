// Package store is the only package with SQL. Everything that changes goes
// through Store.Write: one transaction holds the rule, the rows, the log row
// and the topic's counter; only after its commit is the change announced.
package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/uptrace/bun"
	"github.com/uptrace/bun/dialect/pgdialect"
	"github.com/uptrace/bun/dialect/sqlitedialect"
	"github.com/uptrace/bun/migrate"
	_ "modernc.org/sqlite" // the embedded database, pure Go

	"huiwu/migrations"
	"huiwu/server/domain"
)

// Store is the open database. Its methods are safe for many goroutines.
type Store struct {
	// Loc is the site's time zone, for clock times of the day before and for "today".
	Loc *time.Location
	// Now is the clock; tests replace it. UTC, microseconds (what both databases keep).
	Now func() time.Time
	// Announce is called once per changed topic after a commit, never inside a
	// transaction. It must not block.
	Announce func(Announcement)
	// Mailing says that mails can be sent from here; set once, before anything is written.
	Mailing bool
	// OnCommit, when set, observes each act's duration from Write to commit.
	OnCommit func(d time.Duration, ok bool)

	read     *bun.DB // SQLite: a pool of readers; PostgreSQL: the same as write
	write    *bun.DB // SQLite: the one writer
	postgres bool
	log      *slog.Logger
	vault    *vault // nil until OpenSecrets, and where there is no key
	passes   passBook

	templates sync.Map // number of a published version → its []domain.TemplateItem, which never change
}

// Announcement says that a topic moved on from First to Seq by one act.
type Announcement struct {
	Topic    domain.Topic
	First    int64
	Seq      int64
	Subjects []string
}

// Options of Open.
type Options struct {
	URL     string // postgres://…; empty = SQLite in Dir
	Dir     string // data directory of the embedded database
	Loc     *time.Location
	Logger  *slog.Logger
	MaxOpen int // PostgreSQL connections, 0 = 16
}

// Open connects and checks that the database answers. It does not migrate.
func Open(ctx context.Context, o Options) (*Store, error) {
	s := &Store{
		Loc: o.Loc, log: o.Logger,
		Now:      func() time.Time { return time.Now().UTC().Truncate(time.Microsecond) },
		Announce: func(Announcement) {},
	}
	if s.Loc == nil {
		s.Loc = time.UTC
	}
	if s.log == nil {
		s.log = slog.Default()
	}
	var err error
	if o.URL != "" {
		err = s.openPostgres(o)
	} else {
		err = s.openSQLite(o.Dir)
	}
	if err != nil {
		return nil, err
	}
	if err := s.Ping(ctx); err != nil {
		s.Close()
		return nil, fmt.Errorf("database does not answer: %w", err)
	}
	return s, nil
}

func (s *Store) openPostgres(o Options) error {
	cfg, err := pgx.ParseConfig(o.URL)
	if err != nil {
		// The URL holds a password: the parser's own message would print it.
		return errors.New("DATABASE_URL cannot be read: want postgres://user:password@host:port/name")
	}
	// bun writes arguments into the SQL text, so a statement cache would only
	// churn; the simple protocol also suits PgBouncer (docs/adr/0002).
	cfg.DefaultQueryExecMode = pgx.QueryExecModeSimpleProtocol
	for k, v := range map[string]string{
		"application_name": "huiwu", "timezone": "UTC", "statement_timeout": "10000",
		"lock_timeout": "5000", "idle_in_transaction_session_timeout": "15000",
	} {
		if _, set := cfg.RuntimeParams[k]; !set {
			cfg.RuntimeParams[k] = v
		}
	}
	cfg.ConnectTimeout = 3 * time.Second
	pool := stdlib.OpenDB(*cfg)
	maxOpen := o.MaxOpen
	if maxOpen == 0 {
		maxOpen = 16
	}
	pool.SetMaxOpenConns(maxOpen)
	pool.SetMaxIdleConns(maxOpen)
	pool.SetConnMaxLifetime(30 * time.Minute)
	s.postgres = true
	s.write = bun.NewDB(pool, pgdialect.New())
	s.read = s.write
	return nil
}

// FileName is the embedded database in its data directory.
const FileName = "huiwu.db"

func (s *Store) openSQLite(dir string) error {
	if dir == "" {
		return errors.New("no data directory: set DATA_DIR or DATABASE_URL")
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return fmt.Errorf("data directory: %w", err)
	}
	path := filepath.Join(dir, FileName)
	if err := privateDatabase(path); err != nil {
		return err
	}
	dsn := func(extra url.Values) string {
		v := url.Values{
			"_busy_timeout": {"5000"}, "_journal_mode": {"WAL"}, "_synchronous": {"NORMAL"}, "_foreign_keys": {"1"},
			"_time_format": {"sqlite"}, "_timezone": {"UTC"}, "_dqs": {"0"},
		}
		for k, x := range extra {
			v[k] = x
		}
		return "file:" + path + "?" + v.Encode()
	}
	// IMMEDIATE: a transaction that reads and then writes must own the write lock
	// from its first statement, or it fails with "busy" when another was faster.
	w, err := sql.Open("sqlite", dsn(url.Values{"_txlock": {"immediate"}}))
	if err != nil {
		return err
	}
	w.SetMaxOpenConns(1)
	w.SetConnMaxIdleTime(0)
	r, err := sql.Open("sqlite", dsn(url.Values{"_query_only": {"1"}}))
	if err != nil {
		w.Close()
		return err
	}
	r.SetMaxOpenConns(max(4, runtime.NumCPU()))
	r.SetMaxIdleConns(max(4, runtime.NumCPU()))
	s.write = bun.NewDB(w, sqlitedialect.New())
	s.read = bun.NewDB(r, sqlitedialect.New())
	return nil
}

// privateDatabase lets the database's files be read by their owner only; SQLite
// gives what it makes beside the first one the same mode.
func privateDatabase(path string) error {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return fmt.Errorf("database: %w", err)
	}
	return errors.Join(f.Close(), private(path), private(path+"-wal"), private(path+"-shm"))
}

// Close ends all connections.
func (s *Store) Close() error {
	err := s.write.Close()
	if s.read != s.write {
		err = errors.Join(err, s.read.Close())
	}
	return err
}

// Ping asks the database for an answer within a second.
func (s *Store) Ping(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, time.Second)
	defer cancel()
	if err := s.write.PingContext(ctx); err != nil {
		return err
	}
	return s.read.PingContext(ctx)
}

// Queries is how many statements this program has sent to the database.
func (s *Store) Queries() int64 {
	n := int64(s.write.DBStats().Queries)
	if s.read != s.write {
		n += int64(s.read.DBStats().Queries)
	}
	return n
}

// Dialect names the database for logs and health: "postgres" or "sqlite".
func (s *Store) Dialect() string {
	if s.postgres {
		return "postgres"
	}
	return "sqlite"
}

// Today is the site's present day as a UTC half-open interval.
func (s *Store) Today() (from, to time.Time) { return s.Day(s.Now()) }

// Day is the site day that holds t, as a UTC half-open interval.
func (s *Store) Day(t time.Time) (from, to time.Time) {
	l := t.In(s.Loc)
	from = time.Date(l.Year(), l.Month(), l.Day(), 0, 0, 0, 0, s.Loc)
	return from.UTC(), from.AddDate(0, 0, 1).UTC()
}

// migrationLock is any number; all instances must use the same.
const migrationLock = 804_620_1

// numberLock is held while an event takes the next number of its day.
const numberLock = 804_620_2

func migrator(db bun.IDB, conn *bun.DB) (*migrate.Migrator, error) {
	list := migrate.NewMigrations()
	if err := list.Discover(migrations.Files); err != nil {
		return nil, err
	}
	return migrate.NewMigrator(conn, list, migrate.WithMarkAppliedOnSuccess(true)), nil
}

// Migrate applies what is missing and returns the names. Instances that start
// at once wait for each other.
func (s *Store) Migrate(ctx context.Context) ([]string, error) {
	var names []string
	err := s.locked(ctx, func() error {
		m, err := migrator(s.write, s.write)
		if err != nil {
			return err
		}
		if err := m.Init(ctx); err != nil {
			return err
		}
		group, err := m.Migrate(ctx)
		if err != nil {
			return err
		}
		for _, x := range group.Migrations {
			names = append(names, x.Name)
		}
		return nil
	})
	return names, err
}

// Rollback takes the last group of migrations back and returns their names.
func (s *Store) Rollback(ctx context.Context) ([]string, error) {
	var names []string
	err := s.locked(ctx, func() error {
		m, err := migrator(s.write, s.write)
		if err != nil {
			return err
		}
		group, err := m.Rollback(ctx)
		if err != nil {
			return err
		}
		for _, x := range group.Migrations {
			names = append(names, x.Name)
		}
		return nil
	})
	return names, err
}

// Pending lists migrations that this program knows and the database lacks.
// A database that was never migrated lacks all.
func (s *Store) Pending(ctx context.Context) ([]string, error) {
	list := migrate.NewMigrations()
	if err := list.Discover(migrations.Files); err != nil {
		return nil, err
	}
	var done []string
	err := s.read.NewSelect().Table("bun_migrations").Column("name").Scan(ctx, &done)
	if err != nil && !isNoTable(err) {
		return nil, err
	}
	have := map[string]bool{}
	for _, n := range done {
		have[n] = true
	}
	var missing []string
	for _, m := range list.Sorted() {
		if !have[m.Name] {
			missing = append(missing, m.Name)
		}
	}
	return missing, nil
}

// locked runs fn while no other instance migrates. SQLite has one writer and
// one process; PostgreSQL needs an advisory lock on its own connection.
func (s *Store) locked(ctx context.Context, fn func() error) error {
	if !s.postgres {
		return fn()
	}
	conn, err := s.write.Conn(ctx)
	if err != nil {
		return err
	}
	defer conn.Close()
	// The lock may be held longer than statement_timeout by another instance's migration.
	if _, err := conn.ExecContext(ctx, "SET statement_timeout = 0; SET lock_timeout = 0"); err != nil {
		return err
	}
	if _, err := conn.ExecContext(ctx, "SELECT pg_advisory_lock(?)", migrationLock); err != nil {
		return err
	}
	defer func() { //nolint:contextcheck // the lock must be given back even when ctx is over
		_, _ = conn.ExecContext(context.Background(), "SELECT pg_advisory_unlock(?); RESET statement_timeout; RESET lock_timeout", migrationLock)
	}()
	return fn()
}

// likeEscape makes typed text safe inside LIKE … ESCAPE '\'.
func likeEscape(s string) string {
	return strings.NewReplacer(`\`, `\\`, `%`, `\%`, `_`, `\_`).Replace(s)
}
