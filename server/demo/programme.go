package demo

import (
	"context"
	"slices"
	"time"

	"huiwu/server/domain"
)

// functionKinds of the functions in demo.json, by name.
var functionKinds = map[string]domain.FunctionKind{"抵达迎接": "arrival", "会见": "talks", "合影": "photo", "全体会": "meeting", "签字": "signing", "送离": "departure"}

// layouts of theirs.
var layouts = map[string]domain.Layout{"会见": domain.LayoutTalks, "合影": domain.LayoutPhoto, "全体会": domain.LayoutTheatre, "签字": domain.LayoutSigning}

// speakers and needs of the agenda, by the name of the item.
var speaking = map[string][2]string{
	"主持开场": {"苍鹰", "发言台、手持话筒"}, "宣传片": {"", "投影、音响"}, "集团介绍": {"白鹭", "投影、翻页笔"}, "考察团介绍": {"苏木", "投影、翻页笔"},
	"交流发言": {"", "手持话筒 2 支"}, "双方讲话": {"杜仲、白鹭", "发言台"},
}

// programme is that of the visit and that of the weekly meeting, at the times of this
// demo: it stands before the event is confirmed, so that it changes nothing for anybody.
func (t *troupe) programme(ctx context.Context, d *data, b *booking) error {
	shift := func(from string) func(clock string) time.Time {
		return func(clock string) time.Time { return b.draft.Event.StartAt.Add(clockOf(clock) - clockOf(from)) }
	}
	switch b.key {
	case visitKey:
		return t.arrange(ctx, b.draft.Event.ID, d.Visit.Functions, d.Visit.Agenda, shift(d.Visit.Start))
	case weeklyKey:
		return t.arrange(ctx, b.draft.Event.ID, nil, d.Weekly.Agenda, shift(d.Weekly.Agenda[0].Start))
	}
	return nil
}

// arrange gives an event its functions and its agenda. shift moves the clock times of demo.json to those of the demo.
func (t *troupe) arrange(ctx context.Context, event string, functions []struct{ Name, Start, End, Place string }, agenda []agendaPoint, shift func(clock string) time.Time) error {
	by := domain.Act{Person: t.people[supervisor]}
	rooms, err := t.s.Rooms(ctx)
	if err != nil {
		return err
	}
	for _, f := range functions {
		x := domain.Function{Name: f.Name, Kind: functionKinds[f.Name], Layout: layouts[f.Name], StartAt: shift(f.Start), EndAt: shift(f.End), Place: f.Place}
		if slices.ContainsFunc(rooms, func(r domain.Room) bool { return r.ID == f.Place }) {
			x.RoomID, x.Place = f.Place, ""
		}
		_, err := t.s.AddFunction(ctx, by, event, x)
		if _, refused := domain.AsError(err); refused && x.RoomID != "" { // at this time of day another event of the week has the room
			x.RoomID, x.Place = "", f.Place
			_, err = t.s.AddFunction(ctx, by, event, x)
		}
		if err != nil {
			return err
		}
	}
	for _, p := range agenda {
		x := domain.AgendaItem{Title: p.Name, Minutes: p.Minutes, StartAt: shift(p.Start), Speaker: speaking[p.Name][0], Needs: speaking[p.Name][1]}
		if _, err := t.s.AddAgendaItem(ctx, by, event, x); err != nil {
			return err
		}
	}
	return nil
}
