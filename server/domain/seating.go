package domain

import (
	"slices"
	"strconv"
	"time"
)

// Layout is how chairs stand (台型).
type Layout string

// The layouts. Talks, signing and photo have places for guests and for hosts.
const (
	LayoutDais      Layout = "dais"      // 主席台: one row that faces the audience
	LayoutTheatre   Layout = "theatre"   // rows of chairs
	LayoutClassroom Layout = "classroom" // rows of tables
	LayoutU         Layout = "u"
	LayoutBoard     Layout = "board"   // one long table
	LayoutBanquet   Layout = "banquet" // round tables
	LayoutTalks     Layout = "talks"   // 会谈: two sides face each other
	LayoutSigning   Layout = "signing" // 签字: two signers, their people stand behind them
	LayoutPhoto     Layout = "photo"   // 合影: rows
	LayoutCar       Layout = "car"     // a car with a driver
)

// Layouts in the order in which forms offer them.
var Layouts = []Layout{LayoutDais, LayoutTheatre, LayoutClassroom, LayoutU, LayoutBoard, LayoutBanquet, LayoutTalks, LayoutSigning, LayoutPhoto, LayoutCar}

// Variants of a layout.
const (
	VariantBroadside = "broadside" // talks: the table's long side to the door; guests face the door
	VariantEndOn     = "end-on"    // talks: the table's end to the door; guests right as one walks in
	VariantForeign   = "foreign"   // right is senior (以右为上); photo: the host in the centre
)

// Variants that a layout knows; the first one is meant where none is said.
var Variants = map[Layout][]string{
	LayoutTalks: {VariantBroadside, VariantEndOn},
	LayoutPhoto: {"", VariantForeign},
}

// DaisRule is which of the two published rules an even row follows.
type DaisRule string

// A: 1 and 2 share the centre, 2 on 1's left; the audience sees 7 5 3 1 2 4 6 8.
// B: 1 takes the place left of the centre in his own view, 2 sits on his right;
// the audience sees 8 6 4 2 1 3 5 7.
const (
	DaisRuleA DaisRule = "A"
	DaisRuleB DaisRule = "B"
)

// Side is whose place it is.
type Side string

// SideAny is a place for anybody.
const (
	SideAny   Side = ""
	SideGuest Side = "guest"
	SideHost  Side = "host"
)

// Wings of a row, in the view of who sits in it.
const (
	WingRight  = -1
	WingCentre = 0
	WingLeft   = 1
)

// Facing is where who sits there looks, on a plan as the audience sees it.
const (
	FacingViewer = "viewer" // down the plan: dais, photo
	FacingAway   = "away"   // up the plan: who looks at the stage
	FacingLeft   = "left"
	FacingRight  = "right"
)

// MaxSeats is how many one plan may have.
const MaxSeats = 400

// assistant is the order of who is seated by hand only: helpers at a signing.
const assistant = 1000

// SeatPlan is how people sit in one part of an event: dais, audience, talks (席位图).
// Times are UTC.
type SeatPlan struct {
	ID       string   `bun:",pk" json:"id"`
	EventID  string   `json:"event_id"`
	Name     string   `json:"name"`                               // 主席台
	Function string   `bun:",nullzero" json:"function,omitempty"` // 环节: who sits in two plans of one function is seated twice
	RoomID   string   `bun:",nullzero" json:"room_id,omitempty"`
	Place    string   `bun:",nullzero" json:"place,omitempty"` // where it is no room: steps, hall
	Layout   Layout   `json:"layout"`
	Seats    int      `json:"seats"`           // how many; talks and signing: on each side
	Split    int      `json:"split,omitempty"` // rows of a hall or photo, chairs of a round table, hosts of talks, head of a U; 0 = as usual
	Variant  string   `bun:",nullzero" json:"variant,omitempty"`
	Rule     DaisRule `json:"rule"`
	Sort     int      `json:"sort"`

	ChangeNo   int        `json:"change_no"` // grows with every act on its seats: what an undo names
	ChangedBy  string     `bun:",nullzero" json:"changed_by,omitempty"`
	ChangeItem string     `bun:",nullzero" json:"-"` // the crew's item that the last change made
	CardsAt    *time.Time `json:"cards_at,omitempty"`
	Struck     bool       `json:"struck,omitempty"`
	Seq        int64      `json:"seq"`
	CreatedAt  time.Time  `json:"created_at"`

	Room   *Room  `bun:"-" json:"-"` // filled by the store
	Chairs []Seat `bun:"-" json:"chairs,omitempty"`
}

// Seat is one place of a plan. Its grid is as the audience sees the room: x to
// the right, y towards who looks at the plan.
type Seat struct {
	ID      string `bun:",pk" json:"id"`
	PlanID  string `json:"plan_id"`
	EventID string `json:"event_id"`
	N       int    `bun:"place_no" json:"n"` // order by rank, 1 first; of its side, where it has one
	Side    Side   `json:"side,omitempty"`
	Label   string `json:"label"`
	Row     int    `bun:"line_no" json:"row"` // 1 = the foremost
	Wing    int    `json:"wing"`              // WingRight, WingCentre, WingLeft
	Depth   int    `json:"depth"`             // places from the centre
	X       int    `json:"x"`
	Y       int    `json:"y"`
	Facing  string `json:"facing"`

	GuestID    string    `bun:",nullzero" json:"guest_id,omitempty"`
	HostID     string    `bun:",nullzero" json:"host_id,omitempty"`
	Card       string    `bun:",nullzero" json:"card,omitempty"` // what the printed card of who sits here says
	WasGuestID string    `bun:",nullzero" json:"-"`              // before change WasNo
	WasHostID  string    `bun:",nullzero" json:"-"`
	WasCard    string    `bun:",nullzero" json:"-"`
	ChangeNo   int       `json:"-"`
	ChangedAt  time.Time `json:"changed_at"` // acted-at
	ChangedBy  string    `bun:",nullzero" json:"changed_by,omitempty"`
	Seq        int64     `json:"seq"`
}

// GuestKey and HostKey name who can be seated.
func GuestKey(id string) string { return "guest:" + id }

// HostKey is GuestKey of a host.
func HostKey(id string) string { return "host:" + id }

// Person is the key of who sits there, "" for nobody.
func (s *Seat) Person() string {
	switch {
	case s.GuestID != "":
		return GuestKey(s.GuestID)
	case s.HostID != "":
		return HostKey(s.HostID)
	}
	return ""
}

// Seatable is somebody who can be seated: a guest of the list, or a host.
type Seatable struct {
	Key          string `json:"key"` // "guest:<id>", "host:<id>"
	Side         Side   `json:"side"`
	Name         string `json:"name"`
	Title        string `json:"title,omitempty"`
	Organisation string `json:"organisation,omitempty"`
	Rank         int    `json:"rank,omitempty"` // 0 = none: after all others
	Sort         int    `json:"-"`
	Struck       bool   `json:"struck,omitempty"`
	PassNo       int    `json:"-"`
	Search       string `json:"-"`
	Seq          int64  `json:"-"`
}

// ID is the guest's or host's own id, without his kind.
func (p *Seatable) ID() string {
	_, id := SplitTopic(p.Key)
	return id
}

// Host is somebody of the inviting side who is seated. Hosts do not come through
// the gate and are in no count of guests.
type Host struct {
	ID        string    `bun:",pk" json:"id"`
	EventID   string    `json:"event_id"`
	Name      string    `json:"name"`
	Title     string    `bun:",nullzero" json:"title,omitempty"`
	Sort      int       `json:"rank"` // protocol order
	Struck    bool      `json:"struck,omitempty"`
	Seq       int64     `json:"seq"`
	CreatedAt time.Time `json:"created_at"`
}

// Validate cleans and checks the typed fields.
func (h *Host) Validate() error {
	var bad Invalid
	h.Name, h.Title = Clean(h.Name, false), Clean(h.Title, false)
	if h.Name == "" {
		bad.Add("hosts", "field.required")
	}
	if len([]rune(h.Name)) > 40 {
		bad.Add("hosts", "field.too_long", "max", "40")
	}
	if len([]rune(h.Title)) > 60 {
		bad.Add("hosts", "field.too_long", "max", "60")
	}
	return bad.Err()
}

// Validate cleans and checks the typed fields of a new plan.
func (p *SeatPlan) Validate() error {
	var bad Invalid
	for field, s := range map[string]*string{"name": &p.Name, "function": &p.Function, "place": &p.Place} {
		*s = Clean(*s, false)
		if len([]rune(*s)) > 30 {
			bad.Add(field, "field.too_long", "max", "30")
		}
	}
	if p.Name == "" {
		bad.Add("name", "field.required")
	}
	if !slices.Contains(Layouts, p.Layout) {
		bad.Add("layout", "field.choose")
		return bad.Err()
	}
	if known := Variants[p.Layout]; len(known) > 0 {
		if p.Variant == "" {
			p.Variant = known[0]
		}
		if !slices.Contains(known, p.Variant) {
			bad.Add("variant", "field.choose")
		}
	} else {
		p.Variant = ""
	}
	if p.Rule != DaisRuleB {
		p.Rule = DaisRuleA
	}
	lo, hi := seatRange(p.Layout)
	if p.Seats < lo || p.Seats > hi {
		bad.Add("seats", "seat.range", "min", strconv.Itoa(lo), "max", strconv.Itoa(hi))
		return bad.Err()
	}
	if lo, hi := p.splitRange(); p.Split != 0 && (p.Split < lo || p.Split > hi) {
		bad.Add("split", "seat.range", "min", strconv.Itoa(lo), "max", strconv.Itoa(hi))
	}
	return bad.Err()
}

// seatRange is how many chairs a layout can have: what fits on one plan.
func seatRange(l Layout) (lo, hi int) {
	switch l {
	case LayoutDais:
		return 1, 40
	case LayoutU, LayoutBoard:
		return 2, 80
	case LayoutTalks:
		return 1, 36
	case LayoutSigning:
		return 1, 20
	case LayoutCar:
		return 3, 4
	}
	return 1, MaxSeats
}

// splitRange is what the second number may be; rows must not be longer than 30.
func (p *SeatPlan) splitRange() (lo, hi int) {
	switch p.Layout {
	case LayoutTheatre, LayoutClassroom, LayoutPhoto:
		return (p.Seats + 29) / 30, min(p.Seats, 30)
	case LayoutBanquet:
		return 4, 16
	case LayoutTalks:
		return 1, 36
	case LayoutU:
		return 1, min(p.Seats, 30)
	}
	return 0, 0
}

// Seat is the plan's seat of that id, nil when there is none.
func (p *SeatPlan) Seat(id string) *Seat { return find(p.Chairs, id) }

// Shifts tells whether people close up in this layout when somebody leaves: where
// the order can be seen. In a hall or at a round table a chair stays empty.
func (l Layout) Shifts() bool {
	switch l {
	case LayoutDais, LayoutBoard, LayoutU, LayoutTalks, LayoutSigning, LayoutPhoto:
		return true
	}
	return false
}

// TwoViews tells whether the plan is drawn from the stage as well: somebody faces
// the audience, and cards in the mirrored order are the classic mistake.
func (l Layout) TwoViews() bool { return l != LayoutCar }

// DaisOrder is a row of n people who face the audience, as the audience sees it
// from left to right: 1 is the first by rank. Left is the left of who sits there:
// 2 sits on 1's left, which is right for the audience (A.3.1.2.3a).
func DaisOrder(n int, rule DaisRule) []int {
	row := make([]int, n)
	first := (n - 1) / 2
	for k := range n {
		at := first + (k+1)/2
		if k%2 == 0 {
			at = first - k/2
		}
		row[at] = k + 1
	}
	if n%2 == 0 && rule == DaisRuleB {
		slices.Reverse(row)
	}
	return row
}

// rightFirst is the row in which right is senior: 2 sits on 1's right.
func rightFirst(n int) []int {
	row := DaisOrder(n, DaisRuleA)
	slices.Reverse(row)
	return row
}

// Mark is a thing on the plan that is no seat: table, door, stage, lectern.
type Mark struct {
	Kind, Text string
	X, Y, W, H int
}

// The kinds of marks.
const (
	MarkTable   = "table"
	MarkDoor    = "door"
	MarkStage   = "stage"
	MarkLectern = "lectern"
	MarkCamera  = "camera"
	MarkDriver  = "driver"
	MarkPeople  = "audience"
)

// draft is a plan being laid out.
type draft struct {
	seats []Seat
	marks []Mark
}

// row is a line of people beside each other.
type row struct {
	no    int
	order []int // as who looks at them sees them, left to right
	from  int   // what 1 of the order is in the plan
	side  Side
	face  string
	x, y  int
	gap   int // a free column after so many places; 0 = none
	label func(n, at int) string
}

// add puts a line onto the plan. Who faces away has his right hand where the plan
// has its right.
func (d *draft) add(r row) {
	n := len(r.order)
	for at := range n { // in the plan: left to right, or downwards
		own := at // from the right hand of who sits there to his left hand
		if r.face == FacingAway || r.face == FacingRight {
			own = n - 1 - at
		}
		s := Seat{N: r.from + r.order[own] - 1, Side: r.side, Row: r.no, Facing: r.face, X: r.x, Y: r.y}
		step := at
		if r.gap > 0 && at >= r.gap {
			step++
		}
		if r.face == FacingLeft || r.face == FacingRight {
			s.Y += step
		} else {
			s.X += step
		}
		s.Wing, s.Depth = wing(own, n)
		s.Label = strconv.Itoa(s.N)
		if r.label != nil {
			s.Label = r.label(s.N, at+1)
		}
		d.seats = append(d.seats, s)
	}
}

// wing is on which hand of the centre a place is, and how far.
func wing(own, n int) (hand, depth int) {
	switch {
	case n%2 == 1 && own == n/2:
		return WingCentre, 0
	case own < n/2:
		return WingRight, n/2 - own
	case n%2 == 1:
		return WingLeft, own - n/2
	}
	return WingLeft, own - n/2 + 1
}

func (d *draft) mark(kind string, x, y, w, h int) {
	d.marks = append(d.marks, Mark{Kind: kind, X: x, Y: y, W: w, H: h})
}

// Lay makes the seats of a validated plan, without ids, and the marks around them.
func (p *SeatPlan) Lay() ([]Seat, []Mark) {
	d := &draft{}
	n := p.Seats
	switch p.Layout {
	case LayoutTheatre, LayoutClassroom:
		d.hall(n, p.rows(), p.Rule, p.Layout == LayoutClassroom)
	case LayoutPhoto:
		d.photo(n, p.rows(), p.Rule, p.Variant == VariantForeign)
	case LayoutU:
		d.horseshoe(n, p.Split, p.Rule)
	case LayoutBoard:
		far := (n + 1) / 2
		d.add(row{no: 1, order: DaisOrder(far, p.Rule), from: 1, face: FacingViewer})
		d.add(row{no: 2, order: DaisOrder(n-far, p.Rule), from: far + 1, face: FacingAway, y: 2})
		d.mark(MarkTable, 0, 1, far, 1)
		d.mark(MarkDoor, (far-1)/2, 3, 1, 1)
	case LayoutBanquet:
		d.banquet(n, p.Split)
	case LayoutTalks:
		hosts := p.Split
		if hosts == 0 {
			hosts = n
		}
		d.talks(n, hosts, p.Rule, p.Variant == VariantEndOn)
	case LayoutSigning:
		d.signing(n)
	case LayoutCar:
		d.car(n)
	default:
		d.add(row{no: 1, order: DaisOrder(n, p.Rule), from: 1, face: FacingViewer})
		d.mark(MarkTable, 0, 1, n, 1)
		d.mark(MarkLectern, (n-1)/2, 2, 1, 1)
		d.mark(MarkPeople, 0, 3, n, 1)
	}
	return d.seats, d.marks
}

// rows is how many rows a hall or a photo has.
func (p *SeatPlan) rows() int {
	if p.Split > 0 {
		return p.Split
	}
	if p.Layout == LayoutPhoto {
		return max(1, min(3, p.Seats/8), (p.Seats+29)/30)
	}
	wide := 1
	for wide < 24 && wide*wide < 2*p.Seats {
		wide++
	}
	return (p.Seats + wide - 1) / wide
}

// letter names rows: A, B … Z, AA.
func letter(n int) string {
	if n > 26 {
		return string(rune('A'+(n-1)/26-1)) + string(rune('A'+(n-1)%26))
	}
	return string(rune('A' + n - 1))
}

func rowLabel(no int) func(n, at int) string {
	return func(_, at int) string { return letter(no) + strconv.Itoa(at) }
}

// hall: front before back, centre before side; everybody faces the stage.
func (d *draft) hall(n, rows int, rule DaisRule, tables bool) {
	wide := (n + rows - 1) / rows
	gap, width := 0, wide
	if wide >= 8 {
		gap, width = wide/2, wide+1
	}
	pitch := 1
	if tables {
		pitch = 2
	}
	d.mark(MarkStage, 0, 0, width, 1)
	for r := 0; r*wide < n; r++ {
		k := min(wide, n-r*wide)
		line := row{no: r + 1, order: DaisOrder(k, rule), from: r*wide + 1, face: FacingAway, y: 2 + r*pitch, x: (width - k) / 2, label: rowLabel(r + 1)}
		if k == wide {
			line.x, line.gap = 0, gap
		}
		if tables {
			d.mark(MarkTable, line.x, line.y-1, k+min(line.gap, 1), 1)
		}
		d.add(line)
	}
}

// photo: the order of the dais, row by row, the first row nearest to the camera.
func (d *draft) photo(n, rows int, rule DaisRule, foreign bool) {
	widest := (n + rows - 1) / rows
	from := 1
	for r := range rows {
		k := n / rows
		if r >= rows-n%rows { // the rows behind are the longer ones
			k++
		}
		line := row{no: r + 1, order: DaisOrder(k, rule), from: from, face: FacingViewer, x: (widest - k) / 2, y: rows - 1 - r, label: rowLabel(r + 1)}
		if foreign {
			line.order = rightFirst(k)
		}
		d.add(line)
		from += k
	}
	if foreign { // host in the centre, guest and host by turns outwards
		front := n / rows
		hosts, guests := 0, 0
		for _, k := range byOrder(d.seats) {
			s := &d.seats[k]
			if s.N > front {
				continue
			}
			if (s.N/2)%2 == 0 {
				hosts++
				s.Side, s.N = SideHost, hosts
			} else {
				guests++
				s.Side, s.N = SideGuest, guests
			}
		}
	}
	d.mark(MarkCamera, (widest-1)/2, rows+1, 1, 1)
}

// byOrder are the places of seats by rank.
func byOrder(seats []Seat) []int {
	list := make([]int, len(seats))
	for k := range list {
		list[k] = k
	}
	slices.SortStableFunc(list, func(a, b int) int { return seats[a].N - seats[b].N })
	return list
}

// horseshoe: the head as a dais, then the arms from the head on, left hand first.
func (d *draft) horseshoe(n, head int, rule DaisRule) {
	if head == 0 {
		head = max(1, (n+2)/3)
	}
	d.add(row{no: 1, order: DaisOrder(head, rule), from: 1, face: FacingViewer, x: 1})
	for k := range n - head {
		s := Seat{N: head + 1 + k, Row: 2, Depth: k/2 + 1, Y: 1 + k/2, Wing: WingLeft, X: head + 1, Facing: FacingLeft}
		if k%2 == 1 {
			s.Wing, s.X, s.Facing = WingRight, 0, FacingRight
		}
		s.Label = strconv.Itoa(s.N)
		d.seats = append(d.seats, s)
	}
	d.mark(MarkTable, 1, 1, head, 1)
	d.mark(MarkDoor, 1+(head-1)/2, 3+(n-head)/2, 1, 1)
}

// ring are the places around a round table, from the far side anticlockwise.
var ring = [16][2]int{{2, 0}, {1, 0}, {0, 0}, {0, 1}, {0, 2}, {0, 3}, {0, 4}, {1, 4}, {2, 4}, {3, 4}, {4, 4}, {4, 3}, {4, 2}, {4, 1}, {4, 0}, {3, 0}}

// banquet: tables by nearness to the main one, which is far from the door; at each
// the host faces the door, the second host sits opposite; guests 1 and 2 on the
// host's right and left, 3 and 4 on the second host's.
func (d *draft) banquet(n, each int) {
	if each == 0 {
		each = 10
	}
	tables := (n + each - 1) / each
	across := min(tables, 3)
	if tables > 9 {
		across = 5
	}
	guests, hosts, others := 0, 0, 0
	for r := 0; r*across < tables; r++ {
		k := min(across, tables-r*across)
		order := DaisOrder(k, DaisRuleA)
		if k%2 == 1 {
			order = rightFirst(k)
		}
		for at, t := range order {
			no := r*across + t
			size := min(each, n-(no-1)*each)
			x, y := at*6+(across-k)*3, r*6
			d.marks = append(d.marks, Mark{Kind: MarkTable, Text: strconv.Itoa(no), X: x + 1, Y: y + 1, W: 3, H: 3})
			for i := range size {
				cell := ring[(i*32/size+1)/2%16]
				s := Seat{Row: no, Depth: i, X: x + cell[0], Y: y + cell[1], Facing: FacingViewer, Label: strconv.Itoa(no) + "-" + strconv.Itoa(i+1)}
				if cell[1] > 2 {
					s.Facing = FacingAway
				}
				s.N = i // for the moment: the place around the table
				d.seats = append(d.seats, s)
			}
		}
	}
	slices.SortStableFunc(d.seats, func(a, b Seat) int { return a.Row - b.Row })
	for from := 0; from < len(d.seats); {
		to := from
		for to < len(d.seats) && d.seats[to].Row == d.seats[from].Row {
			to++
		}
		table := d.seats[from:to]
		for _, i := range roundTable(len(table)) {
			s := &table[i.at]
			switch s.Side = i.side; i.side {
			case SideGuest:
				guests++
				s.N = guests
			case SideHost:
				hosts++
				s.N = hosts
			default:
				others++
				s.N = others
			}
		}
		from = to
	}
	d.mark(MarkDoor, (across*6-2)/2, (tables+across-1)/across*6, 1, 1)
}

type roundPlace struct {
	at   int // places anticlockwise from the host
	side Side
}

// roundTable is who sits where, by rank: the places nearest to the hosts are the
// guests', the others anybody's, right before left.
func roundTable(size int) []roundPlace {
	list := []roundPlace{{0, SideHost}}
	taken := map[int]bool{0: true}
	add := func(at int, side Side) {
		at = (at + size) % size
		if !taken[at] {
			taken[at] = true
			list = append(list, roundPlace{at, side})
		}
	}
	second := size / 2
	if size >= 4 {
		add(second, SideHost)
	}
	add(1, SideGuest)
	add(-1, SideGuest)
	if size >= 4 {
		add(second+1, SideGuest)
		add(second-1, SideGuest)
	}
	for k := 2; k <= size; k++ {
		add(k, SideAny)
		add(-k, SideAny)
		add(second+k, SideAny)
		add(second-k, SideAny)
	}
	return list
}

// most is how many sit beside each other at talks; the others sit behind them.
const most = 12

// talks: the principals in the middle of their sides, the door at the bottom.
func (d *draft) talks(guests, hosts int, rule DaisRule, endOn bool) {
	deep := (guests + most - 1) / most
	back := (hosts + most - 1) / most
	wide := max(min(guests, most), min(hosts, most))
	side := func(n int, first int, side Side, place func(r, k int) (x, y int), face, prefix string) {
		for r := 0; r*most < n; r++ {
			k := min(most, n-r*most)
			x, y := place(r, k)
			d.add(row{no: first + r, order: DaisOrder(k, rule), from: r*most + 1, side: side, face: face, x: x, y: y, label: func(n, _ int) string { return prefix + strconv.Itoa(n) }})
		}
	}
	if endOn {
		side(guests, 1, SideGuest, func(r, k int) (int, int) { return back + 1 + r, (wide - k) / 2 }, FacingLeft, "G")
		side(hosts, 1+deep, SideHost, func(r, k int) (int, int) { return back - 1 - r, (wide - k) / 2 }, FacingRight, "H")
		d.mark(MarkTable, back, 0, 1, wide)
		d.mark(MarkDoor, back, wide+1, 1, 1)
		return
	}
	side(guests, 1, SideGuest, func(r, k int) (int, int) { return (wide - k) / 2, deep - 1 - r }, FacingViewer, "G")
	side(hosts, 1+deep, SideHost, func(r, k int) (int, int) { return (wide - k) / 2, deep + 1 + r }, FacingAway, "H")
	d.mark(MarkTable, 0, deep, wide, 1)
	d.mark(MarkDoor, (wide-1)/2, deep+back+2, 1, 1)
}

// signing: signers face the audience, the host on the left in his own view, the
// guest on his right; assistants outside, the others stand behind, equal in number.
func (d *draft) signing(n int) {
	mid := max(n-1, 2)
	one := func(k int, side Side, hand, rowNo, depth, x, y int, label string) {
		d.seats = append(d.seats, Seat{N: k, Side: side, Wing: hand, Row: rowNo, Depth: depth, X: x, Y: y, Facing: FacingViewer, Label: label})
	}
	one(1, SideGuest, WingRight, 1, 1, mid-1, 1, "G1")
	one(1, SideHost, WingLeft, 1, 1, mid, 1, "H1")
	one(assistant, SideGuest, WingRight, 3, 1, mid-2, 1, "GA")
	one(assistant, SideHost, WingLeft, 3, 1, mid+1, 1, "HA")
	for k := 1; k < n; k++ {
		one(k+1, SideGuest, WingRight, 2, k, mid-k, 0, "G"+strconv.Itoa(k+1))
		one(k+1, SideHost, WingLeft, 2, k, mid-1+k, 0, "H"+strconv.Itoa(k+1))
	}
	d.mark(MarkTable, mid-1, 2, 2, 1)
	d.mark(MarkPeople, mid-2, 3, 4, 1)
}

// car: the first rear right, the second behind the driver, the third in front.
func (d *draft) car(n int) {
	for k, at := range [][2]int{{2, 1}, {0, 1}, {2, 0}, {1, 1}}[:n] {
		d.seats = append(d.seats, Seat{N: k + 1, Row: k + 1, X: at[0], Y: at[1], Facing: FacingAway, Label: strconv.Itoa(k + 1)})
	}
	d.mark(MarkDriver, 0, 0, 1, 1)
}

// Frame is the rectangle of a plan; a chair added at an end may stand at x = -1.
type Frame struct{ X, Y, W, H int }

// FrameOf holds all seats and marks.
func FrameOf(seats []Seat, marks []Mark) Frame {
	x0, y0, x1, y1 := 0, 0, 0, 0
	for k := range seats {
		x0, y0, x1, y1 = min(x0, seats[k].X), min(y0, seats[k].Y), max(x1, seats[k].X), max(y1, seats[k].Y)
	}
	for _, m := range marks {
		x0, y0, x1, y1 = min(x0, m.X), min(y0, m.Y), max(x1, m.X+m.W-1), max(y1, m.Y+m.H-1)
	}
	return Frame{X: x0, Y: y0, W: x1 - x0 + 1, H: y1 - y0 + 1}
}

// At is where a thing of that size is drawn, from 0: as the audience sees it
// (台下视角), or turned round, as it is from the stage (台上视角).
func (f Frame) At(x, y, w, h int, stage bool) (col, line int) {
	x, y = x-f.X, y-f.Y
	if stage {
		return f.W - x - w, f.H - y - h
	}
	return x, y
}

// ByProtocol orders people by rank; who has none comes last, ties stand as on the list.
func ByProtocol(people []Seatable) {
	slices.SortStableFunc(people, func(a, b Seatable) int {
		if x, y := lastIfNone(a.Rank), lastIfNone(b.Rank); x != y {
			return x - y
		}
		if a.Sort != b.Sort {
			return a.Sort - b.Sort
		}
		if a.Key < b.Key {
			return -1
		}
		return 1
	})
}

func lastIfNone(rank int) int {
	if rank == 0 {
		return 1 << 20
	}
	return rank
}

// Alternate is the common order of both sides: guest and host by turns, a guest first.
func Alternate(people []Seatable) []Seatable {
	var sides [2][]Seatable
	for _, p := range people {
		if p.Side == SideHost {
			sides[1] = append(sides[1], p)
		} else {
			sides[0] = append(sides[0], p)
		}
	}
	ByProtocol(sides[0])
	ByProtocol(sides[1])
	list := make([]Seatable, 0, len(people))
	for k := range max(len(sides[0]), len(sides[1])) {
		for s := range sides {
			if k < len(sides[s]) {
				list = append(list, sides[s][k])
			}
		}
	}
	return list
}

// Fill seats people by rank on what is free: guests and hosts on their sides,
// then the others by turns. Who sits already stays, who finds no place is left
// over; assistants are seated by hand. It gives seat id → person.
func Fill(seats []Seat, people []Seatable) map[string]string {
	free := map[Side][]Seat{}
	for _, k := range byOrder(seats) {
		if s := seats[k]; s.Person() == "" && s.N < assistant {
			free[s.Side] = append(free[s.Side], s)
		}
	}
	put := map[string]string{}
	var rest []Seatable
	for _, p := range Alternate(people) {
		if own := free[p.Side]; len(own) > 0 {
			put[own[0].ID], free[p.Side] = p.Key, own[1:]
		} else {
			rest = append(rest, p)
		}
	}
	for k, s := range free[SideAny] {
		if k == len(rest) {
			break
		}
		put[s.ID] = rest[k].Key
	}
	return put
}

// Senior tells who stands before whom.
type Senior func(a, b string) bool

// SeniorOf is the common order of both sides.
func SeniorOf(people []Seatable) Senior {
	at := map[string]int{}
	for k, p := range Alternate(people) {
		at[p.Key] = k + 1
	}
	return func(a, b string) bool {
		x, y := at[a], at[b]
		return x != 0 && (y == 0 || x < y)
	}
}

// CloseUp empties a seat. Where the order can be seen those farther out on the
// same hand of the same row move up by one place; nobody changes to the other hand
// (顺序可微调、左右不互换). An empty centre is taken by the more senior of its two
// neighbours, and only his hand moves up. It gives seat id → person ("" = nobody)
// for the seats that change.
func CloseUp(l Layout, seats []Seat, gap string, senior Senior) map[string]string {
	change := map[string]string{gap: ""}
	hole := find(seats, gap)
	if hole == nil || !l.Shifts() {
		return change
	}
	if hole.Wing == WingCentre {
		var next *Seat
		for _, hand := range []int{WingLeft, WingRight} {
			if line := sitting(seats, hole, hand, 0); len(line) > 0 && (next == nil || senior(line[0].Person(), next.Person())) {
				next = &line[0]
			}
		}
		if next == nil {
			return change
		}
		change[hole.ID], change[next.ID] = next.Person(), ""
		hole = next
	}
	for _, s := range sitting(seats, hole, hole.Wing, hole.Depth) {
		change[hole.ID], change[s.ID] = s.Person(), ""
		hole = &s
	}
	return change
}

func find(seats []Seat, id string) *Seat {
	for k := range seats {
		if seats[k].ID == id {
			return &seats[k]
		}
	}
	return nil
}

// hand are a row's seats on one hand of its centre, farther out than depth.
func hand(seats []Seat, rowNo int, side Side, wing, depth int) []Seat {
	var line []Seat
	for _, s := range seats {
		if s.Row == rowNo && s.Side == side && s.Wing == wing && s.Depth > depth {
			line = append(line, s)
		}
	}
	slices.SortFunc(line, func(a, b Seat) int { return a.Depth - b.Depth })
	return line
}

// sitting are those of them who are taken.
func sitting(seats []Seat, of *Seat, wing, depth int) []Seat {
	return slices.DeleteFunc(hand(seats, of.Row, of.Side, wing, depth), func(s Seat) bool { return s.Person() == "" })
}

// SeatIn finds a newcomer's place without anybody changing hands: in the first
// row with a free place for him, on the hand with fewer people (left when equal),
// by his rank; those junior to him move one place outwards. Only who is senior to
// the one in the centre takes the centre, who then moves out himself. ok is false
// when no place is free.
func SeatIn(l Layout, seats []Seat, who Seatable, senior Senior) (change map[string]string, ok bool) {
	rows := fitting(seats, who.Side)
	if !l.Shifts() {
		for _, k := range byOrder(seats) {
			if s := seats[k]; s.Person() == "" && s.N < assistant && (s.Side == SideAny || s.Side == who.Side) {
				return map[string]string{s.ID: who.Key}, true
			}
		}
		return nil, false
	}
	for _, first := range rows {
		if change := join(seats, first, who.Key, senior); change != nil {
			return change, true
		}
	}
	return nil, false
}

// fitting is one seat of each row in which somebody of that side may sit.
func fitting(seats []Seat, side Side) []Seat {
	var rows []Seat
	for _, s := range seats {
		if s.N < assistant && (s.Side == SideAny || s.Side == side) && !slices.ContainsFunc(rows, func(r Seat) bool { return r.Row == s.Row && r.Side == s.Side }) {
			rows = append(rows, s)
		}
	}
	slices.SortStableFunc(rows, func(a, b Seat) int { return a.Row - b.Row })
	return rows
}

// join puts somebody into one row; nil when nothing is free in it.
func join(seats []Seat, in Seat, who string, senior Senior) map[string]string {
	change := map[string]string{}
	centre := hand(seats, in.Row, in.Side, WingCentre, -1)
	left, right := hand(seats, in.Row, in.Side, WingLeft, 0), hand(seats, in.Row, in.Side, WingRight, 0)
	l, r := sitting(seats, &in, WingLeft, 0), sitting(seats, &in, WingRight, 0)
	roomLeft, roomRight := len(l) < len(left), len(r) < len(right)
	if len(centre) > 0 {
		there := centre[0].Person()
		first := !slices.ContainsFunc(append(slices.Clone(l), r...), func(s Seat) bool { return senior(s.Person(), who) })
		if there == "" && (first || !roomLeft && !roomRight) {
			return map[string]string{centre[0].ID: who}
		}
		if there != "" && senior(who, there) && (roomLeft || roomRight) {
			change[centre[0].ID] = who
			who = there
		}
	}
	wing, sit := left, l
	switch {
	case !roomLeft && !roomRight:
		return nil
	case !roomLeft, roomRight && len(r) < len(l):
		wing, sit = right, r
	}
	// Their seats and the innermost free one, in the order of rank: each moves by one place at most.
	i := slices.IndexFunc(wing, func(s Seat) bool { return s.Person() == "" })
	places := append(slices.Clone(sit), wing[i])
	slices.SortFunc(places, func(a, b Seat) int { return a.Depth - b.Depth })
	people := make([]string, 0, len(places))
	for _, s := range sit {
		people = append(people, s.Person())
	}
	at := slices.IndexFunc(people, func(p string) bool { return senior(who, p) })
	if at < 0 {
		at = len(people)
	}
	people = slices.Insert(people, at, who)
	for k, s := range places {
		if s.Person() != people[k] {
			change[s.ID] = people[k]
		}
	}
	return change
}

// Chair is one more place for somebody of that side: at the outer end of the
// shorter hand (left when equal) of the last row that fits. nil where the layout
// has no open ends, or has as many as it can.
func (p *SeatPlan) Chair(seats []Seat, side Side) *Seat {
	if !p.Layout.Shifts() || len(seats) >= MaxSeats {
		return nil
	}
	rows := fitting(seats, side)
	if len(rows) == 0 {
		return nil
	}
	in := rows[len(rows)-1]
	line := hand(seats, in.Row, in.Side, WingLeft, 0)
	if right := hand(seats, in.Row, in.Side, WingRight, 0); len(right) < len(line) || len(line) == 0 && in.Wing == WingRight {
		line = right
	}
	last, step := in, 1 // a row of one: its left hand
	if len(line) > 0 {
		last = line[len(line)-1]
		step = last.Wing
	}
	n, wing := 0, last.Wing
	if len(line) == 0 && in.Wing == WingCentre {
		wing = WingLeft
	}
	for _, s := range seats {
		if s.Side == in.Side && s.N < assistant {
			n = max(n, s.N)
		}
	}
	c := Seat{N: n + 1, Side: in.Side, Row: in.Row, Wing: wing, Depth: last.Depth + 1, X: last.X, Y: last.Y, Facing: last.Facing}
	dx, dy := step, 0
	switch {
	case p.Layout == LayoutU && in.Row == 2:
		dx, dy = 0, 1
	case last.Facing == FacingAway:
		dx = -step
	case last.Facing == FacingLeft:
		dx, dy = 0, step
	case last.Facing == FacingRight:
		dx, dy = 0, -step
	}
	for slices.ContainsFunc(seats, func(s Seat) bool { return s.X == c.X && s.Y == c.Y }) {
		c.X, c.Y = c.X+dx, c.Y+dy
	}
	c.Label = strconv.Itoa(c.N)
	switch {
	case in.Side == SideGuest:
		c.Label = "G" + c.Label
	case in.Side == SideHost:
		c.Label = "H" + c.Label
	case p.Layout == LayoutPhoto:
		c.Label = letter(in.Row) + "+" + c.Label
	}
	return &c
}

// Trouble of a seat or a person: what a planner must look at.
const (
	TroubleStruck = "struck" // no longer on the list, and still on a seat
	TroubleTwice  = "twice"  // seated in two plans of one function
	TroubleSide   = "side"   // a guest on a host's place, or the other way round
	TroubleCard   = "card"   // the card that was printed says something else
	TroubleNames  = "names"  // another one of the same name: mind the title
)

// Troubles finds what is wrong in plans: seat id → kinds.
func Troubles(plans []SeatPlan, people map[string]Seatable) map[string][]string {
	found := map[string][]string{}
	type once struct{ function, person string }
	seen := map[once]string{}
	names := map[once]string{}
	add := func(seat, kind string) {
		if !slices.Contains(found[seat], kind) {
			found[seat] = append(found[seat], kind)
		}
	}
	for k := range plans {
		p := &plans[k]
		for j := range p.Chairs {
			s := &p.Chairs[j]
			key := s.Person()
			if key == "" {
				continue
			}
			who := people[key]
			if who.Struck {
				add(s.ID, TroubleStruck)
			}
			if s.Side != SideAny && s.Side != who.Side {
				add(s.ID, TroubleSide)
			}
			if p.CardsAt != nil && s.Card != who.Name {
				add(s.ID, TroubleCard)
			}
			function := p.Function
			if function == "" {
				function = p.ID
			}
			if first := seen[once{function, key}]; first != "" {
				add(first, TroubleTwice)
				add(s.ID, TroubleTwice)
			}
			seen[once{function, key}] = s.ID
			if first := names[once{p.ID, who.Name}]; first != "" {
				add(first, TroubleNames)
				add(s.ID, TroubleNames)
			}
			names[once{p.ID, who.Name}] = s.ID
		}
	}
	return found
}

// Unplaced are those who sit nowhere in the plan's function, by rank.
func Unplaced(plan *SeatPlan, plans []SeatPlan, people []Seatable) []Seatable {
	placed := map[string]bool{}
	for k := range plans {
		p := &plans[k]
		if p.ID != plan.ID && (plan.Function == "" || p.Function != plan.Function) {
			continue
		}
		for j := range p.Chairs {
			placed[p.Chairs[j].Person()] = true
		}
	}
	var list []Seatable
	for _, p := range Alternate(people) {
		if !p.Struck && !placed[p.Key] {
			list = append(list, p)
		}
	}
	return list
}

// NamesPeople tells log rows that name guests, hosts, strays or their cars: not for crews that do not meet them.
func NamesPeople(subject string) bool {
	kind, _ := SplitTopic(subject)
	return kind == "guest" || kind == "seat" || kind == "host" || kind == "stray" || kind == "vehicle"
}

// SeatText says where somebody sits, in parts: room (or place), plan and seat.
type SeatText struct {
	Room   string `json:"room"`
	RoomEn string `json:"room_en,omitempty"`
	Plan   string `json:"plan"`
	Seat   string `json:"seat"`
}

// Text is the place in one line.
func (t SeatText) Text(locale string) string {
	room := InLocale(locale, t.Room, t.RoomEn)
	if room != "" {
		room += " · "
	}
	return room + t.Plan + " · " + t.Seat
}
