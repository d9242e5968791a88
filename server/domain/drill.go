package domain

import "time"

// Drill is one reachability drill of an event, with everybody who was asked.
type Drill struct {
	ID      string        `bun:",pk" json:"id"`
	EventID string        `json:"event_id"`
	MadeBy  string        `bun:",nullzero" json:"made_by,omitempty"`
	MadeAt  time.Time     `json:"made_at"`
	Answers []DrillAnswer `bun:"-" json:"answers"` // filled by the store: who did not answer comes first
}

// DrillAnswer is one person of a drill.
type DrillAnswer struct {
	PersonID   string     `json:"person_id"`
	Name       string     `json:"name"`
	Crew       Crew       `json:"crew,omitempty"`
	Phone      string     `json:"phone,omitempty"`
	Devices    int        `json:"devices"`               // that can be woken
	AnsweredAt *time.Time `json:"answered_at,omitempty"` // nil until he taps
}

// Answered counts who tapped.
func (d *Drill) Answered() int {
	n := 0
	for k := range d.Answers {
		if d.Answers[k].AnsweredAt != nil {
			n++
		}
	}
	return n
}

// NeedsDrill tells a level-1 event whose people nobody has tried to reach
// within the last day, and which has not begun.
func (e *Event) NeedsDrill(last *Drill, now time.Time) bool {
	before := e.Status == EventConfirmed || e.Status == EventPreparing || e.Status == EventReady
	return e.Level == 1 && before && (last == nil || now.Sub(last.MadeAt) > 24*time.Hour)
}
