package search_test

import (
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"huiwu/server/search"
)

func TestMatch(t *testing.T) {
	for _, x := range []struct{ name, plate, finds, not string }{
		{"白术", "", "白术 白 术 baizhu bz zhu BAIZHU baishu bs", "baizu 黄 zb"},
		{"曾国", "", "曾国 zengguo zg", "cengguo cg"}, // a surname has one reading
		{"单雄信", "", "shanxiongxin sxx", "danxiong dxx chanxiong"},
		{"解缙", "", "xiejin xj", "jiejin"},
		{"仇英", "", "qiuying qy", "chouying"},
		{"任远", "", "renyuan ry", ""},
		{"查良", "", "zhaliang zl", "chaliang"},
		{"区志", "", "ouzhi oz", "quzhi"},
		{"盖聂", "", "genie gn", ""},
		{"翟方", "", "zhaifang zf", "difang"},
		{"吕布", "", "lvbu lb", ""},
		{"尉迟恭", "", "yuchigong ycg chi 尉迟", "weichi wcg"},
		{"欧阳修", "", "ouyangxiu oyx", ""},
		{"长孙无忌", "", "zhangsunwuji zswj", "changsun"},
		{"万俟卨", "", "moqixie mqx", "wanqi"},
		{"重庆", "", "chongqing cq zhongqing zq", ""}, // a word keeps all its readings
		{"长城", "", "changcheng cc zhangcheng", ""},
		{"行长", "", "hangzhang hz xingzhang", ""},
		{"单", "", "单 dan shan", ""}, // alone it may be either
		{"欸乃", "", "einai ainai en", "ê"},
		{"呣呣", "", "mm moumou", ""},
		{"Anna Smith-Jones", "", "anna smith annasmithjones SmithJones smith-jones ＡＮＮＡ", "jonesanna"},
		{"A.Smith", "", "a.smith asmith", ""},
		{"", "测A·12345", "测A·12345 测A12345 测a12345 a123 12345 测A.12345 测Ａ・１２３４５ 测A-12345 345", "测B a-12346"},
		{"白术", "ａ１２３４５", "a12345 bz", ""},
		{"100%_\\", "", "100% %_ \\", "100a"},
	} {
		key := search.Key(x.name, x.plate)
		for _, q := range strings.Fields(x.finds) {
			if !search.Match(key, q) {
				t.Errorf("%s%s is not found by %q: %q", x.name, x.plate, q, key)
			}
		}
		for _, q := range strings.Fields(x.not) {
			if search.Match(key, q) {
				t.Errorf("%s%s is found by %q: %q", x.name, x.plate, q, key)
			}
		}
	}
}

func TestMatchWords(t *testing.T) {
	key := search.Key("白术", "测A·12345", "测B·67890")
	for query, want := range map[string]bool{
		"": true, "  ": true, "bz 123": true, "123　白": true, "67890 12345": true, "bz 999": false,
		"zhu b": true, "baizhubz": false, // words do not run into each other
	} {
		if got := search.Match(key, query); got != want {
			t.Errorf("%q: %v", query, got)
		}
	}
}

func TestManyReadings(t *testing.T) {
	key := search.Key(strings.Repeat("行", 40))
	if n := len(strings.Fields(key)); n > 1+2*16 {
		t.Errorf("%d readings are kept", n)
	}
	if !search.Match(key, strings.Repeat("xing", 40)) || !search.Match(key, strings.Repeat("x", 40)) {
		t.Errorf("not even the first: %q", key)
	}
}

// Every Chinese character that has a reading is found by what a keyboard can type.
func TestKeysAreTypable(t *testing.T) {
	for r := rune(0x4e00); r <= 0x9fff; r++ {
		for _, w := range strings.Fields(search.Key(string(r)))[1:] {
			if strings.Trim(w, "abcdefghijklmnopqrstuvwxyz") != "" {
				t.Errorf("%c is read as %q", r, w)
			}
		}
	}
}

func FuzzKey(f *testing.F) {
	for _, s := range []string{"白术", "欸乃", "A·Ｂ－.", "İ\xff\x00", "尉迟", "．．"} {
		f.Add(s, s)
	}
	f.Fuzz(func(t *testing.T, name, plate string) {
		key := search.Key(name, plate)
		if !utf8.ValidString(key) {
			t.Fatalf("%q, %q → %q", name, plate, key)
		}
		if strings.ContainsFunc(key[1:], unicode.IsControl) {
			t.Fatalf("control characters in %q", key)
		}
		if f := search.Fold(name); search.Fold(f) != f {
			t.Fatalf("%q → %q → %q", name, f, search.Fold(f))
		}
		if !search.Match(key, name) || !search.Match(key, plate) {
			t.Fatalf("%q, %q is not found by itself in %q", name, plate, key)
		}
	})
}
