package domain

import (
	"strconv"
	"time"
)

// receptionTrigger finds of whom a log row about posts, cues and early guests is
// to be told; id is the subject's.
func receptionTrigger(e *Event, c *Change, id string) (Trigger, bool) {
	seq := strconv.FormatInt(c.Seq, 10)
	t := Trigger{Key: keyOf(c.Verb, id, seq), EventID: e.ID, Working: true, By: c.PersonID}
	posts := "/events/" + e.ID + "/posts#post-" + id
	switch c.Verb {
	case "cue.fired":
		t.Kind, t.Crews, t.Grave, t.Items = NoticeCue, []Crew{c.Crew}, true, []string{c.Subject}
		t.Args, t.URL = Args{"item_zh": c.Label, "item_en": c.LabelEn, "crew": string(c.Crew)}, "/events/"+e.ID+"/cues#cue-"+id
	case "event.early":
		t.Kind, t.Crews, t.Command, t.Grave, t.Items = NoticeEarly, []Crew{CrewCMD}, true, true, []string{"early:" + e.ID}
		t.Args, t.URL = Args{"minutes": c.New}, "/events/"+e.ID+"/board"
	case "event.early_mode":
		t.Kind, t.Crews = NoticeEarlyMode, []Crew{CrewSVC, CrewSEC, CrewCTL, CrewLDR, CrewPHO}
		t.Args, t.URL = Args{"mode": c.New}, "/events/"+e.ID
	case "duty.relief_asked":
		t.Kind, t.Crews, t.Leads, t.Command = NoticeRelief, []Crew{c.Crew}, true, true
		t.Args, t.URL = Args{"person": c.New, "place": c.Label, "reason": c.Note}, posts
	case "duty.overridden":
		t.Kind, t.Crews, t.Command = NoticeOverride, []Crew{CrewSUP}, true
		t.Args, t.URL = Args{"person": c.New, "place": c.Label, "reason": c.Note}, posts
	default:
		return t, false
	}
	return t, true
}

// LiftTrigger tells engineers, control room and command of a lift that alarms.
func LiftTrigger(e *Event, l *Lift) Trigger {
	return Trigger{
		Key: keyOf("lift", l.ID, strconv.FormatInt(l.StateAt.UnixMicro(), 10)), Kind: NoticeLift, EventID: e.ID, Working: true, By: l.StateBy,
		Crews: []Crew{CrewENG, CrewCTL, CrewSEC}, Command: true, Grave: l.State == LiftTrapped, Items: []string{"lift:" + l.ID},
		Args: Args{"lift": l.Name, "state": string(l.State), "reason": l.Note}, URL: "/control",
	}
}

// ReceptionTriggers finds what the clock says of posts and guests on the way at
// one event: who has not reported, who is not back, whom nobody has seen.
func ReceptionTriggers(e *Event, boards []PostBoard, overdue []Guest, expected int, now time.Time) []Trigger {
	if !e.Status.Working() {
		return nil
	}
	var list []Trigger
	for k := range boards {
		list = append(list, dutyTriggers(e, &boards[k], now)...)
	}
	for k := range overdue {
		list = append(list, overdueTrigger(e, &overdue[k]))
	}
	if e.ArrivalAt != nil && e.ActualArrivalAt == nil && expected > 0 && e.ActualStartAt == nil {
		if late := now.Sub(*e.ArrivalAt); late >= LateArrival && late < LateMemory {
			list = append(list, Trigger{
				Key: keyOf(string(NoticeNobody), e.ID, strconv.FormatInt(e.ArrivalAt.Unix(), 10)), Kind: NoticeNobody, EventID: e.ID, Crews: []Crew{CrewCMD}, Command: true, Working: true,
				Args: Args{"at": e.ArrivalAt.UTC().Format(time.RFC3339)}, URL: "/events/" + e.ID,
			})
		}
	}
	return joined(list)
}

func dutyTriggers(e *Event, b *PostBoard, now time.Time) []Trigger {
	var list []Trigger
	due := b.Post.DueAt(e)
	for k := range b.Duties {
		d := &b.Duties[k]
		t := Trigger{
			EventID: e.ID, Crews: []Crew{b.Post.Crew}, Leads: true, Command: true, Working: true, Items: []string{"duty:" + d.ID},
			Args: Args{"person_id": d.PersonID, "place": b.Post.Code + " " + b.Post.Name}, URL: "/events/" + e.ID + "/posts#post-" + b.Post.ID,
		}
		switch {
		case d.Now(due, now) == DutyAbsent && now.Sub(due) < LateMemory && now.Before(e.EndAt):
			t.Key, t.Kind, t.Grave = keyOf(string(NoticeAbsent), d.ID, strconv.FormatInt(due.Unix(), 10)), NoticeAbsent, true
			t.Args["at"] = due.UTC().Format(time.RFC3339)
		case d.State == DutyAway && d.ReturnAt != nil && now.Sub(*d.ReturnAt) >= AbsentAfter:
			t.Key, t.Kind = keyOf(string(NoticeReturn), d.ID, strconv.FormatInt(d.ReturnAt.Unix(), 10)), NoticeReturn
			t.Args["at"] = d.ReturnAt.UTC().Format(time.RFC3339)
		default:
			continue
		}
		list = append(list, t)
	}
	return list
}

// overdueTrigger: a party that is missing together is one alarm.
func overdueTrigger(e *Event, g *Guest) Trigger {
	who := g.PartyID
	if who == "" {
		who = g.ID
	}
	return Trigger{
		Key: keyOf(string(NoticeOverdue), who, string(g.Position), strconv.FormatInt(g.PositionAt.Unix(), 10)), Kind: NoticeOverdue, EventID: e.ID, Working: true, Grave: true,
		Crews: []Crew{CrewCTL}, Command: true, Items: []string{"guest:" + g.ID},
		Args: Args{"guest": g.Name, "guest_id": g.ID, "n": "1", "from": string(g.Position), "at": g.PositionAt.UTC().Format(time.RFC3339)}, URL: "/lobby?post=" + string(g.Position.Next()),
	}
}
