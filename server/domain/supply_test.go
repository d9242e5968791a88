package domain

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"
)

func TestSupplyNeeds(t *testing.T) {
	for _, x := range []struct{ typed, want string }{
		{"", ""},
		{"矿泉水 132、纸笔66，盖杯×66；席位卡 66\n证件: 44", "矿泉水 132|纸笔 66|盖杯 66|席位卡 66|证件 44"},
		{"茶叶 198 g · 点心 60份(无坚果标识、另放) · 话筒 10 (2+4+2+2备)", "茶叶 198|点心 60|话筒 10"},
		{"water 14, pens 14, 6 tea sets", "water 14|pens 14|tea sets 6"},
		{"Water 4, water 5", "Water 9"},
		{"投影仪、 、,,", "投影仪 0"},
		{"矿泉水 99999999999999999999", "矿泉水 1000000"},
		{"(备注)", ""},
		{"12", ""},
	} {
		var got []string
		for _, n := range SupplyNeeds(x.typed) {
			got = append(got, fmt.Sprint(n.Name, " ", n.N))
		}
		if s := strings.Join(got, "|"); s != x.want {
			t.Errorf("%q: %q, not %q", x.typed, s, x.want)
		}
	}
}

func TestSupplyText(t *testing.T) {
	e := Event{Notes: "日程:无\n用品：茶杯 60"}
	if got := e.SupplyText(); got != "茶杯 60" {
		t.Error(got)
	}
	if e.Supplies = "茶杯 20"; e.SupplyText() != "茶杯 20" {
		t.Error("the notes count more than the field")
	}
}

func TestSupplyCheck(t *testing.T) {
	for _, x := range []struct {
		s    Supply
		want string
	}{
		{Supply{Name: " 盖杯 ", Stock: 1}, ""},
		{Supply{Stock: 1}, "name:field.required"},
		{Supply{Name: "盖杯 66", Stock: 1}, "name:supply.plain_name"},
		{Supply{Name: "盖杯、方巾", Stock: 1}, "name:supply.plain_name"},
		{Supply{Name: "盖杯", Stock: -1}, "stock:field.between"},
		{Supply{Name: "盖杯", Stock: 1_000_001}, "stock:field.between"},
	} {
		got := ""
		if e, ok := AsError(x.s.Check()); ok {
			got = e.Fields[0].Field + ":" + e.Fields[0].Key
		}
		if got != x.want {
			t.Errorf("%+v: %q, not %q", x.s, got, x.want)
		}
	}
}

// What comes back is short only where events overlap; what is used up, on one day.
func TestShortages(t *testing.T) {
	day := time.Date(2026, 3, 18, 0, 0, 0, 0, time.UTC)
	event := func(id string, from, to time.Duration, supplies string) Event {
		return Event{ID: id, Level: 4, Status: EventConfirmed, StartAt: day.Add(from), EndAt: day.Add(to), Register: Register{Supplies: supplies}}
	}
	h := time.Hour
	supplies := []Supply{{ID: "cups", Name: "盖杯", NameEn: "Cups", Stock: 100}, {ID: "water", Name: "矿泉水", Stock: 100, Consumed: true}}
	for _, x := range []struct {
		name   string
		events []Event
		want   string
	}{
		{"enough", []Event{event("a", 9*h, 10*h, "盖杯 60"), event("b", 9*h, 10*h, "盖杯 40")}, ""},
		{"overlap", []Event{event("a", 9*h, 11*h, "盖杯 60"), event("b", 10*h, 12*h, "cups 60")}, "cups 20: a b 09:25–11:35"},
		{"handed back late", []Event{event("a", 9*h, 10*h, "盖杯 60"), event("b", 11*h, 12*h, "盖杯 60")}, "cups 20: a b 10:25–10:35"},
		{"one after the other", []Event{event("a", 9*h, 10*h, "盖杯 60"), event("b", 12*h, 13*h, "盖杯 60")}, ""},
		{"alone", []Event{event("a", 9*h, 10*h, "盖杯 160")}, "cups 60: a 08:25–10:35"},
		{"chain", []Event{event("a", 9*h, 11*h, "盖杯 60"), event("b", 10*h, 14*h, "盖杯 30"), event("c", 13*h, 15*h, "盖杯 80")}, "cups 10: b c 12:25–14:35"},
		{"used up", []Event{event("a", 9*h, 10*h, "矿泉水 60"), event("b", 15*h, 16*h, "矿泉水 60")}, "water 20: a b 08:25–16:35"},
		{"another day", []Event{event("a", 9*h, 10*h, "矿泉水 60"), event("b", 33*h, 34*h, "矿泉水 60")}, ""},
	} {
		uses, others := SupplyUses(supplies, x.events, day)
		if len(others) > 0 {
			t.Error(x.name, others)
		}
		var got []string
		for _, s := range Shortages(supplies, uses, time.UTC) {
			line := fmt.Sprintf("%s %d:", s.Supply.ID, s.Missing())
			for _, u := range s.Uses {
				line += " " + u.Event.ID
			}
			got = append(got, line+" "+s.From.Format("15:04")+"–"+s.To.Format("15:04"))
		}
		if s := strings.Join(got, "|"); s != x.want {
			t.Errorf("%s: %q, not %q", x.name, s, x.want)
		}
	}

	list := []Event{event("a", 9*h, 10*h, "盖杯 60、投影仪 1"), event("b", 9*h, 10*h, "投影仪 2、盖杯 60"), event("c", 9*h, 10*h, "盖杯 60")}
	list[2].Status = EventCancelled
	uses, others := SupplyUses(supplies, list, day)
	if len(uses["cups"]) != 2 || !slices.Equal(others, []SupplyNeed{{"投影仪", 3}}) {
		t.Error(uses, others)
	}
	short := Shortages(supplies, uses, time.UTC)
	if len(ShortFor(slices.Clone(short), "a")) != 1 || len(ShortFor(slices.Clone(short), "c")) != 0 {
		t.Error(short)
	}
}
