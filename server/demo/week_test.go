package demo

import (
	"testing"
	"time"
)

// Every quarter of an hour of a week, in zones near and far: all 25 events find
// their place, apart from each other, on their days.
func TestTimetable(t *testing.T) {
	zones := []*time.Location{time.FixedZone("UTC+8", 8*3600), time.UTC}
	if berlin, err := time.LoadLocation("Europe/Berlin"); err == nil {
		zones = append(zones, berlin) // the week in which summer time ends
	}
	d := load()
	for _, loc := range zones {
		moved := 0
		for now := time.Date(2026, 10, 21, 0, 0, 13, 0, loc); now.Before(time.Date(2026, 10, 28, 0, 0, 0, 0, loc)); now = now.Add(15 * time.Minute) {
			list, dropped := timetable(d, now, loc)
			if len(list) != 25 || len(dropped) > 0 {
				t.Fatalf("%v: %d events, dropped %v", now, len(list), dropped)
			}
			visit := &list[0].draft.Event
			if a := visit.Arrival().Sub(now.Round(time.Minute)); a != 45*time.Minute {
				t.Fatalf("%v: arrival in %v", now, a)
			}
			if s := list[1].draft.Event.StartAt.Sub(now.Round(time.Minute)); s != 35*time.Minute {
				t.Fatalf("%v: weekly meeting in %v", now, s)
			}
			for k := range list {
				e := &list[k].draft.Event
				if err := e.Validate(); err != nil {
					t.Fatalf("%v: %s: %v", now, e.Name, err)
				}
				if list[k].moved {
					moved++
				}
				if !free(list[k].draft.Rooms[0], e.Arrival(), e.EndAt, list[:k]) {
					t.Fatalf("%v: %s from %v in a taken room", now, e.Name, e.StartAt)
				}
				if k < 2 {
					continue
				}
				x := &d.Week[k-2]
				v := visit.Arrival().In(loc)
				if day := e.StartAt.In(loc); day.YearDay() != v.AddDate(0, 0, x.Day).YearDay() || !list[k].moved && day.Format("15:04") != x.Start {
					t.Fatalf("%v: %s from %v", now, e.Name, day)
				}
			}
		}
		if moved == 0 {
			t.Errorf("%v: nothing ever had to move", loc)
		}
	}
}
