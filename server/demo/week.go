package demo

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"huiwu/server/domain"
	"huiwu/server/store"
)

// turnaround is what a room needs between two events.
const turnaround = 30 * time.Minute

// booking is an event before it is made, in its place in the week.
type booking struct {
	key    string
	draft  store.EventDraft
	status domain.EventStatus // how far the seed takes it: draft, requested, confirmed
	moved  bool               // not at its clock time: the room was taken
}

// timetable puts the events around now: the visit arrives in 45 minutes, the
// weekly meeting starts ten minutes before that, the others keep their clock
// time and their distance in days from the visit. Who would stand in the way
// moves to a later (else an earlier) half hour of the same day, else to another
// room; dropped names those that found no place.
func timetable(d *data, now time.Time, loc *time.Location) (list []booking, dropped []string) {
	v := &d.Visit
	arrival := now.Round(time.Minute).Add(45 * time.Minute).UTC()
	at := func(clock string) time.Time { return arrival.Add(clockOf(clock) - clockOf(v.Arrival)) }
	tea := at(v.Break)
	visit := booking{key: visitKey, status: domain.EventConfirmed, draft: store.EventDraft{Rooms: v.Rooms, Event: domain.Event{
		Name: v.Name, Type: "visit", Organiser: v.Organiser, Contact: v.Contact, PrincipalGuest: v.Principal,
		Level: 1, LevelReason: v.Reason, Secrecy: domain.SecrecyInternal, Heads: v.Heads,
		ArrivalAt: &arrival, StartAt: at(v.Start), EndAt: at(v.End), BreakAt: &tea, Photo: true,
		Register: domain.Register{
			Purpose: "介绍集团产业布局，商谈合作项目，签署合作备忘录。", Wishes: "座谈以交流为主，双方讲话控制在 20 分钟内。",
			PrincipalTitle: "团长", GuestRank: "state", HostRank: "chair", GuestHeads: 40, EscortHeads: 20, ExpenseClass: 3, Layout: domain.LayoutTheatre,
			TeaWish: "绿茶，主宾只饮温白水", WelcomeText: "热烈欢迎海岳省产业合作考察团", Banner: "海岳省产业合作考察团座谈会", Flowers: "主席台、签字台各一组，会见厅两组",
			SeatWish: "主席台七座，其余按剧院式", PhotoWish: "抵达、会见、全景、签字、合影",
		},
	}}}
	visit.draft.Event.Notes, visit.draft.Event.Supplies = visitNotes(v), supplies(v.Supplies)

	w := &d.Weekly
	start := arrival.Add(-10 * time.Minute)
	weekly := booking{key: weeklyKey, status: domain.EventConfirmed, draft: store.EventDraft{Rooms: []string{w.Room}, Event: domain.Event{
		Name: w.Name, Type: "meeting", Organiser: w.Organiser, Contact: w.Contact,
		Level: 4, Secrecy: domain.SecrecyNormal, Heads: w.Heads,
		StartAt: start, EndAt: start.Add(time.Duration(w.Minutes) * time.Minute),
	}}}
	weekly.draft.Event.Supplies = supplies(w.Supplies)
	list = append(list, visit, weekly)

	local := arrival.In(loc)
	for k := range d.Week {
		x := &d.Week[k]
		day := time.Date(local.Year(), local.Month(), local.Day()+x.Day, 0, 0, 0, 0, loc)
		b := booking{key: x.Key, status: domain.EventConfirmed, draft: store.EventDraft{Rooms: []string{x.Room}, Event: domain.Event{
			Name: x.Name, Type: x.Type, Organiser: x.Organiser, Contact: x.Contact, Level: x.Level, LevelReason: x.Reason,
			Secrecy: domain.SecrecyNormal, Heads: x.Heads, Photo: x.Photo, Recording: x.Recording,
		}}}
		e := &b.draft.Event
		if x.Secrecy != "" {
			e.Secrecy = x.Secrecy
		}
		if x.Status != "" {
			b.status = x.Status
		}
		if e.Level <= 2 { // its tea break, half way and on the quarter
			half := (clockOf(x.End) - clockOf(x.Start)) / 2
			if half >= time.Hour {
				t := onDay(day, clockOf(x.Start)+half.Truncate(15*time.Minute))
				e.BreakAt = &t
			}
		}
		if !place(d, &b, x, day, list) {
			dropped = append(dropped, x.Name)
			continue
		}
		list = append(list, b)
	}
	return list, dropped
}

// place finds time and room for an event; false when the day is full.
func place(d *data, b *booking, x *weekEvent, day time.Time, taken []booking) bool {
	from, long := clockOf(x.Start), clockOf(x.End)-clockOf(x.Start)
	clocks := []time.Duration{from}
	for c := from + turnaround; c+long <= 21*time.Hour; c += turnaround {
		clocks = append(clocks, c)
	}
	for c := from - turnaround; c >= 8*time.Hour; c -= turnaround {
		clocks = append(clocks, c)
	}
	rooms := []string{x.Room}
	for _, r := range d.Rooms {
		if r.ID != x.Room && r.Cap >= x.Heads {
			rooms = append(rooms, r.ID)
		}
	}
	for _, room := range rooms {
		for _, c := range clocks {
			start, end := onDay(day, c), onDay(day, c+long)
			if !free(room, start, end, taken) {
				continue
			}
			e := &b.draft.Event
			b.moved = room != x.Room || c != from
			b.draft.Rooms, e.StartAt, e.EndAt = []string{room}, start, end
			if e.BreakAt != nil {
				t := e.BreakAt.Add(c - from)
				e.BreakAt = &t
			}
			if x.Reception > 0 {
				t := start.Add(-time.Duration(x.Reception) * time.Minute)
				e.ArrivalAt = &t
			}
			return true
		}
	}
	return false
}

// free tells whether nothing is in the room from start to end, with time to
// turn it around before and after.
func free(room string, start, end time.Time, taken []booking) bool {
	return !slices.ContainsFunc(taken, func(b booking) bool {
		e := &b.draft.Event
		return slices.Contains(b.draft.Rooms, room) && start.Before(e.EndAt.Add(turnaround)) && end.After(e.Arrival().Add(-turnaround))
	})
}

// clockOf reads "09:30" as the time since midnight.
func clockOf(s string) time.Duration {
	t, err := time.Parse("15:04", s)
	if err != nil {
		panic(fmt.Sprintf("demo.json: clock time %q", s))
	}
	return time.Duration(t.Hour())*time.Hour + time.Duration(t.Minute())*time.Minute
}

// onDay is a clock time on a site day (by the calendar: a day may have 23 hours).
func onDay(day time.Time, clock time.Duration) time.Time {
	return time.Date(day.Year(), day.Month(), day.Day(), int(clock/time.Hour), int(clock%time.Hour/time.Minute), 0, 0, day.Location()).UTC()
}

func visitNotes(v *visitData) string {
	return "主席台(台下看):" + strings.Join(v.Dais, " ")
}
