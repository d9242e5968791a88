package domain_test

import (
	"reflect"
	"strings"
	"testing"

	"huiwu/server/domain"
)

func TestPositions(t *testing.T) {
	for n, p := range domain.Positions {
		equal(t, string(p), p.Index(), n)
		next, before := p, p
		if n+1 < len(domain.Positions) {
			next = domain.Positions[n+1]
		}
		if n > 0 {
			before = domain.Positions[n-1]
		}
		equal(t, "after "+string(p), p.Next(), next)
		equal(t, "before "+string(p), p.Before(), before)
		equal(t, string(p)+" has arrived", p.Arrived(), n > 0)
		equal(t, string(p)+" is inside", p.InBuilding(), strings.Contains("lobby lift venue", string(p)))
	}
	for _, p := range []domain.Position{"", "roof", "Gate"} {
		if p.Index() != -1 || p.Next() != p || p.Before() != p || p.Arrived() || p.InBuilding() {
			t.Errorf("%q is taken for a position", p)
		}
	}
}

func TestMoveGuest(t *testing.T) {
	d := domain.Doing{By: "granite", At: clock("08:31")}
	for _, x := range []struct {
		name       string
		was, to    domain.Position
		struck     bool
		want       string
		wasChanged bool
	}{
		{"on", domain.PositionExpected, domain.PositionGate, false, "", true},
		{"over a post that was not manned", domain.PositionGate, domain.PositionVenue, false, "", true},
		{"back, when seen there", domain.PositionVenue, domain.PositionLobby, false, "", true},
		{"there already", domain.PositionLobby, domain.PositionLobby, false, "", false},
		{"nowhere", domain.PositionLobby, "roof", false, "position:field.choose", false},
		{"struck", domain.PositionExpected, domain.PositionGate, true, "guest.struck", false},
	} {
		g := domain.Guest{Position: x.was, Struck: x.struck, PositionAt: clock("08:00")}
		before := g
		changed, err := g.MoveTo(x.to, d)
		equal(t, x.name, refusal(err), x.want)
		equal(t, x.name+" changed", changed, x.wasChanged)
		if !changed {
			equal(t, x.name, g, before)
			continue
		}
		if g.Position != x.to || g.Previous != x.was || g.PositionBy != "granite" || !g.PositionAt.Equal(d.At) {
			t.Errorf("%s: %+v", x.name, g)
		}
		// One step back, and not two.
		if changed, err := g.Back(domain.Doing{By: "amber", At: clock("08:32")}); err != nil || !changed || g.Position != x.was || g.Previous != "" || g.PositionBy != "amber" {
			t.Errorf("%s, back: %+v, %v", x.name, g, err)
		}
		if changed, err := g.Back(d); err != nil || changed || g.Position != x.was {
			t.Errorf("%s, back again: %+v, %v", x.name, g, err)
		}
	}
	g := domain.Guest{Position: domain.PositionGate, Previous: domain.PositionExpected, Struck: true}
	if changed, err := g.Back(d); err != nil || changed {
		t.Errorf("struck, back: %v, %v", changed, err)
	}
}

func TestCountGuests(t *testing.T) {
	guests := []domain.Guest{
		{Position: domain.PositionExpected},
		{Position: domain.PositionExpected},
		{Position: domain.PositionGate},
		{Position: domain.PositionDropOff},
		{Position: domain.PositionLobby},
		{Position: domain.PositionLift},
		{Position: domain.PositionVenue},
		{Position: domain.PositionVenue},
		{Position: domain.PositionLeft},
		{Position: domain.PositionVenue, Struck: true},
	}
	want := domain.GuestCounts{Total: 9, Arrived: 7, Inside: 4, Left: 1, Position: map[domain.Position]int{
		domain.PositionExpected: 2, domain.PositionGate: 1, domain.PositionDropOff: 1, domain.PositionLobby: 1, domain.PositionLift: 1, domain.PositionVenue: 2, domain.PositionLeft: 1,
	}}
	if got := domain.CountGuests(guests); !reflect.DeepEqual(got, want) {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
	var c domain.GuestCounts
	for p, n := range want.Position {
		c.Add(p, n)
	}
	if !reflect.DeepEqual(c, want) {
		t.Errorf("added up: %+v", c)
	}
}

func TestGuestValidate(t *testing.T) {
	for _, x := range []struct {
		name string
		g    domain.Guest
		want string
	}{
		{"name only", domain.Guest{Name: " 白术 "}, ""},
		{"no name", domain.Guest{Name: "\u202e\u200b"}, "name:field.required"},
		{"long name", domain.Guest{Name: strings.Repeat("术", 41)}, "name:field.too_long"},
		{"longest", domain.Guest{Name: strings.Repeat("术", 40), Title: strings.Repeat("术", 60), Organisation: strings.Repeat("术", 60), Plate: strings.Repeat("9", 16), Bay: strings.Repeat("9", 16), Needs: strings.Repeat("术", 120), Rank: 9999}, ""},
		{"plate", domain.Guest{Name: "白术", Plate: strings.Repeat("9", 17)}, "plate:field.too_long"},
		{"needs", domain.Guest{Name: "白术", Needs: strings.Repeat("9", 121)}, "needs:field.too_long"},
		{"rank", domain.Guest{Name: "白术", Rank: 10000}, "rank:guest.rank_range"},
		{"rank below", domain.Guest{Name: "白术", Rank: -1}, "rank:guest.rank_range"},
	} {
		equal(t, x.name, refusal(x.g.Validate()), x.want)
	}
	g := domain.Guest{Title: strings.Repeat("术", 61), Rank: -1}
	err, _ := domain.AsError(g.Validate())
	equal(t, "all that is wrong at once", len(err.Fields), 3)
}
