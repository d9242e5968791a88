package domain

import (
	"strings"
	"testing"
)

func TestPass(t *testing.T) {
	key := []byte("0123456789abcdef0123456789abcdef")
	p := Pass{Kind: PassGuest, ID: "0195a0b4-7c00-7abc-8def-0123456789ab", No: 3}
	token := p.Token(key)
	if len(token) != 42 || strings.ContainsAny(token, "+/=") {
		t.Fatalf("token %q cannot stand in an address", token)
	}
	if got, ok := ReadPass(key, token); !ok || got != p {
		t.Fatalf("read %+v %v, want %+v", got, ok, p)
	}
	if _, ok := ReadPass([]byte("another key of another site 0123"), token); ok {
		t.Error("another site's key opens it")
	}
	for k := range token {
		flipped := []byte(token)
		if flipped[k] = 'A'; token[k] == 'A' {
			flipped[k] = 'B'
		}
		if got, ok := ReadPass(key, string(flipped)); ok && got != p { // the last letter has bits that say nothing
			t.Errorf("with letter %d changed it opens %+v", k, got)
		}
	}
	for _, bad := range []string{"", "x", token[:len(token)-1], token + "A", "席位"} {
		if _, ok := ReadPass(key, bad); ok {
			t.Errorf("%q opens something", bad)
		}
	}
	if got := (Pass{Kind: PassGuest, ID: "not an id"}).Token(key); got != "" {
		t.Errorf("a pass of no id has the token %q", got)
	}
}

func FuzzReadPass(f *testing.F) {
	key := []byte("0123456789abcdef0123456789abcdef")
	f.Add(Pass{Kind: PassOrganiser, ID: "0195a0b4-7c00-7abc-8def-0123456789ab"}.Token(key))
	f.Fuzz(func(t *testing.T, token string) {
		if p, ok := ReadPass(key, token); ok {
			if _, again := ReadPass(key, p.Token(key)); !again {
				t.Errorf("%q opens as %+v, whose own token does not open", token, p)
			}
		}
	})
}
