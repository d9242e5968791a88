package domain

import (
	"crypto/sha256"
	"strings"
	"time"
)

// Invite binds one phone to one person, once and soon. The link's token and the
// code to type are known to the inviter's screen alone; only their hashes are kept.
type Invite struct {
	ID        string     `bun:",pk" json:"-"`
	Code      string     `json:"-"`
	PersonID  string     `json:"person_id"`
	CreatedBy string     `bun:",nullzero" json:"created_by,omitempty"`
	CreatedAt time.Time  `json:"created_at"`
	ExpiresAt time.Time  `json:"expires_at"`
	UsedAt    *time.Time `json:"used_at,omitempty"`
	UsedBy    string     `bun:",nullzero" json:"-"`
	UsedOn    string     `bun:",nullzero" json:"used_on,omitempty"` // label of the device
	RevokedAt *time.Time `json:"revoked_at,omitempty"`
}

// InviteLife is long enough to fetch a phone from the locker, too short to pass a code on.
const InviteLife = 10 * time.Minute

// Open is nil while the invite can be accepted, else the sentence that says why not.
func (i *Invite) Open(now time.Time) error {
	switch {
	case i.UsedAt != nil:
		return Conflict("invite.used")
	case i.RevokedAt != nil:
		return Conflict("invite.revoked")
	case !now.Before(i.ExpiresAt):
		return Conflict("invite.expired")
	}
	return nil
}

// rank orders those who invite: nobody invites somebody above himself, for
// whoever accepts an invite acts as that person.
func (p *Person) rank() int {
	switch p.Role {
	case RoleAdmin:
		return 4
	case RoleCommander:
		return 3
	case RoleCentreHead:
		return 2
	case RoleSupervisor:
		return 1
	}
	return 0
}

// MayInvite tells whether by may bind a phone to p.
func MayInvite(by, p *Person) bool {
	return by.Can(RightInvite) && p != nil && !p.Disabled && p.rank() <= by.rank()
}

// codeSigns leaves out what looks alike in print or sounds alike over the radio.
const codeSigns = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"

// CodeLength is how many signs the typed code has: 31⁸ are enough for ten
// minutes behind a limit on tries.
const CodeLength = 8

// InviteCode is the code that can be typed instead of the link of that token.
func InviteCode(token string) string {
	sum := sha256.Sum256([]byte("code " + token))
	code := make([]byte, CodeLength)
	for k := range code {
		code[k] = codeSigns[(int(sum[2*k])<<8|int(sum[2*k+1]))%len(codeSigns)]
	}
	return string(code)
}

// NormaliseCode turns what people type (small letters, full-width signs, spaces,
// dashes) into a code; "" when it cannot be one.
func NormaliseCode(s string) string {
	s = strings.ToUpper(NormaliseLogin(s))
	if len(s) != CodeLength || strings.Trim(s, codeSigns) != "" {
		return ""
	}
	return s
}
