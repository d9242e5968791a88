package demo

import (
	"context"
	"time"

	"huiwu/server/domain"
)

// abilities are what the demo's people can do, by staff number; the last good day is
// counted in days from the visit.
var abilities = []struct {
	no, certificate string
	skill           domain.Skill
	days            int // 0 = for ever
}{
	{"yusui", "", "etiquette", 0},
	{"service", "健〔2025〕0317", "health", 200},
	{"manao", "健〔2025〕0318", "health", 200},
	{"qingjin", "英语六级", "language", 0},
	{"bixi", "健〔2024〕0092", "health", -20},
	{"dansha", "保安员 0021", "guard", 900},
	{"security", "保安员 0034", "guard", 900},
	{"danxia", "", "first_aid", 30},
	{"engineering", "音响师 四级", "av", 400},
	{"wusha", "低压电工", "electric", 120},
	{"tonglv", "电梯安全管理 A", "lift", 365},
	{"control", "消防设施操作员 四级", "fire", 600},
	{"lanbao", "消防设施操作员 四级", "fire", 600},
	{"yinzhu", "", "photo", 0},
}

// keyPosts are those of the visit that must never be empty.
var keyPosts = []string{"Z01", "Z07", "Z12"}

// crewLeads lead their crews at the visit.
var crewLeads = []string{"yusui", "dansha", "huashi", "tonglv"}

// plan says what people can do and when, who leads the visit's crews, and which of its posts are key posts.
func (t *troupe) plan(ctx context.Context, visit string) error {
	by := domain.Act{Person: t.people[supervisor]}
	e, _, err := t.s.Event(ctx, nil, visit)
	if err != nil {
		return err
	}
	for _, x := range abilities {
		skill := domain.PersonSkill{Skill: x.skill, Certificate: x.certificate}
		if x.days != 0 {
			skill.ExpiresOn = domain.SiteDay(e.StartAt.AddDate(0, 0, x.days), t.s.Loc)
		}
		if _, err := t.s.AddSkill(ctx, by, t.people[x.no].ID, skill); err != nil {
			return err
		}
	}
	local := e.StartAt.In(t.s.Loc)
	day := time.Date(local.Year(), local.Month(), local.Day(), 0, 0, 0, 0, t.s.Loc)
	for _, x := range []struct {
		no   string
		kind domain.EntryKind
		from int // days from the visit's
		note string
	}{{"lvsong", domain.EntryLeave, 0, "年假"}, {"yueguang", domain.EntryTraining, 1, "茶艺培训"}, {"lanbao", domain.EntryLeave, 2, ""}} {
		entry := domain.RosterEntry{Kind: x.kind, FromAt: day.AddDate(0, 0, x.from).UTC(), TillAt: day.AddDate(0, 0, x.from+1).UTC(), Note: x.note}
		if _, err := t.s.AddRosterEntry(ctx, by, t.people[x.no].ID, entry); err != nil {
			return err
		}
	}
	for _, no := range crewLeads {
		if _, err := t.s.SetCrewLead(ctx, by, visit, t.people[no].ID, true, nil); err != nil {
			return err
		}
	}
	for _, code := range keyPosts {
		if _, err := t.s.SetKeyPost(ctx, by, fixedID("post", code), true); err != nil {
			return err
		}
	}
	return nil
}
