package demo

import (
	"context"
	"time"

	"huiwu/server/domain"
)

// decisions of the visit's kick-off: what, whose, and how many days after the visit's day it is due.
var decisions = []struct {
	what, owner string
	crew        domain.Crew
	days        int
}{
	{"会见厅鲜花改两组，备主宾席签", "supplies", domain.CrewADM, -2},
	{"车队路线与车位报安管复核", "security", domain.CrewSEC, -1},
	{"合影与签字照片整理后寄送考察团", supervisor, domain.CrewSUP, 2},
}

// tracks brings the planned tracks to where they would be: what was due before now is
// done, but for one event that was taken on late and still has steps to catch up with.
func (t *troupe) tracks(ctx context.Context, list []booking, visit string, now time.Time) error {
	by := domain.Act{Person: t.people[supervisor]}
	e, _, err := t.s.Event(ctx, nil, visit)
	if err != nil {
		return err
	}
	held := domain.Kickoff{Kind: "kickoff", HeldAt: t.s.Now().Add(-20 * time.Minute), People: "云母、会务、安管、保洁、物资负责人", Notes: "省级来访，接待规格一级。会见、合影、座谈、签字四个环节，走线由安管与保洁当面交接。"}
	record, err := t.s.AddKickoff(ctx, by, visit, held)
	if err != nil {
		return err
	}
	for _, x := range decisions {
		m := domain.Milestone{KickoffID: record.Created, Zh: x.what, Crew: x.crew, OwnerID: t.people[x.owner].ID, DueAt: e.StartAt.AddDate(0, 0, x.days).Truncate(time.Hour)}
		if _, err := t.s.AddMilestone(ctx, by, visit, m); err != nil {
			return err
		}
	}
	behind := "" // the first level-2 event that is still to come
	for k := range list {
		id := fixedID("event", list[k].key)
		steps, err := t.s.Milestones(ctx, id)
		if err != nil {
			return err
		}
		if behind == "" && list[k].draft.Event.Level == 2 && list[k].draft.Event.StartAt.After(now.AddDate(0, 0, 1)) {
			behind = id
		}
		for n := range steps {
			m := &steps[n]
			switch {
			case m.Status != domain.MilestoneOpen || m.DueAt.After(now) || id == behind && n > len(steps)/2:
			case id == visit && m.Step == "rehearsal":
				if _, err := t.s.WaiveMilestone(ctx, by, m.ID, "主宾行程紧，改为走线检查"); err != nil {
					return err
				}
			default:
				if _, err := t.s.FinishMilestone(ctx, by, m.ID); err != nil {
					return err
				}
			}
		}
	}
	return nil
}
