package domain

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"strings"
)

// PassKind says what a link without sign-in opens.
type PassKind byte

// A guest's own page, the organiser's page of one event, the screen at its door at
// which guests sign in themselves, and the sign at a post.
const (
	PassGuest     PassKind = 'g'
	PassOrganiser PassKind = 'o'
	PassKiosk     PassKind = 'k'
	PassPost      PassKind = 'p' // the sign at a post: who reads it is there
	// PassCheckpoint is the sign at a checkpoint of a patrol.
	PassCheckpoint PassKind = 'c'
	// PassRequest is an organiser's page of his booking request.
	PassRequest PassKind = 'r'
	// PassCalendar is the address at which another calendar reads a room's or a
	// person's events: CalendarLink.
	PassCalendar PassKind = 'i'
)

// Pass is the right that a link or a QR code carries. Nothing of it is stored but
// its number: the token is the pass with a mark that only the site's key makes.
type Pass struct {
	Kind PassKind
	ID   string // of the guest, or of the event
	No   int    // the present number of that guest or event; a token with another one is revoked
}

// What a token is made of: 16 bytes of an id, and of the HMAC 96 bits, guessed by nobody.
const (
	passID   = 16
	passMark = 12

	// TokenLength is how long every token is.
	TokenLength = ((1+passID+2+passMark)*8 + 5) / 6
)

// Token is what stands in the address: letters, digits, - and _, 42 of them.
func (p Pass) Token(key []byte) string {
	body := p.body()
	if body == nil {
		return ""
	}
	return base64.RawURLEncoding.EncodeToString(append(body, mark(key, body)...))
}

func (p Pass) body() []byte {
	id, err := hex.DecodeString(strings.ReplaceAll(p.ID, "-", ""))
	if err != nil || len(id) != passID {
		return nil
	}
	return binary.BigEndian.AppendUint16(append([]byte{byte(p.Kind)}, id...), uint16(p.No)) //nolint:gosec // a number that was raised 65,536 times begins again
}

// ReadPass reads a token; ok is false for anything that the key has not made.
func ReadPass(key []byte, token string) (p Pass, ok bool) {
	b, err := base64.RawURLEncoding.DecodeString(token)
	if err != nil || len(b) != 1+passID+2+passMark {
		return p, false
	}
	body := b[:len(b)-passMark]
	if !hmac.Equal(mark(key, body), b[len(body):]) {
		return p, false
	}
	id := body[1 : 1+passID]
	return Pass{
		Kind: PassKind(body[0]), ID: fmt.Sprintf("%x-%x-%x-%x-%x", id[:4], id[4:6], id[6:8], id[8:10], id[10:]),
		No: int(binary.BigEndian.Uint16(body[1+passID:])),
	}, true
}

func mark(key, body []byte) []byte {
	h := hmac.New(sha256.New, key)
	h.Write([]byte("huiwu pass "))
	h.Write(body)
	return h.Sum(nil)[:passMark]
}
