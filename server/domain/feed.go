package domain

import "time"

// Line is one line of a feed: the rows of the log that one act wrote and that
// say the same. Change is the newest of them.
type Line struct {
	Change
	Rows []Change `json:"rows,omitempty"` // all of them when there are several, in the order of the act
}

// N is how many rows of the log the line stands for.
func (l *Line) N() int { return max(1, len(l.Rows)) }

// saying is what must be equal for two rows of an act to be one line. The old
// value is not: guests come to a lobby from several places.
type saying struct {
	verb, now, note, lot string
	crew                 Crew
}

// Lines gathers what one act did to many: nineteen guests moved with one tap
// are one line. The rows come newest first.
func Lines(rows []Change) []Line {
	var lines []Line
	at := map[saying]int{}
	for k := range rows {
		c := rows[k]
		if k == 0 || !sameAct(&rows[k-1], &c) {
			clear(at)
		}
		s := saying{c.Verb, c.New, c.Note, c.Lot, c.Crew}
		n, known := at[s]
		if !known {
			at[s] = len(lines)
			lines = append(lines, Line{Change: c})
			continue
		}
		l := &lines[n]
		if l.Rows == nil {
			l.Rows = []Change{l.Change}
		}
		l.Rows = append([]Change{c}, l.Rows...)
	}
	return lines
}

// sameAct tells rows of one transaction: it has one clock reading.
func sameAct(a, b *Change) bool {
	return a.Topic == b.Topic && a.ActKey == b.ActKey && a.PersonID == b.PersonID && a.ReceivedAt.Equal(b.ReceivedAt)
}

// WholeActs leaves out the last act of a window that was filled to its limit,
// because rows of it may lie beyond; an act that fills the window alone stays.
func WholeActs(rows []Change, limit int) []Change {
	if len(rows) < limit || len(rows) == 0 {
		return rows
	}
	last := rows[len(rows)-1].ReceivedAt
	n := len(rows)
	for n > 0 && rows[n-1].ReceivedAt.Equal(last) {
		n--
	}
	if n == 0 {
		return rows
	}
	return rows[:n]
}

// Before is the cursor of a feed's next page: what was received earlier than the last row.
func Before(rows []Change) time.Time {
	if len(rows) == 0 {
		return time.Time{}
	}
	return rows[len(rows)-1].ReceivedAt
}
