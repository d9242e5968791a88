package photos_test

import (
	"bytes"
	"context"
	"errors"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/johannesboyne/gofakes3"
	"github.com/johannesboyne/gofakes3/backend/s3mem"

	"huiwu/server/domain"
	"huiwu/server/photos"
)

// bucket is an S3 in this process; its URL goes into S3_URL.
func bucket(t *testing.T) string {
	t.Helper()
	back := s3mem.New()
	if err := back.CreateBucket("huiwu"); err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(gofakes3.New(back).Server())
	t.Cleanup(server.Close)
	return "s3+http://key:geheim@" + strings.TrimPrefix(server.URL, "http://") + "/huiwu/photos?region=us-east-1&style=path"
}

// TestBlobs is what every storage does.
func TestBlobs(t *testing.T) {
	for name, open := range map[string]func(t *testing.T) photos.Blobs{
		"disk": func(t *testing.T) photos.Blobs { return open(t, "") },
		"s3":   func(t *testing.T) photos.Blobs { return open(t, bucket(t)) },
	} {
		t.Run(name, func(t *testing.T) {
			b, ctx := open(t), t.Context()
			if err := b.Ready(ctx); err != nil {
				t.Fatal("ready: ", err)
			}
			body := bytes.Repeat([]byte("picture "), 50_000)
			if err := b.Put(ctx, "0190-abc.jpg", body); err != nil {
				t.Fatal(err)
			}
			if got, err := b.Get(ctx, "0190-abc.jpg"); err != nil || !bytes.Equal(got, body) {
				t.Error("not what was put: ", len(got), err)
			}
			for _, missing := range []string{"0190-abc-s.jpg", "check", "x"} {
				if _, err := b.Get(ctx, missing); !errors.Is(err, photos.ErrGone) {
					t.Errorf("%s: %v", missing, err)
				}
			}
			if err := b.Delete(ctx, "0190-abc.jpg"); err != nil {
				t.Fatal(err)
			}
			if _, err := b.Get(ctx, "0190-abc.jpg"); !errors.Is(err, photos.ErrGone) {
				t.Error("still there: ", err)
			}
			if err := b.Delete(ctx, "0190-abc.jpg"); err != nil {
				t.Error("deleted twice: ", err)
			}
			p := photos.Picture{Full: []byte("full"), Thumb: []byte("thumb")}
			if err := photos.Save(ctx, b, "n1", p); err != nil {
				t.Fatal(err)
			}
			for small, want := range map[bool]string{false: "full", true: "thumb"} {
				if got, err := photos.Load(ctx, b, "n1", small); err != nil || string(got) != want {
					t.Errorf("%v: %q %v", small, got, err)
				}
			}
			if err := photos.Erase(ctx, b, "n1"); err != nil {
				t.Fatal(err)
			}
			if _, err := photos.Load(ctx, b, "n1", true); !errors.Is(err, photos.ErrGone) {
				t.Error("thumb still there: ", err)
			}
		})
	}
}

// TestStored finds what was put before a moment, and nothing that is not ours.
func TestStored(t *testing.T) {
	for name, url := range map[string]string{"disk": "", "s3": bucket(t)} {
		t.Run(name, func(t *testing.T) {
			b, ctx := open(t, url), t.Context()
			stored := func(before time.Time) string {
				t.Helper()
				names, err := photos.Stored(ctx, b, before)
				if err != nil {
					t.Fatal(err)
				}
				return strings.Join(names, " ")
			}
			later := time.Now().Add(time.Hour)
			if got := stored(later); got != "" {
				t.Error("nothing is there yet: ", got)
			}
			const one, two = "01a21428-dd6f-769b-8b09-1718ae48acfd", "01a21428-dd7e-7c43-9b04-3e509810cab3"
			for _, file := range []string{one + ".jpg", one + "-s.jpg", two + "-s.jpg", "check", "holiday.jpg", one + ".txt"} {
				if err := b.Put(ctx, file, []byte("x")); err != nil {
					t.Fatal(err)
				}
			}
			if got := stored(later); got != one+" "+two {
				t.Error(got)
			}
			if got := stored(time.Now().Add(-time.Hour)); got != "" {
				t.Error("before it was put: ", got)
			}
			if err := photos.Erase(ctx, b, two); err != nil { // a half of it only is there
				t.Fatal(err)
			}
			if got := stored(later); got != one {
				t.Error("after it was erased: ", got)
			}
			ctx, cancel := context.WithCancel(ctx)
			cancel()
			if _, err := photos.Stored(ctx, b, later); err == nil {
				t.Error("cancelled, and no error")
			}
		})
	}
}

// What a power cut left half written goes too, but not what is being written.
func TestHalfWritten(t *testing.T) {
	dir := t.TempDir()
	b, err := photos.Open("", dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{".new-1", ".new-2"} {
		if err := os.WriteFile(filepath.Join(dir, name), nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	old := time.Now().Add(-48 * time.Hour)
	if err := os.Chtimes(filepath.Join(dir, ".new-1"), old, old); err != nil {
		t.Fatal(err)
	}
	if names, err := photos.Stored(t.Context(), b, time.Now().Add(-24*time.Hour)); err != nil || len(names) > 0 {
		t.Error(names, err)
	}
	if left := files(t, dir); len(left) != 1 || filepath.Base(left[0]) != ".new-2" {
		t.Error(left)
	}
}

func open(t *testing.T, url string) photos.Blobs {
	t.Helper()
	b, err := photos.Open(url, t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// Every storage tells what lies in it, and so what is missing and what nobody
// needs.
func TestCompare(t *testing.T) {
	dir := t.TempDir()
	onDisk, err := photos.Open("", dir)
	if err != nil {
		t.Fatal(err)
	}
	for name, b := range map[string]photos.Blobs{"disk": onDisk, "s3": open(t, bucket(t))} {
		t.Run(name, func(t *testing.T) {
			ctx, later := t.Context(), time.Now().Add(time.Hour)
			compare := func(rows map[string]bool, young time.Time, want string) {
				t.Helper()
				missing, stray, err := photos.Compare(ctx, b, rows, young)
				if got := strings.Join(missing, " ") + " | " + strings.Join(stray, " "); got != want || err != nil {
					t.Errorf("%q, want %q, %v", got, want, err)
				}
			}
			compare(nil, later, " | ")
			for _, n := range []string{"n1", "n2", "n3"} {
				if err := photos.Save(ctx, b, n, photos.Picture{Full: []byte("full"), Thumb: []byte("thumb")}); err != nil {
					t.Fatal(err)
				}
			}
			if err := errors.Join(b.Put(ctx, "check", []byte("check")), b.Delete(ctx, "n2-s.jpg")); err != nil { // what Ready leaves for a moment
				t.Fatal(err)
			}
			rows := map[string]bool{"n1": true, "n2": true, "n4": false, "n5": true}
			compare(rows, later, "n2-s.jpg n5-s.jpg n5.jpg | n3-s.jpg n3.jpg")
			compare(rows, time.Now().Add(-time.Hour), "n2-s.jpg n5-s.jpg n5.jpg | ")
		})
	}
	if err := os.WriteFile(filepath.Join(dir, ".new-1"), nil, 0o600); err != nil { // a put that is under way
		t.Fatal(err)
	}
	if missing, stray, err := photos.Compare(t.Context(), onDisk, map[string]bool{"n1": true, "n2": false, "n3": true}, time.Now().Add(time.Hour)); len(missing)+len(stray) > 0 || err != nil {
		t.Error(missing, stray, err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	for _, b := range []photos.Blobs{onDisk, open(t, bucket(t))} {
		if _, _, err := photos.Compare(ctx, b, nil, time.Now()); !errors.Is(err, context.Canceled) {
			t.Errorf("%T, cancelled: %v", b, err)
		}
	}
	for name, want := range map[string]bool{"0190-abc.jpg": true, "n1-s.jpg": true, "../n1.jpg": false, "a/b.jpg": false, ".jpg": false, "n1.png": false, "n1.jpg\n": false} {
		if photos.IsFile(name) != want {
			t.Errorf("%q: %v", name, !want)
		}
	}
}

// A full disk says so, and half a picture does not stay behind.
func TestFullDisk(t *testing.T) {
	dir := t.TempDir()
	err := photos.Save(t.Context(), photos.FullDisk(dir), "n1", photos.Picture{Full: []byte("full"), Thumb: []byte("thumb")})
	if e, ok := domain.AsError(err); !ok || e.Code != domain.CodeFull || e.Key != "photo.full" {
		t.Error(err)
	}
	if left := files(t, dir); len(left) > 0 {
		t.Error("left behind: ", left)
	}
}

// A folder that cannot be written to is found by "huiwu check", not by a guard at his post.
func TestDiskReady(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	b, err := photos.Open("", file)
	if err != nil {
		t.Fatal(err)
	}
	if err := b.Ready(t.Context()); err == nil {
		t.Error("a file is no folder")
	}
}

func files(t *testing.T, dir string) (list []string) {
	t.Helper()
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			list = append(list, path)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return list
}

// What an S3 answers when it has no room, no bucket, or nothing at all.
func TestS3Troubles(t *testing.T) {
	for _, x := range []struct {
		status int
		code   string
		want   domain.Code
	}{
		{507, "XMinioStorageFull", domain.CodeFull},
		{403, "QuotaExceeded", domain.CodeFull},
		{404, "NoSuchBucket", domain.CodeUnavailable},
		{403, "AccessDenied", domain.CodeUnavailable},
	} {
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "application/xml")
			w.WriteHeader(x.status)
			_, _ = w.Write([]byte("<Error><Code>" + x.code + "</Code><Message>no</Message></Error>"))
		}))
		b := open(t, "s3+http://key:geheim@"+strings.TrimPrefix(server.URL, "http://")+"/huiwu?region=us-east-1&style=path")
		err := b.Put(t.Context(), "n1", []byte("x"))
		if e, ok := domain.AsError(err); !ok || e.Code != x.want {
			t.Errorf("%s: %v", x.code, err)
		}
		server.Close()
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if e, ok := domain.AsError(b.Put(ctx, "n1", []byte("x"))); !ok || e.Code != domain.CodeUnavailable {
			t.Error("nobody answers: ", e)
		}
	}
}

// No message prints the secret of the address.
func TestS3URL(t *testing.T) {
	for _, raw := range []string{"s3://key:geheim@host", "s3://key:geheim@/bucket", "https://key:geheim@host/bucket", "s3://host/bucket", "s3://key:geheim@ho st/bucket", "s3://key:geheim@host:port/bucket"} {
		_, err := photos.Open(raw, "")
		if err == nil || strings.Contains(err.Error(), "geheim") {
			t.Errorf("%s: %v", raw, err)
		}
	}
}
