package web

import (
	"encoding/base64"
	"net/url"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"huiwu/server/domain"
)

// FuzzGuestTable: whatever is pasted is a list of guests or a refusal with lines
// that exist, and no cell that comes through begins a formula.
func FuzzGuestTable(f *testing.F) {
	for _, s := range []string{
		"姓名,职务,单位\n雪松,总经理,石英", "name;plate\na;b\n", "a\tb\tc\n", "\ufeff姓名，车牌\n甲，乙", "\"a\nb\",c", "\"a", "=cmd|' /C calc'!A0,x", "\xd0\xd5\xc3\xfb,\xd6\xb0\xce\xf1\n\xd1\xa9,x", "\xff\xfe\x00",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		table, err := parseGuestTable(text)
		if err != nil {
			e, ok := domain.AsError(err)
			if !ok {
				t.Fatalf("a fault, not a refusal: %v", err)
			}
			for _, x := range e.Fields {
				_ = table.line(x.Line)
			}
			return
		}
		if len(table.drafts) == 0 || len(table.drafts) > maxImportLines+1 {
			t.Fatalf("%d guests", len(table.drafts))
		}
		for _, d := range table.drafts {
			for _, cell := range []string{d.Name, d.Title, d.Organisation, d.Party, d.Plate, d.Bay, d.Needs} {
				if !utf8.ValidString(cell) || strings.ContainsAny(cell, "\x00\r\n\t") {
					t.Fatalf("cell %q", cell)
				}
				if formula(cell) {
					t.Fatalf("a spreadsheet would run %q", cell)
				}
			}
			if d.Line < 1 || d.Line > len(table.lines) {
				t.Fatalf("line %d of %d", d.Line, len(table.lines))
			}
		}
	})
}

// FuzzActedAt: whatever a phone says of its clock, an act was done in the last
// three days, and not after now.
func FuzzActedAt(f *testing.F) {
	f.Add("2026-11-25T10:00:00Z", "2026-11-25T10:00:05Z")
	f.Add("2026-11-25T10:00:00.123+08:00", "")
	f.Add("9999-12-31T23:59:59Z", "0000-01-01T00:00:00Z")
	f.Add("0000-01-01T00:00:00Z", "9999-12-31T23:59:59Z")
	now := time.Date(2026, 11, 25, 12, 0, 0, 0, time.UTC)
	f.Fuzz(func(t *testing.T, acted, sent string) {
		at := domain.ClampActedAt(actedAt(acted, sent, now).UTC().Truncate(time.Microsecond), now)
		if at.After(now) || now.Sub(at) > 72*time.Hour {
			t.Fatalf("acted %q, sent %q: %v", acted, sent, at)
		}
	})
}

// FuzzFlow: only a cookie that holds the very state that came back is a flow, and
// it leads to a page of ours.
func FuzzFlow(f *testing.F) {
	f.Add(base64.RawURLEncoding.EncodeToString([]byte(`{"State":"s","Nonce":"n","Verifier":"v","Next":"/lobby"}`)), "s")
	f.Add(base64.RawURLEncoding.EncodeToString([]byte(`{"State":"s","Nonce":" ","Next":"//evil"}`)), "s")
	f.Add(base64.RawURLEncoding.EncodeToString([]byte(`{"State":"","Nonce":"n"}`)), "")
	f.Add("!", "")
	f.Fuzz(func(t *testing.T, cookie, state string) {
		flow, ok := readFlow(cookie, state)
		if ok && (state == "" || flow.State != state || flow.Nonce == "") {
			t.Fatalf("%+v for state %q", flow, state)
		}
		if flow.Next != "" {
			ours(t, flow.Next)
		}
	})
}

// FuzzLocalPath: no way on leads to another site.
func FuzzLocalPath(f *testing.F) {
	for _, s := range []string{"/lobby?post=gate", "//evil.example", `/\evil.example`, "/\t/evil.example", "https://evil.example", "/%5cevil", "/.//evil.example", "/..//evil.example", "/;@evil.example"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) { ours(t, localPath(s)) })
}

func ours(t *testing.T, path string) {
	t.Helper()
	if !strings.HasPrefix(path, "/") || strings.HasPrefix(path, "//") || strings.ContainsAny(path, "\\\r\n\t\x00") {
		t.Fatalf("leads to %q", path)
	}
	base := &url.URL{Scheme: "https", Host: "huiwu.example", Path: "/session/new"}
	if u, err := base.Parse(path); err == nil && (u.Host != base.Host || u.Scheme != base.Scheme || u.User != nil) {
		t.Fatalf("%q leads to %s", path, u)
	}
}

// FuzzHost: what passes for a host has nothing in it that could leave a link or a line of the log.
func FuzzHost(f *testing.F) {
	for _, s := range []string{"huiwu.example", "huiwu.example:8443", "[::1]:80", "127.0.0.1", "evil.example/", "a b", "a\r\nX: y", "user@host", "[::1", ":80", ""} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		name := plainName(s)
		if !hostForm.MatchString(s) {
			return
		}
		u, err := url.Parse("https://" + s + "/invites/x")
		if err == nil && (plainName(u.Host) != name || u.User != nil || u.Path != "/invites/x") {
			t.Fatalf("%q is read as %s", s, u)
		}
		if strings.ContainsAny(s, "/\\@?#\"'<> \r\n") {
			t.Fatalf("%q passes", s)
		}
	})
}

// FuzzSmallReaders: what reads headers and addresses never fails, and says something known.
func FuzzSmallReaders(f *testing.F) {
	f.Add("Mozilla/5.0 (Linux; Android 14) MicroMessenger/8")
	f.Add("http://huiwu.example/events/1/items?mine=1")
	f.Add("$argon2id$v=19$m=64,t=1,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAA")
	f.Fuzz(func(t *testing.T, s string) {
		if l := deviceLabel(s); l == "" || len(l) > 40 {
			t.Fatalf("device %q", l)
		}
		if strings.Contains(shown("/invites/"+s), s) && len(s) > 3 && s != "new" {
			t.Fatalf("the log would hold %q", s)
		}
		if plainID(s) && strings.ContainsAny(s, "/.%\\ \x00") {
			t.Fatalf("id %q", s)
		}
	})
}
