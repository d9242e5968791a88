package domain

import (
	"cmp"
	"slices"
	"time"
)

// Span is a stretch of time, without its end. Times are UTC.
type Span struct {
	From time.Time `json:"from"`
	Till time.Time `json:"till"`
}

// Meets tells whether both hold some moment.
func (s Span) Meets(o Span) bool { return s.From.Before(o.Till) && o.From.Before(s.Till) }

// Long is how long it is.
func (s Span) Long() time.Duration { return s.Till.Sub(s.From) }

// spanFields are the two fields in which a span is typed, and the keys of a span that is
// empty and of one that is too long; both stand at the field of its end.
type spanFields struct{ from, till, empty, long string }

// checkSpan notes what is wrong with a span that somebody typed.
func checkSpan(bad *Invalid, s Span, most time.Duration, f spanFields) {
	switch {
	case s.From.IsZero():
		bad.Add(f.from, "field.time")
	case s.Till.IsZero():
		bad.Add(f.till, "field.time")
	case !s.Till.After(s.From):
		bad.Add(f.till, f.empty)
	case s.Long() > most:
		bad.Add(f.till, f.long)
	}
}

func (s Span) within(o Span) Span {
	if o.From.After(s.From) {
		s.From = o.From
	}
	if o.Till.Before(s.Till) {
		s.Till = o.Till
	}
	if s.Till.Before(s.From) {
		s.Till = s.From
	}
	return s
}

// Busy is how long an event keeps its people: from when they must be on site, which
// is the time of setting up, until the guests are expected to be gone.
func (e *Event) Busy() Span {
	left, _ := e.AnchorAt(AnchorLeft)
	if left.Before(e.StartAt) {
		left = e.StartAt
	}
	return Span{e.Arrival().Add(-time.Duration(LeadMinutes(e.Level)) * time.Minute), left}
}

// daysOf are the site days that a span touches, each from midnight to midnight: on
// the two days a year on which clocks are turned, they are shorter and longer.
func daysOf(s Span, loc *time.Location) []Span {
	at := s.From.In(loc)
	day := time.Date(at.Year(), at.Month(), at.Day(), 0, 0, 0, 0, loc)
	var days []Span
	for day.Before(s.Till) {
		next := time.Date(day.Year(), day.Month(), day.Day()+1, 0, 0, 0, 0, loc)
		days = append(days, Span{day.UTC(), next.UTC()})
		day = next
	}
	return days
}

// DaysAround are the beginning of the first and the end of the last site day of an event's people.
func (e *Event) DaysAround(loc *time.Location) Span {
	days := daysOf(e.Busy(), loc)
	return Span{days[0].From, days[len(days)-1].Till}
}

// workingDay is what one event of several days takes of a person on each of them:
// crews take turns there, and nobody stands through the night.
const workingDay = 8 * time.Hour

// workOn is how long somebody works on a day who is on all those events: what
// overlaps counts once.
func workOn(day Span, busy []Span) time.Duration {
	var cut []Span
	var sum time.Duration
	for _, b := range busy {
		part := b.within(day)
		switch {
		case part.Long() <= 0:
		case b.Long() > 24*time.Hour:
			sum += min(part.Long(), workingDay)
		default:
			cut = append(cut, part)
		}
	}
	slices.SortFunc(cut, func(a, b Span) int { return a.From.Compare(b.From) })
	var till time.Time
	for _, c := range cut {
		if c.From.Before(till) {
			c.From = till
		}
		if c.Till.After(c.From) {
			sum += c.Long()
			till = c.Till
		}
	}
	return sum
}

// covered tells whether the spans hold every moment of the whole.
func covered(whole Span, parts []Span) bool {
	parts = slices.Clone(parts)
	slices.SortFunc(parts, func(a, b Span) int { return a.From.Compare(b.From) })
	at := whole.From
	for _, p := range parts {
		if !p.From.After(at) && p.Till.After(at) {
			at = p.Till
		}
	}
	return !at.Before(whole.Till)
}

// PlanTrouble is what stands in the way of a person at an event.
type PlanTrouble string

// His account is shut; he is on leave or away; he is not on shift; another event has
// him at that time; his certificate has run out; he works too long on that day.
const (
	TroubleShut        PlanTrouble = "shut"
	TroubleAway        PlanTrouble = "away"
	TroubleShift       PlanTrouble = "shift"
	TroubleDouble      PlanTrouble = "double"
	TroubleCertificate PlanTrouble = "certificate"
	TroubleHours       PlanTrouble = "hours"
)

// PlanTroubles in the order in which a row shows them.
var PlanTroubles = []PlanTrouble{TroubleShut, TroubleAway, TroubleShift, TroubleDouble, TroubleCertificate, TroubleHours}

// PlanWarning is one of them. One that stops makes the person unfit: nobody is offered
// with it, and a copied crew leaves him out; whoever plans may still put him there.
type PlanWarning struct {
	Kind        PlanTrouble `json:"kind"`
	Stops       bool        `json:"stops"`
	Span        *Span       `json:"span,omitempty"`  // of the leave, the other event, the day
	Entry       EntryKind   `json:"entry,omitempty"` // leave or training
	Event       string      `json:"event,omitempty"` // the other one: of a secret one its number
	Skill       Skill       `json:"skill,omitempty"`
	Certificate string      `json:"certificate,omitempty"`
	Day         string      `json:"day,omitempty"` // the last good day of the certificate
	Minutes     int         `json:"minutes,omitempty"`
}

// Booking is somebody's part in another event.
type Booking struct {
	PersonID string
	Event    *Event
}

// CrewBook is everything that the crews of an event are planned with.
type CrewBook struct {
	Event    *Event
	Rules    []StaffingRule
	DayHours int
	Loc      *time.Location
	People   []Person
	Assigned []Assignment
	Others   []Booking // parts in events around this one
	Skills   []PersonSkill
	Calendar []RosterEntry
	Posts    []PostBoard
	Work     []Bulletin // present work notices
}

// Planned is a person as far as planning goes.
type Planned struct {
	PersonID string        `json:"person_id"`
	Name     string        `json:"name"`
	Crew     Crew          `json:"crew,omitempty"` // his own, whatever crew he is in here
	Skills   []PersonSkill `json:"skills,omitempty"`
	Minutes  int           `json:"minutes"` // of work on the fullest day, with this event
	Warnings []PlanWarning `json:"warnings,omitempty"`
	Fits     bool          `json:"fits"`    // has the skill that is asked for
	Lead     bool          `json:"lead"`    // of the crew, at this event
	Backup   bool          `json:"backup"`  // stands by at a post
	AtPost   string        `json:"at_post"` // "Z04 大堂", or what the assignment says
	Seq      int64         `json:"seq"`     // of his assignment
}

// Stopped tells that he cannot.
func (p *Planned) Stopped() bool {
	return slices.ContainsFunc(p.Warnings, func(w PlanWarning) bool { return w.Stops })
}

// CrewNeed is one crew of a plan.
type CrewNeed struct {
	Crew    Crew        `json:"crew"`
	Needed  int         `json:"needed"`
	Skill   Skill       `json:"skill,omitempty"` // one of them must have it
	People  []Planned   `json:"people"`
	Free    []Planned   `json:"free"`    // could come, best first
	Others  []Planned   `json:"others"`  // of the crew, with what stands in their way
	Posts   []PostBoard `json:"posts"`   // of the crew
	Work    *Bulletin   `json:"work"`    // its work notice; nil = not issued
	Unfit   bool        `json:"unfit"`   // people are there and none has the skill
	Backups int         `json:"backups"` // key posts without a backup
}

// Gap is how many are missing.
func (n *CrewNeed) Gap() int { return max(0, n.Needed-len(n.People)) }

// Idle tells a crew that the event does not need and that nobody is in.
func (n *CrewNeed) Idle() bool { return n.Needed == 0 && len(n.People) == 0 && len(n.Posts) == 0 }

// Lead is who leads the crew at this event, "" while nobody was named.
func (n *CrewNeed) Lead() string {
	for k := range n.People {
		if n.People[k].Lead {
			return n.People[k].PersonID
		}
	}
	return ""
}

// CrewPlan is an event's crews as they stand.
type CrewPlan struct {
	Crews    []CrewNeed `json:"crews"`
	Needed   int        `json:"needed"`
	Assigned int        `json:"assigned"`
	Gap      int        `json:"gap"`     // over all crews: what one has too many is of no use to another
	Warned   int        `json:"warned"`  // people on it with a warning
	Backups  int        `json:"backups"` // key posts without a backup
	DayHours int        `json:"day_hours"`
}

// Of is the plan of one crew.
func (p *CrewPlan) Of(c Crew) *CrewNeed {
	for k := range p.Crews {
		if p.Crews[k].Crew == c {
			return &p.Crews[k]
		}
	}
	return nil
}

// planner answers questions about people from a book.
type planner struct {
	*CrewBook
	busy   Span
	days   []Span
	last   string // the site day on which the event ends
	people map[string]*Person
	skills map[string][]PersonSkill
	dates  map[string][]RosterEntry
	others map[string][]*Event
}

func (b *CrewBook) planner() *planner {
	p := &planner{CrewBook: b, busy: b.Event.Busy(), people: map[string]*Person{}, skills: map[string][]PersonSkill{}, dates: map[string][]RosterEntry{}, others: map[string][]*Event{}}
	p.days = daysOf(p.busy, b.Loc)
	p.last = SiteDay(b.Event.EndAt.Add(-time.Second), b.Loc)
	for k := range b.People {
		p.people[b.People[k].ID] = &b.People[k]
	}
	for _, s := range b.Skills {
		p.skills[s.PersonID] = append(p.skills[s.PersonID], s)
	}
	for _, c := range b.Calendar {
		p.dates[c.PersonID] = append(p.dates[c.PersonID], c)
	}
	for _, o := range b.Others {
		p.others[o.PersonID] = append(p.others[o.PersonID], o.Event)
	}
	return p
}

// everywhere tells a crew whose people serve all events of the building at once, from
// where they are: for them another event at the same time is no trouble.
func everywhere(c Crew) bool { return c == CrewSUP || c == CrewCTL }

// judge is a person as he would be in a crew that asks for the skill.
func (p *planner) judge(x *Person, crew Crew, skill Skill) Planned {
	out := Planned{PersonID: x.ID, Name: x.Name, Crew: x.Crew, Skills: p.skills[x.ID]}
	warn := func(w PlanWarning) { out.Warnings = append(out.Warnings, w) }
	if x.Disabled {
		warn(PlanWarning{Kind: TroubleShut, Stops: true})
	}
	var shifts []Span
	for _, c := range p.dates[x.ID] {
		span := c.span()
		switch {
		case c.Kind != EntryShift && span.Meets(p.busy):
			warn(PlanWarning{Kind: TroubleAway, Stops: true, Span: &span, Entry: c.Kind})
		case c.Kind == EntryShift && span.Meets(Span{p.days[0].From, p.days[len(p.days)-1].Till}):
			shifts = append(shifts, span)
		}
	}
	// Over several days crews take turns: there a shift covers its own part.
	if len(shifts) > 0 && p.busy.Long() <= 24*time.Hour && !covered(p.busy, shifts) {
		warn(PlanWarning{Kind: TroubleShift, Stops: true, Span: &shifts[0]})
	}
	busy := []Span{p.busy}
	for _, e := range p.others[x.ID] {
		span := e.Busy()
		busy = append(busy, span)
		if span.Meets(p.busy) && !everywhere(crew) {
			name := e.Name
			if e.Secrecy == SecrecySecret {
				name = e.Number
			}
			warn(PlanWarning{Kind: TroubleDouble, Stops: true, Span: &span, Event: name})
		}
	}
	for _, s := range out.Skills {
		good := s.Good(p.last)
		out.Fits = out.Fits || s.Skill == skill && good
		if !good {
			warn(PlanWarning{Kind: TroubleCertificate, Stops: skill != "" && s.Skill == skill, Skill: s.Skill, Certificate: s.Certificate, Day: s.ExpiresOn})
		}
	}
	out.Fits = out.Fits || skill == ""
	var fullest Span
	for _, day := range p.days {
		if n := int(workOn(day, busy) / time.Minute); n > out.Minutes {
			out.Minutes, fullest = n, day
		}
	}
	if out.Minutes > p.DayHours*60 {
		warn(PlanWarning{Kind: TroubleHours, Span: &fullest, Minutes: out.Minutes})
	}
	slices.SortStableFunc(out.Warnings, func(a, b PlanWarning) int {
		return cmp.Compare(slices.Index(PlanTroubles, a.Kind), slices.Index(PlanTroubles, b.Kind))
	})
	return out
}

// Plan is how the event's crews stand: needed, there, missing, and who could come.
func (b *CrewBook) Plan() CrewPlan {
	p := b.planner()
	plan := CrewPlan{DayHours: b.DayHours}
	here := map[string]bool{b.Event.CommanderID: true}
	for _, a := range b.Assigned {
		here[a.PersonID] = true
	}
	standing, backup := map[string]string{}, map[string]bool{}
	for k := range b.Posts {
		for _, d := range b.Posts[k].Duties {
			if d.State != DutyReplaced {
				standing[d.PersonID] = joinCode(&b.Posts[k].Post)
				backup[d.PersonID] = backup[d.PersonID] || d.Spare()
			}
		}
	}
	for _, crew := range Crews {
		rule := StaffingOf(b.Rules, b.Event, crew)
		n := CrewNeed{Crew: crew, Needed: rule.Needed, Skill: rule.Skill}
		if n.Needed == 0 {
			n.Skill = ""
		}
		for _, a := range b.Assigned {
			x := p.people[a.PersonID]
			if a.Crew != crew || x == nil || a.PersonID == b.Event.CommanderID {
				continue
			}
			one := p.judge(x, n.Crew, n.Skill)
			one.Lead, one.Seq, one.Backup, one.AtPost = a.Lead, a.Seq, backup[a.PersonID], a.Post
			if at := standing[a.PersonID]; at != "" {
				one.AtPost = at
			}
			n.People = append(n.People, one)
			if len(one.Warnings) > 0 {
				plan.Warned++
			}
		}
		slices.SortStableFunc(n.People, func(x, y Planned) int {
			return cmp.Or(-cmp.Compare(btoi(x.Lead), btoi(y.Lead)), cmp.Compare(x.AtPost, y.AtPost), cmp.Compare(x.Name, y.Name), cmp.Compare(x.PersonID, y.PersonID))
		})
		n.Unfit = n.Skill != "" && len(n.People) > 0 && !slices.ContainsFunc(n.People, func(x Planned) bool { return x.Fits })
		p.offer(&n, here)
		for k := range b.Posts {
			if post := &b.Posts[k]; post.Post.Crew == crew {
				n.Posts = append(n.Posts, *post)
				if post.Post.Key && !slices.ContainsFunc(post.Duties, func(d Duty) bool { return d.Backup }) {
					n.Backups++
				}
			}
		}
		for k := range b.Work {
			if b.Work[k].Crew == crew {
				n.Work = &b.Work[k]
			}
		}
		plan.Needed += n.Needed
		plan.Assigned += len(n.People)
		plan.Gap += n.Gap()
		plan.Backups += n.Backups
		plan.Crews = append(plan.Crews, n)
	}
	return plan
}

// offer fills who could come into the crew: its own people, and whoever has the skill.
func (p *planner) offer(n *CrewNeed, here map[string]bool) {
	if n.Crew == CrewCMD { // the commander is named in the event's own form
		return
	}
	for k := range p.People {
		x := &p.People[k]
		if here[x.ID] || x.Disabled || !x.staff() {
			continue
		}
		one := p.judge(x, n.Crew, n.Skill)
		switch {
		case x.Crew != n.Crew && (n.Skill == "" || !one.Fits):
		case !one.Stopped():
			n.Free = append(n.Free, one)
		case x.Crew == n.Crew:
			n.Others = append(n.Others, one)
		}
	}
	best := func(x, y Planned) int {
		own := func(q *Planned) int { return btoi(q.Crew == n.Crew) }
		return cmp.Or(-cmp.Compare(btoi(x.Fits), btoi(y.Fits)), -cmp.Compare(own(&x), own(&y)), cmp.Compare(len(x.Warnings), len(y.Warnings)),
			cmp.Compare(x.Minutes, y.Minutes), cmp.Compare(x.Name, y.Name), cmp.Compare(x.PersonID, y.PersonID))
	}
	slices.SortFunc(n.Free, best)
	slices.SortFunc(n.Others, best)
}

// CopyCrew is who of another event's people can come to this one, each in the crew
// that he was in there, and who cannot. Who is here already is neither.
func (b *CrewBook) CopyCrew(from []Assignment) (take []Assignment, skipped []Planned) {
	p := b.planner()
	here, led := map[string]bool{b.Event.CommanderID: true}, map[Crew]bool{}
	for _, a := range b.Assigned {
		here[a.PersonID] = true
		led[a.Crew] = led[a.Crew] || a.Lead
	}
	for _, a := range from {
		x := p.people[a.PersonID]
		if x == nil || here[a.PersonID] {
			continue
		}
		one := p.judge(x, a.Crew, StaffingOf(b.Rules, b.Event, a.Crew).Skill)
		if one.Stopped() {
			skipped = append(skipped, one)
			continue
		}
		lead := a.Lead && !led[a.Crew]
		led[a.Crew] = led[a.Crew] || lead
		take = append(take, Assignment{EventID: b.Event.ID, PersonID: a.PersonID, Crew: a.Crew, Lead: lead})
	}
	return take, skipped
}

func joinCode(p *Post) string {
	if p.Code == "" {
		return p.Name
	}
	return p.Code + " " + p.Name
}
