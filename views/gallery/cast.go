package gallery

import (
	"slices"
	"strconv"
	"time"

	"huiwu/server/domain"
	"huiwu/views"
)

// set is what the parts of one page are shown with: the same visit in all of them.
type set struct {
	views.Page
	event domain.Event
}

const (
	commander  = "commander"
	supervisor = "supervisor"
	attendant  = "attendant"
)

func newSet(o Options, view string) set {
	zone := time.FixedZone("site", 8*3600)
	now := o.Now.UTC().Truncate(time.Second)
	s := set{Page: views.Page{
		Ctx: views.Ctx{
			Locale: o.Locale, Loc: zone, Now: now,
			Names: map[string]string{commander: "雷公藤", supervisor: "云母", attendant: "金箔"},
		},
		Nav: "today", View: view, Theme: o.Theme,
		Person: &domain.Person{ID: commander, StaffNo: "commander", Name: "雷公藤", Role: domain.RoleCommander, PinHash: "x"},
		Caps:   []string{"can-accept", "can-check", "can-edit", "can-run", "can-ready", "can-close", "can-add", "can-move", "can-edit-guests", "can-posts", "can-release"},
	}}
	for _, crew := range domain.Crews {
		s.Caps = append(s.Caps, "do-"+string(crew))
	}
	s.Title = s.T("gallery.title")
	s.event = s.eventOf(domain.EventPreparing)
	return s
}

func (s set) in(minutes int) time.Time { return s.Now.Add(time.Duration(minutes) * time.Minute) }

func (s set) inP(minutes int) *time.Time { return new(s.in(minutes)) }

// long is a name as long as a form takes, in the reader's language.
func (s set) long() string {
	if s.Locale == "en" {
		return "Visit of the Yuanlan Group delegation and the signing of the framework agreement on rail"
	}
	return "远岚集团代表团来访暨轨道交通数字化改造战略合作框架协议签约仪式与闭门座谈会"
}

// eventOf is the visit as it stands in that status.
func (s set) eventOf(status domain.EventStatus) domain.Event {
	e := domain.Event{
		ID: "visit-" + string(status), Number: "EV-20260318-01", Name: s.long(), Type: "visit", Organiser: "远岚集团", Contact: "鹧鸪", ContactPhone: "13000000000",
		Level: 1, Secrecy: domain.SecrecyInternal, Status: status, Heads: 46, ArrivalAt: s.inP(45), StartAt: s.in(60), EndAt: s.in(180), CommanderID: commander,
		Rooms: []domain.Room{{ID: "r1", Name: "三层国际会议厅", NameEn: "International Hall, 3rd floor"}},
	}
	switch status {
	case domain.EventReady:
		e.ReadyAt, e.ReadyBy = s.inP(-6), commander
	case domain.EventLive:
		e.ActualArrivalAt, e.ActualStartAt = s.inP(-70), s.inP(-58)
		e.ArrivalAt, e.StartAt, e.EndAt = s.inP(-75), s.in(-60), s.in(42)
	case domain.EventClearing, domain.EventReleased, domain.EventClosed:
		e.ActualArrivalAt, e.ActualStartAt, e.ActualEndAt = s.inP(-170), s.inP(-160), s.inP(-15)
		e.ArrivalAt, e.StartAt, e.EndAt = s.inP(-175), s.in(-160), s.in(-20)
		if status != domain.EventClearing {
			e.LeftAt = s.inP(-3)
		}
	case domain.EventDraft:
		e.Rooms, e.CommanderID, e.Secrecy = nil, "", domain.SecrecyNormal
	}
	return e
}

// progress of that status: on the way while it is prepared, all done at its end.
func (s set) progress(status domain.EventStatus) domain.Progress {
	p := domain.Progress{Star: 22, StarDone: 16, Close: 9, CloseDone: 2, Total: 58, Settled: 31, Waiting: 6, Late: 3, Rejected: 1, Blocked: 1, NextDue: s.inP(4)}
	switch status {
	case domain.EventDraft, domain.EventRequested, domain.EventCancelled:
		return domain.Progress{}
	case domain.EventReady, domain.EventLive:
		p.StarDone, p.Waiting, p.Rejected, p.Blocked, p.Settled = p.Star, 0, 0, 0, 40
	case domain.EventReleased, domain.EventClosed:
		p = domain.Progress{Star: 22, StarDone: 22, Close: 9, CloseDone: 9, Total: 58, Settled: 58}
	}
	p.Crews = []domain.CrewProgress{
		{Crew: domain.CrewCMD, Total: 5, Settled: 5},
		{Crew: domain.CrewSVC, Total: 21, Settled: 12, Waiting: 4, Late: 2},
		{Crew: domain.CrewSEC, Total: 10, Settled: 8, Waiting: 2},
		{Crew: domain.CrewCLN, Total: 8, Settled: 4, Late: 1, Rejected: 1},
		{Crew: domain.CrewENG, Total: 9, Settled: 2, Blocked: 1},
		{Crew: domain.CrewCTL, Total: 5},
	}
	return p
}

func (s set) line(status domain.EventStatus) views.EventLine {
	e := s.eventOf(status)
	l := views.EventLine{Event: e, Progress: s.progress(status), Counts: s.counts()}
	if status == domain.EventReady {
		l.Relation = domain.RelationCommander
	}
	return l
}

func (s set) counts() domain.GuestCounts {
	var n domain.GuestCounts
	for k, p := range domain.Positions {
		n.Add(p, 7-k)
	}
	return n
}

// item is an open item of that built-in template.
func (s set) item(template string) *domain.Item {
	k := slices.IndexFunc(domain.Templates(), func(t domain.TemplateItem) bool { return t.ID == template })
	t := domain.Templates()[max(k, 0)]
	i := &domain.Item{
		ID: "open", EventID: s.event.ID, TemplateID: t.ID, Crew: t.Crew, Phase: domain.PhasePre, Zh: t.Zh, En: t.En, Anchor: domain.AnchorArrival, Offset: -75,
		DueAt: s.inP(90), Flag: t.Flag, Evidence: t.Evidence, Acceptance: t.Acceptance, Sort: k + 1, Status: domain.ItemOpen, StateAt: s.Now,
	}
	for n, c := range t.Clauses {
		i.Clauses += c
		if n < len(t.Clauses)-1 {
			i.Clauses += "\n"
		}
	}
	if t.Unit != nil {
		i.UnitZh, i.UnitEn, i.ReadingMin, i.ReadingMax = t.Unit.Zh, t.Unit.En, t.Unit.Min, t.Unit.Max
	}
	return i
}

// shownItem is an item with the words over it; Word is a key of the catalogue.
type shownItem struct {
	word string
	domain.Item
}

// shownItems are an item in every state that a row may show.
func (s set) shownItems() []shownItem {
	var list []shownItem
	add := func(word, id, template string, change func(i *domain.Item)) {
		i := s.item(template)
		i.ID = id
		if change != nil {
			change(i)
		}
		list = append(list, shownItem{word, *i})
	}
	did := func(i *domain.Item, status domain.ItemStatus) {
		i.Status, i.DoneAt, i.DoneBy, i.DoneReceivedAt = status, s.inP(-12), attendant, s.inP(-12)
	}
	add("state.not-due", "not-due", "E7", nil)
	add("state.due", "due", "S12", func(i *domain.Item) { i.DueAt = s.inP(9) })
	add("state.late", "late", "E7", func(i *domain.Item) { i.DueAt = s.inP(-14) })
	add("state.done", "done", "S12", func(i *domain.Item) { did(i, domain.ItemDone) })
	add("state.submitted", "submitted", "S5", func(i *domain.Item) {
		did(i, domain.ItemSubmitted)
		i.Photos = s.photos("submitted", 2)
	})
	add("gallery.check_first", "check-first", "S1", func(i *domain.Item) { did(i, domain.ItemSubmitted) })
	add("gallery.checked", "checked", "S1", func(i *domain.Item) {
		did(i, domain.ItemSubmitted)
		i.CheckedAt, i.CheckedBy = s.inP(-4), supervisor
	})
	add("state.accepted", "accepted", "S1", func(i *domain.Item) {
		did(i, domain.ItemAccepted)
		i.CheckedAt, i.CheckedBy, i.AcceptedAt, i.AcceptedBy = s.inP(-8), supervisor, s.inP(-2), commander
	})
	add("state.rejected", "rejected", "S5", func(i *domain.Item) {
		i.Status, i.Reason, i.ReasonBy, i.Redo, i.DueAt, i.RejectedAt = domain.ItemRejected, s.T("gallery.reason_reject"), commander, 2, s.inP(6), s.inP(-1)
		i.Photos = s.photos("rejected", 1)
	})
	add("state.not-needed", "not-needed", "G3", func(i *domain.Item) {
		i.Status, i.Reason, i.ReasonBy = domain.ItemNotNeeded, s.T("gallery.reason_exempt"), supervisor
	})
	add("state.blocked", "blocked", "E7", func(i *domain.Item) {
		i.Status, i.Reason, i.ReasonBy, i.DueAt = domain.ItemBlocked, s.T("gallery.reason_block"), attendant, s.inP(-3)
	})
	round := func(i *domain.Item) {
		i.Phase, i.Anchor, i.Every, i.RoundNo, i.RoundsTotal = domain.PhaseDuring, domain.AnchorRound, 20, 4, 6
	}
	add("gallery.round", "round", "S15", func(i *domain.Item) {
		round(i)
		i.RoundsDone, i.RoundsMissed, i.DueAt = 2, 1, s.inP(3)
	})
	add("gallery.round_deferred", "round-deferred", "S15", func(i *domain.Item) {
		round(i)
		i.RoundsDone, i.Reason, i.ReasonBy, i.DueAt = 3, s.T("gallery.reason_defer"), attendant, s.inP(17)
	})
	add("gallery.rounds_over", "rounds-over", "S15", func(i *domain.Item) {
		round(i)
		i.Status, i.RoundNo, i.RoundsDone = domain.ItemDone, 7, 6
	})
	add("gallery.reading_asked", "reading-asked", "E1", func(i *domain.Item) { i.DueAt = s.inP(5) })
	add("gallery.reading", "reading", "S10", func(i *domain.Item) {
		did(i, domain.ItemAccepted)
		i.Reading, i.AcceptedAt, i.AcceptedBy = "48", s.inP(-2), commander
	})
	add("gallery.reading_odd", "reading-odd", "X7", func(i *domain.Item) {
		did(i, domain.ItemSubmitted)
		i.Reading, i.ReadingMax, i.Acceptance = "12", new(3.0), domain.AcceptCommander
	})
	add("gallery.signature", "signature", "G3", func(i *domain.Item) {
		did(i, domain.ItemSubmitted)
		i.Reading = "玉髓"
	})
	add("gallery.photo_required", "photo-required", "S4", func(i *domain.Item) { i.DueAt = s.inP(11) })
	add("gallery.on_call", "on-call", "S12", func(i *domain.Item) { i.DueAt, i.Anchor = nil, domain.AnchorCall })
	add("gallery.cue", "cue", "S12", func(i *domain.Item) { i.Flag, i.DueAt = domain.FlagCue, s.inP(12) })
	add("gallery.closing", "closing", "S20", func(i *domain.Item) { i.Flag, i.Phase, i.DueAt = domain.FlagBlocksClose, domain.PhasePost, s.inP(25) })
	add("gallery.received_late", "received-late", "S12", func(i *domain.Item) {
		did(i, domain.ItemDone)
		i.DoneReceivedAt = s.inP(-1)
	})
	add("gallery.tomorrow", "tomorrow", "C1", func(i *domain.Item) { i.DueAt = s.inP(26 * 60) })
	add("gallery.long", "long", "D2", func(i *domain.Item) {
		i.Zh, i.En, i.DueAt, i.AssigneeID = i.Zh+"，"+i.Zh+"，"+i.Zh, i.En+"; "+i.En, s.inP(-200), attendant
		i.Flag, i.Status, i.Reason, i.ReasonBy, i.Redo = domain.FlagBlocksReady, domain.ItemRejected, s.long(), commander, 1
	})
	add("gallery.waiting", "waiting", "D2", func(i *domain.Item) { i.DueAt = s.inP(8) })
	add("gallery.waiting_accept", "accepting", "E7", func(i *domain.Item) { did(i, domain.ItemSubmitted) })
	add("gallery.own", "own", "E7", func(i *domain.Item) {
		did(i, domain.ItemSubmitted)
		i.DoneBy = s.Person.ID
	})
	return list
}

func (s set) photos(item string, n int) []domain.Photo {
	list := make([]domain.Photo, n)
	for k := range list {
		list[k] = domain.Photo{ID: item + "-" + strconv.Itoa(k), ItemID: item, Width: 192, Height: 192, TakenAt: s.in(-13 - k), TakenBy: attendant}
	}
	return list
}

// urgent are the cards of the most urgent item: soon, late, refused.
func (s set) urgent() []shownItem {
	var list []shownItem
	for _, i := range s.shownItems() {
		if i.ID == "due" || i.ID == "late" || i.ID == "photo-required" || i.ID == "rejected" {
			i.ID = "urgent-" + i.ID
			list = append(list, i)
		}
	}
	return list
}

func (s set) todo(i domain.Item) *views.TodoItem { return &views.TodoItem{Item: i, Event: &s.event} }

// guest at the k-th position, each a little different from the others.
func (s set) guest(k int) domain.Guest {
	names := []string{"木香", "白芷", "当归", "杜仲", "丁香", "薄荷", "砂仁"}
	if s.Locale == "en" {
		names = []string{"Costus", "Angelica Dahurica-Montgomery", "Danggui", "Eucommia", "Clove", "Mint", "Amomum"}
	}
	k %= len(domain.Positions)
	g := domain.Guest{
		ID: "g" + strconv.Itoa(k), EventID: s.event.ID, PartyID: "party", Name: names[k], Title: s.T("gallery.guest_title"), Organisation: "远岚集团",
		Rank: k + 1, Plate: "测A·0000" + strconv.Itoa(k), Bay: "B" + strconv.Itoa(k+1), Position: domain.Positions[k], PositionAt: s.in(-3 * k), Sort: k,
	}
	if k > 0 {
		g.Previous = domain.Positions[k-1]
	}
	switch k {
	case 1:
		g.Needs, g.Photo = s.T("gallery.guest_needs"), "p1"
	case 2:
		g.Plate, g.Bay, g.Title, g.Organisation = "", "", "", ""
	case 4:
		g.Photo = "p4"
		g.Name, g.Title, g.Organisation = s.long()[:min(len(s.long()), 60)], s.long(), s.long()
	}
	return g
}

// party has a guest at every position; a big one is shut until somebody opens it.
func (s set) party(id, name string, n int) *views.PartyGroup {
	g := &views.PartyGroup{Party: domain.Party{ID: id, EventID: s.event.ID, Name: name}}
	for k := range n {
		x := s.guest(k)
		x.ID, x.PartyID = id+"-"+strconv.Itoa(k), id
		g.Guests = append(g.Guests, x)
	}
	return g
}

// feed is what a log may say: of an item, of a guest, of many, of the event, late, by the system.
func (s set) feed() []domain.Change {
	item := s.item("E7")
	at := func(n int, c domain.Change) domain.Change {
		c.Topic, c.EventID, c.Seq = domain.EventTopic(s.event.ID), s.event.ID, int64(100-n)
		c.Subject = map[bool]string{true: "guest:" + strconv.Itoa(n), false: c.Subject}[c.Subject == "guest"]
		if c.ReceivedAt.IsZero() {
			c.ReceivedAt = s.in(-n)
		}
		c.ActedAt = c.ReceivedAt.Add(-time.Second)
		return c
	}
	list := []domain.Change{
		at(1, domain.Change{Subject: "item:1", Verb: "item.done", Label: item.Zh, LabelEn: item.En, Old: "open", New: "submitted", Crew: domain.CrewENG, Person: "金箔"}),
		at(2, domain.Change{Subject: "item:2", Verb: "item.rejected", Label: item.Zh, LabelEn: item.En, Old: "submitted", New: "rejected", Crew: domain.CrewENG, Person: "雷公藤", Note: s.T("gallery.reason_reject")}),
		at(3, domain.Change{Subject: "event:1", Verb: "event.start", Old: "03-18 14:00", New: "03-18 14:15", Person: "云母"}),
		at(4, domain.Change{Subject: "event:1", Verb: "event.status", Old: "confirmed", New: "preparing"}),
	}
	late := at(5, domain.Change{Subject: "guest", Verb: "guest.moved", Label: "木香", Old: "gate", New: "lobby", Person: "雄黄"})
	late.ActedAt = late.ReceivedAt.Add(-9 * time.Minute)
	list = append(list, late)
	for k := range 7 {
		list = append(list, at(7+k, domain.Change{Subject: "guest", Verb: "guest.moved", Label: s.guest(k).Name, Old: "expected", New: "gate", Person: "雄黄", Lot: s.T("gallery.party"), ActKey: car, ReceivedAt: s.in(-7)}))
	}
	return list
}

// car is the key of the one act that moved the party.
const car = "gallery-car"

func (s set) lines() []domain.Line { return domain.Lines(s.feed()) }

// notices of every kind: the first half wait for an answer.
func (s set) notices() []views.NoticeLine {
	kinds := []domain.NoticeKind{
		domain.NoticeDue, domain.NoticeLate, domain.NoticeRejected, domain.NoticeBlocked, domain.NoticeChanged, domain.NoticeReady, domain.NoticeGuest, domain.NoticeStray, domain.NoticeDrill, domain.NoticeDeclined, domain.NoticeTest,
		domain.NoticeBoard, domain.NoticeWork, domain.NoticeUnseen, domain.NoticeIntake, domain.NoticeIntakeLate, domain.NoticeProposal,
		domain.NoticeCue, domain.NoticeAbsent, domain.NoticeOverdue, domain.NoticeEarly, domain.NoticeEarlyMode, domain.NoticeNobody, domain.NoticeRelief, domain.NoticeReturn, domain.NoticeOverride, domain.NoticeLift, domain.NoticeRequest, domain.NoticeRequestLate, domain.NoticeRequestNews, domain.NoticeMilestone,
	}
	var list []views.NoticeLine
	for k, kind := range kinds {
		n := domain.Notice{ID: string(kind), Kind: kind, URL: "/", MadeAt: s.in(-2 * k), Grave: kind == domain.NoticeLate || kind == domain.NoticeBlocked}
		switch k % 4 {
		case 1:
			n.Repeats = 3
		case 2:
			n.AcknowledgedAt = s.inP(-1)
		}
		if kind == domain.NoticeReady {
			n.SettledAt = s.inP(-1)
		}
		title := s.T(noticeWords[kind], "item", s.item("E7").Text(s.Locale), "event", s.long(), "post", s.T("position.lobby"),
			"guest", s.guest(0).Name, "place", "Z04", "n", "12", "no", "2", "day", "3-19", "crew", s.T("crew.SVC"), "at", "14:05", "lift", s.T("gallery.lift", "n", "3"), "state", s.T("lift_state.trapped"), "number", "BR-20260318-01")
		line := views.NoticeLine{Notice: n, Title: title, Body: s.long()}
		if kind == domain.NoticeGuest {
			line.Guest = new(s.guest(1))
		}
		list = append(list, line)
	}
	return list
}

var noticeWords = map[domain.NoticeKind]string{
	domain.NoticeDue: "notice.due_one", domain.NoticeLate: "notice.late_one", domain.NoticeRejected: "notice.rejected", domain.NoticeBlocked: "notice.blocked", domain.NoticeChanged: "notice.changed",
	domain.NoticeReady: "notice.ready", domain.NoticeGuest: "notice.guest", domain.NoticeStray: "notice.stray", domain.NoticeDeclined: "notice.declined", domain.NoticeDrill: "notice.drill", domain.NoticeTest: "notice.test",
	domain.NoticeBoard: "notice.board", domain.NoticeWork: "notice.work", domain.NoticeUnseen: "notice.unseen_change", domain.NoticeIntake: "notice.intake", domain.NoticeIntakeLate: "notice.intake_late", domain.NoticeProposal: "notice.proposal_taken",
	domain.NoticeCue: "notice.cue", domain.NoticeAbsent: "notice.absent", domain.NoticeOverdue: "notice.overdue", domain.NoticeEarly: "notice.early", domain.NoticeEarlyMode: "notice.early_mode_lounge", domain.NoticeNobody: "notice.late_arrival",
	domain.NoticeRelief: "notice.relief", domain.NoticeReturn: "notice.return", domain.NoticeOverride: "notice.override", domain.NoticeLift: "notice.lift", domain.NoticeRequest: "notice.request", domain.NoticeRequestLate: "notice.request_late", domain.NoticeRequestNews: "log.request.taken", domain.NoticeMilestone: "notice.milestone",
}

func (s set) bell(open int, grave bool) views.Bell {
	b := views.Bell{Open: open}
	if grave {
		b.Grave = new(s.notices()[1])
	}
	return b
}

func (s set) drill() *domain.Drill {
	return &domain.Drill{ID: "drill", EventID: s.event.ID, MadeAt: s.in(-10), Answers: []domain.DrillAnswer{
		{PersonID: "a", Name: "金箔", Crew: domain.CrewSVC, Phone: "13000000000"},
		{PersonID: "b", Name: "雄黄", Crew: domain.CrewSEC, Phone: "13000000001", Devices: 1},
		{PersonID: "c", Name: s.long(), Crew: domain.CrewENG, Devices: 2},
		{PersonID: "d", Name: "云母", Devices: 1, AnsweredAt: s.inP(-8)},
	}}
}

func (s set) sessions() []domain.Session {
	return []domain.Session{
		{ID: "here", Device: "Chrome · Android", LastSeenAt: s.Now},
		{ID: "there", Device: "Safari · iPhone", LastSeenAt: s.in(-200)},
		{ID: "desk", Device: "Edge · Windows · " + s.long(), LastSeenAt: s.in(-3000)},
	}
}

func (s set) me() views.MePage {
	p := views.MePage{Page: s.Page, Sessions: s.sessions(), Current: "here"}
	p.Devices = []domain.Device{{ID: "locked", Label: "Chrome · Android", CreatedAt: s.in(-4000)}}
	p.PushDevices = []domain.PushDevice{
		{ID: "p1", SessionID: "here", Device: "Chrome · Android", DeliveredAt: s.inP(-5)},
		{ID: "p2", SessionID: "there", Device: "Safari · iPhone", FailingSince: s.inP(-90), Failure: "410"},
		{ID: "p3", SessionID: "desk", Device: "Edge · Windows"},
	}
	return p
}

// invite in that state; its code is drawn from a pattern that no phone reads.
func (s set) invite(state string) views.InvitePage {
	p := views.InvitePage{
		Page: s.Page, Who: domain.Person{ID: "who", Name: "玉髓", StaffNo: "yusui", Role: domain.RoleCrewMember, Crew: domain.CrewSVC}, State: state, Short: "huiwu.example/invites", Code: "7KMQ4XWZ",
		Invite: domain.Invite{ExpiresAt: s.in(9), UsedAt: s.inP(-1), UsedOn: "Chrome · Android"},
	}
	p.QR = views.NewQR(25, func(x, y int) bool { return (x*x+y*y+x*y)%3 == 0 })
	return p
}

// inviteStates are all that an inviter's screen may show.
func inviteStates() []string {
	return []string{views.InviteOpen, views.InviteElsewhere, views.InviteUsed, views.InviteNone, "revoked", "expired"}
}

func (s set) channel() *domain.Channel {
	return &domain.Channel{ID: "channel", Name: s.T("gallery.party"), Kind: domain.ChannelKinds[0], Locale: "zh", Topics: "late blocked", Secret: "x", FailingSince: s.inP(-30), Failure: "45009"}
}

// errorPages are the refusals that have a sentence of their own.
func (s set) errorPages() []views.ErrorPage {
	var list []views.ErrorPage
	for _, status := range []int{403, 404, 409, 429, 500, 503} {
		p := views.ErrorPage{Page: s.Page, Status: status, Sentence: s.T("item.accepted_already")}
		if status == 500 {
			p.Request = "01932b7a-5c1e-7d0b-9f57-6a1d0c7e2b41"
		}
		list = append(list, p)
	}
	return list
}

// collisions are one of each kind, with an event whose name is long and a secret one.
func (s set) collisions() []domain.Collision {
	other, secret := s.eventOf(domain.EventConfirmed), s.eventOf(domain.EventConfirmed)
	other.ID, other.Name = "other", s.long()
	secret.ID, secret.Number, secret.Secrecy = "secret", "EV-20260318-07", domain.SecrecySecret
	return []domain.Collision{
		{Kind: domain.StakeLift, Name: "3", A: &s.event, B: &other, From: s.in(25), To: s.in(65)},
		{Kind: domain.StakePerson, Name: s.Names[attendant], A: &s.event, B: &other, From: s.in(10), To: s.in(40)},
		{Kind: domain.StakePerson, Name: s.Names[attendant], A: &s.event, B: &secret, From: s.in(40), To: s.in(48), Near: true},
		{Kind: domain.StakeVehicle, Name: domain.PlateEnd("测A·00001"), A: &other, B: &s.event, From: s.in(10), To: s.in(40)},
		{Kind: domain.StakeBay, Name: "B01", A: &other, B: &s.event, From: s.in(10), To: s.in(40)},
		{Kind: domain.StakeRoom, Name: s.event.Rooms[0].Name, NameEn: s.event.Rooms[0].NameEn, A: &s.event, B: &secret, From: s.in(10), To: s.in(40)},
	}
}

// shortages are one that two events make, and one of a single event with a long name.
func (s set) shortages() []domain.Shortage {
	other := s.eventOf(domain.EventConfirmed)
	other.ID, other.Name = "other", s.long()
	cups, water := domain.Supply{Name: "盖杯", NameEn: "Lidded cups", Stock: 120}, domain.Supply{Name: "矿泉水", NameEn: "Mineral water", Stock: 100, Consumed: true}
	return []domain.Shortage{
		{Supply: cups, Need: 132, From: s.in(10), To: s.in(40), Uses: []domain.SupplyUse{{Event: &s.event, N: 66}, {Event: &other, N: 66}}},
		{Supply: water, Need: 1320, From: s.in(10), To: s.in(400), Uses: []domain.SupplyUse{{Event: &other, N: 1320}}},
	}
}
