package store_test

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"
	"testing"
	"time"

	"huiwu/migrations"
	"huiwu/server/domain"
	"huiwu/server/store"
	"huiwu/server/store/storetest"
)

// all is the names of the embedded migrations, in order.
func all(t *testing.T) string {
	t.Helper()
	files, err := fs.Glob(migrations.Files, "*.up.sql")
	if err != nil || len(files) == 0 {
		t.Fatal(files, err)
	}
	var names []string
	for _, f := range files {
		name, _, _ := strings.Cut(f, "_")
		names = append(names, name)
	}
	slices.Sort(names)
	return strings.Join(names, " ")
}

func TestMigrations(t *testing.T) {
	empty(t, func(t *testing.T, o store.Options) {
		s, ctx := open(t, o), t.Context()
		pending := func() string {
			t.Helper()
			list, err := s.Pending(ctx)
			if err != nil {
				t.Fatal(err)
			}
			return strings.Join(list, " ")
		}
		up := func() string {
			t.Helper()
			list, err := s.Migrate(ctx)
			if err != nil {
				t.Fatal(err)
			}
			return strings.Join(list, " ")
		}
		works := func() bool {
			if err := s.Found(ctx, domain.Site{ID: "site", Name: "星澜大厦"}, nil); err != nil {
				return false
			}
			site, err := s.Site(ctx)
			return err == nil && site.Name == "星澜大厦"
		}
		equal(t, "an empty database lacks", pending(), all(t))
		equal(t, "works before", works(), false)
		equal(t, "up", up(), all(t))
		equal(t, "lacks then", pending(), "")
		equal(t, "up again", up(), "")
		equal(t, "works", works(), true)

		down, err := s.Rollback(ctx)
		if err != nil {
			t.Fatal(err)
		}
		slices.Sort(down)
		equal(t, "down", strings.Join(down, " "), all(t))
		equal(t, "lacks after", pending(), all(t)) // what start refuses
		equal(t, "works after", works(), false)
		list := map[string]string{
			"sqlite":   "SELECT name FROM sqlite_master WHERE type IN ('table', 'view', 'trigger') AND name NOT LIKE 'sqlite_%' AND name NOT LIKE 'bun_%'",
			"postgres": "SELECT tablename AS name FROM pg_tables WHERE schemaname = 'public' AND tablename NOT LIKE 'bun_%'",
		}[s.Dialect()]
		equal(t, "tables left by down", rows(t, s, "SELECT COUNT(*) FROM ("+list+") AS x"), 0)
		equal(t, "up once more", up(), all(t))
		equal(t, "works once more", works(), true)
		if down, err := s.Rollback(ctx); err != nil || len(down) == 0 {
			t.Error(down, err)
		}
		if down, err := s.Rollback(ctx); err != nil || len(down) != 0 {
			t.Errorf("nothing is left to take back: %v, %v", down, err)
		}
	})
}

// A program that knows one migration more than the database sees it.
func TestOldSchemaIsSeen(t *testing.T) {
	both(t, func(t *testing.T, w *world) {
		names := strings.Fields(all(t))
		last := names[len(names)-1]
		raw(t, w.Store, func(ctx context.Context, tx *store.Tx) error {
			_, err := tx.NewRaw("DELETE FROM bun_migrations WHERE name = ?", last).Exec(ctx)
			return err
		})
		if got, err := w.Store.Pending(t.Context()); err != nil || len(got) != 1 || got[0] != last {
			t.Errorf("%v, %v", got, err)
		}
	})
}

// Six instances that start at once: each finds the schema complete afterwards,
// and it was applied once.
func TestMigrateAtOnce(t *testing.T) {
	url, ctx := storetest.PostgresURL(t), t.Context()
	const n = 6
	var stores [n]*store.Store
	for k := range n {
		stores[k] = open(t, store.Options{URL: url, MaxOpen: 4})
	}
	var names [n][]string
	together(n, func(k int) {
		var err error
		if names[k], err = stores[k].Migrate(ctx); err != nil {
			t.Errorf("%d: %v", k, err)
		}
	})
	equal(t, "applied", strings.Join(slices.Concat(names[:]...), " "), all(t))
	for k, s := range stores {
		if pending, err := s.Pending(ctx); err != nil || len(pending) > 0 {
			t.Errorf("%d lacks %v, %v", k, pending, err)
		}
	}
	equal(t, "written down", rows(t, stores[0], "SELECT COUNT(*) FROM bun_migrations"), len(strings.Fields(all(t))))
}

// The schema itself holds what the program promises, also against a program that is wrong.
func TestSchemaHolds(t *testing.T) {
	const now = "'2026-03-18 00:00:00+00:00'"
	event := func(id, number, name, level, secrecy, status, heads, arrival, start, end, commander string) string {
		return fmt.Sprintf(`INSERT INTO events (id, number, name, type, organiser, contact, level, secrecy, status, heads, arrival_at, start_at, end_at, commander_id, photo, recording, tea_minutes, seq, state_at, created_at)
			VALUES ('%s', '%s', '%s', 'meeting', '', '', %s, '%s', '%s', %s, %s, %s, %s, %s, FALSE, FALSE, 0, 1, %s, %s)`, id, number, name, level, secrecy, status, heads, arrival, start, end, commander, now, now)
	}
	const nine, ten = "'2026-03-18 01:00:00+00:00'", "'2026-03-18 02:00:00+00:00'"
	item := func(columns, values string) string {
		return `INSERT INTO items (id, event_id, crew, phase, zh, anchor, offset_min, every_min, sort, state_at, redo, round_no, rounds_total, rounds_done, rounds_missed, seq, created_at, status` + columns + `)
			VALUES ('x', 'EVENT', 'SVC', 'pre', 'x', 'A', 0, 0, 1, ` + now + `, 0, 0, 0, 0, 0, 1, ` + now + `, ` + values + `)`
	}
	guest := func(event, party, name, position, rank string) string {
		return fmt.Sprintf(`INSERT INTO guests (id, event_id, party_id, name, rank, search, position, position_at, struck, sort, seq, created_at) VALUES ('g', '%s', %s, '%s', %s, '', '%s', %s, FALSE, 1, 1, %s)`, event, party, name, rank, position, now, now)
	}
	person := func(no, phone, name, role, crew, locale string) string {
		return fmt.Sprintf(`INSERT INTO people (id, staff_no, phone, name, role, crew, locale, pin_hash, disabled, failed_count, seq, created_at) VALUES ('p', '%s', %s, '%s', '%s', %s, '%s', '-', FALSE, 0, 1, %s)`, no, phone, name, role, crew, locale, now)
	}
	statements := []struct{ want, sql string }{
		// What is right goes in: the statements below fail for their one fault.
		{"", event("x", "n", "n", "4", "normal", "draft", "0", "NULL", nine, ten, "NULL")},
		{"", event("x", "n", "n", "1", "secret", "live", "9", nine, nine, ten, "'BOSS'")},
		{"", item("", "'open'")},
		{"", item(", done_by, accepted_by, accepted_at", "'accepted', 'AMBER', 'BOSS', "+now)},
		{"", guest("EVENT", "NULL", "白术", "expected", "0")},
		{"", person("n", "'13800138000'", "n", "crew_member", "'SVC'", "zh")},

		{"unique", event("EVENT", "n", "n", "4", "normal", "draft", "0", "NULL", nine, ten, "NULL")},
		{"unique", event("x", "EV-20260318-01", "n", "4", "normal", "draft", "0", "NULL", nine, ten, "NULL")},
		{"check", event("x", "n", "", "4", "normal", "draft", "0", "NULL", nine, ten, "NULL")},
		{"check", event("x", "n", "n", "5", "normal", "draft", "0", "NULL", nine, ten, "NULL")},
		{"check", event("x", "n", "n", "0", "normal", "draft", "0", "NULL", nine, ten, "NULL")},
		{"check", event("x", "n", "n", "4", "top", "draft", "0", "NULL", nine, ten, "NULL")},
		{"check", event("x", "n", "n", "4", "normal", "over", "0", "NULL", nine, ten, "NULL")},
		{"check", event("x", "n", "n", "4", "normal", "draft", "-1", "NULL", nine, ten, "NULL")},
		{"check", event("x", "n", "n", "4", "normal", "draft", "0", "NULL", nine, nine, "NULL")},
		{"check", event("x", "n", "n", "4", "normal", "draft", "0", ten, nine, ten, "NULL")},
		{"check", event("x", "n", "n", "4", "normal", "confirmed", "0", "NULL", nine, ten, "NULL")}, // J.3.5
		{"foreign", event("x", "n", "n", "4", "normal", "confirmed", "0", "NULL", nine, ten, "'nobody'")},
		{"not null", event("x", "n", "n", "4", "normal", "draft", "0", "NULL", "NULL", ten, "NULL")},

		{"check", item("", "'late'")},
		{"check", item("", "'rejected'")}, // without a reason
		{"check", item("", "'not-needed'")},
		{"check", item("", "'blocked'")},
		{"check", item(", accepted_by", "'accepted', 'BOSS'")}, // when?
		{"check", item(", done_by, accepted_by, accepted_at", "'accepted', 'BOSS', 'BOSS', "+now)}, // J.6.1
		{"foreign", item(", done_by", "'open', 'nobody'")},
		{"check", item(", flag", "'open', 'red'")},
		{"check", item(", evidence", "'open', 'smell'")},
		{"check", item(", acceptance", "'open', 'anybody'")},
		{"unique", item(", template_id", "'open', 'S1'")}, // a template makes one item of an event
		{"foreign", strings.Replace(item("", "'open'"), "'EVENT'", "'nothing'", 1)},
		{"check", strings.Replace(item("", "'open'"), "'SVC'", "'XXX'", 1)},
		{"check", strings.Replace(item("", "'open'"), "'pre'", "'daily'", 1)},

		{"check", guest("EVENT", "NULL", "", "expected", "0")},
		{"check", guest("EVENT", "NULL", "白术", "roof", "0")},
		{"check", guest("EVENT", "NULL", "白术", "expected", "-1")},
		{"foreign", guest("nothing", "NULL", "白术", "expected", "0")},
		{"foreign", guest("EVENT", "'nothing'", "白术", "expected", "0")},

		{"unique", person("commander", "NULL", "n", "crew_member", "'SVC'", "zh")},
		{"check", person("", "NULL", "n", "crew_member", "'SVC'", "zh")},
		{"check", person("n", "NULL", "", "crew_member", "'SVC'", "zh")},
		{"check", person("n", "NULL", "n", "guest", "NULL", "zh")},
		{"check", person("n", "NULL", "n", "crew_member", "'svc'", "zh")},
		{"check", person("n", "NULL", "n", "crew_member", "'SVC'", "fr")},

		{"foreign", "INSERT INTO sessions (id, person_id, device, created_at, last_seen_at, expires_at) VALUES ('s', 'nobody', '', " + now + ", " + now + ", " + now + ")"},
		{"foreign", "INSERT INTO assignments (event_id, person_id, crew) VALUES ('EVENT', 'nobody', 'SVC')"},
		{"foreign", "INSERT INTO assignments (event_id, person_id, crew) VALUES ('nothing', 'BOSS', 'SVC')"},
		{"check", "INSERT INTO assignments (event_id, person_id, crew) VALUES ('EVENT', 'BOSS', 'XXX')"},
		{"unique", "INSERT INTO assignments (event_id, person_id, crew) VALUES ('EVENT', 'AMBER', 'SVC')"},
		{"foreign", "INSERT INTO event_rooms (event_id, room_id) VALUES ('EVENT', 'R9')"},
		{"unique", "INSERT INTO event_rooms (event_id, room_id) VALUES ('EVENT', 'R2')"},
		{"foreign", "INSERT INTO changes (topic, seq, subject, verb, label, minor, acted_at, received_at) VALUES ('event:nothing', 1, '', '', '', FALSE, " + now + ", " + now + ")"},
		{"unique", "INSERT INTO changes (topic, seq, subject, verb, label, minor, acted_at, received_at) VALUES ('event:EVENT', 1, '', '', '', FALSE, " + now + ", " + now + ")"},
		{"check", "INSERT INTO changes (topic, seq, subject, verb, label, minor, acted_at, received_at) VALUES ('event:EVENT', 0, '', '', '', FALSE, " + now + ", " + now + ")"},
		{"check", "UPDATE topics SET seq = -1"},
		{"foreign", "INSERT INTO parties (id, event_id, name, sort) VALUES ('p', 'nothing', 'n', 1)"},
		{"check", "INSERT INTO parties (id, event_id, name, sort) VALUES ('p', 'EVENT', '', 1)"},
		{"foreign", "INSERT INTO rounds (item_id, n, from_no, due_at, done_at, done_by) VALUES ('nothing', 1, 1, " + now + ", " + now + ", 'BOSS')"},

		// Nothing that is referred to goes away.
		{"foreign", "DELETE FROM events WHERE id = 'EVENT'"},
		{"foreign", "DELETE FROM people WHERE id = 'BOSS'"},
		{"foreign", "DELETE FROM rooms WHERE id = 'R2'"},
		{"foreign", "DELETE FROM topics WHERE id = 'event:EVENT'"},
		{"foreign", "UPDATE people SET id = 'x' WHERE id = 'BOSS'"},
	}
	both(t, func(t *testing.T, w *world) {
		fill := strings.NewReplacer("EVENT", w.Event, "BOSS", w.People["commander"].ID, "AMBER", w.People["service"].ID)
		undo := errors.New("undo")
		for _, x := range statements {
			_, err := w.Store.Write(t.Context(), domain.Act{}, func(ctx context.Context, tx *store.Tx) error {
				if _, err := tx.NewRaw(fill.Replace(x.sql)).Exec(ctx); err != nil {
					return err
				}
				return undo
			})
			if got := store.Broke(err); got != x.want || errors.Is(err, undo) != (x.want == "") {
				t.Errorf("%q broken, want %q: %v\n%s", got, x.want, err, x.sql)
			}
		}
	})
}

func TestOpenRefuses(t *testing.T) {
	for name, o := range map[string]store.Options{
		"no directory": {},
		"no url":       {URL: "postgres://u:geheim@127.0.0.1:not-a-port/x"},
		"no server":    {URL: "postgres://u:geheim@127.0.0.1:1/x?sslmode=disable"},
	} {
		ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
		s, err := store.Open(ctx, o)
		cancel()
		if err == nil {
			s.Close()
			t.Errorf("%s: opened", name)
		} else if strings.Contains(err.Error(), "geheim") {
			t.Errorf("%s: the password is told: %v", name, err)
		}
	}
}

func TestDay(t *testing.T) {
	w := onSQLite(t)
	for _, now := range []string{"00:00", "07:59", "23:59"} { // before 08:00 the UTC day is the one before
		w.set(now)
		from, to := w.Store.Today()
		equal(t, now, at(&from)+" "+at(&to), "03-18 00:00 03-19 00:00")
		equal(t, now+" in UTC", from.Location(), time.UTC)
	}
}
