package domain

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
)

// The rows as the audience sees them, written by hand from the two published rules.
var daisTables = map[DaisRule][]string{
	DaisRuleA: {
		"1",
		"1 2",
		"3 1 2",
		"3 1 2 4",
		"5 3 1 2 4",
		"5 3 1 2 4 6",
		"7 5 3 1 2 4 6",
		"7 5 3 1 2 4 6 8",
		"9 7 5 3 1 2 4 6 8",
		"9 7 5 3 1 2 4 6 8 10",
		"11 9 7 5 3 1 2 4 6 8 10",
		"11 9 7 5 3 1 2 4 6 8 10 12",
		"13 11 9 7 5 3 1 2 4 6 8 10 12",
		"13 11 9 7 5 3 1 2 4 6 8 10 12 14",
		"15 13 11 9 7 5 3 1 2 4 6 8 10 12 14",
	},
	DaisRuleB: {
		"1",
		"2 1",
		"3 1 2",
		"4 2 1 3",
		"5 3 1 2 4",
		"6 4 2 1 3 5",
		"7 5 3 1 2 4 6",
		"8 6 4 2 1 3 5 7",
		"9 7 5 3 1 2 4 6 8",
		"10 8 6 4 2 1 3 5 7 9",
		"11 9 7 5 3 1 2 4 6 8 10",
		"12 10 8 6 4 2 1 3 5 7 9 11",
		"13 11 9 7 5 3 1 2 4 6 8 10 12",
		"14 12 10 8 6 4 2 1 3 5 7 9 11 13",
		"15 13 11 9 7 5 3 1 2 4 6 8 10 12 14",
	},
}

// laid gives ids to the seats of a plan: its own numbers.
func laid(t testing.TB, p SeatPlan) (*SeatPlan, []Mark) {
	t.Helper()
	if p.Name == "" {
		p.Name = "主席台"
	}
	if err := p.Validate(); err != nil {
		t.Fatalf("%+v: %v", p, err)
	}
	var marks []Mark
	p.Chairs, marks = p.Lay()
	for k := range p.Chairs {
		p.Chairs[k].ID = fmt.Sprint("s", k)
	}
	return &p, marks
}

// put seats people.
func put(seats []Seat, change map[string]string) {
	for k := range seats {
		s := &seats[k]
		key, changed := change[s.ID]
		if !changed {
			continue
		}
		s.GuestID, s.HostID = "", ""
		if id, ok := strings.CutPrefix(key, "guest:"); ok {
			s.GuestID = id
		} else if id, ok := strings.CutPrefix(key, "host:"); ok {
			s.HostID = id
		}
	}
}

// line is a row of the plan from left to right, as it is seen from the audience or the stage; "-" is free.
func line(p *SeatPlan, marks []Mark, y int, stage bool, show func(s *Seat) string) string {
	f := FrameOf(p.Chairs, marks)
	at := map[int]string{}
	for k := range p.Chairs {
		s := &p.Chairs[k]
		if s.Y == y {
			col, _ := f.At(s.X, s.Y, 1, 1, stage)
			at[col] = show(s)
		}
	}
	var words []string
	for x := range f.W {
		if w, ok := at[x]; ok {
			words = append(words, w)
		}
	}
	return strings.Join(words, " ")
}

func number(s *Seat) string { return fmt.Sprint(s.N) }
func label(s *Seat) string  { return s.Label }
func sits(s *Seat) string {
	if s.Person() == "" {
		return "-"
	}
	return s.GuestID + s.HostID
}

func people(side Side, names ...string) []Seatable {
	var list []Seatable
	for k, n := range names {
		list = append(list, Seatable{Key: string(side) + ":" + n, Side: side, Name: n, Rank: k + 1, Sort: k + 1})
	}
	return list
}

func TestDaisOrder(t *testing.T) {
	for rule, table := range daisTables {
		for k, want := range table {
			p, marks := laid(t, SeatPlan{Layout: LayoutDais, Seats: k + 1, Rule: rule})
			if got := line(p, marks, 0, false, number); got != want {
				t.Errorf("%s %d: %s, want %s", rule, k+1, got, want)
			}
			words := strings.Fields(want)
			slices.Reverse(words)
			if got := line(p, marks, 0, true, number); got != strings.Join(words, " ") {
				t.Errorf("%s %d from the stage: %s", rule, k+1, got)
			}
		}
	}
}

// The visit's own dais (demo): guests and hosts by turns.
func TestVisitDais(t *testing.T) {
	p, marks := laid(t, SeatPlan{Layout: LayoutDais, Seats: 7})
	all := append(people(SideGuest, "杜仲", "苏木", "石斛", "连翘", "白芷"), people(SideHost, "白鹭", "朱鹮", "苍鹰", "云雀")...)
	put(p.Chairs, Fill(p.Chairs, all))
	if got := line(p, marks, 0, false, sits); got != "连翘 石斛 苏木 杜仲 白鹭 朱鹮 苍鹰" {
		t.Error(got)
	}
	if got := line(p, marks, 0, true, sits); got != "苍鹰 朱鹮 白鹭 杜仲 苏木 石斛 连翘" {
		t.Error(got)
	}
}

// Each line of a plan from the door's or audience's view, top to bottom.
func TestLayouts(t *testing.T) {
	for _, x := range []struct {
		plan SeatPlan
		want []string // by y
	}{
		// Guests face the door at the bottom, their principal in the middle; 2 on his left, which is right from the door.
		{SeatPlan{Layout: LayoutTalks, Seats: 5}, []string{"G5 G3 G1 G2 G4", "", "H4 H2 H1 H3 H5"}},
		{SeatPlan{Layout: LayoutTalks, Seats: 4, Split: 2, Rule: DaisRuleB}, []string{"G4 G2 G1 G3", "", "H1 H2"}},
		// End-on: hosts left, guests right as one walks in.
		{SeatPlan{Layout: LayoutTalks, Seats: 3, Variant: VariantEndOn}, []string{"H2 G3", "H1 G1", "H3 G2"}},
		// The audience sees the guest left, the host right: host on the left in his own view. Their people behind them.
		{SeatPlan{Layout: LayoutSigning, Seats: 3}, []string{"G3 G2 H2 H3", "GA G1 H1 HA"}},
		// Row A is in front, nearest to the camera; the longer row stands behind.
		{SeatPlan{Layout: LayoutPhoto, Seats: 7, Split: 2}, []string{"B1 B2 B3 B4", "A1 A2 A3"}},
		{SeatPlan{Layout: LayoutCar, Seats: 4}, []string{"3", "2 4 1"}},
		{SeatPlan{Layout: LayoutBoard, Seats: 7}, []string{"3 1 2 4", "", "6 5 7"}},
		{SeatPlan{Layout: LayoutU, Seats: 8, Split: 3}, []string{"3 1 2", "5 4", "7 6", "8"}},
		{SeatPlan{Layout: LayoutTheatre, Seats: 7, Split: 2}, []string{"", "", "A1 A2 A3 A4", "B1 B2 B3"}},
	} {
		p, marks := laid(t, x.plan)
		for y, want := range x.want {
			if got := line(p, marks, y, false, label); got != want {
				t.Errorf("%s %d %s, line %d: %q, want %q", x.plan.Layout, x.plan.Seats, x.plan.Variant, y, got, want)
			}
		}
	}
}

// Who faces the stage has his left where the plan has its left: 2 sits there.
func TestHallOrder(t *testing.T) {
	p, marks := laid(t, SeatPlan{Layout: LayoutTheatre, Seats: 14, Split: 2})
	if got := line(p, marks, 2, false, number); got != "6 4 2 1 3 5 7" {
		t.Error(got)
	}
	if got := line(p, marks, 3, false, number); got != "13 11 9 8 10 12 14" {
		t.Error(got)
	}
}

func TestForeignPhoto(t *testing.T) {
	p, marks := laid(t, SeatPlan{Layout: LayoutPhoto, Seats: 5, Split: 1, Variant: VariantForeign})
	put(p.Chairs, Fill(p.Chairs, append(people(SideGuest, "g1", "g2"), people(SideHost, "h1", "h2", "h3")...)))
	// The host in the centre, the first guest on his right: left for the camera.
	if got := line(p, marks, 0, false, sits); got != "h2 g1 h1 g2 h3" {
		t.Error(got)
	}
}

// The round table: the host faces the door, guest 1 on his right, 2 on his left, 3 on the second host's right, 4 on his left.
func TestBanquet(t *testing.T) {
	p, marks := laid(t, SeatPlan{Layout: LayoutBanquet, Seats: 10})
	put(p.Chairs, Fill(p.Chairs, append(people(SideGuest, "g1", "g2", "g3", "g4", "g5"), people(SideHost, "h1", "h2")...)))
	for y, want := range []string{"g1 h1 g2", "g5 -", "", "- -", "g4 h2 g3"} { // the fifth guest comes next on the host's right hand
		if got := line(p, marks, y, false, sits); got != want {
			t.Errorf("line %d: %q, want %q", y, got, want)
		}
	}
	// Tables: the main one in the centre, far from the door; right before left, nearer before farther.
	p, marks = laid(t, SeatPlan{Layout: LayoutBanquet, Seats: 44})
	at := map[string]Mark{}
	for _, m := range marks {
		at[m.Text] = m
	}
	if !(at["2"].X < at["1"].X && at["1"].X < at["3"].X && at["1"].Y < at["4"].Y && at["4"].X < at["5"].X) {
		t.Errorf("%+v", at)
	}
	last := p.Chairs[len(p.Chairs)-1]
	if last.Row != 5 || last.Depth != 3 {
		t.Errorf("the last table has four: %+v", last)
	}
}

// every is every layout in many sizes.
func every(t *testing.T, fn func(t *testing.T, p *SeatPlan, marks []Mark)) {
	t.Helper()
	for _, l := range Layouts {
		for _, variant := range append([]string{""}, Variants[l]...) {
			for _, rule := range []DaisRule{DaisRuleA, DaisRuleB} {
				lo, hi := seatRange(l)
				for n := lo; n <= hi; n += 1 + n/9 {
					for _, split := range []int{0, 2, 7, 12} {
						x := SeatPlan{Name: "x", Layout: l, Seats: n, Split: split, Variant: variant, Rule: rule}
						if x.Validate() != nil {
							continue
						}
						p, marks := laid(t, x)
						fn(t, p, marks)
					}
				}
			}
		}
	}
}

func about(p *SeatPlan) string {
	return fmt.Sprint(p.Layout, " ", p.Seats, "/", p.Split, " ", p.Variant, p.Rule)
}

// Every plan has as many chairs as it says, each on a place of its own, within the frame, under a name of its own; the
// stage sees the audience's view turned round.
func TestEveryPlan(t *testing.T) {
	every(t, func(t *testing.T, p *SeatPlan, marks []Mark) {
		want := p.Seats
		switch {
		case p.Layout == LayoutTalks && p.Split > 0:
			want += p.Split
		case p.Layout == LayoutTalks:
			want *= 2
		case p.Layout == LayoutSigning:
			want = want*2 + 2
		}
		if len(p.Chairs) != want {
			t.Fatalf("%s: %d chairs, want %d", about(p), len(p.Chairs), want)
		}
		f := FrameOf(p.Chairs, marks)
		cell, name, order := map[[2]int]bool{}, map[string]bool{}, map[string]bool{}
		for k := range p.Chairs {
			s := &p.Chairs[k]
			c, l := f.At(s.X, s.Y, 1, 1, false)
			sc, sl := f.At(s.X, s.Y, 1, 1, true)
			if c < 0 || l < 0 || c >= f.W || l >= f.H || sc != f.W-1-c || sl != f.H-1-l {
				t.Fatalf("%s %s: %d %d, from the stage %d %d", about(p), s.Label, c, l, sc, sl)
			}
			n := fmt.Sprint(s.Side, s.N)
			if cell[[2]int{c, l}] || name[s.Label] || order[n] {
				t.Fatalf("%s: two of %s", about(p), s.Label)
			}
			cell[[2]int{c, l}], name[s.Label], order[n] = true, true, true
		}
		if f.W > 40 || f.H > 70 {
			t.Fatalf("%s: %+v is larger than what can be drawn", about(p), f)
		}
	})
}

// crowd is so many guests and hosts, some without rank, some with the same, some with the same name.
func crowd(guests, hosts int) []Seatable {
	var list []Seatable
	for k := range guests {
		list = append(list, Seatable{Key: fmt.Sprint("guest:", k), Side: SideGuest, Name: fmt.Sprint("客", k%7), Rank: k % 5, Sort: k})
	}
	for k := range hosts {
		list = append(list, Seatable{Key: fmt.Sprint("host:", k), Side: SideHost, Name: fmt.Sprint("主", k), Rank: k + 1, Sort: k})
	}
	return list
}

func seated(p *SeatPlan) map[string]int {
	n := map[string]int{}
	for k := range p.Chairs {
		if key := p.Chairs[k].Person(); key != "" {
			n[key]++
		}
	}
	return n
}

// Everybody sits once, on a place of his side, and nobody stands while a place for him is free.
func TestFillEverybodyOnce(t *testing.T) {
	every(t, func(t *testing.T, p *SeatPlan, _ []Mark) {
		all := crowd(p.Seats, p.Seats/2)
		put(p.Chairs, Fill(p.Chairs, all))
		n := seated(p)
		for _, x := range all {
			if n[x.Key] > 1 {
				t.Fatalf("%s: %s sits %d times", about(p), x.Key, n[x.Key])
			}
			for k := range p.Chairs {
				s := &p.Chairs[k]
				if n[x.Key] == 0 && s.Person() == "" && s.N < assistant && (s.Side == SideAny || s.Side == x.Side) {
					t.Fatalf("%s: %s stands, %s is free", about(p), x.Key, s.Label)
				}
				if key := s.Person(); key != "" && s.Side != SideAny && !strings.HasPrefix(key, string(s.Side)) {
					t.Fatalf("%s: %s sits on %s", about(p), key, s.Label)
				}
			}
		}
		if more := Fill(p.Chairs, nil); len(more) != 0 {
			t.Fatal("nobody was seated on", more)
		}
	})
}

func TestFillKeepsWhoSits(t *testing.T) {
	p, marks := laid(t, SeatPlan{Layout: LayoutDais, Seats: 5})
	put(p.Chairs, map[string]string{p.Chairs[2].ID: "guest:z"})
	put(p.Chairs, Fill(p.Chairs, people(SideGuest, "a", "b", "c")))
	if got := line(p, marks, 0, false, sits); got != "- b z a c" {
		t.Error(got)
	}
}

func TestByProtocol(t *testing.T) {
	list := []Seatable{{Key: "e", Rank: 0, Sort: 1}, {Key: "b", Rank: 2, Sort: 9}, {Key: "a", Rank: 1, Sort: 30}, {Key: "d", Rank: 0, Sort: 0}, {Key: "c", Rank: 2, Sort: 9}}
	ByProtocol(list)
	var got []string
	for _, p := range list {
		got = append(got, p.Key)
	}
	if strings.Join(got, "") != "abcde" {
		t.Error(got)
	}
}

// dais is seated in order, each named by his number.
func dais(t *testing.T, n int) (*SeatPlan, []Mark, []Seatable) {
	t.Helper()
	p, marks := laid(t, SeatPlan{Layout: LayoutDais, Seats: n})
	var names []string
	for k := range n {
		names = append(names, fmt.Sprint(k+1))
	}
	all := people(SideGuest, names...)
	put(p.Chairs, Fill(p.Chairs, all))
	return p, marks, all
}

func TestCloseUp(t *testing.T) {
	for _, x := range []struct {
		n           int
		leave, want string
	}{
		{7, "5", "- 7 3 1 2 4 6"},
		{7, "7", "- 5 3 1 2 4 6"},
		{7, "2", "7 5 3 1 4 6 -"},
		{7, "1", "7 5 3 2 4 6 -"}, // 2 is the more senior neighbour, and only his hand moves up
		{7, "3 5 7", "- - - 1 2 4 6"},
		{8, "1", "- 7 5 3 2 4 6 8"},
		{8, "2", "7 5 3 1 4 6 8 -"},
		{7, "1 2", "- 7 5 3 4 6 -"}, // after 1 has left 2 sat in the centre; of his neighbours 3 is the more senior
		{1, "1", "-"},
	} {
		p, marks, all := dais(t, x.n)
		for _, who := range strings.Fields(x.leave) {
			k := slices.IndexFunc(p.Chairs, func(s Seat) bool { return s.GuestID == who })
			put(p.Chairs, CloseUp(LayoutDais, p.Chairs, p.Chairs[k].ID, SeniorOf(all)))
		}
		if got := line(p, marks, 0, false, sits); got != x.want {
			t.Errorf("%d without %s: %s, want %s", x.n, x.leave, got, x.want)
		}
	}
}

func TestSeatIn(t *testing.T) {
	senior := func(a, b string) bool { return a < b } // guest:1 before guest:2
	for _, x := range []struct{ leave, come, want string }{
		{"5", "4a", "7 4a 3 1 2 4 6"}, // only the right hand has a place: behind 3, before 7
		{"5", "8", "8 7 3 1 2 4 6"},
		{"5", "0", "7 3 1 0 2 4 6"}, // he is the first: who sat in the centre moves out on that hand
		{"2 3", "2a", "- 7 5 1 2a 4 6"},
		{"6 7", "2a", "- 5 3 1 2 2a 4"}, // equal hands: left
	} {
		p, marks, all := dais(t, 7)
		for _, who := range strings.Fields(x.leave) {
			k := slices.IndexFunc(p.Chairs, func(s Seat) bool { return s.GuestID == who })
			put(p.Chairs, CloseUp(LayoutDais, p.Chairs, p.Chairs[k].ID, SeniorOf(all)))
		}
		change, ok := SeatIn(LayoutDais, p.Chairs, Seatable{Key: "guest:" + x.come, Side: SideGuest}, senior)
		if !ok {
			t.Fatalf("%+v: no place", x)
		}
		put(p.Chairs, change)
		if got := line(p, marks, 0, false, sits); got != x.want {
			t.Errorf("without %s comes %s: %s, want %s", x.leave, x.come, got, x.want)
		}
	}
	p, marks, _ := dais(t, 7)
	if _, ok := SeatIn(LayoutDais, p.Chairs, Seatable{Key: "guest:2a", Side: SideGuest}, senior); ok {
		t.Error("all places are taken")
	}
	c := p.Chair(p.Chairs, SideGuest)
	c.ID = "new"
	p.Chairs = append(p.Chairs, *c)
	change, _ := SeatIn(LayoutDais, p.Chairs, Seatable{Key: "guest:2a", Side: SideGuest}, senior)
	put(p.Chairs, change)
	if got := line(p, marks, 0, false, sits); got != "7 5 3 1 2 2a 4 6" || c.Label != "8" {
		t.Error(got, c.Label)
	}
}

// hands is on which hand everybody sits.
func hands(p *SeatPlan) map[string]int {
	at := map[string]int{}
	for k := range p.Chairs {
		if s := &p.Chairs[k]; s.Person() != "" {
			at[s.Person()] = s.Wing
		}
	}
	return at
}

// 顺序可微调、左右不互换: whatever happens to a plan, in any order, nobody goes from one hand to the other, nobody is lost
// and nobody sits twice.
func TestNobodyChangesHands(t *testing.T) {
	dice := rand.New(rand.NewPCG(7, 11)) //nolint:gosec // a test
	for _, x := range []SeatPlan{{Layout: LayoutDais, Seats: 7}, {Layout: LayoutDais, Seats: 8}, {Layout: LayoutDais, Seats: 9, Rule: DaisRuleB}, {Layout: LayoutTalks, Seats: 5}, {Layout: LayoutTalks, Seats: 6, Split: 4, Variant: VariantEndOn}, {Layout: LayoutPhoto, Seats: 20, Split: 3}, {Layout: LayoutU, Seats: 11}, {Layout: LayoutSigning, Seats: 5}, {Layout: LayoutBoard, Seats: 9}, {Layout: LayoutTheatre, Seats: 20}} {
		p, _ := laid(t, x)
		all := crowd(p.Seats+6, p.Seats+6)
		senior := SeniorOf(all)
		put(p.Chairs, Fill(p.Chairs, all))
		for step := range 400 {
			before, n := hands(p), seated(p)
			who := all[dice.IntN(len(all))]
			var change map[string]string
			if n[who.Key] == 1 {
				k := slices.IndexFunc(p.Chairs, func(s Seat) bool { return s.Person() == who.Key })
				change = CloseUp(p.Layout, p.Chairs, p.Chairs[k].ID, senior)
			} else {
				change, _ = SeatIn(p.Layout, p.Chairs, who, senior)
				if c := p.Chair(p.Chairs, who.Side); change == nil && c != nil && len(p.Chairs) < x.Seats*3 {
					c.ID = fmt.Sprint("new", step)
					p.Chairs = append(p.Chairs, *c)
					change, _ = SeatIn(p.Layout, p.Chairs, who, senior)
				}
			}
			put(p.Chairs, change)
			after := hands(p)
			for key, hand := range after {
				if old, sat := before[key]; sat && key != who.Key && old*hand < 0 {
					t.Fatalf("%s, step %d: %s went from hand %d to %d", about(p), step, key, old, hand)
				}
			}
			for key := range before {
				if _, sits := after[key]; !sits && key != who.Key {
					t.Fatalf("%s, step %d: %s lost his seat", about(p), step, key)
				}
			}
			for key, k := range seated(p) {
				if k > 1 {
					t.Fatalf("%s, step %d: %s sits %d times", about(p), step, key, k)
				}
			}
			if f := FrameOf(p.Chairs, nil); f.W*f.H < len(p.Chairs) {
				t.Fatalf("%s: two chairs on one place", about(p))
			}
		}
	}
}

func TestTroubles(t *testing.T) {
	a, _ := laid(t, SeatPlan{Layout: LayoutDais, Seats: 3, Function: "全体会"})
	b, _ := laid(t, SeatPlan{Layout: LayoutTalks, Seats: 1, Function: "全体会"})
	a.ID, b.ID = "a", "b"
	for k := range b.Chairs {
		b.Chairs[k].ID = fmt.Sprint("b", k)
	}
	put(a.Chairs, map[string]string{"s0": "guest:1", "s1": "guest:2", "s2": "guest:3"})
	put(b.Chairs, map[string]string{"b0": "guest:1", "b1": "guest:4"})
	who := map[string]Seatable{
		"guest:1": {Key: "guest:1", Side: SideGuest, Name: "甲"}, "guest:2": {Key: "guest:2", Side: SideGuest, Name: "乙", Struck: true},
		"guest:3": {Key: "guest:3", Side: SideGuest, Name: "甲"}, "guest:4": {Key: "guest:4", Side: SideGuest, Name: "丙"},
	}
	got := Troubles([]SeatPlan{*a, *b}, who)
	for seat, want := range map[string]string{"s0": "names twice", "s1": "struck", "s2": "names", "b0": "twice", "b1": "side"} {
		slices.Sort(got[seat])
		if strings.Join(got[seat], " ") != want {
			t.Errorf("%s: %v, want %s", seat, got[seat], want)
		}
	}
	all := []Seatable{who["guest:1"], who["guest:2"], who["guest:4"], {Key: "host:9", Side: SideHost}}
	if list := Unplaced(a, []SeatPlan{*a, *b}, all); len(list) != 1 || list[0].Key != "host:9" {
		t.Error(list)
	}
}

func TestPlanValidate(t *testing.T) {
	for _, x := range []struct {
		plan SeatPlan
		bad  string
	}{
		{SeatPlan{Name: "x", Layout: LayoutDais, Seats: 0}, "seats"},
		{SeatPlan{Name: "x", Layout: LayoutTheatre, Seats: 500}, "seats"},
		{SeatPlan{Name: "x", Layout: LayoutTheatre, Seats: -1}, "seats"},
		{SeatPlan{Name: "x", Layout: LayoutTheatre, Seats: 400, Split: 2}, "split"},
		{SeatPlan{Name: "x", Layout: LayoutBanquet, Seats: 40, Split: 3}, "split"},
		{SeatPlan{Name: "x", Layout: LayoutCar, Seats: 5}, "seats"},
		{SeatPlan{Name: " ", Layout: LayoutDais, Seats: 5}, "name"},
		{SeatPlan{Name: "x", Layout: "sofa", Seats: 5}, "layout"},
		{SeatPlan{Name: "x", Layout: LayoutTalks, Seats: 5, Variant: "x"}, "variant"},
		{SeatPlan{Name: strings.Repeat("长", 31), Layout: LayoutDais, Seats: 5}, "name"},
		{SeatPlan{Name: "x", Layout: LayoutTheatre, Seats: 400}, ""},
	} {
		e, _ := AsError(x.plan.Validate())
		switch {
		case x.bad == "" && e == nil:
		case e == nil || len(e.Fields) != 1 || e.Fields[0].Field != x.bad:
			t.Errorf("%+v: %v, want %q", x.plan, e, x.bad)
		}
	}
}

func TestSeatText(t *testing.T) {
	x := SeatText{Room: "第一会议室", RoomEn: "Conference room 1", Plan: "主席台", Seat: "3"}
	if x.Text("zh") != "第一会议室 · 主席台 · 3" || x.Text("en") != "Conference room 1 · 主席台 · 3" {
		t.Error(x.Text("zh"), x.Text("en"))
	}
}
