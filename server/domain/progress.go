package domain

import (
	"slices"
	"time"
)

// CrewProgress is one ring of the commander's board.
type CrewProgress struct {
	Crew     Crew `json:"crew"`
	Total    int  `json:"total"`   // items of the phase in view
	Settled  int  `json:"settled"` // accepted, done or not needed
	Waiting  int  `json:"waiting"` // submitted, waiting for acceptance
	Late     int  `json:"late"`
	Rejected int  `json:"rejected"` // to redo
	Blocked  int  `json:"blocked"`
}

// Progress is the sum of an event's items at one moment.
type Progress struct {
	Star      int            `json:"star"`      // ★ items that count (not "not needed")
	StarDone  int            `json:"star_done"` // accepted ★ items
	Close     int            `json:"close"`     // items that block closing
	CloseDone int            `json:"close_done"`
	Total     int            `json:"total"`
	Settled   int            `json:"settled"`
	Waiting   int            `json:"waiting"`
	Late      int            `json:"late"`
	Rejected  int            `json:"rejected"`
	Blocked   int            `json:"blocked"`
	NextDue   *time.Time     `json:"next_due,omitempty"` // earliest due time of an open item, not late yet
	Crews     []CrewProgress `json:"crews"`
	Phases    map[string]int `json:"phases"` // open items by phase
}

// Sum counts items at now.
func Sum(items []Item, now time.Time) Progress {
	p := Progress{Phases: map[string]int{}}
	for k := range items {
		i := &items[k]
		late, next := 0, i.DueAt
		if i.State(now) == StateLate {
			late = 1
		}
		if !i.Open() || next != nil && next.Before(now.Add(-time.Minute)) {
			next = nil
		}
		p.AddGroup(i.Crew, i.Status, i.Flag, 1, late, next)
		if i.Open() {
			p.Phases[i.Phase]++
		}
	}
	return p
}

// ReadyMissing is how many ★ items still stand between now and "ready".
func (p Progress) ReadyMissing() int { return p.Star - p.StarDone }

// Percent of done out of total, 0 when there is nothing.
func Percent(done, total int) int {
	if total == 0 {
		return 0
	}
	return done * 100 / total
}

// AddGroup counts n items that agree in crew, status and flag, late of them
// late, next the earliest due time that is not late: the sums of a list page
// come from the database in such groups.
func (p *Progress) AddGroup(crew Crew, status ItemStatus, flag string, n, late int, next *time.Time) {
	c := p.crew(crew)
	c.Total += n
	p.Total += n
	settled := status == ItemAccepted || status == ItemDone || status == ItemNotNeeded
	switch {
	case settled:
		c.Settled += n
		p.Settled += n
	case status == ItemSubmitted:
		c.Waiting += n
		p.Waiting += n
	case status == ItemRejected:
		c.Rejected += n
		p.Rejected += n
	case status == ItemBlocked:
		c.Blocked += n
		p.Blocked += n
	}
	c.Late += late
	p.Late += late
	accepted := status == ItemAccepted || status == ItemDone
	if flag == FlagBlocksReady && status != ItemNotNeeded {
		p.Star += n
		if accepted {
			p.StarDone += n
		}
	}
	if flag == FlagBlocksClose && status != ItemNotNeeded {
		p.Close += n
		if accepted {
			p.CloseDone += n
		}
	}
	if next != nil && (p.NextDue == nil || next.Before(*p.NextDue)) {
		p.NextDue = next
	}
}

// crew finds or makes the sums of a crew, keeping the order of Crews.
func (p *Progress) crew(c Crew) *CrewProgress {
	at := 0
	for at < len(p.Crews) && p.Crews[at].Crew.Index() < c.Index() {
		at++
	}
	if at == len(p.Crews) || p.Crews[at].Crew != c {
		p.Crews = slices.Insert(p.Crews, at, CrewProgress{Crew: c})
	}
	return &p.Crews[at]
}
