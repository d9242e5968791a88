package i18n_test

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"huiwu/server/i18n"
)

var placeholder = regexp.MustCompile(`\{[a-z_]+\}`)

func TestBothLanguagesSayTheSame(t *testing.T) {
	zh, en := i18n.Keys("zh"), i18n.Keys("en")
	if len(zh) < 300 {
		t.Fatalf("only %d sentences: the catalogue was not read", len(zh))
	}
	for k, s := range zh {
		e, ok := en[k]
		if !ok {
			t.Errorf("%s has no English", k)
			continue
		}
		a, b := placeholder.FindAllString(s, -1), placeholder.FindAllString(e, -1)
		slices.Sort(a)
		slices.Sort(b)
		if !slices.Equal(slices.Compact(a), slices.Compact(b)) {
			t.Errorf("%s: placeholders differ: %v, %v", k, a, b)
		}
		if strings.TrimSpace(s) == "" || strings.TrimSpace(e) == "" {
			t.Errorf("%s is empty", k)
		}
	}
	for k := range en {
		if _, ok := zh[k]; !ok {
			t.Errorf("%s has no Chinese", k)
		}
	}
}

// A key in the source is a quoted dotted word; a prefix is one that ends in a
// dot or underscore and is completed at run time ("state." + …).
var (
	quotedKey    = regexp.MustCompile(`"([a-z][a-z_]*\.[A-Za-z0-9_.-]+)"`)
	quotedPrefix = regexp.MustCompile(`"([a-z][a-z_]*\.(?:[a-z_]+[._])?)"`)
)

// TestKeysAreThereAndUsed reads the sources: every key that is translated
// exists, and no sentence is left that nobody says.
func TestKeysAreThereAndUsed(t *testing.T) {
	zh := i18n.Keys("zh")
	areas := map[string]bool{}
	for k := range zh {
		area, _, _ := strings.Cut(k, ".")
		areas[area] = true
	}
	used, prefixes := map[string]bool{}, map[string]bool{}
	translated := regexp.MustCompile(`\.T\("([^"]+)"|i18n\.T\([^,]+, "([^"]+)"|Key: +"([^"]+)"|(?:Conflict|page)\((?:c, "[a-z]+", )?"([a-z_]+\.[a-z_]+)"`)
	for _, dir := range []string{"../../views", "../../server", "../../cmd", "../../static/js"} {
		err := filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
			if err != nil || d.IsDir() || strings.HasSuffix(path, "_test.go") || strings.HasSuffix(path, "_templ.go") {
				return err
			}
			if !slices.Contains([]string{".go", ".templ", ".js"}, filepath.Ext(path)) {
				return nil
			}
			b, err := os.ReadFile(path)
			if err != nil {
				return err
			}
			src := string(b)
			for _, m := range quotedKey.FindAllStringSubmatch(src, -1) {
				used[m[1]] = true
			}
			for _, m := range quotedPrefix.FindAllStringSubmatch(src, -1) {
				prefixes[m[1]] = true
			}
			for _, m := range translated.FindAllStringSubmatch(src, -1) {
				key := m[1] + m[2] + m[3] + m[4]
				if _, ok := zh[key]; !ok && !strings.HasSuffix(key, ".") && !strings.HasSuffix(key, "_") {
					t.Errorf("%s says %q, which has no sentence", path, key)
				}
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	// Log verbs are stored as "item.done" and said as "log.item.done"; a notice
	// may get the ending "_skipped".
	for k := range zh {
		area, rest, _ := strings.Cut(k, ".")
		said := used[k] || area == "log" && used[rest] || used[strings.TrimSuffix(k, "_skipped")]
		for p := range prefixes {
			said = said || strings.HasPrefix(k, p)
		}
		if !said {
			t.Errorf("nobody says %s", k)
		}
	}
}

func TestMatch(t *testing.T) {
	for header, want := range map[string]string{
		"": "zh", "zh-CN,zh;q=0.9": "zh", "en-GB": "en", "en-US,en;q=0.9,zh;q=0.8": "en", "fr": "zh", "\x00;q=": "zh", "zh-TW": "zh",
	} {
		if got := i18n.Match(header); got != want {
			t.Errorf("Match(%q) = %s, want %s", header, got, want)
		}
	}
}

func TestPlaceholders(t *testing.T) {
	if got := i18n.T("en", "event.stars_open", "n", "3"); !strings.Contains(got, "3") || strings.Contains(got, "{") {
		t.Error(got)
	}
	if got := i18n.T("en", "no.such.key"); got != "no.such.key" {
		t.Error(got)
	}
}
