package views

import (
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"huiwu/server/domain"
)

// Seating is everything about the seats of one event.
type Seating struct {
	Event   *domain.Event
	Plans   []domain.SeatPlan
	People  []domain.Seatable
	Who     map[string]domain.Seatable // by key
	Trouble map[string][]string        // by seat
}

// NewSeating puts together what was read.
func NewSeating(e *domain.Event, plans []domain.SeatPlan, people []domain.Seatable) *Seating {
	s := &Seating{Event: e, Plans: plans, People: people, Who: make(map[string]domain.Seatable, len(people))}
	for _, p := range people {
		s.Who[p.Key] = p
	}
	s.Trouble = domain.Troubles(plans, s.Who)
	return s
}

// Plan is the plan of that id, nil when there is none.
func (s *Seating) Plan(id string) *domain.SeatPlan {
	for k := range s.Plans {
		if s.Plans[k].ID == id {
			return &s.Plans[k]
		}
	}
	return nil
}

// Waiting are those who sit nowhere in the plan's function, by rank.
func (s *Seating) Waiting(p *domain.SeatPlan) []domain.Seatable {
	return domain.Unplaced(p, s.Plans, s.People)
}

// hosts are those of the inviting side who are still on the list.
func (s *Seating) hosts() []domain.Seatable {
	var list []domain.Seatable
	for _, p := range s.People {
		if p.Side == domain.SideHost && !p.Struck {
			list = append(list, p)
		}
	}
	return list
}

// functions are the names of functions in use, for the form.
func (s *Seating) functions() []string {
	var list []string
	for k := range s.Plans {
		if f := s.Plans[k].Function; f != "" && !slices.Contains(list, f) {
			list = append(list, f)
		}
	}
	return list
}

// mostWaiting is how many of those without a seat a plan lists; the others are searched for.
const mostWaiting = 60

// SeatsPage is GET /events/{id}/seats.
type SeatsPage struct {
	Page
	*Seating
}

// PlanPage is GET /events/{id}/seats/{plan}.
type PlanPage struct {
	Page
	*Seating
	Plan  *domain.SeatPlan
	Stage bool   // as seen from the stage
	Query string // somebody is searched for among those without a seat
	Found []domain.Seatable
}

// SeatingSettings is GET /settings/seating.
type SeatingSettings struct {
	Page
	Rule domain.DaisRule
}

// What can be printed.
const (
	PrintCards   = "cards"
	PrintChanged = "changed"
	PrintPlan    = "plan"
	PrintList    = "list"
	PrintBadges  = "badges"
)

// PrintPage is GET /events/{id}/seats/print.
type PrintPage struct {
	Page
	*Seating
	Plan   *domain.SeatPlan // nil for badges
	What   string
	Paper  string // A4 or A3
	Seq    int64  // of the event's topic, as of which it is printed
	Badges []Badge
	Edit   bool
}

// Badge is a guest's badge: the code opens his own page.
type Badge struct {
	Who  domain.Seatable
	Code QR
}

func (p PrintPage) seats() []domain.Seat {
	var list []domain.Seat
	for _, s := range p.Plan.Chairs {
		who := p.Who[s.Person()]
		if who.Name == "" || who.Struck || p.What == PrintChanged && s.Card == who.Name {
			continue
		}
		list = append(list, s)
	}
	return list
}

func (p PrintPage) back() string {
	if p.Plan != nil {
		return planPath(p.Plan)
	}
	return seatsPath(p.Event)
}

func seatsPath(e *domain.Event) string { return "/events/" + e.ID + "/seats" }

func planPath(p *domain.SeatPlan) string { return "/events/" + p.EventID + "/seats/" + p.ID }

func printPath(e *domain.Event, p *domain.SeatPlan, what string) string {
	q := seatsPath(e) + "/print?what=" + what
	if p != nil {
		q += "&plan=" + p.ID
	}
	return q
}

// planWhere is the room, or the place that is none.
func planWhere(c Ctx, p *domain.SeatPlan) string {
	if p.Room != nil {
		return RoomName(c, *p.Room)
	}
	return p.Place
}

// taken counts the seats on which somebody sits.
func taken(p *domain.SeatPlan) int {
	n := 0
	for k := range p.Chairs {
		if p.Chairs[k].Person() != "" {
			n++
		}
	}
	return n
}

// troubles are what is wrong in one plan, seat by seat.
func (s *Seating) troubles(p *domain.SeatPlan) []seatTrouble {
	var list []seatTrouble
	for k := range p.Chairs {
		for _, kind := range s.Trouble[p.Chairs[k].ID] {
			list = append(list, seatTrouble{&p.Chairs[k], s.Who[p.Chairs[k].Person()].Name, kind})
		}
	}
	return list
}

type seatTrouble struct {
	Seat *domain.Seat
	Name string
	Kind string
}

const mostTroubles = 8

func (t seatTrouble) text(c Ctx) string {
	return c.T("seat.trouble_"+t.Kind, "seat", t.Seat.Label, "name", t.Name)
}

// grid is where things stand on a plan, from both sides.
type grid struct{ domain.Frame }

func gridOf(p *domain.SeatPlan) (grid, []domain.Mark) {
	_, marks := p.Lay()
	return grid{domain.FrameOf(p.Chairs, marks)}, marks
}

// classes put a thing on the grid: g… as the audience sees it, s… from the stage.
func (g grid) classes(x, y, w, h int) string {
	col, line := g.At(x, y, w, h, false)
	sc, sl := g.At(x, y, w, h, true)
	var b strings.Builder
	for _, part := range []struct {
		name string
		n    int
	}{{"gx", col}, {" gy", line}, {" sx", sc}, {" sy", sl}} {
		b.WriteString(part.name)
		b.WriteString(strconv.Itoa(part.n))
	}
	if w > 1 {
		b.WriteString(" gw" + strconv.Itoa(w))
	}
	if h > 1 {
		b.WriteString(" gh" + strconv.Itoa(h))
	}
	return b.String()
}

// byPlace orders seats as one reads the plan.
func byPlace(seats []domain.Seat) []domain.Seat {
	list := slices.Clone(seats)
	slices.SortFunc(list, func(a, b domain.Seat) int { return (a.Y-b.Y)*1000 + a.X - b.X })
	return list
}

func seatClass(s *domain.Seat, who domain.Seatable, trouble []string, place string) string {
	class := "seat " + place
	if s.Side != domain.SideAny {
		class += " of-" + string(s.Side)
	}
	switch {
	case s.Person() == "":
		class += " is-free"
	default:
		class += " is-" + string(who.Side)
	}
	for _, kind := range trouble {
		if kind == domain.TroubleStruck || kind == domain.TroubleTwice || kind == domain.TroubleSide {
			return class + " is-wrong"
		}
	}
	if slices.Contains(trouble, domain.TroubleCard) {
		class += " is-new"
	}
	return class
}

// personDOM makes a key fit for an id.
func personDOM(prefix, key string) string { return prefix + strings.ReplaceAll(key, ":", "-") }

// units is how wide a name is, in Chinese signs.
func units(name string) float64 {
	n := 0.0
	for _, r := range name {
		switch {
		case r >= 0x2e80:
			n++
		case r >= 'A' && r <= 'Z':
			n += 0.68
		default:
			n += 0.55
		}
	}
	return n
}

// nameSize is the class of a name's size on a card: as large as it fits on one line.
func nameSize(name string) string {
	u := units(name)
	for _, most := range []int{2, 3, 4, 6, 9, 14} {
		if u <= float64(most) {
			return "name-" + strconv.Itoa(most)
		}
	}
	return "name-40"
}

// cardName sets the two signs of a short Chinese name apart, as cards do.
func cardName(name string) string {
	if r := []rune(name); len(r) == 2 && r[0] >= 0x2e80 && r[1] >= 0x2e80 {
		return string(r[0]) + "　" + string(r[1])
	}
	return name
}

// Width of a place on a printed plan, in units of its drawing.
const cellW = 100

// cellH is its height: a leaf has room to spare for plans of few rows.
func (g grid) cellH() int {
	const leaf = 0.55 // height by width of what a leaf leaves for the drawing
	return max(64, min(110, int(leaf*cellW*float64(g.W)/float64(g.H))))
}

func (g grid) drawing() string {
	return "0 0 " + strconv.Itoa(g.W*cellW) + " " + strconv.Itoa(g.H*g.cellH())
}

type box struct{ X, Y, W, H, MidX, MidY, Low string }

func (g grid) box(x, y, w, h int, stage bool) box {
	col, line := g.At(x, y, w, h, stage)
	n, cellH := strconv.Itoa, g.cellH()
	return box{
		X: n(col*cellW + 3), Y: n(line*cellH + 3), W: n(w*cellW - 6), H: n(h*cellH - 6),
		MidX: n(col*cellW + w*cellW/2), MidY: n(line*cellH + h*cellH/2 + 6), Low: n(line*cellH + 20),
	}
}

// drawn is the size of a name in a cell of a printed plan.
func drawn(name string) string {
	return strconv.Itoa(int(min(40, 88/max(units(name), 1))))
}

// badgeSize is the size class of a name on a badge.
func badgeSize(name string) string {
	return pick(utf8.RuneCountInString(name) > 6, "badge-long", "badge-short")
}

func markText(c Ctx, m *domain.Mark) string {
	if m.Text != "" {
		return c.T("seat.table_no", "n", m.Text)
	}
	return c.T("seat.mark_" + m.Kind)
}

// layoutFields are the second numbers that layouts ask for.
var layoutFields = []struct{ key, layouts string }{
	{"rows", "theatre classroom photo"}, {"each", "banquet"}, {"hosts", "talks"}, {"head", "u"},
}

// daisExample is a row of eight as the audience sees it.
func daisExample(r domain.DaisRule) string {
	words := make([]string, 0, 8)
	for _, n := range domain.DaisOrder(8, r) {
		words = append(words, strconv.Itoa(n))
	}
	return strings.Join(words, " ")
}
