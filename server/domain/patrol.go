package domain

import (
	"strconv"
	"strings"
	"time"
)

// Patrol is a route (巡逻路线) that a crew walks during an event (J.5.1.4, G.3.3):
// checkpoints in order, marked where one stands or skipped with a reason. When all
// are, the round is complete and the next one is due after EveryMin minutes.
type Patrol struct {
	ID        string     `bun:",pk" json:"id"`
	EventID   string     `json:"event_id"`
	Name      string     `json:"name"`
	Crew      Crew       `json:"crew"`
	EveryMin  int        `json:"every_min"` // 0 = when somebody says so
	RoundNo   int        `json:"round_no"`  // the present round, 1 first
	RoundAt   *time.Time `json:"round_at,omitempty"`
	Struck    bool       `json:"struck,omitempty"`
	Sort      int        `json:"sort"`
	Seq       int64      `json:"seq"`
	CreatedAt time.Time  `json:"created_at"`

	Checkpoints []Checkpoint `bun:"-" json:"checkpoints"`
}

// Checkpoint is one place of a patrol with its last mark. Times are UTC.
type Checkpoint struct {
	ID       string     `bun:",pk" json:"id"`
	EventID  string     `json:"event_id"`
	PatrolID string     `json:"patrol_id"`
	Name     string     `json:"name"`
	RoundNo  int        `json:"round_no"` // of the last mark; 0 = never
	MarkedAt *time.Time `json:"marked_at,omitempty"`
	MarkedBy string     `bun:",nullzero" json:"marked_by,omitempty"`
	ByCode   bool       `json:"by_code,omitempty"` // the sign that hangs there was read
	Skipped  string     `bun:",nullzero" json:"skipped,omitempty"`
	Sort     int        `json:"sort"`
}

// How long a route may be, and its name and its places'.
const (
	CheckpointsMost = 40
	patrolName      = 40
)

// NewPatrol reads the form: one checkpoint a line, empty lines left out.
func NewPatrol(name string, crew Crew, every int, lines string) (*Patrol, error) {
	p := &Patrol{Name: name, Crew: crew, EveryMin: every, RoundNo: 1}
	var bad Invalid
	checkText(&bad, "name", &p.Name, patrolName, true)
	if !crew.Valid() {
		bad.Add("crew", "field.choose")
	}
	if every < 0 || every > 1440 {
		bad.Add("every", "patrol.every_range")
	}
	for line := range strings.Lines(lines) {
		c := Checkpoint{Name: line, Sort: len(p.Checkpoints) + 1}
		checkText(&bad, "checkpoints", &c.Name, patrolName, false)
		if c.Name != "" {
			p.Checkpoints = append(p.Checkpoints, c)
		}
	}
	switch n := len(p.Checkpoints); {
	case n == 0:
		bad.Add("checkpoints", "field.required")
	case n > CheckpointsMost:
		bad.Add("checkpoints", "patrol.too_many", "max", strconv.Itoa(CheckpointsMost))
	}
	return p, bad.Err()
}

// Done tells whether the checkpoint has its mark of the present round.
func (p *Patrol) Done(c *Checkpoint) bool { return c.RoundNo == p.RoundNo }

// Left is how many checkpoints the present round still has.
func (p *Patrol) Left() int {
	n := 0
	for k := range p.Checkpoints {
		if !p.Done(&p.Checkpoints[k]) {
			n++
		}
	}
	return n
}

// DueAt is when the present round is to be complete: so long after the one before,
// the first so long after the guests' arrival. nil where the route has no interval.
func (p *Patrol) DueAt(e *Event) *time.Time {
	if p.EveryMin == 0 {
		return nil
	}
	from := e.Arrival()
	if p.RoundAt != nil {
		from = *p.RoundAt
	}
	due := from.Add(time.Duration(p.EveryMin) * time.Minute)
	return &due
}

// Mark puts the mark of the present round on a checkpoint, with a reason where it
// is skipped. Whoever was there first stands; round tells that the round is complete.
func (p *Patrol) Mark(c *Checkpoint, d Doing, byCode bool) (changed, round bool) {
	if p.Done(c) {
		return false, false
	}
	c.RoundNo, c.MarkedAt, c.MarkedBy, c.ByCode, c.Skipped = p.RoundNo, &d.At, d.By, byCode, d.Reason
	if p.Left() > 0 {
		return true, false
	}
	p.RoundNo, p.RoundAt = p.RoundNo+1, &d.At
	return true, true
}

// Unmark takes the mark of the present round back. A round that is complete stays.
func (p *Patrol) Unmark(c *Checkpoint) (changed bool) {
	if !p.Done(c) {
		return false
	}
	c.RoundNo, c.MarkedAt, c.MarkedBy, c.ByCode, c.Skipped = 0, nil, "", false, ""
	return true
}
