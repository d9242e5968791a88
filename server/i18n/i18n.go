// Package i18n holds every sentence of the product in Chinese and English.
// The catalogue is the *.zh.json and *.en.json files of this folder, one pair
// an area; a test checks that both sides have the same keys and placeholders.
package i18n

import (
	"embed"
	"encoding/json"
	"fmt"
	"strings"
	"sync"

	"golang.org/x/text/language"
)

//go:embed *.json
var files embed.FS

// Locales, the default first.
var Locales = []string{"zh", "en"}

var catalogue = sync.OnceValue(func() map[string]map[string]string {
	all := map[string]map[string]string{}
	entries, err := files.ReadDir(".")
	if err != nil {
		panic(err)
	}
	for _, l := range Locales {
		all[l] = map[string]string{}
		for _, e := range entries {
			if !strings.HasSuffix(e.Name(), "."+l+".json") {
				continue
			}
			b, err := files.ReadFile(e.Name())
			if err != nil {
				panic(err)
			}
			part := map[string]string{}
			if err := json.Unmarshal(b, &part); err != nil {
				panic(fmt.Sprintf("i18n %s: %v", e.Name(), err))
			}
			for k, v := range part {
				if _, dup := all[l][k]; dup {
					panic("i18n: key twice: " + k + " in " + e.Name())
				}
				all[l][k] = v
			}
		}
	}
	return all
})

// T is the sentence of key in the locale, with {name} placeholders filled from
// args (name, value, name, value …). A missing key shows itself, so that tests
// and eyes find it.
func T(locale, key string, args ...string) string {
	m := catalogue()[locale]
	if m == nil {
		m = catalogue()["zh"]
	}
	s, ok := m[key]
	if !ok {
		return key
	}
	if len(args) == 0 || !strings.Contains(s, "{") {
		return s
	}
	pairs := make([]string, 0, len(args))
	for i := 0; i+1 < len(args); i += 2 {
		pairs = append(pairs, "{"+args[i]+"}", args[i+1])
	}
	return strings.NewReplacer(pairs...).Replace(s)
}

// TArgs is T with the placeholders in a map.
func TArgs(locale, key string, args map[string]string) string {
	pairs := make([]string, 0, 2*len(args))
	for k, v := range args {
		pairs = append(pairs, k, v)
	}
	return T(locale, key, pairs...)
}

// Has tells whether the key exists.
func Has(locale, key string) bool {
	_, ok := catalogue()[locale][key]
	return ok
}

// Keys lists every key of a locale.
func Keys(locale string) map[string]string { return catalogue()[locale] }

var matcher = language.NewMatcher([]language.Tag{language.Chinese, language.English})

// Match picks the locale for an Accept-Language header; Chinese when in doubt.
func Match(header string) string {
	tags, _, err := language.ParseAcceptLanguage(header)
	if err != nil || len(tags) == 0 {
		return "zh"
	}
	_, i, conf := matcher.Match(tags...)
	if conf == language.No {
		return "zh"
	}
	return Locales[i]
}
