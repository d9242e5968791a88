package domain

// Right is one thing that can be done or seen. Every URL names one in routes.go.
type Right string

// The rights. "Event" rights are judged with a Relation, the others by role alone.
const (
	RightPublic Right = "public" // no session: sign-in page, health, assets
	RightSelf   Right = "self"   // any signed-in person, about himself
	RightToday  Right = "today"
	RightFeed   Right = "activity"
	RightEvents Right = "events" // the list; what is in it depends on the relation
	RightLobby  Right = "lobby"
	RightWall   Right = "wall" // board of the day
	RightPeople Right = "people"
	RightCreate Right = "event.create"
	RightInvite Right = "invite" // bind somebody's phone by a code; whose: MayInvite
	// RightChannels keeps the chat groups that the site talks to.
	RightChannels Right = "channels"
	// RightTemplates writes and publishes the check items that events are made of, and answers proposals.
	RightTemplates Right = "templates"

	RightEventSee   Right = "event.see"
	RightEventEdit  Right = "event.edit"
	RightEventRun   Right = "event.run"   // start, end, release
	RightEventReady Right = "event.ready" // declare ready
	RightEventClose Right = "event.close"
	RightEventBoard Right = "event.board"
	RightItemDo     Right = "item.do" // on items of one's crew
	RightItemAdd    Right = "item.add"
	RightItemAccept Right = "item.accept" // accept and reject as commander
	RightItemCheck  Right = "item.check"  // as supervisor
	RightGuestsSee  Right = "guests.see"
	RightGuestsEdit Right = "guests.edit"
	RightGuestsMove Right = "guests.move"
	RightPostsEdit  Right = "posts.edit" // posts and who is on duty; a crew lead those of his crew: store.mayPost
	RightRelease    Right = "release"    // let people leave their posts

	// RightRequests deals with booking requests; secret ones: Request.Seen.
	RightRequests Right = "requests"

	// RightStaffing keeps what crews are planned with: how many are needed, who can do what, and when.
	RightStaffing Right = "staffing"
	// RightSupplies keeps the list of supplies, and how many there are.
	RightSupplies Right = "supplies"
	// RightPublish publishes the board of a day and keeps the daily intake.
	RightPublish Right = "publish"
	// RightRooms looks at rooms, what is in them and which are free; RightRoomsEdit
	// says what is in them, and blocks them.
	RightRooms     Right = "rooms"
	RightRoomsEdit Right = "rooms.edit"

	// RightControl follows guests and lifts over all events: the control room's page.
	RightControl Right = "control"
)

// EventRights are the rights that need a relation to an event.
var EventRights = []Right{RightEventSee, RightEventEdit, RightEventRun, RightEventReady, RightEventClose, RightEventBoard, RightItemDo, RightItemAdd, RightItemAccept, RightItemCheck, RightGuestsSee, RightGuestsEdit, RightGuestsMove, RightPostsEdit, RightRelease}

// Relation is how a person stands to one event; higher is nearer.
type Relation int

// none < his crew takes part < assigned by name < commander of the event.
const (
	RelationNone Relation = iota
	RelationCrew
	RelationAssigned
	RelationCommander
)

// Viewer is a signed-in person together with his relation to the event in question.
type Viewer struct {
	Person   *Person
	Relation Relation
	Crew     Crew // crew on this event: from the assignment, else the person's own
	Lead     bool // named to lead that crew at this event
}

// Can tells whether a role may do what needs no event.
func (p *Person) Can(r Right) bool {
	if p == nil || p.Disabled {
		return r == RightPublic
	}
	switch r {
	case RightPublic, RightSelf:
		return true
	case RightPeople, RightChannels:
		return p.Role == RoleAdmin
	case RightInvite, RightTemplates:
		return p.is(RoleAdmin, RoleSupervisor, RoleCentreHead)
	case RightRooms:
		return p.is(RoleAdmin, RoleCommander, RoleSupervisor, RoleCentreHead, RoleControlRoom, RoleSupplyClerk, RoleCrewLead)
	case RightRoomsEdit:
		return p.is(RoleAdmin, RoleSupervisor, RoleCentreHead)
	case RightCreate, RightRequests, RightStaffing:
		return p.is(RoleAdmin, RoleCommander, RoleSupervisor, RoleCentreHead)
	case RightSupplies:
		return p.is(RoleAdmin, RoleSupervisor, RoleCentreHead, RoleSupplyClerk)
	case RightPublish:
		return p.is(RoleCommander, RoleSupervisor, RoleCentreHead)
	case RightWall:
		return p.staff() || p.Role == RoleBoard
	case RightToday, RightEvents, RightFeed:
		return p.staff()
	case RightControl:
		return p.is(RoleAdmin, RoleCommander, RoleSupervisor, RoleCentreHead, RoleControlRoom) || p.Role == RoleCrewLead && p.Crew == CrewSEC
	case RightLobby:
		return p.is(RoleAdmin, RoleCommander, RoleSupervisor, RoleCentreHead, RoleControlRoom) || p.staff() && seesGuests(p.Crew)
	}
	return false
}

// Can tells whether the viewer may do r on an event of that secrecy. Without
// RightEventSee nothing else holds, and the event is "not found".
func (v Viewer) Can(r Right, secrecy Secrecy) bool {
	p := v.Person
	if p == nil || p.Disabled || !p.staff() {
		return false
	}
	overseer := p.is(RoleCommander, RoleSupervisor, RoleCentreHead)
	near := v.Relation >= RelationAssigned
	see := near || overseer
	if secrecy != SecrecySecret {
		see = see || v.Relation >= RelationCrew || p.is(RoleAdmin, RoleControlRoom, RoleSupplyClerk)
	}
	if !see {
		return false
	}
	command := v.Relation == RelationCommander || p.Role == RoleCommander
	switch r {
	case RightEventSee:
		return true
	case RightEventEdit:
		return command || p.is(RoleSupervisor, RoleCentreHead, RoleAdmin)
	case RightEventRun, RightEventClose:
		return command || p.is(RoleSupervisor, RoleCentreHead)
	case RightEventReady, RightItemAccept:
		return command
	case RightItemCheck:
		return p.is(RoleSupervisor, RoleCentreHead)
	case RightEventBoard:
		// The board names guests, so a lead of a crew that does not meet them has none.
		return command || p.is(RoleSupervisor, RoleCentreHead, RoleAdmin, RoleControlRoom) || p.Role == RoleCrewLead && v.Relation >= RelationCrew && seesGuests(v.Crew)
	case RightItemDo:
		return v.Relation >= RelationCrew || p.is(RoleSupervisor, RoleCentreHead, RoleControlRoom, RoleSupplyClerk)
	case RightItemAdd:
		return command || p.is(RoleSupervisor, RoleCentreHead) || p.Role == RoleCrewLead && v.Relation >= RelationCrew
	case RightPostsEdit:
		return command || p.is(RoleSupervisor, RoleCentreHead) || p.Role == RoleCrewLead && v.Relation >= RelationCrew
	case RightRelease:
		return command || p.is(RoleSupervisor, RoleCentreHead)
	case RightGuestsSee:
		return command || p.is(RoleSupervisor, RoleCentreHead, RoleAdmin, RoleControlRoom) || v.Relation >= RelationCrew && seesGuests(v.Crew)
	case RightGuestsEdit:
		return command || p.is(RoleSupervisor, RoleCentreHead)
	case RightGuestsMove:
		return command || p.is(RoleSupervisor, RoleCentreHead, RoleControlRoom) || v.Relation >= RelationCrew && seesGuests(v.Crew)
	}
	return false
}

// MayDo tells whether the viewer works on this crew's items: his own crew's;
// the commander on command items; the supervisor for anybody (a cleaner
// without a phone still gets his tick).
func (v Viewer) MayDo(c Crew, secrecy Secrecy) bool {
	if !v.Can(RightItemDo, secrecy) {
		return false
	}
	if v.Person.is(RoleSupervisor, RoleCentreHead) {
		return true
	}
	return v.Crew == c || v.Person.Crew == c || c == CrewCMD && v.Relation == RelationCommander
}

// Judge is the viewer as one who accepts items.
func (v Viewer) Judge(secrecy Secrecy) Judge {
	return Judge{By: v.Person.ID, Commander: v.Can(RightItemAccept, secrecy), Supervisor: v.Can(RightItemCheck, secrecy)}
}

func (p *Person) is(roles ...Role) bool {
	for _, r := range roles {
		if p.Role == r {
			return true
		}
	}
	return false
}

// Oversees tells who sees events without a part in them: the building's
// activity, not only that of his own events.
func (p *Person) Oversees() bool {
	return p.is(RoleAdmin, RoleCommander, RoleSupervisor, RoleCentreHead, RoleControlRoom, RoleSupplyClerk)
}

// staff is everybody who works in the building and signs in by name.
func (p *Person) staff() bool {
	return p.is(RoleAdmin, RoleCommander, RoleSupervisor, RoleCentreHead, RoleCrewLead, RoleCrewMember, RoleControlRoom, RoleSupplyClerk)
}

// seesGuests: the crews that meet guests see their names; cleaners, engineers
// and supplies do their work without them (D.5, and as little personal data as needed).
func seesGuests(c Crew) bool {
	switch c {
	case CrewCMD, CrewSUP, CrewSVC, CrewSEC, CrewCTL, CrewLDR, CrewPHO:
		return true
	}
	return false
}
