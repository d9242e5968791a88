package gallery_test

import (
	"bytes"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"huiwu/server/domain"
	"huiwu/server/i18n"
	"huiwu/views/gallery"
)

// render gives a page of the gallery as HTML.
func render(t *testing.T, name, locale, theme string) string {
	t.Helper()
	page := gallery.Page(gallery.Options{Group: name, Locale: locale, Theme: theme, Now: time.Date(2026, 3, 18, 2, 0, 0, 0, time.UTC)})
	if page == nil {
		t.Fatalf("no page %s %s %q", name, locale, theme)
	}
	var b bytes.Buffer
	if err := page.Render(t.Context(), &b); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// all pages of one language in one string.
func all(t *testing.T, locale string) string {
	t.Helper()
	var b strings.Builder
	for _, name := range gallery.Groups() {
		b.WriteString(render(t, name, locale, ""))
	}
	return b.String()
}

var missingKey = regexp.MustCompile(`>[\s(]*(?:[a-z_]+\.)+[a-z_-]+\s*<`)

func TestEveryPageInBothLanguages(t *testing.T) {
	for _, locale := range i18n.Locales {
		for _, name := range gallery.Groups() {
			for _, theme := range gallery.Themes {
				html := render(t, name, locale, theme)
				if !strings.Contains(html, "</html>") {
					t.Errorf("%s %s %q is cut off", name, locale, theme)
				}
				if keys := missingKey.FindAllString(html, 3); keys != nil {
					t.Errorf("%s %s shows keys instead of sentences: %q", name, locale, keys)
				}
			}
		}
	}
	for _, o := range []gallery.Options{{Group: "nothing", Locale: "zh"}, {Group: "items", Locale: "fr"}, {Group: "items", Locale: "zh", Theme: "pink"}} {
		if gallery.Page(o) != nil {
			t.Errorf("a page for %+v", o)
		}
	}
}

// TestEveryPart: whatever a page can be made of is shown. Pages themselves, and what fills their <main>, are pictures of
// "make shots".
func TestEveryPart(t *testing.T) {
	html := all(t, "zh")
	aids := map[string]bool{"Sprite": true, "Gone": true, "Document": true, "InvitationGone": true, "Paper": true} // nothing to see
	begins := regexp.MustCompile(`(?m)^templ (?:\([^)]*\) )?([A-Z]\w*)\(`)
	files, err := filepath.Glob("../*.templ")
	if err != nil || len(files) < 15 {
		t.Fatal(files, err)
	}
	n := 0
	for _, file := range files {
		b, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		src := string(b)
		for _, m := range begins.FindAllStringSubmatchIndex(src, -1) {
			name := src[m[2]:m[3]]
			body, _, _ := strings.Cut(src[m[1]:], "\n}\n")
			page := strings.Contains(body, "@Layout(") || strings.Contains(body, "@Document(") || strings.Contains(body, "@Paper(") || strings.Contains(body, "@sheetPage(") || strings.Contains(body, "@here(") || strings.HasSuffix(name, "Body") && name != "InviteBody"
			if page || aids[name] {
				continue
			}
			n++
			if !strings.Contains(html, `data-part="`+name+`"`) {
				t.Errorf("%s (%s) is not in the gallery", name, filepath.Base(file))
			}
		}
	}
	if n < 45 {
		t.Errorf("only %d parts were found", n)
	}
}

// TestEveryState: a state that the domain gets is shown, or this fails.
func TestEveryState(t *testing.T) {
	html := all(t, "en")
	in := func(part string) string {
		var b strings.Builder
		for _, s := range strings.Split(html, `<section class="gallery-shown"`)[1:] {
			if strings.Contains(s[:60+len(part)], `data-part="`+part+`"`) {
				b.WriteString(s)
			}
		}
		return b.String()
	}
	for _, x := range []struct {
		kind, part, attribute string
		not                   string
	}{
		{"ItemStatus", "ItemRow", "data-state", "open"}, // shown as not due, due and late
		{"Position", "GuestRow", "data-position", ""},
		{"Position", "LobbyRow", "data-position", ""},
		{"InvitationState", "InvitationRow", "data-state", ""},
		{"EventStatus", "EventRow", "data-status", ""},
		{"EventStatus", "Card", "data-status", ""},
		{"EventStatus", "Gauge", "data-status", ""},
		{"EventStatus", "StatusChip", "data-status", ""},
		{"Secrecy", "SecrecyBadge", "data-secrecy", "normal"}, // not marked
		{"NoticeKind", "NoticeRow", "data-kind", ""},
		{"DutyState", "PostCard", "data-duty", ""},
		{"VehicleState", "VehicleRow", "data-vehicle", ""},
		{"LiftState", "LiftRow", "data-lift", ""},
		{"PlanTrouble", "CrewCard", "data-trouble", ""},
	} {
		values := constants(t, x.kind)
		if len(values) < 3 {
			t.Fatalf("%s: only %v", x.kind, values)
		}
		part := in(x.part)
		for _, v := range values {
			if v != x.not && !strings.Contains(part, x.attribute+`="`+v+`"`) {
				t.Errorf("no %s with %s %s", x.part, x.kind, v)
			}
		}
	}
	for _, v := range []string{"not-due", "due", "late"} {
		if !strings.Contains(in("ItemRow"), `data-state="`+v+`"`) {
			t.Errorf("no ItemRow that is %s", v)
		}
	}
	for _, v := range constants(t, "Crew") {
		if !strings.Contains(in("CrewBadge"), i18n.T("en", "crew_short."+v)) {
			t.Errorf("no CrewBadge of %s", v)
		}
	}
	for _, v := range []string{"none", "connecting", "live", "offline", "sending"} {
		if !strings.Contains(in("Connection"), `data-conn="`+v+`"`) {
			t.Errorf("no Connection that is %s", v)
		}
	}
	for _, word := range []string{"data-photo=\"tick\"", "item-round", "thumb-old", "act-defer"} {
		if !strings.Contains(in("ItemRow")+in("Thumbs"), word) {
			t.Errorf("no row with %s", word)
		}
	}
	for _, v := range []string{domain.PostHeld, domain.PostEmpty, domain.PostReserve, domain.PostOver, domain.DutyLate, domain.DutyAbsent, "planned"} {
		if !strings.Contains(in("PostCard"), `data-post-state="`+v+`"`) {
			t.Errorf("no PostCard that is %s", v)
		}
	}
	for _, v := range []string{domain.CueOff, domain.CueWaiting, domain.CueFired, domain.CueAcked} {
		if !strings.Contains(in("CueRow"), `data-cue="`+v+`"`) {
			t.Errorf("no CueRow that is %s", v)
		}
	}
	gauges := in("Gauge")
	if !strings.Contains(gauges, "disabled") || !strings.Contains(gauges, "#i-flag") {
		t.Error("“ready” is not shown both locked and open")
	}
}

// constants are the values of the domain's constants of that type, read from its source: no list can lag behind.
func constants(t *testing.T, kind string) []string {
	t.Helper()
	files, err := filepath.Glob("../../server/domain/*.go")
	if err != nil {
		t.Fatal(err)
	}
	var values []string
	for _, name := range files {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		file, err := parser.ParseFile(token.NewFileSet(), name, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(file, func(n ast.Node) bool {
			v, ok := n.(*ast.ValueSpec)
			if !ok {
				return true
			}
			if id, ok := v.Type.(*ast.Ident); ok && id.Name == kind {
				for _, x := range v.Values {
					if lit, ok := x.(*ast.BasicLit); ok {
						s, err := strconv.Unquote(lit.Value)
						if err != nil {
							t.Fatal(err)
						}
						values = append(values, s)
					}
				}
			}
			return true
		})
	}
	return values
}
