package main

import (
	"bytes"
	"compress/gzip"
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"io"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"strings"
	"testing"

	"github.com/andybalholm/brotli"
)

// project lays out the smallest tree that the builder accepts; more files replace or add to it.
func project(t *testing.T, more map[string]string) string {
	t.Helper()
	root := t.TempDir()
	files := map[string]string{
		"static/js/app.js":                       `import htmx from "htmx.org"; import {say} from "./say.js"; say(htmx.version + "会务")`,
		"static/js/say.js":                       `export const say = (text) => { document.title = text ?? "" }`,
		"static/js/shell.js":                     `document.body.dataset.shell = ""`,
		"static/js/sw.js":                        `self.files = __PRECACHE__; self.version = __VERSION__`,
		"static/css/app.css":                     `.row { .chip { background: url(../img/dot.svg) } }`,
		"static/css/signin.css":                  `.signin { color: red }`,
		"static/css/account.css":                 `.me { color: red }`,
		"static/css/dash.css":                    `.dash { color: red }`,
		"static/css/seats.css":                   `.seats { color: red }`,
		"static/css/programme.css":               `.timeline { color: red }`,
		"static/css/track.css":                   `.track { color: red }`,
		"static/js/eventform.js":                 `document.title = "form";`,
		"static/css/print.css":                   `.print { color: red }`,
		"static/js/print.js":                     `document.title = "print";`,
		"static/js/seats.js":                     `document.title = "seats";`,
		"static/js/door.js":                      `document.title = "door";`,
		"static/js/passes.js":                    `document.title = "passes";`,
		"static/js/relay.js":                     `document.title = "relay";`,
		"static/js/keys.js":                      `document.title = "keys";`,
		"static/js/push.js":                      `document.title = "push";`,
		"static/js/outboxpage.js":                `document.title = "outbox";`,
		"static/js/requests.js":                  `document.title = "requests";`,
		"static/js/boardfit.js":                  `document.title = "board";`,
		"static/css/requests.css":                `.dash { color: red }`,
		"static/js/letters.js":                   `document.title = "letters";`,
		"static/css/letters.css":                 `.dash { color: red }`,
		"static/css/board.css":                   `.dash { color: red }`,
		"static/css/templates.css":               `.tpl { color: red }`,
		"static/css/rooms.css":                   `.rooms { color: red }`,
		"static/js/rooms.js":                     `document.title = "rooms";`,
		"static/css/crew.css":                    `.dash { color: red }`,
		"static/css/relay.css":                   `.relay { color: red }`,
		"static/css/door.css":                    `.door { color: red }`,
		"static/css/reception.css":               `.post { color: red }`,
		"static/img/icon.svg":                    `<svg xmlns="http://www.w3.org/2000/svg"/>`,
		"static/img/dot.svg":                     `<svg xmlns="http://www.w3.org/2000/svg" id="dot"/>`,
		"static/img/icon-192.png":                "not really a picture",
		"static/manifest.webmanifest":            `{"icons": [{"src": "{{icon-192.png}}"}]}`,
		"static/dist/.gitkeep":                   "",
		"node_modules/htmx.org/package.json":     `{"main": "dist/htmx.js", "module": "dist/htmx.esm.js"}`,
		"node_modules/htmx.org/dist/htmx.js":     `throw "the wrong one"`,
		"node_modules/htmx.org/dist/htmx.esm.js": `export default {version: "esm"}`,
	}
	for name, text := range more {
		files[name] = text
	}
	for name, text := range files {
		put(t, root, name, text)
	}
	return root
}

func put(t *testing.T, root, name, text string) {
	t.Helper()
	file := filepath.Join(root, name)
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

func remove(t *testing.T, root, name string) {
	t.Helper()
	if err := os.Remove(filepath.Join(root, name)); err != nil {
		t.Fatal(err)
	}
}

func assets(t *testing.T, root string) (index, string) {
	t.Helper()
	var out bytes.Buffer
	if err := run(root, false, true, &out); err != nil {
		t.Fatalf("run: %v\n%s", err, out.String())
	}
	var idx index
	if err := json.Unmarshal([]byte(read(t, root, "manifest.json")), &idx); err != nil {
		t.Fatal(err)
	}
	return idx, out.String()
}

func read(t *testing.T, root, name string) string {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(root, "static", "dist", name))
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

func TestBuild(t *testing.T) {
	root := project(t, nil)
	idx, _ := assets(t, root)

	hashed := regexp.MustCompile(`^[a-z0-9-]+-[A-Z0-9]{8}\.[a-z]+$`)
	for _, logical := range []string{"app.js", "app.css", "dash.css", "icon.svg", "dot.svg", "icon-192.png"} {
		if file := idx.Assets[logical].File; !hashed.MatchString(file) {
			t.Errorf("%s became %q, want a hashed name", logical, file)
		}
	}
	app := read(t, root, idx.Assets["app.js"].File)
	if !strings.Contains(app, `"esm"`) || strings.Contains(app, "wrong") {
		t.Errorf("app.js must carry the ES module of htmx.org:\n%s", app)
	}
	if !strings.Contains(app, "会务") || strings.Contains(app, "import") {
		t.Errorf("app.js must be one script with its text unescaped:\n%s", app)
	}
	css := read(t, root, idx.Assets["app.css"].File)
	if strings.Contains(css, "&") || !strings.Contains(css, ".row .chip") {
		t.Errorf("app.css must be lowered for the oldest browsers:\n%s", css)
	}
	if !strings.Contains(css, idx.Assets["dot.svg"].File) {
		t.Errorf("app.css must name the hashed picture:\n%s", css)
	}

	manifest := read(t, root, "manifest.webmanifest")
	if want := `{"icons":[{"src":"/static/` + idx.Assets["icon-192.png"].File + `"}]}`; manifest != want {
		t.Errorf("manifest.webmanifest\n got %s\nwant %s", manifest, want)
	}

	sw := read(t, root, "sw.js")
	for _, logical := range []string{"app.js", "app.css", "reception.css", "icon.svg", "dot.svg"} {
		if !strings.Contains(sw, `"/static/`+idx.Assets[logical].File+`"`) {
			t.Errorf("sw.js does not keep %s:\n%s", logical, sw)
		}
	}
	if strings.Contains(sw, "icon-192") || strings.Contains(sw, "dash") || strings.Contains(sw, "__") {
		t.Errorf("sw.js keeps too much, or has a name left open:\n%s", sw)
	}
	if idx.Version == "" || !strings.Contains(sw, `"`+idx.Version+`"`) {
		t.Errorf("sw.js does not carry version %q:\n%s", idx.Version, sw)
	}
}

func TestCompressed(t *testing.T) {
	root := project(t, nil)
	idx, _ := assets(t, root)
	for logical, a := range idx.Assets {
		body := read(t, root, a.File)
		if strings.HasSuffix(logical, ".png") {
			if _, err := os.Stat(filepath.Join(root, "static/dist", a.File+".br")); err == nil {
				t.Errorf("%s: a PNG is compressed already", logical)
			}
			continue
		}
		br, err := io.ReadAll(brotli.NewReader(strings.NewReader(read(t, root, a.File+".br"))))
		if err != nil || string(br) != body {
			t.Errorf("%s.br: %v", logical, err)
		}
		zr, err := gzip.NewReader(strings.NewReader(read(t, root, a.File+".gz")))
		if err != nil {
			t.Fatal(err)
		}
		if gz, err := io.ReadAll(zr); err != nil || string(gz) != body {
			t.Errorf("%s.gz: %v", logical, err)
		}
	}
}

func TestSkipsWhenNothingChanged(t *testing.T) {
	root := project(t, nil)
	first, _ := assets(t, root)
	if _, out := assets(t, root); !strings.Contains(out, "up to date") {
		t.Errorf("built again though nothing changed:\n%s", out)
	}

	// A removed result is made again, the same.
	remove(t, root, "static/dist/"+first.Assets["app.js"].File+".br")
	again, out := assets(t, root)
	if strings.Contains(out, "up to date") || again.Version != first.Version {
		t.Errorf("version %s became %s:\n%s", first.Version, again.Version, out)
	}

	// A changed source changes the names that depend on it, the version and the worker; old files go.
	put(t, root, "static/js/say.js", `export const say = (text) => alert(text)`)
	next, _ := assets(t, root)
	if next.Assets["app.js"].File == first.Assets["app.js"].File || next.Version == first.Version {
		t.Errorf("a changed script kept its name %s, version %s", next.Assets["app.js"].File, next.Version)
	}
	if next.Assets["app.css"].File != first.Assets["app.css"].File {
		t.Error("a changed script renamed the style")
	}
	if next.Assets["sw.js"].ETag == first.Assets["sw.js"].ETag {
		t.Error("the worker must differ, or browsers keep the old files")
	}
	if _, err := os.Stat(filepath.Join(root, "static/dist", first.Assets["app.js"].File)); err == nil {
		t.Error("the old app.js is still there")
	}
	if _, err := os.Stat(filepath.Join(root, "static/dist/.gitkeep")); err != nil {
		t.Error(err)
	}
}

// Two machines that build the same sources must give out the same names, or a phone that meets both fetches all of it
// twice; and sizes near their budgets must be the same everywhere, too.
func TestNamesHoldWhereverItIsBuilt(t *testing.T) {
	first, _ := assets(t, project(t, nil))
	root := project(t, nil)
	elsewhere := filepath.Join(t.TempDir(), "a", "longer", "way")
	if err := os.MkdirAll(elsewhere, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(filepath.Join(root, "node_modules"), filepath.Join(elsewhere, "node_modules")); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(filepath.Join(elsewhere, "node_modules"), filepath.Join(root, "node_modules")); err != nil {
		t.Fatal(err)
	}
	second, _ := assets(t, root)
	if !reflect.DeepEqual(first.Assets, second.Assets) || first.Version != second.Version {
		t.Errorf("built elsewhere, the files became others\n got %v %s\nwant %v %s",
			second.Assets, second.Version, first.Assets, first.Version)
	}
}

// Sources that nobody is sent may be as large as they like.
func TestBudgetsAreForWhatIsSent(t *testing.T) {
	root := project(t, map[string]string{"static/js/app.js": noise(t)})
	if err := run(root, false, true, io.Discard); err == nil {
		t.Error("a script over its budget was built")
	}
	if err := run(root, false, false, io.Discard); err != nil {
		t.Error(err)
	}
}

// noise is a script over every budget, which no compression helps.
func noise(t *testing.T) string {
	t.Helper()
	bytes := make([]byte, 30*kb)
	if _, err := rand.Read(bytes); err != nil {
		t.Fatal(err)
	}
	return `document.title = "` + hex.EncodeToString(bytes) + `"`
}

// The worker's own code belongs to the version too.
func TestWorkerChangesVersion(t *testing.T) {
	root := project(t, nil)
	first, _ := assets(t, root)
	put(t, root, "static/js/sw.js", `self.list = __PRECACHE__; self.version = __VERSION__`)
	if next, _ := assets(t, root); next.Version == first.Version {
		t.Error("a changed worker kept the version")
	}
}

func TestFailures(t *testing.T) {
	for name, c := range map[string]struct {
		files  map[string]string
		remove string
		want   []string
	}{
		"no script":         {remove: "static/js/app.js", want: []string{"static/js/app.js is missing"}},
		"no style":          {remove: "static/css/dash.css", want: []string{"static/css/dash.css is missing"}},
		"no worker":         {remove: "static/js/sw.js", want: []string{"static/js/sw.js is missing"}},
		"no web manifest":   {remove: "static/manifest.webmanifest", want: []string{"manifest.webmanifest is missing"}},
		"no npm packages":   {remove: "node_modules/htmx.org/package.json", want: []string{"make setup"}},
		"syntax error":      {files: map[string]string{"static/js/say.js": "export const = 1"}, want: []string{"say.js:1"}},
		"unknown icon":      {files: map[string]string{"static/manifest.webmanifest": `{"a": "{{no.png}}"}`}, want: []string{"{{no.png}}"}},
		"manifest not JSON": {files: map[string]string{"static/manifest.webmanifest": `{`}, want: []string{"manifest.webmanifest"}},
		"same name twice":   {files: map[string]string{"static/img/a/icon.svg": `<svg/>`}, want: []string{"two files want the name icon.svg"}},
		"script too big":    {files: map[string]string{"static/js/app.js": noise(t)}, want: []string{"over the byte budget", "app.js"}},
	} {
		t.Run(name, func(t *testing.T) {
			root := project(t, nil)
			before, _ := assets(t, root)
			for file, text := range c.files {
				put(t, root, file, text)
			}
			if c.remove != "" {
				remove(t, root, c.remove)
			}
			if strings.HasPrefix(c.remove, "node_modules") {
				if err := os.RemoveAll(filepath.Join(root, "node_modules")); err != nil {
					t.Fatal(err)
				}
			}
			err := run(root, true, true, io.Discard)
			if err == nil {
				t.Fatal("no error")
			}
			for _, want := range c.want {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("error %q does not say %q", err, want)
				}
			}
			read(t, root, before.Assets["app.js"].File) // the last good result stays
		})
	}
}
