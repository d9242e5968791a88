package domain

import (
	"slices"
	"time"
)

// Device is a phone or desk that remembers whose it was after the session has
// ended: the PIN alone signs that person in again. ID is the SHA-256 of its
// cookie's value; each sign-in gives it a new one.
type Device struct {
	ID        string     `bun:",pk" json:"id"`
	PersonID  string     `json:"person_id"`
	SessionID string     `json:"-"` // the last one on it
	Label     string     `json:"label"`
	Digits    bool       `json:"-"` // the PIN is figures only: which keyboard to show
	CreatedAt time.Time  `json:"created_at"`
	ExpiresAt time.Time  `json:"expires_at"`
	RevokedAt *time.Time `json:"revoked_at,omitempty"`
}

// DeviceLife is how long a device remembers after the last sign-in on it.
const DeviceLife = 180 * 24 * time.Hour

// Via is how somebody signed in.
type Via string

// The ways in.
const (
	ViaPin    Via = "pin"
	ViaInvite Via = "invite"
	ViaOIDC   Via = "oidc"
)

// LockHours are the choices of "lock after … without use"; 0 is never.
var LockHours = []int{0, 1, 4, 8, 12}

// ValidateLock takes one of LockHours.
func ValidateLock(hours int) error {
	if !slices.Contains(LockHours, hours) {
		return InvalidField("hours", "field.choose")
	}
	return nil
}

// freshInvite is how long after an invite its session may choose a PIN without
// knowing the old one: whoever forgot it was invited for that.
const freshInvite = 15 * time.Minute

// NeedsOldPin tells whether a new PIN asks for the old one first: a phone that
// lies about unlocked must not hand its owner's PIN over. A PIN that somebody
// else chose is no secret of the person's.
func NeedsOldPin(p *Person, s *Session, now time.Time) bool {
	return p.PinOwn && !(s.Via == ViaInvite && now.Sub(s.CreatedAt) < freshInvite)
}
