// Package search makes names findable the way people type them: characters,
// full pinyin, initials, plates.
package search

import (
	"strings"
	"unicode"

	"github.com/mozillazg/go-pinyin"
)

// surnames are family names whose reading differs from the common one.
var surnames = map[string]string{
	"曾": "zeng", "单": "shan", "仇": "qiu", "解": "xie", "乐": "yue", "区": "ou", "查": "zha", "朴": "piao",
	"任": "ren", "华": "hua", "盖": "ge", "缪": "miao", "翟": "zhai", "尉迟": "yuchi", "长孙": "zhangsun", "万俟": "moqi",
	"覃": "qin", "冼": "xian", "宁": "ning", "纪": "ji", "召": "shao", "洗": "xian", "员": "yun", "黑": "he", "逄": "pang",
}

// maxReadings bounds the combinations kept for one name.
const maxReadings = 16

// Key is the text that queries are matched against: lower case, half width,
// the name itself, every reading in full pinyin and in initials, the plates.
func Key(name string, plates ...string) string {
	parts := []string{Fold(name)}
	for _, r := range readings(name) {
		full, initials := "", ""
		for _, syllable := range r {
			full += syllable
			initials += syllable[:1]
		}
		parts = append(parts, full, initials)
	}
	for _, p := range plates {
		if p = Fold(p); p != "" {
			parts = append(parts, p)
		}
	}
	seen := map[string]bool{}
	out := parts[:0]
	for _, p := range parts {
		if p != "" && !seen[p] {
			seen[p] = true
			out = append(out, p)
		}
	}
	return " " + strings.Join(out, " ")
}

// Match tells whether every word of the query occurs in a key.
func Match(key, query string) bool {
	for _, w := range Words(query) {
		if !strings.Contains(key, w) {
			return false
		}
	}
	return true
}

// Words are what a query asks for, as keys hold it. A whole phone number is found
// by its last four digits, also as it is said, in groups: keys hold no more of it.
// static/js/filter.js does the same.
func Words(query string) []string {
	if whole := Fold(query); len(whole) >= 11 && strings.Trim(whole, "+0123456789") == "" {
		query = whole
	}
	var list []string
	for _, w := range strings.Fields(query) {
		w = Fold(w)
		if digits := strings.TrimPrefix(w, "+"); len(digits) >= 7 && strings.Trim(digits, "0123456789") == "" {
			w = digits[len(digits)-4:]
		}
		if w != "" {
			list = append(list, w)
		}
	}
	return list
}

// Fold makes typed text comparable: lower case, half width, no spaces, dots or dashes.
func Fold(s string) string {
	return strings.Map(func(r rune) rune {
		if r >= 0xff01 && r <= 0xff5e { // full-width forms
			r -= 0xfee0
		}
		if strings.ContainsRune("·•・‧.", r) || unicode.Is(unicode.Pd, r) || unicode.IsSpace(r) || unicode.IsControl(r) {
			return -1
		}
		return unicode.ToLower(r)
	}, s)
}

// letters takes a syllable to what keyboards have: the readings of 欸 and 呣
// carry accents that pinyin has nowhere else.
func letters(syllable string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r >= 'a' && r <= 'z':
			return r
		case r == 'ê' || r == 'ế' || r == 'ề':
			return 'e'
		}
		return -1
	}, syllable)
}

// readings lists the possible readings of a name as syllables, at most maxReadings.
func readings(name string) [][]string {
	runes := []rune(name)
	var out [][]string
	start := [][]string{{}}
	for _, n := range []int{2, 1} {
		if len(runes) > n {
			if r, ok := surnames[string(runes[:n])]; ok {
				if n == 2 { // two syllables in one word: split at the second character's reading
					second := pinyin.SinglePinyin(runes[1], pinyin.NewArgs())
					if len(second) > 0 && strings.HasSuffix(r, second[0]) {
						start = [][]string{{strings.TrimSuffix(r, second[0]), second[0]}}
					} else {
						start = [][]string{{r}}
					}
				} else {
					start = [][]string{{r}}
				}
				runes = runes[n:]
				break
			}
		}
	}
	out = start
	args := pinyin.NewArgs()
	args.Heteronym = true
	any := len(out[0]) > 0
	for _, r := range runes {
		syllables := pinyin.SinglePinyin(r, args)
		if len(syllables) == 0 {
			continue
		}
		any = true
		var next [][]string
		for _, prefix := range out {
			for _, s := range syllables {
				if s = letters(s); s != "" && len(next) < maxReadings {
					next = append(next, append(append([]string{}, prefix...), s))
				}
			}
		}
		out = next
	}
	if !any {
		return nil
	}
	return out
}
