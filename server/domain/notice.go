package domain

import (
	"slices"
	"strconv"
	"strings"
	"time"
)

// NoticeKind is what a notice is about; its sentences are notice.<kind> and
// notice_body.<kind>.
type NoticeKind string

// What people are told of.
const (
	NoticeDue      NoticeKind = "due"
	NoticeLate     NoticeKind = "late"
	NoticeRejected NoticeKind = "rejected"
	NoticeBlocked  NoticeKind = "blocked"
	NoticeChanged  NoticeKind = "changed"
	NoticeReady    NoticeKind = "ready"
	NoticeGuest    NoticeKind = "guest"
	NoticeDrill    NoticeKind = "drill"
	NoticeDeclined NoticeKind = "declined" // the principal guest will not come
	NoticeStray    NoticeKind = "stray"    // somebody at the door stands on no list, and a word is asked for
	NoticeTest     NoticeKind = "test"
	NoticeProposal NoticeKind = "proposal" // what became of a change that one proposed

	NoticeBoard      NoticeKind = "board"       // the board of a day names him
	NoticeWork       NoticeKind = "work"        // a work notice for his crew: accept it
	NoticeUnseen     NoticeKind = "unseen"      // who has not seen a bulletin
	NoticeIntake     NoticeKind = "intake"      // time to collect the events of tomorrow
	NoticeIntakeLate NoticeKind = "intake_late" // it was not done

	NoticeCue       NoticeKind = "cue"          // guests have come so far: do this now
	NoticeAbsent    NoticeKind = "absent"       // nobody has reported at a post
	NoticeOverdue   NoticeKind = "overdue"      // guests left one step and were not seen at the next
	NoticeEarly     NoticeKind = "early"        // guests at the gate before their time: decide
	NoticeEarlyMode NoticeKind = "early_mode"   // what was decided
	NoticeNobody    NoticeKind = "late_arrival" // their time is over and nobody is at the gate
	NoticeRelief    NoticeKind = "relief"       // somebody asks to leave his post
	NoticeReturn    NoticeKind = "return"       // somebody is not back from his leave
	NoticeOverride  NoticeKind = "override"     // somebody was let go before the guests had left
	NoticeLift      NoticeKind = "lift"         // a lift is out of order, or has people shut in

	NoticeRequest     NoticeKind = "request"      // somebody asks for a room
	NoticeRequestLate NoticeKind = "request_late" // and nobody has answered in time
	NoticeRequestNews NoticeKind = "request_news" // what the organiser said since

	NoticeMilestone NoticeKind = "milestone" // a step of an event's planned track is over its date
)

// How long notices matter.
const (
	RoundSoon    = 5 * time.Minute     // a tea round is announced so long before
	LateMemory   = 2 * time.Hour       // what is late for longer was announced or is no news
	NewsMemory   = 30 * time.Minute    // an older change is found in the log, it rings nobody
	RepeatEvery  = 5 * time.Minute     // a grave notice that nobody acknowledged comes again
	RepeatMost   = 12                  // and stops after an hour: by then somebody must be called
	PostMemory   = 12 * time.Hour      // a post that was taken before that is left
	NoticeMemory = 7 * 24 * time.Hour  // how far back the list of notices goes
	NoticeKept   = 30 * 24 * time.Hour // how long rows are kept
)

// Notice is one thing one person is told once.
type Notice struct {
	ID             string     `bun:",pk" json:"id"`
	PersonID       string     `json:"-"`
	Key            string     `json:"key"` // names what happened: the same key never reaches a person twice
	EventID        string     `bun:",nullzero" json:"event_id,omitempty"`
	Kind           NoticeKind `json:"kind"`
	Args           Args       `bun:"-" json:"args,omitempty"`
	ArgsJSON       string     `bun:"args" json:"-"`
	Subjects       string     `bun:",nullzero" json:"-"` // what it is about, one a line (item ids; "cue:<id>" …): when all of it is settled nobody is reminded
	URL            string     `json:"url"`
	Grave          bool       `json:"grave,omitempty"` // comes again until it is acknowledged
	Quiet          bool       `json:"quiet,omitempty"` // off duty: it stands in the list and rings nobody
	MadeAt         time.Time  `json:"made_at"`
	AcknowledgedAt *time.Time `json:"acknowledged_at,omitempty"`
	SettledAt      *time.Time `json:"settled_at,omitempty"` // what it was about is over
	RepeatAt       *time.Time `json:"-"`
	Repeats        int        `json:"repeats,omitempty"`
}

// Open tells that the person has not said that he knows.
func (n *Notice) Open() bool { return n.AcknowledgedAt == nil && n.SettledAt == nil }

// Stands tells that what an item's notice says is still so.
func (n *Notice) Stands(items map[string]*Item, now time.Time) bool {
	return slices.ContainsFunc(n.ItemIDs(), func(id string) bool {
		i := items[id]
		if i == nil {
			return false
		}
		switch n.Kind {
		case NoticeDue:
			return i.Status == ItemOpen && (i.DueAt == nil || !i.DueAt.After(n.MadeAt.Add(DueSoon))) // not a later round
		case NoticeLate:
			return i.State(now) == StateLate
		case NoticeRejected:
			return i.Status == ItemRejected
		case NoticeBlocked:
			return i.Status == ItemBlocked
		}
		return true
	})
}

// ItemIDs are the items that the notice is about.
func (n *Notice) ItemIDs() []string {
	return strings.FieldsFunc(n.Subjects, func(r rune) bool { return r == '\n' })
}

// Trigger is something that happened, or is due, of which people are to be told.
type Trigger struct {
	Key     string // the same on every instance that finds it
	Kind    NoticeKind
	EventID string
	Crews   []Crew   // whose it is; empty = everybody on the event
	People  []string // named persons, instead of their whole crew
	Post    Position // only who stands there
	Leads   bool     // of the crews only their leads
	Command bool     // the commander and the supervisor too
	Working bool     // it is work of now, whatever day the event is: never quiet
	Grave   bool
	By      string // who did it knows already
	Args    Args
	Items   []string
	URL     string
}

// Hand is a person as an event may concern him.
type Hand struct {
	Viewer
	Post Position // where he stands in the arrival relay, "" = nowhere
}

// Recipient is who gets a notice, and whether it rings.
type Recipient struct {
	PersonID string
	Quiet    bool
}

// OnDuty are the people who work on an event: the commander, those assigned by
// name, and for a crew that takes part with nobody named, the whole crew.
func OnDuty(e *Event, hands []Hand) []Hand {
	named := map[Crew]bool{}
	for _, h := range hands {
		if h.Relation >= RelationAssigned {
			named[h.Crew] = true
		}
	}
	var list []Hand
	for _, h := range hands {
		if !h.Can(RightEventSee, e.Secrecy) {
			continue
		}
		if h.Relation >= RelationAssigned || h.Relation == RelationCrew && !named[h.Crew] {
			list = append(list, h)
		}
	}
	return list
}

// Audience is who is told of the trigger, by person id.
func (t *Trigger) Audience(e *Event, hands []Hand, now time.Time, loc *time.Location) []Recipient {
	duty := OnDuty(e, hands)
	chosen := map[string]bool{}
	told := duty
	if t.Leads { // with no lead named, those of the crew
		told = OnDuty(e, slices.DeleteFunc(slices.Clone(hands), func(h Hand) bool { return h.Person.Role != RoleCrewLead }))
	}
	for _, h := range told {
		if t.concerns(&h, e) {
			chosen[h.Person.ID] = true
		}
	}
	if t.Command {
		for _, id := range command(e, hands, duty) {
			chosen[id] = true
		}
	}
	delete(chosen, t.By)
	quiet := !t.Working && !e.CallsNow(now, loc)
	list := make([]Recipient, 0, len(chosen))
	for id := range chosen {
		list = append(list, Recipient{PersonID: id, Quiet: quiet})
	}
	slices.SortFunc(list, func(a, b Recipient) int { return strings.Compare(a.PersonID, b.PersonID) })
	return list
}

func (t *Trigger) concerns(h *Hand, e *Event) bool {
	if t.Kind == NoticeGuest {
		return t.Post != "" && h.Post == t.Post && h.Can(RightGuestsSee, e.Secrecy)
	}
	if len(t.People) > 0 {
		return slices.Contains(t.People, h.Person.ID)
	}
	if len(t.Crews) == 0 {
		return true
	}
	return slices.Contains(t.Crews, h.Crew) || slices.Contains(t.Crews, CrewCMD) && h.Relation == RelationCommander
}

// command is who answers for an event: its commander, and the supervisors on
// it; with none of them named, all supervisors.
func command(e *Event, hands, duty []Hand) []string {
	var ids []string
	supervised := false
	for _, h := range duty {
		if h.Relation == RelationCommander {
			ids = append(ids, h.Person.ID)
		}
		if h.Person.Role == RoleSupervisor && h.Relation >= RelationAssigned {
			ids = append(ids, h.Person.ID)
			supervised = true
		}
	}
	for _, h := range hands {
		if !supervised && h.Person.Role == RoleSupervisor && h.Can(RightEventSee, e.Secrecy) {
			ids = append(ids, h.Person.ID)
		}
	}
	return ids
}

// CallsNow tells whether the event's people are at work for it: it is being
// worked on, and its day has come (or it begins within half a day).
func (e *Event) CallsNow(now time.Time, loc *time.Location) bool {
	if !e.Status.Working() {
		return false
	}
	first, l := e.Arrival(), now.In(loc)
	midnight := time.Date(l.Year(), l.Month(), l.Day(), 0, 0, 0, 0, loc).AddDate(0, 0, 1)
	return first.Before(midnight) || first.Sub(now) < 12*time.Hour
}

// ClockTriggers finds what is due or late now among open items of one event.
// What one crew has to do at one moment is one notice, ★ items apart.
func ClockTriggers(e *Event, items []Item, now time.Time) []Trigger {
	if !e.Status.Working() {
		return nil
	}
	var order []string
	found := map[string]*Trigger{}
	for k := range items {
		i := &items[k]
		kind := clockKind(i, now)
		if kind == "" {
			continue
		}
		star := i.Flag == FlagBlocksReady && e.ReadyAt == nil || i.Flag == FlagCue && i.Phase == PhaseDuring
		grave := kind == NoticeLate && star
		owner := i.AssigneeID
		key := keyOf(string(kind), e.ID, string(i.Crew), owner, strconv.FormatInt(i.DueAt.Unix(), 10), strconv.FormatBool(grave))
		t := found[key]
		if t == nil {
			t = &Trigger{
				Key: key, Kind: kind, EventID: e.ID, Crews: []Crew{i.Crew}, Command: grave, Working: true, Grave: grave,
				Args: Args{"item_zh": i.Zh, "item_en": i.Text("en"), "crew": string(i.Crew), "at": i.DueAt.UTC().Format(time.RFC3339)}, URL: "/events/" + e.ID + "/items?crew=" + string(i.Crew),
			}
			if owner != "" {
				t.People = []string{owner}
			}
			found[key] = t
			order = append(order, key)
		}
		t.Items = append(t.Items, i.ID)
	}
	list := make([]Trigger, 0, len(order))
	for _, key := range order {
		t := found[key]
		t.Args["n"] = strconv.Itoa(len(t.Items))
		if len(t.Items) == 1 {
			t.URL += "#item-" + t.Items[0]
		}
		list = append(list, *t)
	}
	return list
}

func clockKind(i *Item, now time.Time) NoticeKind {
	soon := DueSoon
	if i.IsRound() {
		soon = RoundSoon
	}
	switch {
	case i.Status != ItemOpen || i.DueAt == nil || now.Before(i.DueAt.Add(-soon)):
		return ""
	case i.State(now) != StateLate:
		return NoticeDue
	case now.Sub(*i.DueAt) < LateMemory:
		return NoticeLate
	}
	return ""
}

// LogTriggers finds in rows of an event's log of what people are to be told.
// items and guests are the present rows of what the log names, by id.
func LogTriggers(e *Event, rows []Change, items map[string]*Item, guests map[string]*Guest) []Trigger {
	var list []Trigger
	for k := range rows {
		c := &rows[k]
		_, id := SplitTopic(c.Subject)
		seq := strconv.FormatInt(c.Seq, 10)
		switch c.Verb {
		case "item.rejected":
			if i := items[id]; i != nil {
				t := itemTrigger(NoticeRejected, c, i, seq)
				for _, p := range []string{i.DoneBy, i.AssigneeID} {
					if p != "" && !slices.Contains(t.People, p) {
						t.People = append(t.People, p)
					}
				}
				list = append(list, t)
			}
		case "item.blocked":
			if i := items[id]; i != nil && i.Flag == FlagBlocksReady {
				t := itemTrigger(NoticeBlocked, c, i, seq)
				t.Grave, t.Command = true, true
				list = append(list, t)
			}
		case "event.ready":
			list = append(list, Trigger{Key: keyOf(c.Verb, e.ID, seq), Kind: NoticeReady, EventID: e.ID, By: c.PersonID, URL: "/events/" + e.ID, Args: Args{"person": c.Person}})
		case "guest.moved":
			if g := guests[id]; g != nil {
				list = append(list, guestTrigger(c, g))
			}
		case "invitation.declined", "invitation.confirmed":
			if g := guests[id]; g != nil && g.Rank == 1 && c.New == string(AnswerDeclined) {
				list = append(list, Trigger{
					Key: keyOf(string(NoticeDeclined), g.ID, seq), Kind: NoticeDeclined, EventID: e.ID, People: []string{""}, Command: true, By: c.PersonID, // nobody of the crews
					Args: Args{"guest": g.Name, "n": "1"}, URL: "/guests/" + g.ID + "/invitation",
				})
			}
		case "bulletin.changed":
			for _, name := range strings.Fields(c.New) {
				if f, ok := changeField(name); ok && e.Status.Working() {
					t := changeTrigger(e, c, f.Crews)
					t.Args["verb"], t.Args["new"] = "event."+name, ""
					list = append(list, t)
				}
			}
		case "stray.asked":
			list = append(list, Trigger{
				Key: StrayKey(id), Kind: NoticeStray, EventID: e.ID, Crews: []Crew{CrewCMD}, Command: true, Working: true, By: c.PersonID,
				Args: Args{"guest": c.Label, "organisation": c.Note, "n": "1"}, URL: "/door#stray-" + id,
			})
		default:
			if t, ok := receptionTrigger(e, c, id); ok {
				list = append(list, t)
			} else if crews, ok := concerned(e, c); ok {
				list = append(list, changeTrigger(e, c, crews))
			}
		}
	}
	return joined(list)
}

// StrayKey names the question that a door asks about a stray.
func StrayKey(id string) string { return keyOf("stray", id) }

// keyOf names what happened: whoever finds it finds the same key.
func keyOf(parts ...string) string { return strings.Join(parts, ":") }

func itemTrigger(kind NoticeKind, c *Change, i *Item, seq string) Trigger {
	return Trigger{
		Key: keyOf(c.Verb, i.ID, seq), Kind: kind, EventID: i.EventID, Crews: []Crew{i.Crew}, Working: true, By: c.PersonID, Items: []string{i.ID},
		Args: Args{"item_zh": i.Zh, "item_en": i.Text("en"), "crew": string(i.Crew), "reason": c.Note}, URL: "/events/" + i.EventID + "/items?crew=" + string(i.Crew) + "#item-" + i.ID,
	}
}

// guestTrigger tells the next post. A party is announced once at each post,
// however many of it are tapped one by one.
func guestTrigger(c *Change, g *Guest) Trigger {
	at := Position(c.New)
	who := g.PartyID
	if who == "" {
		who = g.ID
	}
	t := Trigger{
		Key: keyOf(string(NoticeGuest), g.EventID, who, c.New), Kind: NoticeGuest, EventID: g.EventID, Working: true, By: c.PersonID,
		Args: Args{"guest": g.Name, "guest_id": g.ID, "title": g.Title, "car": strings.TrimSpace(g.Plate + " " + g.Bay), "needs": g.Needs, "n": "1", "from": c.New}, URL: "/lobby",
	}
	if g.NextAt != nil && g.Position == at {
		t.Args["eta"] = strconv.Itoa(max(1, int(g.NextAt.Sub(g.PositionAt).Round(time.Minute)/time.Minute)))
	}
	if next := at.Next(); next != at && next != PositionLeft && Position(c.Old).Index() < at.Index() {
		t.Post = next
		t.URL = "/lobby?post=" + string(next)
	}
	return t
}

// concerned tells which crews a change of the event itself concerns (nil: all); see ChangeFields.
func concerned(e *Event, c *Change) (crews []Crew, ok bool) {
	if c.Verb == "event.status" {
		return nil, c.New == string(EventCancelled) && EventStatus(c.Old).Working()
	}
	name, found := strings.CutPrefix(c.Verb, "event.")
	f, known := changeField(name)
	return f.Crews, found && known && e.Status.Working()
}

// changeTrigger: what one act changed is one notice, so its key is the act's moment.
func changeTrigger(e *Event, c *Change, crews []Crew) Trigger {
	return Trigger{
		Key: ChangeKey(e.ID, c.ReceivedAt), Kind: NoticeChanged, EventID: e.ID, Crews: crews, By: c.PersonID,
		Working: c.New == string(EventCancelled), // a cancelled event has no day any more
		Args:    Args{"verb": c.Verb, "old": c.Old, "new": c.New, "reason": c.Note, "n": "1"}, URL: "/events/" + e.ID,
	}
}

// joined makes one trigger of those with the same key; guests add up, and a
// change that concerns everybody makes the whole concern everybody.
func joined(list []Trigger) []Trigger {
	var out []Trigger
	at := map[string]int{}
	for _, t := range list {
		k, ok := at[t.Key]
		if !ok {
			at[t.Key] = len(out)
			out = append(out, t)
			continue
		}
		first := &out[k]
		n, _ := strconv.Atoi(first.Args["n"])
		first.Args["n"] = strconv.Itoa(n + 1)
		for _, name := range []string{"car", "needs"} { // of the whole party, each once
			if v := t.Args[name]; v != "" && !strings.Contains(first.Args[name], v) && len(first.Args[name]) < 80 {
				first.Args[name] = strings.TrimSpace(first.Args[name] + " " + v)
			}
		}
		switch {
		case len(t.Crews) == 0 || len(first.Crews) == 0:
			first.Crews = nil
		default:
			first.Crews = append(slices.Clone(first.Crews), t.Crews...)
		}
		first.Items = append(first.Items, t.Items...)
	}
	return out
}
