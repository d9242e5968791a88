// Package static holds the browser's files: scripts, styles, icons. They are built by `make assets` (cmd/assets) into
// dist/, embedded in the binary and found here by name. Everything costly (bundling, hashing, compressing) was done
// by the builder, so that the first answer after a start waits for nothing.
package static

import (
	"embed"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"strings"
	"sync"
)

// Only dist/.gitkeep is in git: a fresh clone compiles without Node, and says so when it is asked for a file.
//
//go:embed all:dist
var dist embed.FS

// ErrNotBuilt says that the binary was compiled before the browser's files were built.
var ErrNotBuilt = errors.New("static: no built files in static/dist: run `make assets`, then build again")

// Asset is one file ready to send. Br and Gz are the same body compressed, nil for files that do not shrink (PNG).
type Asset struct {
	Body, Br, Gz []byte
	Type         string // Content-Type
	ETag         string // weak: one tag for the three encodings
	Immutable    bool   // the name holds the content's hash, so a browser may keep it for ever
}

// Get finds a file by its path under /static/ ("/static/app-AB12CD34.js" or "app-AB12CD34.js"). The service worker and
// the web app manifest keep fixed names ("sw.js", "manifest.webmanifest") because browsers look them up again by URL.
func Get(name string) (*Asset, bool) {
	a, ok := built().assets[strings.TrimPrefix(name, "/static/")]
	return a, ok
}

// URL is where a browser finds the file with this logical name: "app.js" → "/static/app-AB12CD34.js",
// "sw.js" → "/sw.js". An unknown name, or any name before the files were built, gives a path that answers 404.
func URL(logical string) string {
	if url, ok := built().urls[logical]; ok {
		return url
	}
	return "/static/" + logical
}

// Imports are the URLs of the files that this one cannot run without: a page that names them spares the browser a way.
func Imports(logical string) []string { return built().imports[logical] }

// Version names this set of files; it changes when any of them does. Empty before the files were built.
func Version() string { return built().version }

// Check reports why the files cannot be served: ErrNotBuilt, or a dist that contradicts itself.
func Check() error { return built().err }

// built is read once, when first asked.
var built = sync.OnceValue(func() *set { return read(dist) })

type set struct {
	assets  map[string]*Asset // by file name
	urls    map[string]string // by logical name
	imports map[string][]string
	version string
	err     error
}

// index is dist/manifest.json, written by cmd/assets.
type index struct {
	Version string `json:"version"`
	Assets  map[string]struct {
		File    string   `json:"file"`
		ETag    string   `json:"etag"`
		Imports []string `json:"imports"`
	} `json:"assets"`
}

func read(dist fs.FS) *set {
	data, err := fs.ReadFile(dist, "dist/manifest.json")
	if errors.Is(err, fs.ErrNotExist) {
		return &set{err: ErrNotBuilt}
	}
	if err != nil {
		return &set{err: err}
	}
	var idx index
	if err := json.Unmarshal(data, &idx); err != nil {
		return &set{err: fmt.Errorf("static: dist/manifest.json: %w (run `make assets`)", err)}
	}
	s := &set{
		assets:  make(map[string]*Asset, len(idx.Assets)),
		urls:    make(map[string]string, len(idx.Assets)),
		imports: make(map[string][]string, len(idx.Assets)),
		version: idx.Version,
	}
	for logical, entry := range idx.Assets {
		body, err := fs.ReadFile(dist, "dist/"+entry.File)
		if err != nil {
			return &set{err: fmt.Errorf("static: %s: %w (run `make assets`)", logical, err)}
		}
		hashed := entry.File != logical || strings.HasPrefix(logical, "chunk-")
		for _, file := range entry.Imports {
			s.imports[logical] = append(s.imports[logical], "/static/"+file)
		}
		s.assets[entry.File] = &Asset{
			Body:      body,
			Br:        optional(dist, entry.File+".br"),
			Gz:        optional(dist, entry.File+".gz"),
			Type:      contentType(entry.File),
			ETag:      `W/"` + entry.ETag + `"`,
			Immutable: hashed,
		}
		if hashed {
			s.urls[logical] = "/static/" + entry.File
		} else {
			s.urls[logical] = "/" + entry.File // a service worker governs only pages below its own path
		}
	}
	return s
}

func optional(dist fs.FS, name string) []byte {
	data, err := fs.ReadFile(dist, "dist/"+name)
	if err != nil {
		return nil
	}
	return data
}

// contentType is our own short table: package mime reads files of the machine, which differ and cost time at start.
func contentType(name string) string {
	switch path.Ext(name) {
	case ".js":
		return "text/javascript; charset=utf-8"
	case ".css":
		return "text/css; charset=utf-8"
	case ".svg":
		return "image/svg+xml"
	case ".png":
		return "image/png"
	case ".webp":
		return "image/webp"
	case ".wasm":
		return "application/wasm"
	case ".webmanifest":
		return "application/manifest+json"
	default:
		return "application/octet-stream"
	}
}
