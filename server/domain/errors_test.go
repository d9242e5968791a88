package domain_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"unicode/utf8"

	"huiwu/server/domain"
)

func TestClean(t *testing.T) {
	for _, x := range []struct {
		in    string
		lines bool
		want  string
	}{
		{"  会场保洁\t", false, "会场保洁"},
		{"一\n二\r\n三\t四", false, "一 二 三 四"},
		{"一\n二\r\n三\t四", true, "一\n二\n三 四"},
		{"a\x00b\x07c\x7fd\u0085e", false, "abcde"},
		{"白\u202e术\u2066黄\u2069芪\u200f\u200e\u061c", false, "白术黄芪"},
		{"\ufeff白\u200b术\u2060", false, "白术"},
		{"a\u2028b\u2029c", true, "a b c"},
		{"a\xffb", false, "a\ufffdb"},
		{"\xe4\xbc", false, "\ufffd"},
		{"\x00 \u200b", true, ""},
		{"👨\u200d👩\u200d👧 ok", false, "👨\u200d👩\u200d👧 ok"}, // the joiner is part of the sign
		{"Robert'); DROP TABLE guests;--", false, "Robert'); DROP TABLE guests;--"},
	} {
		equal(t, fmt.Sprintf("%q", x.in), domain.Clean(x.in, x.lines), x.want)
	}
}

func FuzzClean(f *testing.F) {
	for _, s := range []string{"a\r\nb", "\xff\x00", "\r\r\n\n", "\u200b \u202e", "\u00a0\ufeff\u00a0"} {
		f.Add(s, true)
		f.Add(s, false)
	}
	f.Fuzz(func(t *testing.T, s string, lines bool) {
		once := domain.Clean(s, lines)
		if again := domain.Clean(once, lines); again != once {
			t.Fatalf("%q → %q → %q", s, once, again)
		}
		if !utf8.ValidString(once) || strings.ContainsAny(once, "\x00\r\u202e\u200b") || !lines && strings.Contains(once, "\n") || strings.TrimSpace(once) != once {
			t.Fatalf("%q → %q", s, once)
		}
	})
}

func TestErrors(t *testing.T) {
	wrapped := fmt.Errorf("store: %w", errors.Join(domain.Conflict("item.gate", "items_zh", "末车", "items_en", "last car"), errors.New("cause")))
	if e, ok := domain.AsError(wrapped); !ok || e.Code != domain.CodeConflict || e.Args["items_en"] != "last car" {
		t.Errorf("%v, %v", e, ok)
	}
	for _, x := range []struct {
		err, target error
		want        bool
	}{
		{domain.ErrNotFound, domain.ErrNotFound, true},
		{fmt.Errorf("x: %w", domain.ErrNotFound), domain.ErrNotFound, true},
		{domain.ErrForbidden, domain.ErrNotFound, false},
		{domain.Conflict("a"), domain.Conflict("a"), true},
		{domain.Conflict("a"), domain.Conflict("b"), false},
		{domain.Conflict("a"), &domain.Error{Code: domain.CodeConflict}, true},
		{errors.New("not_found: error.not_found"), domain.ErrNotFound, false},
	} {
		equal(t, fmt.Sprint(x.err, " is ", x.target), errors.Is(x.err, x.target), x.want)
	}
	var none domain.Invalid
	if err := none.Err(); err != nil {
		t.Errorf("nothing wrong: %v", err)
	}
	var bad domain.Invalid
	bad.Add("name", "field.required")
	bad.Add("heads", "event.heads_range", "max", "9")
	equal(t, "in a log", bad.Err().Error(), "invalid: error.invalid; name: field.required; heads: event.heads_range")
	equal(t, "with arguments", domain.Conflict("k", "b", "2", "a", "1").Error(), `conflict: k a="1" b="2"`)
}
