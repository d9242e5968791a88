// Command assets builds what browsers load: it bundles static/js and static/css, gives every file a name that holds
// its hash, compresses it, and writes static/dist, which package static embeds. One Go program instead of a Node
// tool chain: npm only brings the sources of htmx.
//
// It does nothing when its inputs have not changed, and fails when a file grows over its budget.
package main

import (
	"bytes"
	"cmp"
	"compress/gzip"
	"crypto/sha256"
	"encoding/base32"
	"encoding/hex"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/andybalholm/brotli"
	"github.com/evanw/esbuild/pkg/api"
)

const kb = 1024

// An entry is a file that a page loads by URL. What it imports comes with it: in the same file, or, where a page that
// does not need it is spared it (import()), in chunks of their own. Its budget counts what it cannot run without, and what
// app.js has not brought already.
type entry struct {
	source string // below static/
	budget int    // bytes, brotli
}

var entries = []entry{
	{source: "js/app.js", budget: 25 * kb},
	{source: "css/app.css", budget: 10 * kb},
	{source: "css/signin.css", budget: 1 * kb},
	{source: "css/account.css", budget: 1 * kb},
	{source: "css/relay.css", budget: 2 * kb},
	{source: "css/door.css", budget: 3 * kb},
	{source: "css/dash.css", budget: 2 * kb},
	{source: "css/reception.css", budget: 3 * kb},
	{source: "css/programme.css", budget: 2 * kb},
	{source: "css/track.css", budget: 2 * kb},
	{source: "js/eventform.js", budget: 1 * kb},
	{source: "css/board.css", budget: 2 * kb},
	{source: "css/crew.css", budget: 2 * kb},
	{source: "css/seats.css", budget: 4 * kb},
	{source: "css/print.css", budget: 3 * kb},
	{source: "css/letters.css", budget: 2 * kb},
	{source: "css/requests.css", budget: 2 * kb},
	{source: "css/templates.css", budget: 2 * kb},
	{source: "css/rooms.css", budget: 2 * kb},
	{source: "js/print.js", budget: 1 * kb},
	{source: "js/seats.js", budget: 2 * kb},
	{source: "js/door.js", budget: 4 * kb},
	{source: "js/passes.js", budget: 1 * kb},
	{source: "js/letters.js", budget: 1 * kb},
	{source: "js/requests.js", budget: 2 * kb},
	{source: "js/boardfit.js", budget: 1 * kb},
	{source: "js/rooms.js", budget: 1 * kb},
	{source: "js/relay.js", budget: 2 * kb},
	{source: "js/keys.js", budget: 2 * kb},
	{source: "js/push.js", budget: 1 * kb},
	{source: "js/outboxpage.js", budget: 2 * kb},
}

// These are of no use without network: forms that fill a page, the switch for push, pages without sign-in, what goes
// to paper, letters to guests, seat plans, hot keys and the boards of walls, which are for a desk (the
// browser keeps those files by itself, as all of them), photos, and codes, which only the server can read.
var online = []string{
	"pageform.js", "push.js", "signin.css", "print.js", "print.css", "seats.js", "seats.css", "eventform.js", "rooms.js", "letters.js", "letters.css", "requests.js", "requests.css", "templates.css", "keys.js", "passes.js", "camera.js", "decode.js", "dash.css", "viewer.js", "boardfit.js",
}

// A chunk is fetched by import(), on the pages that need it.
const chunkBudget = 15 * kb

// The service worker is built after the others, because it carries the list of them.
const (
	worker       = "js/sw.js"
	workerBudget = 3*kb + 96 // the hashes in its list compress a few bytes better or worse with every change anywhere
)

// What every page loads before it works, and a first visit on a bad network: that, one page, the worker and the icon.
const (
	loadBudget  = 35 * kb
	visitBudget = 46 * kb
	pageBudget  = 8 * kb
)

// The oldest browsers to serve: the embedded browsers of chat apps lag years behind.
var engines = []api.Engine{
	{Name: api.EngineChrome, Version: "99"},
	{Name: api.EngineSafari, Version: "15.4"},
	{Name: api.EngineIOS, Version: "15.4"},
}

func main() {
	root := flag.String("root", ".", "the project's `folder`")
	force := flag.Bool("force", false, "build even when nothing changed")
	budgets := flag.Bool("budgets", true, "fail when a file is over its budget; tests build sources that nobody is sent")
	flag.Parse()
	if err := run(*root, *force, *budgets, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "assets:", err)
		os.Exit(1)
	}
}

// index is dist/manifest.json; package static reads it.
type index struct {
	Version string           `json:"version"`
	Inputs  string           `json:"inputs"` // hash of everything that went in: the same again means nothing to do
	Assets  map[string]asset `json:"assets"` // by logical name, such as app.js
}

type asset struct {
	File    string   `json:"file"`
	ETag    string   `json:"etag"`
	Imports []string `json:"imports,omitempty"` // files that it cannot run without
}

func run(root string, force, budgets bool, out io.Writer) error {
	start := time.Now()
	dist := filepath.Join(root, "static", "dist")
	inputs, err := hashInputs(root)
	if err != nil {
		return err
	}
	if !force && upToDate(dist, inputs) {
		// make compares times: tell it that the result is newer than what it saw change.
		now := time.Now()
		fmt.Fprintln(out, "static/dist is up to date")
		return os.Chtimes(filepath.Join(dist, "manifest.json"), now, now)
	}
	b := &build{root: root, files: map[string][]byte{}, index: index{Inputs: inputs, Assets: map[string]asset{}}}
	for _, step := range []func() error{b.bundle, b.images, b.webManifest, b.serviceWorker, b.compress} {
		if err := step(); err != nil {
			return err
		}
	}
	over := b.report(out)
	if budgets && len(over) > 0 {
		return fmt.Errorf("over the byte budget: %s", strings.Join(over, ", "))
	}
	if err := b.write(dist); err != nil {
		return err
	}
	fmt.Fprintf(out, "static/dist: %d files, version %s, %v\n", len(b.files), b.index.Version,
		time.Since(start).Round(time.Millisecond))
	return nil
}

// hashInputs covers the sources, what npm brings, and the builder itself.
func hashInputs(root string) (string, error) {
	h := sha256.New()
	for _, in := range []string{
		"static/js", "static/css", "static/img", "static/manifest.webmanifest",
		"package-lock.json", "go.mod", "cmd/assets",
	} {
		err := filepath.WalkDir(filepath.Join(root, in), func(name string, d fs.DirEntry, err error) error {
			if errors.Is(err, fs.ErrNotExist) {
				return nil // a missing source is reported where it is needed
			}
			if err != nil || d.IsDir() {
				return err
			}
			data, err := os.ReadFile(name)
			if err != nil {
				return err
			}
			rel, err := filepath.Rel(root, name)
			if err != nil {
				return err
			}
			fmt.Fprintf(h, "%s %d\n", filepath.ToSlash(rel), len(data))
			h.Write(data)
			return nil
		})
		if err != nil {
			return "", err
		}
	}
	return hex.EncodeToString(h.Sum(nil)), nil
}

// upToDate is true when dist was made from the same inputs and nobody removed a file since.
func upToDate(dist, inputs string) bool {
	data, err := os.ReadFile(filepath.Join(dist, "manifest.json"))
	if err != nil {
		return false
	}
	var idx index
	if json.Unmarshal(data, &idx) != nil || idx.Inputs != inputs {
		return false
	}
	for _, a := range idx.Assets {
		names := []string{a.File}
		if isText(a.File) {
			names = append(names, a.File+".br", a.File+".gz")
		}
		for _, name := range names {
			if _, err := os.Stat(filepath.Join(dist, name)); err != nil {
				return false
			}
		}
	}
	return true
}

// build collects the result in memory, so that a failure leaves the last good dist as it was.
type build struct {
	root     string
	files    map[string][]byte // by name in dist
	index    index
	precache []string // URLs the service worker keeps for offline use
	chunks   []string // scripts that are no entry, by file name
}

// add puts a file into the result. A name under which two sources would hide each other is refused.
func (b *build) add(logical, file string, body []byte, imports ...string) error {
	if had, ok := b.index.Assets[logical]; ok {
		return fmt.Errorf("two files want the name %s (%s and %s)", logical, had.File, file)
	}
	b.files[file] = body
	b.index.Assets[logical] = asset{File: file, ETag: shortHash(body), Imports: imports}
	return nil
}

func (b *build) keepOffline(file string) {
	if url := "/static/" + file; !slices.Contains(b.precache, url) {
		b.precache = append(b.precache, url)
	}
}

// bundle builds the scripts and styles, and takes along the images that the styles name.
func (b *build) bundle() error {
	opts := b.options()
	opts.EntryNames, opts.AssetNames, opts.ChunkNames = "[name]-[hash]", "[name]-[hash]", "[name]-[hash]"
	opts.Format, opts.Splitting = api.FormatESModule, true
	for _, e := range entries {
		if err := b.mustExist("static/" + e.source); err != nil {
			return err
		}
		opts.EntryPoints = append(opts.EntryPoints, "static/"+e.source)
	}
	outputs, err := esbuild(opts)
	if err != nil {
		return err
	}
	needs := map[string][]string{}
	for _, o := range outputs {
		needs[o.name] = o.imports
	}
	for _, o := range outputs {
		logical := path.Base(o.source)
		if o.source == "" {
			logical = o.name // shared by several chunks: no file of its own stands for it
			b.chunks = append(b.chunks, o.name)
		} else if !slices.ContainsFunc(entries, func(e entry) bool { return "static/"+e.source == o.source }) && path.Ext(o.name) == ".js" {
			b.chunks = append(b.chunks, o.name)
		}
		if err := b.add(logical, o.name, o.body, closure(needs, o.name)...); err != nil {
			return err
		}
		if !slices.Contains(online, logical) {
			b.keepOffline(o.name) // the chunks, too: a post in the basement needs them
		}
	}
	return nil
}

// closure lists what a file cannot run without, itself left out.
func closure(needs map[string][]string, name string) []string {
	var all []string
	for _, n := range needs[name] {
		for _, m := range append([]string{n}, closure(needs, n)...) {
			if !slices.Contains(all, m) {
				all = append(all, m)
			}
		}
	}
	slices.Sort(all)
	return all
}

// images hashes the icons and pictures that pages name themselves.
func (b *build) images() error {
	dir := filepath.Join(b.root, "static", "img")
	fromStyles := maps.Clone(b.index.Assets)
	return filepath.WalkDir(dir, func(name string, d fs.DirEntry, err error) error {
		if errors.Is(err, fs.ErrNotExist) || err == nil && (d.IsDir() || strings.HasPrefix(d.Name(), ".")) {
			return nil
		}
		if err != nil {
			return err
		}
		logical := d.Name()
		if _, ok := fromStyles[logical]; ok {
			return nil
		}
		body, err := os.ReadFile(name)
		if err != nil {
			return err
		}
		ext := path.Ext(logical)
		file := strings.TrimSuffix(logical, ext) + "-" + shortHash(body) + ext
		if logical == "icon.svg" { // the one icon that pages themselves show
			b.keepOffline(file)
		}
		return b.add(logical, file, body)
	})
}

// webManifest fills {{name}} with the URL of the file of that name.
func (b *build) webManifest() error {
	const name = "manifest.webmanifest"
	if err := b.mustExist("static/" + name); err != nil {
		return err
	}
	body, err := os.ReadFile(filepath.Join(b.root, "static", name))
	if err != nil {
		return err
	}
	for logical, a := range b.index.Assets {
		body = bytes.ReplaceAll(body, []byte("{{"+logical+"}}"), []byte("/static/"+a.File))
	}
	if _, rest, left := bytes.Cut(body, []byte("{{")); left {
		missing, _, _ := bytes.Cut(rest, []byte("}}"))
		return fmt.Errorf("static/%s names {{%s}}, but static/img has no such file", name, missing)
	}
	var small bytes.Buffer
	if err := json.Compact(&small, body); err != nil {
		return fmt.Errorf("static/%s: %w", name, err)
	}
	return b.add(name, name, small.Bytes())
}

// serviceWorker is built last: it carries the list of the other files, and the version of the whole set. The version
// covers the worker's own code too, so it is put in after that code is known.
func (b *build) serviceWorker() error {
	if err := b.mustExist("static/" + worker); err != nil {
		return err
	}
	const placeholder = "@version@"
	slices.Sort(b.precache)
	list, err := json.Marshal(b.precache)
	if err != nil {
		return err
	}
	opts := b.options()
	opts.EntryPoints, opts.EntryNames = []string{"static/" + worker}, "[name]"
	opts.Define = map[string]string{"__PRECACHE__": string(list), "__VERSION__": `"` + placeholder + `"`}
	outputs, err := esbuild(opts)
	if err != nil {
		return err
	}
	body := outputs[0].body
	h := sha256.New()
	h.Write(body)
	for _, logical := range slices.Sorted(maps.Keys(b.index.Assets)) {
		fmt.Fprintln(h, logical, b.index.Assets[logical].ETag)
	}
	b.index.Version = hex.EncodeToString(h.Sum(nil))[:10]
	body = bytes.ReplaceAll(body, []byte(placeholder), []byte(b.index.Version))
	return b.add(path.Base(worker), path.Base(worker), body)
}

// compress does once, at the highest setting, what a server would otherwise do on each start or request.
func (b *build) compress() error {
	for _, name := range slices.Collect(maps.Keys(b.files)) {
		if !isText(name) {
			continue
		}
		var br, gz bytes.Buffer
		bw := brotli.NewWriterLevel(&br, brotli.BestCompression)
		gw, err := gzip.NewWriterLevel(&gz, gzip.BestCompression)
		if err != nil {
			return err
		}
		for _, w := range []io.WriteCloser{bw, gw} {
			if _, err := w.Write(b.files[name]); err != nil {
				return err
			}
			if err := w.Close(); err != nil {
				return err
			}
		}
		b.files[name+".br"], b.files[name+".gz"] = br.Bytes(), gz.Bytes()
	}
	return nil
}

// report prints each size beside its budget and returns what is over.
func (b *build) report(out io.Writer) (over []string) {
	line := func(what string, size, budget int) {
		fmt.Fprintf(out, "  %-22s %5.1f of %4.1f KB\n", what, float64(size)/kb, float64(budget)/kb)
		if size > budget {
			over = append(over, fmt.Sprintf("%s (%d of %d bytes)", what, size, budget))
		}
	}
	load := 0
	for _, e := range append(slices.Clone(entries), entry{source: worker, budget: workerBudget}) {
		name := path.Base(e.source)
		size := b.needed(name)
		if name != "app.js" {
			size -= b.shared(name, "app.js")
		}
		line(name, size, e.budget)
		if name == "app.js" || name == "app.css" {
			load += size
		}
	}
	for _, name := range b.chunks {
		if b.sent(name) > 0 && !slices.Contains(b.index.Assets["app.js"].Imports, name) {
			line(name, b.sent(name), chunkBudget)
		}
	}
	load += b.needed("shell.js") - b.shared("shell.js", "app.js")
	line("first load", load, loadBudget)
	load += b.needed("signin.css") // whoever comes for the first time signs in
	line("first visit", load+pageBudget+b.sent(path.Base(worker))+b.sent(b.index.Assets["icon.svg"].File), visitBudget)
	return over
}

// needed is how many bytes cross the network before a file can run.
func (b *build) needed(logical string) int {
	a := b.index.Assets[logical]
	size := b.sent(a.File)
	for _, name := range a.Imports {
		size += b.sent(name)
	}
	return size
}

// shared is how many of a file's bytes the other one has brought already.
func (b *build) shared(logical, other string) int {
	size := 0
	for _, name := range b.index.Assets[logical].Imports {
		if o := b.index.Assets[other]; name == o.File || slices.Contains(o.Imports, name) {
			size += b.sent(name)
		}
	}
	return size
}

// sent is how many bytes of a file cross the network.
func (b *build) sent(file string) int {
	if br, ok := b.files[file+".br"]; ok {
		return len(br)
	}
	return len(b.files[file])
}

// write brings dist to the new state so that a build of the program at the same moment embeds either the old set or
// the new: new files first, then the index, then the old files go.
func (b *build) write(dist string) error {
	if err := os.MkdirAll(dist, 0o755); err != nil {
		return err
	}
	idx, err := json.MarshalIndent(b.index, "", "  ")
	if err != nil {
		return err
	}
	for name, body := range b.files {
		if err := writeFile(dist, name, body); err != nil {
			return err
		}
	}
	if err := writeFile(dist, "manifest.json", idx); err != nil {
		return err
	}
	had, err := os.ReadDir(dist)
	if err != nil {
		return err
	}
	for _, f := range had {
		if _, ok := b.files[f.Name()]; ok || f.Name() == "manifest.json" || f.Name() == ".gitkeep" {
			continue
		}
		if err := os.Remove(filepath.Join(dist, f.Name())); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	return nil
}

func writeFile(dist, name string, body []byte) error {
	tmp, err := os.CreateTemp(filepath.Dir(dist), ".asset-*") // beside dist, or it would be embedded
	if err != nil {
		return err
	}
	defer os.Remove(tmp.Name())
	_, err = tmp.Write(body)
	if err := cmp.Or(err, tmp.Chmod(0o644), tmp.Close()); err != nil {
		return err
	}
	return os.Rename(tmp.Name(), filepath.Join(dist, name))
}

func (b *build) mustExist(name string) error {
	if _, err := os.Stat(filepath.Join(b.root, name)); err != nil {
		return fmt.Errorf("%s is missing: the builder starts from it", name)
	}
	return nil
}

func (b *build) options() api.BuildOptions {
	root, err := filepath.Abs(b.root)
	if err != nil {
		root = b.root
	}
	return api.BuildOptions{
		AbsWorkingDir:     root,
		Outdir:            "static/dist",
		Bundle:            true,
		PreserveSymlinks:  true, // names hold paths: where node_modules really stands must not change them
		Format:            api.FormatIIFE,
		Platform:          api.PlatformBrowser, // resolves "htmx.org" to its ES module
		Engines:           engines,
		Charset:           api.CharsetUTF8, // Chinese text as it is, not as \u escapes
		LegalComments:     api.LegalCommentsNone,
		MinifySyntax:      true,
		MinifyWhitespace:  true,
		MinifyIdentifiers: true,
		Loader: map[string]api.Loader{
			".svg": api.LoaderFile, ".png": api.LoaderFile, ".webp": api.LoaderFile, ".wasm": api.LoaderFile,
		},
		Metafile: true,
	}
}

type output struct {
	source  string // the entry point, or the copied file; "" for what several chunks share
	name    string
	body    []byte
	imports []string // names of other outputs that it cannot run without
}

// esbuild runs one build and tells for each output which source it stands for.
func esbuild(opts api.BuildOptions) ([]output, error) {
	result := api.Build(opts)
	if len(result.Errors) > 0 {
		text := strings.Join(api.FormatMessages(result.Errors, api.FormatMessagesOptions{}), "")
		if strings.Contains(text, `"htmx.org"`) {
			text += "run `make setup` to fetch the npm packages\n"
		}
		return nil, errors.New("cannot build\n" + text)
	}
	for _, w := range api.FormatMessages(result.Warnings, api.FormatMessagesOptions{Kind: api.WarningMessage}) {
		fmt.Fprint(os.Stderr, w)
	}
	var meta struct {
		Outputs map[string]struct {
			EntryPoint string                         `json:"entryPoint"`
			Inputs     map[string]struct{ Bytes int } `json:"inputs"`
			Imports    []struct{ Path, Kind string }  `json:"imports"`
		} `json:"outputs"`
	}
	if err := json.Unmarshal([]byte(result.Metafile), &meta); err != nil {
		return nil, err
	}
	var outputs []output
	for _, f := range result.OutputFiles {
		rel, err := filepath.Rel(opts.AbsWorkingDir, f.Path)
		if err != nil {
			return nil, err
		}
		m := meta.Outputs[filepath.ToSlash(rel)]
		o := output{source: m.EntryPoint, name: filepath.Base(f.Path), body: f.Contents}
		if o.source == "" && path.Ext(o.name) != ".js" {
			for in := range m.Inputs {
				o.source = in // a copied image has one input and no entry point
			}
		}
		for _, i := range m.Imports {
			if i.Kind == "import-statement" {
				o.imports = append(o.imports, path.Base(i.Path))
			}
		}
		outputs = append(outputs, o)
	}
	return outputs, nil
}

func isText(name string) bool {
	switch path.Ext(name) {
	case ".js", ".css", ".svg", ".webmanifest", ".wasm": // WebAssembly shrinks like text
		return true
	}
	return false
}

// shortHash looks like esbuild's own: eight characters of base32.
func shortHash(body []byte) string {
	sum := sha256.Sum256(body)
	return base32.StdEncoding.EncodeToString(sum[:])[:8]
}
