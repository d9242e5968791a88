package backup_test

import (
	"archive/tar"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/klauspost/compress/zstd"

	"huiwu/server/backup"
	"huiwu/server/photos"
	"huiwu/server/store"
	"huiwu/server/store/storetest"
)

// made is a backup of a small database, for breaking.
func made(t *testing.T) (file string, body []byte) {
	t.Helper()
	w, b := world(t, storetest.SQLite(t))
	file = filepath.Join(t.TempDir(), "good.huiwu")
	if _, err := backup.Write(t.Context(), w.Store, b, file, "test"); err != nil {
		t.Fatal(err)
	}
	body, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return file, body
}

func written(t *testing.T, body []byte) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "f")
	if err := os.WriteFile(file, body, 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

// repacked is a backup whose entries change gave: sound to look at, false inside.
func repacked(t *testing.T, file string, change func(m *backup.Manifest, entries map[string]string)) string {
	t.Helper()
	m, entries := contents(t, file)
	delete(entries, "manifest.json")
	order := m.Entries
	change(&m, entries)
	var b bytes.Buffer
	z, err := zstd.NewWriter(&b)
	if err != nil {
		t.Fatal(err)
	}
	w := tar.NewWriter(z)
	add := func(name, body string) {
		if err := w.WriteHeader(&tar.Header{Name: name, Mode: 0o600, Size: int64(len(body))}); err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write([]byte(body)); err != nil {
			t.Fatal(err)
		}
	}
	for _, e := range order {
		if body, ok := entries[e.Name]; ok {
			add(e.Name, body)
			delete(entries, e.Name)
		}
	}
	for name, body := range entries {
		add(name, body)
	}
	j, err := json.Marshal(m)
	if err != nil {
		t.Fatal(err)
	}
	add("manifest.json", string(j))
	if err := errors.Join(w.Close(), z.Close()); err != nil {
		t.Fatal(err)
	}
	return written(t, b.Bytes())
}

// A file that is not whole and ours is refused by a sentence that says why,
// before anything is touched.
func TestRefusesFiles(t *testing.T) {
	good, body := made(t)
	flipped := bytes.Clone(body)
	flipped[len(flipped)/2] ^= 1
	for name, x := range map[string]struct{ file, want string }{
		"not there":       {filepath.Join(t.TempDir(), "none"), "no such file"},
		"empty":           {written(t, nil), "not a backup"},
		"text":            {written(t, []byte("谨此通知各位同事,明天的会议改在第一会议室")), "not a backup"},
		"a database":      {written(t, []byte("SQLite format 3\x00 and so on")), "bare SQLite"},
		"cut at half":     {written(t, body[:len(body)/2]), "ends too early"},
		"cut at end":      {written(t, body[:len(body)-3]), "ends too early"},
		"a flipped bit":   {written(t, flipped), "damaged"},
		"another archive": {repacked(t, good, func(m *backup.Manifest, entries map[string]string) { *m = backup.Manifest{} }), "not a backup"},
		"a newer format":  {repacked(t, good, func(m *backup.Manifest, _ map[string]string) { m.Format = 2 }), "newer program"},
		"a newer schema": {repacked(t, good, func(m *backup.Manifest, _ map[string]string) {
			m.Schema = append(m.Schema, store.Migration{Name: "29990101000000", Group: 9})
		}), "newer program"},
		"a changed row": {repacked(t, good, func(_ *backup.Manifest, entries map[string]string) {
			entries["tables/people.jsonl"] = strings.Replace(entries["tables/people.jsonl"], "crew_member", "commander", 1)
		}), "tables/people.jsonl"},
		"an entry less": {repacked(t, good, func(_ *backup.Manifest, entries map[string]string) { delete(entries, "tables/acts.jsonl") }), "damaged"},
		"an entry more": {repacked(t, good, func(_ *backup.Manifest, entries map[string]string) { entries["photos/x.jpg"] = "x" }), "damaged"},
		"a way out": {repacked(t, good, func(m *backup.Manifest, entries map[string]string) {
			entries["photos/../../x.jpg"] = ""
			m.Entries = append(m.Entries, backup.Entry{Name: "photos/../../x.jpg", SHA256: "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"})
		}), "nothing is known of photos/../../x.jpg"},
	} {
		t.Run(name, func(t *testing.T) {
			o, into := targets["sqlite"](t), folder(t)
			_, err := backup.Restore(t.Context(), o, into, x.file)
			if err == nil || !strings.Contains(err.Error(), x.want) {
				t.Errorf("%v, want %q", err, x.want)
			}
			nothing(t, o, into)
		})
	}
	if _, err := backup.Restore(t.Context(), targets["sqlite"](t), folder(t), good); err != nil {
		t.Error("the good one: ", err)
	}
}

// nothing demands that a restore left neither rows nor files.
func nothing(t *testing.T, o store.Options, b photos.Blobs) {
	t.Helper()
	if o.URL == "" {
		if left, err := os.ReadDir(o.Dir); err != nil || len(left) > 0 {
			t.Errorf("left behind: %v, %v", left, err)
		}
	} else {
		s := open(t, o)
		if pending, err := s.Pending(t.Context()); err != nil || len(pending) == 0 {
			t.Error("a schema was left behind: ", pending, err)
		}
	}
	if _, stray, err := photos.Compare(t.Context(), b, nil, farFuture); err != nil || len(stray) > 0 {
		t.Errorf("photos left behind: %q, %v", stray, err)
	}
}

// A restore that fails after half of the photos takes everything back.
func TestRestoreFailsMidway(t *testing.T) {
	good, _ := made(t)
	for kind, target := range targets {
		t.Run(kind, func(t *testing.T) {
			o, into := target(t), &full{Blobs: folder(t), room: 3}
			if _, err := backup.Restore(t.Context(), o, into, good); !errors.Is(err, photos.ErrFull) {
				t.Error(err)
			}
			nothing(t, o, into.Blobs)
			if _, err := backup.Restore(t.Context(), o, into.Blobs, good); err != nil {
				t.Error("with more room: ", err)
			}
			_, err := backup.Restore(t.Context(), o, into.Blobs, good)
			if err == nil || !strings.Contains(err.Error(), "exists: stop the program") && !strings.Contains(err.Error(), "not empty") {
				t.Error("over a database: ", err)
			}
			sound(t, open(t, o), into.Blobs) // the second try took nothing away
		})
	}
}

// full has room for so many pictures.
type full struct {
	photos.Blobs
	room int
}

func (f *full) Put(ctx context.Context, name string, body []byte) error {
	if f.room--; f.room < 0 {
		return photos.ErrFull
	}
	return f.Blobs.Put(ctx, name, body)
}

// A backup that fails leaves no file, and none is overwritten.
func TestWriteLeavesNothing(t *testing.T) {
	w, b := world(t, storetest.SQLite(t))
	dir := t.TempDir()
	file := filepath.Join(dir, "f")
	if _, err := backup.Write(t.Context(), w.Store, &away{b}, file, "test"); err == nil || !strings.Contains(err.Error(), "away") {
		t.Error("without a storage: ", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := backup.Write(ctx, w.Store, b, file, "test"); !errors.Is(err, context.Canceled) {
		t.Error("cancelled: ", err)
	}
	never := open(t, targets["sqlite"](t))
	if _, err := backup.Write(t.Context(), never, b, file, "test"); !errors.Is(err, store.ErrNoSchema) {
		t.Error("of nothing: ", err)
	}
	if left, err := os.ReadDir(dir); err != nil || len(left) > 0 {
		t.Error("left behind: ", left, err)
	}
	if err := os.WriteFile(file, []byte("mine"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := backup.Write(t.Context(), w.Store, b, file, "test"); err == nil || !strings.Contains(err.Error(), "never overwrites") {
		t.Error("over a file: ", err)
	}
	// Somebody was faster between the first look and the end.
	race := filepath.Join(dir, "race")
	meanwhile := &waiting{Blobs: b, until: func() bool { return os.WriteFile(race, []byte("mine"), 0o600) == nil }}
	if _, err := backup.Write(t.Context(), w.Store, meanwhile, race, "test"); err == nil {
		t.Error("over a file that came meanwhile")
	}
	for _, name := range []string{file, race} {
		if body, err := os.ReadFile(name); err != nil || string(body) != "mine" {
			t.Errorf("%s: %q, %v", name, body, err)
		}
	}
}

type away struct{ photos.Blobs }

func (*away) Get(context.Context, string) ([]byte, error) { return nil, errors.New("away") }
