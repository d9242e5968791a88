package domain

import (
	"strings"
	"time"
	"unicode"
)

// Role is what a person is in the building; see access.go for what it allows.
type Role string

// The roles of the product (client side: organiser and guest come by link).
const (
	RoleAdmin       Role = "admin"        // keeps people and settings
	RoleCommander   Role = "commander"    // 总指挥 (site manager)
	RoleSupervisor  Role = "supervisor"   // 客服主管
	RoleCentreHead  Role = "centre_head"  // 会务中心主任
	RoleCrewLead    Role = "crew_lead"    // 组队负责人
	RoleCrewMember  Role = "crew_member"  // 会务员, 安管员, 保洁员, 维修员, 摄影 …
	RoleControlRoom Role = "control_room" // 监控员
	RoleSupplyClerk Role = "supply_clerk" // 综合管理员
	RoleOrganiser   Role = "organiser"    // 主办方, by link
	RoleGuest       Role = "guest"        // 来宾, by link
	RoleBoard       Role = "board"        // wall screen
)

// Roles in the order in which forms offer them.
var Roles = []Role{RoleAdmin, RoleCommander, RoleSupervisor, RoleCentreHead, RoleCrewLead, RoleCrewMember, RoleControlRoom, RoleSupplyClerk, RoleOrganiser, RoleGuest, RoleBoard}

// StaffRoles can sign in with a staff number and PIN.
var StaffRoles = []Role{RoleAdmin, RoleCommander, RoleSupervisor, RoleCentreHead, RoleCrewLead, RoleCrewMember, RoleControlRoom, RoleSupplyClerk, RoleBoard}

// Crew is a 组队: the people who share a list of items.
type Crew string

// The ten crews of the built-in templates.
const (
	CrewCMD Crew = "CMD" // command 指挥
	CrewSUP Crew = "SUP" // service centre 客服主管
	CrewSVC Crew = "SVC" // attendants 会务
	CrewSEC Crew = "SEC" // guards 安管
	CrewCLN Crew = "CLN" // cleaners 保洁
	CrewENG Crew = "ENG" // engineers 维修
	CrewCTL Crew = "CTL" // control room 监控
	CrewADM Crew = "ADM" // supplies 物资
	CrewPHO Crew = "PHO" // photographers 摄影
	CrewLDR Crew = "LDR" // leader floor 领导楼层
)

// Crews in the order of pages and boards.
var Crews = []Crew{CrewCMD, CrewSUP, CrewSVC, CrewSEC, CrewCLN, CrewENG, CrewCTL, CrewADM, CrewPHO, CrewLDR}

// Index is the crew's place in Crews, len(Crews) for an unknown one.
func (c Crew) Index() int {
	for i, k := range Crews {
		if k == c {
			return i
		}
	}
	return len(Crews)
}

// Valid tells whether c is one of Crews.
func (c Crew) Valid() bool { return c.Index() < len(Crews) }

// Person is somebody who can sign in.
type Person struct {
	ID          string     `bun:",pk" json:"id"`
	StaffNo     string     `json:"staff_no"`                        // lower case, unique
	Phone       string     `bun:",nullzero" json:"phone,omitempty"` // digits, unique when given
	Name        string     `json:"name"`
	Role        Role       `json:"role"`
	Crew        Crew       `bun:",nullzero" json:"crew,omitempty"`
	Locale      string     `json:"locale"` // "zh" or "en"
	PinHash     string     `json:"-"`      // argon2id, PHC form
	Disabled    bool       `json:"disabled"`
	FailedCount int        `json:"-"` // wrong PINs since the last good one
	LockedUntil *time.Time `json:"-"` // UTC; sign-in is refused before it
	PinOwn      bool       `json:"-"` // he chose the PIN himself
	LockAfter   int        `json:"-"` // hours without use after which a device of his locks itself; 0 = never
	Seq         int64      `json:"seq"`
	CreatedAt   time.Time  `json:"created_at"`
}

// Session is one signed-in device. ID is the SHA-256 of the cookie's value, so
// the table alone lets nobody in.
type Session struct {
	ID         string     `bun:",pk" json:"id"`
	PersonID   string     `json:"person_id"`
	Device     string     `json:"device"` // short label from the user agent
	Via        Via        `json:"via"`    // how he signed in
	CreatedAt  time.Time  `json:"created_at"`
	LastSeenAt time.Time  `json:"last_seen_at"` // written at most every five minutes
	ExpiresAt  time.Time  `json:"expires_at"`
	RevokedAt  *time.Time `json:"revoked_at,omitempty"`
}

// SessionLife is how long a session lives after it was last seen: staff phones
// stay signed in over a holiday, a lost one does not stay for ever.
const SessionLife = 30 * 24 * time.Hour

// NormaliseLogin turns what people type (full-width digits, spaces, dashes,
// capitals, +86) into the stored form of a staff number or phone.
func NormaliseLogin(s string) string {
	s = strings.Map(func(r rune) rune {
		switch {
		case r >= '０' && r <= '９':
			return r - '０' + '0'
		case r >= 'Ａ' && r <= 'Ｚ':
			return r - 'Ａ' + 'a'
		case r >= 'ａ' && r <= 'ｚ':
			return r - 'ａ' + 'a'
		case r == '＋':
			return '+'
		case unicode.IsSpace(r) || unicode.Is(unicode.Pd, r):
			return -1
		}
		return r
	}, Clean(s, false))
	s = strings.ToLower(s)
	if len(s) == 14 && strings.HasPrefix(s, "+86") {
		s = s[3:]
	}
	return s
}

// LockFor is how long sign-in stays shut after failed wrong PINs in a row:
// nothing before the fifth, then one minute, doubling up to fifteen.
func LockFor(failed int) time.Duration {
	if failed < 5 {
		return 0
	}
	d := time.Minute << min(failed-5, 4)
	return min(d, 15*time.Minute)
}

// LocksIdle tells that a session was left alone for longer than its person wants.
func (p *Person) LocksIdle(lastSeen, now time.Time) bool {
	return p.LockAfter > 0 && now.Sub(lastSeen) >= time.Duration(p.LockAfter)*time.Hour
}

// ValidatePin asks for six to twelve digits or a password of eight and more,
// and refuses the PINs that are tried first.
func ValidatePin(pin string) error {
	digits := strings.Trim(pin, "0123456789") == ""
	switch {
	case digits && (len(pin) < 6 || len(pin) > 12):
		return InvalidField("pin", "person.pin_length")
	case !digits && len([]rune(pin)) < 8:
		return InvalidField("pin", "person.pin_length")
	case len(pin) > 128:
		return InvalidField("pin", "person.pin_length")
	case digits && (strings.Count(pin, pin[:1]) == len(pin) || strings.Contains("0123456789012", pin) || strings.Contains("9876543210987", pin)):
		return InvalidField("pin", "person.pin_weak")
	}
	return nil
}

// Validate checks the typed fields of a person; fields are named as in the form.
func (p *Person) Validate() error {
	var bad Invalid
	p.Name = Clean(p.Name, false)
	p.StaffNo = NormaliseLogin(p.StaffNo)
	p.Phone = NormaliseLogin(p.Phone)
	if p.Name == "" {
		bad.Add("name", "field.required")
	} else if len([]rune(p.Name)) > 40 {
		bad.Add("name", "field.too_long", "max", "40")
	}
	switch {
	case p.StaffNo == "":
		bad.Add("staff_no", "field.required")
	case len(p.StaffNo) > 32 || strings.Trim(p.StaffNo, "abcdefghijklmnopqrstuvwxyz0123456789_.") != "":
		bad.Add("staff_no", "person.staff_no_form")
	}
	if p.Phone != "" && (len(p.Phone) < 5 || len(p.Phone) > 15 || strings.Trim(p.Phone, "0123456789") != "") {
		bad.Add("phone", "person.phone_form")
	}
	known := false
	for _, r := range StaffRoles {
		known = known || r == p.Role
	}
	if !known {
		bad.Add("role", "field.choose")
	}
	if p.Crew != "" && !p.Crew.Valid() {
		bad.Add("crew", "field.choose")
	}
	if p.Crew == "" && (p.Role == RoleCrewLead || p.Role == RoleCrewMember) {
		bad.Add("crew", "person.crew_needed")
	}
	if p.Locale != "en" {
		p.Locale = "zh"
	}
	return bad.Err()
}

// MayCommand tells of a role whether forms offer its people as commanders of events.
func (r Role) MayCommand() bool {
	return r == RoleCommander || r == RoleSupervisor || r == RoleCentreHead || r == RoleCrewLead
}

// PlanPeople compares a list of people with those who are there, by staff number: who
// would be new, and who would have other facts. Others stay.
func PlanPeople(have, in []Person) (added, changed []Person) {
	at := make(map[string]*Person, len(have))
	for k := range have {
		at[have[k].StaffNo] = &have[k]
	}
	for _, p := range in {
		was := at[p.StaffNo]
		if was == nil {
			added = append(added, p)
			continue
		}
		if now := was.With(&p); now != *was {
			changed = append(changed, now)
		}
	}
	return added, changed
}

// With is the person with the typed facts of another row.
func (p *Person) With(in *Person) Person {
	now := *p
	now.StaffNo, now.Phone, now.Name, now.Role, now.Crew, now.Locale = in.StaffNo, in.Phone, in.Name, in.Role, in.Crew, in.Locale
	return now
}
