package demo_test

import (
	"slices"
	"strings"
	"testing"

	"huiwu/server/domain"
	"huiwu/server/store/storetest"
)

// The visit's plans: the dais as demo.json has it, and everybody of the plenary has one seat.
func TestSeats(t *testing.T) {
	s := storetest.SQLite(t)
	res := seed(t, s, at(t, "2026-11-25 08:03:20"))
	plans, err := s.SeatPlans(t.Context(), res.Visit)
	if err != nil {
		t.Fatal(err)
	}
	people, err := s.Seatables(t.Context(), res.Visit)
	if err != nil {
		t.Fatal(err)
	}
	who := map[string]domain.Seatable{}
	for _, p := range people {
		who[p.Key] = p
	}
	sit := map[string]string{} // by plan, as the audience sees it
	for _, p := range plans {
		slices.SortFunc(p.Chairs, func(a, b domain.Seat) int { return (a.Y-b.Y)*1000 + a.X - b.X })
		var names []string
		for _, c := range p.Chairs {
			if n := who[c.Person()].Name; n != "" {
				names = append(names, n)
			}
		}
		sit[p.Name] = strings.Join(names, " ")
	}
	if sit["主席台"] != "连翘 石斛 苏木 杜仲 白鹭 朱鹮 苍鹰" {
		t.Error(sit["主席台"])
	}
	if sit["签字"] != "连翘 苏木 杜仲 白鹭 苍鹰 云雀 石斛 朱鹮" { // those who stand behind, then the signers
		t.Error(sit["签字"])
	}
	for name, n := range map[string]int{"会场": 53, "会见": 16, "合影": 60} {
		if got := len(strings.Fields(sit[name])); got != n {
			t.Errorf("%s: %d sit, want %d", name, got, n)
		}
	}
	for seat, kinds := range domain.Troubles(plans, who) {
		t.Errorf("%s: %v", seat, kinds)
	}
	if text, err := s.SeatOf(t.Context(), strings.TrimPrefix(people[0].Key, "guest:")); err != nil || len(text) == 0 {
		t.Error(text, err)
	}
}
