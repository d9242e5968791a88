package web

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"runtime"

	"golang.org/x/crypto/argon2"
	"golang.org/x/sync/semaphore"
)

// Pins hashes and checks PINs and passwords with argon2id. A PIN has only a
// million values, so a server secret (pepper) goes in first; and hashing costs
// memory and time, so only as many run at once as there are cores.
type Pins struct {
	pepper []byte
	turns  *semaphore.Weighted
	memory uint32 // KiB
	passes uint32
}

// NewPins makes a hasher. Fast is for tests and the demo's own seeding only.
func NewPins(pepper string, fast bool) *Pins {
	p := &Pins{pepper: []byte(pepper), turns: semaphore.NewWeighted(int64(runtime.NumCPU())), memory: 19 * 1024, passes: 2}
	if fast {
		p.memory, p.passes = 64, 1
	}
	return p
}

// Hash is the stored form: $argon2id$v=19$m=…,t=…,p=1$salt$hash.
func (p *Pins) Hash(ctx context.Context, pin string) (string, error) {
	salt := make([]byte, 16)
	if _, err := rand.Read(salt); err != nil {
		return "", err
	}
	sum, err := p.sum(ctx, pin, salt, p.memory, p.passes)
	if err != nil {
		return "", err
	}
	return fmt.Sprintf("$argon2id$v=19$m=%d,t=%d,p=1$%s$%s", p.memory, p.passes, base64.RawStdEncoding.EncodeToString(salt), base64.RawStdEncoding.EncodeToString(sum)), nil
}

// Keyed is the stored form of a typed code that lives for minutes.
func (p *Pins) Keyed(code string) string {
	mac := hmac.New(sha256.New, p.pepper)
	mac.Write([]byte("code " + code))
	return hex.EncodeToString(mac.Sum(nil))
}

func (p *Pins) sum(ctx context.Context, pin string, salt []byte, memory, passes uint32) ([]byte, error) {
	if err := p.turns.Acquire(ctx, 1); err != nil {
		return nil, err
	}
	defer p.turns.Release(1)
	mac := hmac.New(sha256.New, p.pepper)
	mac.Write([]byte(pin))
	return argon2.IDKey(mac.Sum(nil), salt, passes, memory, 1, 32), nil
}

var errHash = errors.New("stored PIN hash cannot be read")

// Check tells whether pin belongs to the stored hash. An empty hash (nobody of
// that name) never matches, after the same time.
func (p *Pins) Check(ctx context.Context, hash, pin string) (bool, error) {
	if hash == "" {
		_, err := p.sum(ctx, pin, make([]byte, 16), p.memory, p.passes)
		return false, err
	}
	var memory, passes uint32
	var rest string
	if _, err := fmt.Sscanf(hash, "$argon2id$v=19$m=%d,t=%d,p=1$%s", &memory, &passes, &rest); err != nil || len(rest) < 24 {
		return false, errHash
	}
	salt, err := base64.RawStdEncoding.DecodeString(rest[:22])
	if err != nil {
		return false, errHash
	}
	want, err := base64.RawStdEncoding.DecodeString(rest[23:])
	if err != nil {
		return false, errHash
	}
	got, err := p.sum(ctx, pin, salt, memory, passes)
	if err != nil {
		return false, err
	}
	return subtle.ConstantTimeCompare(got, want) == 1, nil
}
