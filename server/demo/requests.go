package demo

import (
	"context"
	"time"

	"huiwu/server/domain"
	"huiwu/server/store"
)

// ask is an event of the week that came as a booking request: the supervisor wrote
// down what he was told, and accepted it.
func (t *troupe) ask(ctx context.Context, b *booking) error {
	by, e := domain.Act{Person: t.people[supervisor]}, &b.draft.Event
	made, err := t.s.MakeRequest(ctx, by, domain.Request{
		Purpose: e.Name, Type: e.Type, Organiser: e.Organiser, Contact: e.Contact, Phone: "8613", Locale: "zh", Heads: e.Heads, Layout: domain.LayoutTheatre, RoomID: b.draft.Rooms[0], Secrecy: e.Secrecy,
		Choices: []domain.RequestChoice{{No: 1, StartAt: e.StartAt, EndAt: e.EndAt}},
		Needs:   []domain.RequestNeed{{Kind: "tea"}, {Kind: "banner", Detail: e.Name}, {Kind: "flowers", Detail: "主席台前一排"}, {Kind: "photo", Detail: "全程，会后合影"}},
	})
	if err != nil {
		return err
	}
	_, err = t.s.AcceptRequest(ctx, by, made.Created, store.Acceptance{Choice: 1, Room: b.draft.Rooms[0], Level: e.Level}, func(*domain.Request) string { return e.Notes })
	return err
}

// requests are what waits for an answer now: another department wants the room of the
// visit while the visit has it (the auditorium is free), and something secret.
func (t *troupe) requests(ctx context.Context, visit string, later func(time.Duration)) error {
	e, _, err := t.s.Event(ctx, nil, visit)
	if err != nil {
		return err
	}
	tomorrow := e.StartAt.AddDate(0, 0, 1)
	if _, err := t.s.MakeRequest(ctx, domain.Act{}, domain.Request{
		Purpose: "市场部季度复盘会", Type: "meeting", Organiser: "市场部", Contact: "画眉", Phone: "8621", Email: "huamei@yuanlan.example.com", Locale: "zh", Heads: 32, Layout: domain.LayoutU,
		RoomID: e.Rooms[0].ID, Secrecy: domain.SecrecyNormal, Notes: "有两位分公司同事视频参会。",
		Choices: []domain.RequestChoice{{No: 1, StartAt: e.StartAt, EndAt: e.StartAt.Add(90 * time.Minute)}, {No: 2, StartAt: tomorrow, EndAt: tomorrow.Add(90 * time.Minute)}},
		Needs:   []domain.RequestNeed{{Kind: "tea"}, {Kind: "welcome"}, {Kind: "av", Detail: "投影、两支话筒、视频会议"}},
	}); err != nil {
		return err
	}
	later(6 * time.Minute)
	_, err = t.s.MakeRequest(ctx, domain.Act{}, domain.Request{
		Purpose: "重组方案内部评审", Type: "meeting", Organiser: "法务部", Contact: "秧鸡", Phone: "8633", Locale: "zh", Heads: 8, Layout: domain.LayoutBoard, Secrecy: domain.SecrecySecret,
		Choices: []domain.RequestChoice{{No: 1, StartAt: tomorrow.AddDate(0, 0, 4), EndAt: tomorrow.AddDate(0, 0, 4).Add(2 * time.Hour)}},
		Needs:   []domain.RequestNeed{{Kind: "secrecy", Detail: "收手机，专人值守"}},
	})
	return err
}
