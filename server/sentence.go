package server

import (
	"strings"

	"huiwu/server/domain"
	"huiwu/server/i18n"
)

// Sentence is a refusal as one line of text, its fields included: for the terminal.
func Sentence(e *domain.Error, locale string) string {
	parts := []string{}
	if len(e.Fields) == 0 {
		parts = append(parts, i18n.TArgs(locale, e.Key, e.Args))
	}
	for _, f := range e.Fields {
		parts = append(parts, f.Field+": "+i18n.TArgs(locale, f.Key, f.Args))
	}
	return strings.Join(parts, "; ")
}
