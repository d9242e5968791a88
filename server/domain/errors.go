// Package domain holds the nouns and rules of event service: what an item,
// a guest or an event is and what may happen to it. It imports the standard
// library only; every other package may import it.
package domain

import (
	"errors"
	"fmt"
	"sort"
	"strings"
)

// Code says what kind of refusal an Error is; web maps it to one HTTP status.
type Code string

// The refusals people can meet. Anything that is not an *Error is a fault of ours.
const (
	CodeInvalid         Code = "invalid"         // 422: a field is wrong, see Fields
	CodeNotFound        Code = "not_found"       // 404: absent, or not for this person to see
	CodeForbidden       Code = "forbidden"       // 403: visible, but not for this person to do
	CodeConflict        Code = "conflict"        // 409: the state does not allow it (any more)
	CodeUnauthenticated Code = "unauthenticated" // 401: sign in first
	CodeTooMany         Code = "too_many"        // 429: slow down
	CodeTooLarge        Code = "too_large"       // 413: body over the limit of the route
	CodeUnavailable     Code = "unavailable"     // 503: try again
	CodeFull            Code = "full"            // 507: no room; try again when there is
)

// Args fill the {placeholders} of a message key.
type Args map[string]string

// Error is a refusal with a sentence for people: Key is looked up in the
// reader's language and filled with Args. Details for the log go into the
// wrapped error, never to the person.
type Error struct {
	Code   Code         `json:"code"`
	Key    string       `json:"key"`
	Args   Args         `json:"args,omitempty"`
	Fields []FieldError `json:"fields,omitempty"`
}

// FieldError is one sentence to show beside one form field. Line is the
// 1-based line of a pasted table, 0 elsewhere.
type FieldError struct {
	Field string `json:"field"`
	Key   string `json:"key"`
	Args  Args   `json:"args,omitempty"`
	Line  int    `json:"line,omitempty"`
}

func (e *Error) Error() string {
	s := string(e.Code) + ": " + e.Key
	if len(e.Args) > 0 {
		keys := make([]string, 0, len(e.Args))
		for k := range e.Args {
			keys = append(keys, k)
		}
		sort.Strings(keys)
		for _, k := range keys {
			s += fmt.Sprintf(" %s=%q", k, e.Args[k])
		}
	}
	for _, f := range e.Fields {
		s += "; " + f.Field + ": " + f.Key
	}
	return s
}

// Is makes errors.Is(err, ErrNotFound) compare codes.
func (e *Error) Is(target error) bool {
	var t *Error
	return errors.As(target, &t) && t.Code == e.Code && (t.Key == "" || t.Key == e.Key)
}

// ErrNotFound answers everything that is absent or out of a person's sight:
// the two are the same sentence on purpose.
var ErrNotFound = &Error{Code: CodeNotFound, Key: "error.not_found"}

// ErrForbidden answers an act on something visible that is not this person's to do.
var ErrForbidden = &Error{Code: CodeForbidden, Key: "error.forbidden"}

// Conflict is a refusal because of the present state; key says which and what to do.
func Conflict(key string, args ...string) *Error {
	return &Error{Code: CodeConflict, Key: key, Args: pairs(args)}
}

// Invalid collects field errors; nil when there are none.
type Invalid []FieldError

// Add notes one wrong field; args are name, value, name, value …
func (v *Invalid) Add(field, key string, args ...string) {
	*v = append(*v, FieldError{Field: field, Key: key, Args: pairs(args)})
}

// Has tells whether a field was noted.
func (v Invalid) Has(field string) bool {
	for _, f := range v {
		if f.Field == field {
			return true
		}
	}
	return false
}

// Err is nil when every field was good, else one 422 refusal with all sentences.
func (v Invalid) Err() error {
	if len(v) == 0 {
		return nil
	}
	return &Error{Code: CodeInvalid, Key: "error.invalid", Fields: v}
}

// InvalidField is the refusal of a single field.
func InvalidField(field, key string, args ...string) *Error {
	return &Error{Code: CodeInvalid, Key: "error.invalid", Fields: []FieldError{{Field: field, Key: key, Args: pairs(args)}}}
}

// AsError finds the refusal in err's chain.
func AsError(err error) (*Error, bool) {
	var e *Error
	ok := errors.As(err, &e)
	return e, ok
}

func pairs(args []string) Args {
	if len(args) == 0 {
		return nil
	}
	m := Args{}
	for i := 0; i+1 < len(args); i += 2 {
		m[args[i]] = args[i+1]
	}
	return m
}

// Clean trims a typed text and removes control characters (and NUL, which no
// database takes) and invisible ones; line breaks stay when lines is true, as
// \n (forms send \r\n). Broken UTF-8 becomes U+FFFD.
func Clean(s string, lines bool) string {
	s = strings.ToValidUTF8(s, "\uFFFD")
	s = strings.ReplaceAll(s, "\r\n", "\n")
	s = strings.Map(func(r rune) rune {
		switch {
		case r == '\n' && lines:
			return r
		case r == '\t' || r == '\n' || r == '\r' || r == 0x2028 || r == 0x2029:
			return ' '
		case r < 0x20 || r == 0x7f || (r >= 0x80 && r < 0xa0):
			return -1
		case r >= 0x202a && r <= 0x202e, r >= 0x2066 && r <= 0x2069, r == 0x200e, r == 0x200f, r == 0x61c: // bidi marks reorder names on screen
			return -1
		case r == 0x200b || r == 0x2060 || r == 0xfeff: // no width: two names that look the same must be the same
			return -1
		}
		return r
	}, s)
	return strings.TrimSpace(s)
}
