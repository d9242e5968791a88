package gallery

import (
	"time"

	"huiwu/server/domain"
	"huiwu/views"
)

// post is a post of the visit with one person on duty in each of those states.
func (s set) post(id, word string, due int, states ...domain.DutyState) *domain.PostBoard {
	b := &domain.PostBoard{Post: domain.Post{
		ID: id, EventID: s.event.ID, Code: "Z04", Name: s.T(word), Crew: domain.CrewSEC, Position: domain.PositionLobby, Minutes: 1, Channel: "2", FromAt: s.inP(due),
	}}
	for _, state := range states {
		b.Duties = append(b.Duties, s.duty(id, state))
	}
	return b
}

func (s set) duty(post string, state domain.DutyState) domain.Duty {
	d := domain.Duty{ID: post + "-" + string(state), EventID: s.event.ID, PostID: post, PersonID: attendant, State: state, StateAt: s.in(-4)}
	if state != domain.DutyPlanned && state != domain.DutyReplaced {
		d.ReportedAt, d.ReportedBy = s.inP(-40), attendant
	}
	switch state {
	case domain.DutyAsked, domain.DutyAway:
		d.Reason, d.ReliefID, d.ReturnAt, d.Handover = s.T("relief_reason.meal"), supervisor, s.inP(11), s.long()
	case domain.DutyReleased:
		d.ReleasedAt, d.ReleasedBy, d.Override = s.inP(-4), commander, s.T("gallery.reason_exempt")
	case domain.DutyBack:
		d.ReleasedAt, d.BackAt = s.inP(-9), s.inP(-4)
	}
	return d
}

// shownPost is a post with the words over it.
type shownPost struct {
	word string
	*domain.PostBoard
}

// posts are a post in every state that it may show, and somebody in every state that he may be in.
func (s set) posts() []shownPost {
	held := s.post("held", "position.lobby", -30, domain.DutyOn)
	held.Duties[0].ByCode = true
	held.Post.Task, held.Post.Gesture = s.long(), "direct"
	replaced := s.post("replaced", "position.lift", -30, domain.DutyReplaced, domain.DutyOn)
	replaced.Duties[1].PersonID, replaced.Duties[1].StandsFor = supervisor, replaced.Duties[0].ID
	reserve := s.post("reserve", "posts.backup", -30, domain.DutyOn)
	reserve.Duties[0].Backup = true
	long := s.post("long", "position.venue", 20, domain.DutyPlanned)
	long.Post.Name, long.Post.Task = s.long()[:min(len(s.long()), 60)], s.long()+s.long()
	return []shownPost{
		{"post_state.planned", long},
		{"post_state.late", s.post("late", "position.gate", -2, domain.DutyPlanned)},
		{"post_state.absent", s.post("absent", "position.drop-off", -9, domain.DutyPlanned)},
		{"post_state.held", held},
		{"duty_state.asked", s.post("asked", "position.lobby", -30, domain.DutyAsked)},
		{"duty_state.away", s.post("away", "position.lobby", -30, domain.DutyAway)},
		{"duty_state.replaced", replaced},
		{"post_state.reserve", reserve},
		{"post_state.empty", s.post("empty", "position.gate", 30)},
		{"post_state.over", s.post("over", "position.gate", -200, domain.DutyReleased, domain.DutyBack)},
	}
}

func (s set) boards() []domain.PostBoard {
	var list []domain.PostBoard
	for _, p := range s.posts() {
		list = append(list, *p.PostBoard)
	}
	return list
}

// reserves can stand in for who has not come.
func (s set) reserves() []domain.Duty {
	return []domain.Duty{{ID: "spare", PersonID: supervisor, Backup: true, State: domain.DutyOn}}
}

// missing is what keeps everybody at his post.
func (s set) missing() []domain.Item {
	var list []domain.Item
	for _, id := range []string{"X9", "V5", "S19"} {
		i := s.item(id)
		i.ID = "missing-" + id
		list = append(list, *i)
	}
	return list
}

// cues are one in every state.
func (s set) cues() []domain.Cue {
	usual := domain.UsualCues(1)
	list := usual[:5]
	for k := range list {
		list[k].ID, list[k].EventID, list[k].StateAt = "c"+list[k].Zh, s.event.ID, s.in(-3)
	}
	list[1].Off = true
	list[2].FiredAt = s.inP(-3)
	list[3].FiredAt, list[3].AckedAt, list[3].AckedBy = s.inP(-4), s.inP(-2), attendant
	list[4].Scope, list[4].Zh, list[4].En = domain.ScopePrincipal, s.long(), ""
	return list
}

// early is the visit with guests at the gate before their time; mode is what was decided.
func (s set) early(mode string) *domain.Event {
	e := s.event
	e.ID, e.EarlyAt = "early-"+mode, s.inP(33)
	if mode == domain.EarlyLounge || mode == domain.EarlyGo {
		e.EarlyMode = mode
	}
	return &e
}

// vehicles are a car in every state.
func (s set) vehicles() []domain.Vehicle {
	var list []domain.Vehicle
	for k, state := range domain.VehicleStates {
		v := domain.Vehicle{ID: "v" + string(state), EventID: s.event.ID, Plate: s.guest(k).Plate, Bay: s.guest(k).Bay, Arrives: k + 1, Leaves: 7 - k, State: state, StateAt: s.in(-2 * k)}
		if k > 0 {
			v.Previous = domain.VehicleStates[k-1]
		}
		if k == 1 {
			v.Kind, v.Driver, v.Phone = "考斯特", s.Names[attendant], "13000000000"
		}
		list = append(list, v)
	}
	return list
}

func (s set) passengers() []domain.Guest {
	var list []domain.Guest
	for k := range 7 {
		list = append(list, s.guest(k))
	}
	return list
}

// lifts are one in every state.
func (s set) lifts() []domain.Lift {
	var list []domain.Lift
	for k, state := range domain.LiftStates {
		l := domain.Lift{ID: "l" + string(state), Name: s.T("gallery.lift", "n", string(rune('1'+k))), State: state, StateAt: s.in(-4), Sort: k}
		if state.Alarming() {
			l.Note = s.long()
		}
		list = append(list, l)
	}
	return list
}

// control is what the control room sees of the visit: one party overdue, one on its way, one expected.
func (s set) control(id string) *views.ControlEvent {
	e := s.event
	e.ID = id
	at := func(p *views.PartyGroup, pos domain.Position, next time.Time) views.PartyGroup {
		for k := range p.Guests {
			p.Guests[k].Position, p.Guests[k].PositionAt, p.Guests[k].NextAt = pos, s.in(-9), &next
			if next.IsZero() {
				p.Guests[k].NextAt = nil
			}
		}
		return *p
	}
	c := &views.ControlEvent{Event: e, Counts: s.counts(), Cues: s.cues(), Parties: []views.PartyGroup{
		at(s.party(id+"-lobby", s.T("gallery.party"), 3), domain.PositionLobby, s.in(-6)),
		at(s.party(id+"-gate", s.long(), 2), domain.PositionGate, s.in(1)),
		at(s.party("", "", 1), domain.PositionExpected, time.Time{}),
	}}
	return c
}

// swept is the same event at its end, the cameras looked through or not.
func (s set) swept(id string, done bool) *views.ControlEvent {
	e := s.eventOf(domain.EventClearing)
	e.ID = id
	i := s.item("V5")
	if done {
		i.Status, i.DoneAt, i.DoneBy = domain.ItemDone, s.inP(-2), attendant
	}
	return &views.ControlEvent{Event: e, Counts: s.counts(), Sweep: i}
}

// mine is somebody's own post on his day.
func (s set) mine(state domain.DutyState, due int) *domain.PostBoard {
	b := s.post("my-"+string(state), "position.lobby", due, state)
	b.Post.Task = s.long()
	return b
}

func (s set) staff() []domain.Person {
	return []domain.Person{*s.Person, {ID: attendant, Name: s.Names[attendant], Crew: domain.CrewSVC}}
}

// patrols: one that has begun, with a mark, a skipped place and one by its code; one that has not.
func (s set) patrols() []domain.Patrol {
	begun := domain.Patrol{ID: "begun", EventID: s.event.ID, Name: s.T("patrol.title"), Crew: domain.CrewSEC, EveryMin: 30, RoundNo: 2, RoundAt: s.inP(-40), Sort: 1}
	for k, reason := range []string{"", s.long(), ""} {
		begun.Checkpoints = append(begun.Checkpoints, domain.Checkpoint{ID: "begun" + string(rune('a'+k)), Name: s.T("position.lobby"), RoundNo: 2, MarkedAt: s.inP(-5 + k), MarkedBy: "commander", ByCode: k == 2, Skipped: reason, Sort: k})
	}
	begun.Checkpoints = append(begun.Checkpoints, domain.Checkpoint{ID: "begund", Name: s.long(), RoundNo: 1, MarkedAt: s.inP(-45), MarkedBy: "commander", Sort: 3})
	fresh := domain.Patrol{ID: "fresh", EventID: s.event.ID, Name: s.long(), Crew: domain.CrewCLN, RoundNo: 1, Sort: 2, Checkpoints: []domain.Checkpoint{{ID: "fresha", Name: s.T("position.gate")}}}
	return []domain.Patrol{begun, fresh}
}

// functions: one that is over, two at the same time, one with a long name.
func (s set) functions() []domain.Function {
	at := func(name string, kind domain.FunctionKind, from, till int) domain.Function {
		return domain.Function{ID: string(kind) + "f", EventID: s.event.ID, Name: name, Kind: kind, Place: s.T("position.lobby"), Layout: domain.LayoutTheatre, StartAt: *s.inP(from), EndAt: *s.inP(till)}
	}
	return []domain.Function{at(s.T("function_kind.arrival"), "arrival", -60, -50), at(s.T("function_kind.meeting"), "meeting", -10, 40), at(s.long(), "photo", 20, 30), at(s.T("function_kind.departure"), "departure", 40, 60)}
}

// agenda: lines that fit, one that overlaps, one beyond the end.
func (s set) agenda() []domain.AgendaItem {
	line := func(id, title string, from time.Time, minutes int) domain.AgendaItem {
		return domain.AgendaItem{ID: id, EventID: s.event.ID, Title: title, Speaker: s.T("agenda.speaker"), Needs: s.T("agenda.need_handheld"), StartAt: from, Minutes: minutes}
	}
	e := &s.event
	return []domain.AgendaItem{line("a1", s.T("agenda.title"), e.StartAt, 10), line("a2", s.long(), e.StartAt.Add(5*time.Minute), 10), line("a3", s.T("agenda.title"), e.EndAt.Add(-5*time.Minute), 30)}
}

// suggestions: none, one by a rule, one that another rule raised.
func (s set) suggestions() []*domain.Suggestion {
	ask := func(rank domain.GuestRank, heads int) *domain.Suggestion {
		return domain.Suggest(domain.UsualLevelRules(), &domain.Event{Heads: heads, Register: domain.Register{GuestRank: rank}})
	}
	return []*domain.Suggestion{ask("", 1), ask("county", 1), ask("city", 200)}
}

// bulletins: one that nobody has seen yet, and one that everybody has.
func (s set) bulletins() []domain.Bulletin {
	part := s.functions()[2]
	moved := part
	moved.Name, moved.Place, moved.StartAt, moved.EndAt = s.T("function_kind.signing"), s.T("position.venue"), part.StartAt.Add(time.Hour), part.EndAt.Add(time.Hour)
	b := domain.Bulletin{ID: "told", Kind: domain.BulletinChange, EventID: s.event.ID, Crew: domain.CrewSVC, No: 2, MadeBy: supervisor, MadeAt: s.in(-12), EscalateAt: s.inP(18), Lines: []domain.BulletinLine{
		{Field: "start", Old: s.in(-60).Format(time.RFC3339), New: s.in(30).Format(time.RFC3339)},
		{Field: "supplies", Old: s.long(), New: s.T("gallery.reason_exempt")},
		{Field: "reason", New: s.long()},
		{Field: "layout", Old: string(domain.LayoutTheatre), New: string(domain.LayoutU)},
		{Field: "function:f", Old: domain.FunctionSays(&part), New: domain.FunctionSays(&moved)},
	}, Acks: []domain.Acknowledgement{{PersonID: attendant}, {PersonID: commander, SeenAt: s.inP(-3)}}}
	seen := b
	seen.ID, seen.EscalateAt, seen.Acks = "seen", nil, []domain.Acknowledgement{{PersonID: attendant, SeenAt: s.inP(-4)}, {PersonID: commander, SeenAt: s.inP(-3)}}
	return []domain.Bulletin{b, seen}
}

func (s set) published() []views.TodayBoard {
	return []views.TodayBoard{{ID: "today", Day: "2026-03-18", No: 1, SeenAt: s.inP(-600)}, {ID: "tomorrow", Day: "2026-03-19", Tomorrow: true, No: 2}}
}

func (s set) intake() *views.TodayIntake {
	return &views.TodayIntake{Day: "2026-03-19", Step: domain.StepTaken, DueAt: s.in(-25), Late: true}
}

// intakeEvents: one that lacks everything, and one that lacks nothing.
func (s set) intakeEvents() []views.IntakeEvent {
	whole := views.IntakeEvent{Event: s.event}
	bare := views.IntakeEvent{Event: domain.Event{ID: "bare", Name: s.long(), Level: 2, Status: domain.EventRequested, StartAt: s.in(60), EndAt: s.in(120)}}
	bare.Lacks = domain.Lacks(&bare.Event, 0)
	return []views.IntakeEvent{bare, whole}
}

// templateDiff is one item of each kind: added, changed in all sorts of fields, struck.
func (s set) templateDiff() []domain.TemplateChange {
	base := domain.Templates()[:3]
	after := []domain.TemplateItem{base[0].Copy(), base[1].Copy(), {ID: "S90", Crew: domain.CrewSVC, Phase: domain.PhasePre, Zh: s.long(), Offset: map[string]string{"1": "A-30"}}}
	after[0].Zh, after[0].Offset["1"], after[0].GuidanceZh, after[0].Flag = s.long(), "A-60..-5", s.long(), domain.FlagBlocksReady
	after[1].Acceptance = domain.AcceptBoth
	return domain.DiffTemplates(base, after)
}

// milestones: each state, the last ones decided at the kick-off.
func (s set) milestones() []domain.Milestone {
	const day = 24 * 60
	at := func(id, name string, from, due int, status domain.MilestoneStatus) domain.Milestone {
		return domain.Milestone{ID: "ms-" + id, EventID: s.event.ID, Kind: domain.MilestoneStep, Step: id, Zh: name, Crew: domain.CrewSUP, StartAt: *s.inP(from), DueAt: *s.inP(due), Status: status}
	}
	done := at("done", s.T("kickoff_kind.kickoff"), -12*day, -10*day, domain.MilestoneDone)
	done.DoneAt, done.DoneBy = s.inP(-10*day), "commander"
	waived := at("waived", s.long(), -12*day, -9*day, domain.MilestoneWaived)
	waived.Reason, waived.ReasonBy = s.T("gallery.reason_reject"), "commander"
	late, started := at("late", s.T("track.title_short"), -8*day, -2*day, domain.MilestoneOpen), at("begun", s.long(), -8*day, -day, domain.MilestoneOpen)
	started.LateStart = true
	running, ahead := at("running", s.long(), -day, 2*day, domain.MilestoneOpen), at("ahead", s.T("kickoff.title"), 2*day, 3*day, domain.MilestoneOpen)
	running.Kind, running.Step, running.KickoffID, running.OwnerID = domain.MilestoneDecision, "", "record", "commander"
	return []domain.Milestone{done, waived, late, started, running, ahead}
}

// stepRules are one step with a rule that never counts, and one with a long name.
func (s set) stepRules() []domain.StepRules {
	return domain.RulesByStep([]domain.MilestoneRule{
		{ID: "r1", Step: "kickoff", Zh: s.T("kickoff_kind.kickoff"), En: s.T("kickoff_kind.kickoff"), Levels: "12", Crew: domain.CrewCMD, Days: 30, Lead: 2},
		{ID: "r2", Step: "kickoff", Zh: s.long(), En: s.long(), Type: "conference", Levels: "2", Crew: domain.CrewADM, Days: 20},
		{ID: "r3", Step: "long", Zh: s.long(), En: s.long(), Type: "signing", Levels: "1234", Crew: domain.CrewSVC, Days: 7, Lead: 5},
	})
}

func (s set) kickoffs() []domain.Kickoff {
	return []domain.Kickoff{{ID: "record", EventID: s.event.ID, Kind: "kickoff", HeldAt: s.in(-60), People: s.long(), Notes: s.long()}}
}
