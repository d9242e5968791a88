package static

import (
	"bytes"
	"compress/gzip"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/andybalholm/brotli"
)

func TestBuilt(t *testing.T) {
	if err := Check(); err != nil {
		t.Fatal(err) // says `make assets`
	}
	if len(Version()) < 8 {
		t.Errorf("Version() = %q, want a hash", Version())
	}
	for _, logical := range []string{"app.js", "app.css", "dash.css", "icon.svg", "icon-192.png"} {
		url := URL(logical)
		a, ok := Get(url)
		if !ok {
			t.Errorf("Get(%q), the URL of %s: not found", url, logical)
			continue
		}
		if !a.Immutable || len(a.Body) == 0 || a.ETag == "" {
			t.Errorf("%s: immutable %v, %d bytes, etag %q", url, a.Immutable, len(a.Body), a.ETag)
		}
	}
	for _, fixed := range []string{"sw.js", "manifest.webmanifest"} {
		if got := URL(fixed); got != "/"+fixed {
			t.Errorf("URL(%q) = %q", fixed, got)
		}
		a, ok := Get(fixed)
		if !ok || a.Immutable {
			t.Errorf("%s: found %v; it must be there and must not be kept for ever", fixed, ok)
		}
	}
	for _, private := range []string{"manifest.json", ".gitkeep", "app.js", "../static.go", ""} {
		if _, ok := Get(private); ok {
			t.Errorf("Get(%q) must find nothing", private)
		}
	}
}

// Each text file has both compressed twins, and they unpack to the same bytes.
func TestCompressedTwins(t *testing.T) {
	if err := Check(); err != nil {
		t.Fatal(err)
	}
	for name, a := range built().assets {
		if strings.HasSuffix(name, ".png") || strings.HasSuffix(name, ".webp") {
			continue
		}
		br, err := io.ReadAll(brotli.NewReader(bytes.NewReader(a.Br)))
		if err != nil || !bytes.Equal(br, a.Body) {
			t.Errorf("%s.br: %v, %d of %d bytes", name, err, len(br), len(a.Body))
		}
		zr, err := gzip.NewReader(bytes.NewReader(a.Gz))
		if err != nil {
			t.Errorf("%s.gz: %v", name, err)
			continue
		}
		gz, err := io.ReadAll(zr)
		if err != nil || !bytes.Equal(gz, a.Body) {
			t.Errorf("%s.gz: %v, %d of %d bytes", name, err, len(gz), len(a.Body))
		}
	}
}

func TestNotBuilt(t *testing.T) {
	s := read(fstest.MapFS{"dist/.gitkeep": {}})
	if !errors.Is(s.err, ErrNotBuilt) || !strings.Contains(s.err.Error(), "make assets") {
		t.Errorf("error = %v, want one that says `make assets`", s.err)
	}
	if len(s.assets) != 0 || s.version != "" {
		t.Errorf("nothing was built, yet %d files, version %q", len(s.assets), s.version)
	}
}

func TestBrokenDist(t *testing.T) {
	for name, manifest := range map[string]string{
		"not JSON":       `{`,
		"a file is gone": `{"version":"1","assets":{"app.js":{"file":"app-1.js","etag":"1"}}}`,
	} {
		s := read(fstest.MapFS{"dist/manifest.json": {Data: []byte(manifest)}})
		if s.err == nil || !strings.Contains(s.err.Error(), "make assets") {
			t.Errorf("%s: error = %v, want one that says `make assets`", name, s.err)
		}
	}
}

// A page that names a file which does not exist would show a 404 only to its visitor.
func TestNamesInUseExist(t *testing.T) {
	if err := Check(); err != nil {
		t.Fatal(err)
	}
	use := regexp.MustCompile(`static\.URL\("([^"]+)"\)`)
	for _, dir := range []string{"../views", "../server"} {
		err := filepath.WalkDir(dir, func(path string, _ fs.DirEntry, err error) error {
			if err != nil || !strings.HasSuffix(path, ".templ") && !strings.HasSuffix(path, ".go") {
				return err
			}
			src, err := os.ReadFile(path)
			if err != nil {
				return err
			}
			for _, m := range use.FindAllStringSubmatch(string(src), -1) {
				if _, ok := built().urls[m[1]]; !ok {
					t.Errorf("%s: static.URL(%q): no such file", path, m[1])
				}
			}
			return nil
		})
		if err != nil {
			t.Error(err)
		}
	}
}

// What the first request of a fresh process pays. Aim: far below a millisecond.
func BenchmarkRead(b *testing.B) {
	for b.Loop() {
		read(dist)
	}
}
