package backup_test

import (
	"archive/tar"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/klauspost/compress/zstd"

	"huiwu/server/backup"
	"huiwu/server/demo"
	"huiwu/server/domain"
	"huiwu/server/photos"
	"huiwu/server/store"
	"huiwu/server/store/storetest"
)

// farFuture is after everything that was ever put.
var farFuture = time.Now().AddDate(1, 0, 0)

// targets are empty databases of each kind.
var targets = map[string]func(t *testing.T) store.Options{
	"sqlite":   func(t *testing.T) store.Options { return options(store.Options{Dir: t.TempDir()}) },
	"postgres": func(t *testing.T) store.Options { return options(store.Options{URL: storetest.PostgresURL(t)}) },
}

func options(o store.Options) store.Options {
	o.Loc, o.Logger = storetest.Shanghai, storetest.Quiet
	return o
}

func folder(t *testing.T) photos.Blobs {
	t.Helper()
	b, err := photos.Open("", t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// world is a filled world whose photos have files.
func world(t *testing.T, s *store.Store) (*storetest.World, photos.Blobs) {
	t.Helper()
	w, b := storetest.NewWorld(t, s), folder(t)
	w.Fill(t)
	rows, err := s.PhotoFiles(t.Context())
	if err != nil || len(rows) < 3 {
		t.Fatal(len(rows), err)
	}
	for name := range rows {
		save(t, b, name)
	}
	return w, b
}

func save(t *testing.T, b photos.Blobs, name string) {
	t.Helper()
	if files := photos.Files(name); len(files) == 1 { // an attachment: one file, as it came
		if err := b.Put(t.Context(), name, bytes.Repeat([]byte(name), 10)); err != nil {
			t.Fatal(err)
		}
		return
	}
	p := photos.Picture{Full: bytes.Repeat([]byte(name), 1000), Thumb: []byte(name)}
	if err := photos.Save(t.Context(), b, name, p); err != nil {
		t.Fatal(err)
	}
}

// contents are the entries of a file.
func contents(t *testing.T, file string) (m backup.Manifest, entries map[string]string) {
	t.Helper()
	entries = map[string]string{}
	f, err := os.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	z, err := zstd.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	defer z.Close()
	for r := tar.NewReader(z); ; {
		h, err := r.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(r)
		if err != nil {
			t.Fatal(err)
		}
		entries[h.Name] = string(body)
	}
	if err := json.Unmarshal([]byte(entries["manifest.json"]), &m); err != nil {
		t.Fatal(err)
	}
	return m, entries
}

// A database that is worked on goes into a file and from there into either kind
// of database; both are the same at that moment, in every table and photo.
func TestRoundTrip(t *testing.T) {
	storetest.Both(t, func(t *testing.T, s *store.Store) {
		w, b := world(t, s)
		file := filepath.Join(t.TempDir(), "day.huiwu")
		first, err := s.Head(t.Context(), domain.EventTopic(w.Event))
		if err != nil {
			t.Fatal(err)
		}
		acts, stop := work(t, w)
		busy := &waiting{Blobs: b, until: func() bool { return acts.Load() > 20 }}
		m, err := backup.Write(t.Context(), s, busy, file, "test")
		stop()
		if err != nil {
			t.Fatal(err)
		}
		last, err := s.Head(t.Context(), domain.EventTopic(w.Event))
		if err != nil {
			t.Fatal(err)
		}
		stored, entries := contents(t, file)
		if stored.Total() != m.Total() || stored.Photos != m.Photos || stored.Database != s.Dialect() || stored.TimeZone != "UTC+8" || stored.Program != "test" || len(m.Missing) > 0 {
			t.Errorf("manifest %+v, told %+v", stored, m)
		}
		for table, n := range stored.Rows {
			if n == 0 {
				t.Errorf("%s is empty: storetest's Fill must reach every table", table)
			}
			if k := strings.Count(entries["tables/"+table+".jsonl"], "\n"); k != n {
				t.Errorf("%s: %d lines, %d rows", table, k, n)
			}
		}
		if info, err := os.Stat(file); err != nil || info.Mode().Perm() != 0o600 {
			t.Error(info.Mode(), err)
		}
		for kind, target := range targets {
			t.Run("into "+kind, func(t *testing.T) {
				o, into := target(t), folder(t)
				r, err := backup.Restore(t.Context(), o, into, file)
				if err != nil {
					t.Fatal(err)
				}
				if r.Put != m.Photos || r.Kept != 0 {
					t.Errorf("%d photos put, %d kept, of %d", r.Put, r.Kept, m.Photos)
				}
				s := open(t, o)
				sound(t, s, into)
				head, err := s.Head(t.Context(), domain.EventTopic(w.Event))
				if err != nil || head < first || head > last {
					t.Errorf("a moment that never was: %d, between %d and %d, %v", head, first, last, err)
				}
				again := filepath.Join(t.TempDir(), "again.huiwu")
				if _, err := backup.Write(t.Context(), s, into, again, "test"); err != nil {
					t.Fatal(err)
				}
				sameEntries(t, again, entries)
			})
		}
	})
}

func open(t *testing.T, o store.Options) *store.Store {
	t.Helper()
	s, err := store.Open(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s
}

// sound demands that nothing is wrong with rows and files.
func sound(t *testing.T, s *store.Store, b photos.Blobs) {
	t.Helper()
	found, err := s.Check(t.Context(), 5)
	if err != nil || len(found) > 0 {
		t.Errorf("%+v, %v", found, err)
	}
	rows, err := s.PhotoFiles(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	missing, stray, err := photos.Compare(t.Context(), b, rows, farFuture)
	if err != nil || len(missing)+len(stray) > 0 {
		t.Errorf("missing %q, stray %q, %v", missing, stray, err)
	}
}

// sameEntries compares a file with the entries of another, rows in any order.
func sameEntries(t *testing.T, file string, want map[string]string) {
	t.Helper()
	_, got := contents(t, file)
	if !slices.Equal(slices.Sorted(maps.Keys(got)), slices.Sorted(maps.Keys(want))) {
		t.Error("other entries")
	}
	sorted := func(s string) string { return strings.Join(slices.Sorted(strings.Lines(s)), "") }
	for name, body := range want {
		if name != "manifest.json" && sorted(got[name]) != sorted(body) {
			t.Errorf("%s differs", name)
		}
	}
}

// work lets two people act without rest until stop.
func work(t *testing.T, w *storetest.World) (acts *atomic.Int64, stop func()) {
	t.Helper()
	guests, err := w.Store.Guests(t.Context(), w.Event)
	if err != nil {
		t.Fatal(err)
	}
	acts = new(atomic.Int64)
	ctx, cancel := context.WithCancel(t.Context())
	var g sync.WaitGroup
	for k, move := range []func(to domain.Position) (domain.Receipt, error){
		func(to domain.Position) (domain.Receipt, error) {
			return w.Store.MoveGuest(t.Context(), w.Act("security"), guests[1].ID, to)
		},
		func(to domain.Position) (domain.Receipt, error) {
			return w.Store.TakePost(t.Context(), w.Act("captain"), to)
		},
	} {
		g.Go(func() {
			for n := 1; ctx.Err() == nil; n++ {
				if _, err := move([]domain.Position{domain.PositionLobby, domain.PositionLift}[n%2]); err != nil {
					t.Errorf("%d: an act beside the backup: %v", k, err)
					return
				}
				acts.Add(1)
			}
		})
	}
	for acts.Load() < 4 && !t.Failed() {
		time.Sleep(time.Millisecond)
	}
	stop = func() { cancel(); g.Wait() }
	t.Cleanup(stop)
	return acts, stop
}

// waiting gives no picture before something has happened.
type waiting struct {
	photos.Blobs
	until func() bool
}

func (w *waiting) Get(ctx context.Context, name string) ([]byte, error) {
	for !w.until() && ctx.Err() == nil {
		time.Sleep(time.Millisecond)
	}
	return w.Blobs.Get(ctx, name)
}

// The demo's week, moved from one kind of database to the other and back.
func TestDemoMoves(t *testing.T) {
	s, b := storetest.SQLite(t), folder(t)
	if _, err := demo.Seed(t.Context(), s, demo.Options{PinHash: "-", Photos: b}); err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "demo.huiwu")
	if _, err := backup.Write(t.Context(), s, b, file, "test"); err != nil {
		t.Fatal(err)
	}
	_, want := contents(t, file)
	for _, kind := range []string{"postgres", "sqlite"} {
		o, into := targets[kind](t), folder(t)
		if _, err := backup.Restore(t.Context(), o, into, file); err != nil {
			t.Fatal(err)
		}
		s := open(t, o)
		sound(t, s, into)
		file = filepath.Join(t.TempDir(), kind+".huiwu")
		if _, err := backup.Write(t.Context(), s, into, file, "test"); err != nil {
			t.Fatal(err)
		}
		sameEntries(t, file, want)
	}
}

// Photos that are erased or lost while the backup is made do not break it.
func TestPhotosGoMeanwhile(t *testing.T) {
	w, b := world(t, storetest.SQLite(t))
	rows, err := w.Store.PhotoFiles(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	var standing string
	for name, stands := range rows {
		if stands {
			standing = name
		}
		if !stands || standing == name {
			if err := photos.Erase(t.Context(), b, name); err != nil {
				t.Fatal(err)
			}
		}
		if standing != "" {
			break
		}
	}
	file := filepath.Join(t.TempDir(), "f")
	m, err := backup.Write(t.Context(), w.Store, b, file, "test")
	if err != nil || !slices.Equal(m.Missing, photos.Files(standing)) {
		t.Fatalf("%+v, %v", m, err)
	}
	if r, err := backup.Restore(t.Context(), targets["sqlite"](t), b, file); err != nil || r.Put != 0 || r.Kept != m.Photos {
		t.Errorf("%+v, %v", r, err) // all others are there
	}
}
