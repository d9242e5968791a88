package store_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"maps"
	"slices"
	"strings"
	"testing"

	"huiwu/server/domain"
	"huiwu/server/store"
	"huiwu/server/store/storetest"
)

// dump is every table's rows, in an order that does not depend on the database.
func dump(t *testing.T, s *store.Store) (schema []store.Migration, tables []string, data map[string]string) {
	t.Helper()
	data = map[string]string{}
	err := s.Snapshot(t.Context(), func(ctx context.Context, sn *store.Snapshot) error {
		schema, tables = sn.Migrations, sn.Tables
		for _, name := range tables {
			var b bytes.Buffer
			n, err := sn.Dump(ctx, name, &b)
			if err != nil {
				return err
			}
			lines := slices.Sorted(strings.Lines(b.String()))
			if len(lines) != n {
				t.Errorf("%s: %d rows, %d lines", name, n, len(lines))
			}
			data[name] = strings.Join(lines, "")
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return schema, tables, data
}

// sameRows compares two dumps table by table and demands that every table has rows.
func sameRows(t *testing.T, got, want map[string]string) {
	t.Helper()
	if len(got) != len(want) {
		t.Errorf("%d tables, want %d", len(got), len(want))
	}
	for name, rows := range want {
		if rows == "" {
			t.Errorf("%s is empty: storetest's Fill must reach every table", name)
		}
		if got[name] != rows {
			t.Errorf("%s differs:\n%s\nwant\n%s", name, got[name], rows)
		}
	}
}

// restored loads a dump into a store.
func restored(ctx context.Context, s *store.Store, schema []store.Migration, tables []string, data map[string]string) error {
	return s.Restore(ctx, schema, func(ctx context.Context, l *store.Loader) error {
		for _, name := range tables {
			n, err := l.Load(ctx, name, strings.NewReader(data[name]))
			if err != nil {
				return err
			}
			if n != strings.Count(data[name], "\n") {
				return errors.New("rows lost in " + name)
			}
		}
		return nil
	})
}

// Everything goes from either database into either, and back the same.
func TestDumpAndRestore(t *testing.T) {
	both(t, func(t *testing.T, w *world) {
		w.Fill(t)
		schema, tables, data := dump(t, w.Store)
		empty(t, func(t *testing.T, o store.Options) {
			s := open(t, o)
			if err := restored(t.Context(), s, schema, tables, data); err != nil {
				t.Fatal(err)
			}
			gotSchema, gotTables, got := dump(t, s)
			if !slices.Equal(gotSchema, schema) || !slices.Equal(gotTables, tables) {
				t.Error("another schema: ", gotSchema, gotTables)
			}
			sameRows(t, got, data)
			sound(t, s)
			if pending, err := s.Pending(t.Context()); err != nil || len(pending) > 0 {
				t.Error("not up to date: ", pending, err)
			}
			// What is full is left alone, by a second try too.
			var full *store.NotEmptyError
			if err := restored(t.Context(), s, schema, tables, data); !errors.As(err, &full) {
				t.Error("restored over rows: ", err)
			}
			// The program goes on where it was.
			again := &storetest.World{Store: s, People: w.People, Event: w.Event}
			s.Now = w.Store.Now
			if _, err := s.MoveParty(t.Context(), again.Act("security"), partyOf(t, s, w.Event), domain.PositionLobby); err != nil {
				t.Error(err)
			}
			sound(t, s)
		})
	})
}

func partyOf(t *testing.T, s *store.Store, event string) string {
	t.Helper()
	list, err := s.Parties(t.Context(), event)
	if err != nil || len(list) == 0 {
		t.Fatal("no party: ", err)
	}
	return list[0].ID
}

// What happens while a snapshot is read is not in it, in no table, and does not
// wait for it.
func TestSnapshotIsOneMoment(t *testing.T) {
	both(t, func(t *testing.T, w *world) {
		w.Fill(t)
		_, _, before := dump(t, w.Store)
		err := w.Store.Snapshot(t.Context(), func(ctx context.Context, sn *store.Snapshot) error {
			for k, name := range sn.Tables {
				if k%5 == 0 {
					must(t)(w.Store.StartDrill(ctx, w.Act("commander"), w.Event))
				}
				var b bytes.Buffer
				if _, err := sn.Dump(ctx, name, &b); err != nil {
					return err
				}
				if strings.Join(slices.Sorted(strings.Lines(b.String())), "") != before[name] {
					t.Errorf("%s changed while it was read", name)
				}
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		if _, _, after := dump(t, w.Store); after["drills"] == before["drills"] {
			t.Error("nothing was done meanwhile")
		}
	})
}

// What fails at any point leaves a database as empty as it was.
func TestRestoreLeavesNothing(t *testing.T) {
	source := onSQLite(t)
	source.Fill(t)
	schema, tables, data := dump(t, source.Store)
	change := func(name string, fn func(rows string) string) func(map[string]string) {
		return func(d map[string]string) { d[name] = fn(d[name]) }
	}
	empty(t, func(t *testing.T, o store.Options) {
		s := open(t, o)
		for name, breakIt := range map[string]func(d map[string]string){
			"a row refers to nothing": change("people", func(rows string) string { return strings.Join(slices.Collect(strings.Lines(rows))[1:], "") }),
			"a row twice":             change("rooms", func(rows string) string { return rows + slices.Collect(strings.Lines(rows))[0] }),
			"half a row":              change("guests", func(rows string) string { return rows[:len(rows)-10] }),
			"a wrong kind":            change("items", func(rows string) string { return strings.Replace(rows, `"sort":1`, `"sort":"1"`, 1) }),
			"an unknown column":       change("sites", func(rows string) string { return strings.Replace(rows, `"office"`, `"offices"`, 1) }),
			"a column more":           change("sites", func(rows string) string { return strings.Replace(rows, `{`, `{"x":1,`, 1) }),
			"a broken rule":           change("events", func(rows string) string { return strings.Replace(rows, `"level":1`, `"level":9`, 1) }),
		} {
			broken := maps.Clone(data)
			breakIt(broken)
			if maps.Equal(broken, data) {
				t.Fatal(name, ": nothing broken")
			}
			if err := restored(t.Context(), s, schema, tables, broken); err == nil {
				t.Fatal(name, ": restored")
			}
			if pending, err := s.Pending(t.Context()); err != nil || len(pending) != len(schema) {
				t.Error(name, ": a schema was left: ", pending, err)
			}
		}
		if err := restored(t.Context(), s, schema, tables, data); err != nil {
			t.Error("the sound one does not go in afterwards: ", err)
		}
	})
	t.Run("a table less", func(t *testing.T) {
		s := open(t, store.Options{Dir: t.TempDir()})
		err := restored(t.Context(), s, schema, slices.DeleteFunc(slices.Clone(tables), func(x string) bool { return x == "site_keys" }), data)
		if err == nil || !strings.Contains(err.Error(), "site_keys") {
			t.Error(err)
		}
	})
	t.Run("a newer schema", func(t *testing.T) {
		s := open(t, store.Options{Dir: t.TempDir()})
		var newer *store.NewerError
		if err := restored(t.Context(), s, append(slices.Clone(schema), store.Migration{Name: "29990101000000"}), tables, data); !errors.As(err, &newer) {
			t.Error(err)
		}
	})
}

// A database that was migrated and never used is empty.
func TestRestoreIntoMigrated(t *testing.T) {
	source := onSQLite(t)
	source.Fill(t)
	schema, tables, data := dump(t, source.Store)
	storetest.Both(t, func(t *testing.T, s *store.Store) {
		if err := restored(t.Context(), s, schema, tables, data); err != nil {
			t.Fatal(err)
		}
		_, _, got := dump(t, s)
		sameRows(t, got, data)
	})
}

// SQLite takes bytes that are no text. They come back as they were; PostgreSQL,
// which refuses them, gets a mark in their place.
func TestDumpOfBytes(t *testing.T) {
	const odd = "Chrome \xff\x00 ?"
	w := onSQLite(t)
	w.Fill(t)
	raw(t, w.Store, func(ctx context.Context, tx *store.Tx) error {
		_, err := tx.NewRaw("UPDATE sessions SET device = CAST(x'4368726f6d6520ff00203f' AS TEXT)").Exec(ctx)
		return err
	})
	schema, tables, data := dump(t, w.Store)
	empty(t, func(t *testing.T, o store.Options) {
		s := open(t, o)
		if err := restored(t.Context(), s, schema, tables, data); err != nil {
			t.Fatal(err)
		}
		want := odd
		if s.Dialect() == "postgres" {
			want = "Chrome \uFFFD\uFFFD ?"
		}
		s.Now = w.Store.Now
		if list, err := s.Sessions(t.Context(), w.People["service"].ID); err != nil || len(list) != 1 || list[0].Device != want {
			t.Errorf("%q, %v", list, err)
		}
	})
}

func TestSnapshotOfNothing(t *testing.T) {
	empty(t, func(t *testing.T, o store.Options) {
		s := open(t, o)
		if err := s.Snapshot(t.Context(), func(context.Context, *store.Snapshot) error { return nil }); !errors.Is(err, store.ErrNoSchema) {
			t.Error(err)
		}
		if _, err := s.Migrate(t.Context()); err != nil {
			t.Fatal(err)
		}
		err := s.Snapshot(t.Context(), func(ctx context.Context, sn *store.Snapshot) error {
			for _, name := range sn.Tables {
				if n, err := sn.Dump(ctx, name, io.Discard); err != nil || n != 0 {
					t.Error(name, n, err)
				}
			}
			if _, err := sn.Dump(ctx, "bun_migrations", io.Discard); err == nil {
				t.Error("dumped what is no table of ours")
			}
			return nil
		})
		if err != nil {
			t.Error(err)
		}
		sound(t, s)
	})
}

// sound demands that nothing in the data is wrong.
func sound(t *testing.T, s *store.Store) {
	t.Helper()
	found, err := s.Check(t.Context(), 5)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range found {
		t.Errorf("%s: %d %s: %q", f.Name, f.N, f.Says, f.Rows)
	}
}
