package live

import (
	"cmp"
	"slices"
)

// maxHints is how many messages are kept whole; beyond that the log is read.
const maxHints = 128

// counted is the feed of a topic whose changes have numbers.
type counted struct {
	r      *room
	last   int64     // the last change that is in the queues
	target int64     // the last change that is known to exist
	hints  []Message // messages about changes after last
}

func (c *counted) seq() int64    { return c.last }
func (c *counted) waiting() bool { return c.target > c.last }

func (c *counted) opened(heads map[string]int64) {
	c.last = heads[c.r.topic]
	c.target = max(c.target, c.last)
}

func (c *counted) offer(m Message) {
	switch {
	case m.Seq == 0:
		c.r.hub.gap() // it moved on, but nobody says how far
	case m.Seq > c.last:
		c.target = max(c.target, m.Seq)
		if len(c.hints) < maxHints {
			c.hints = append(c.hints, m)
		}
	}
}

func (c *counted) found(heads map[string]int64) bool {
	head := heads[c.r.topic]
	if head <= c.target {
		return false
	}
	c.target = head
	return true
}

func (c *counted) next() (batch, bool, error) {
	c.r.members.Lock()
	c.r.mu.Lock()
	hints, from, empty := c.hints, c.last, len(c.r.groups) == 0
	c.hints = nil
	if empty {
		c.last = c.target // nobody looks; whoever joins says what they have seen
	}
	c.r.mu.Unlock()
	c.r.members.Unlock()
	if empty {
		return batch{}, false, nil
	}

	if b, ok := follow(hints, from); ok {
		b.reset = len(b.subjects) > c.r.hub.cfg.MaxCatchUp
		return b, true, nil
	}
	return c.read(from)
}

// follow returns what the messages say when they tell of every change after
// from, and ok false when they do not.
func follow(hints []Message, from int64) (b batch, ok bool) {
	slices.SortFunc(hints, func(a, b Message) int { return cmp.Compare(a.First, b.First) })
	var changes []Change
	for _, m := range hints {
		switch {
		case m.Seq <= from: // doubled or late
			continue
		case m.First != from+1 || len(m.Subjects) == 0:
			return batch{}, false
		}
		for _, s := range m.Subjects {
			changes = append(changes, Change{m.Seq, s})
		}
		from = m.Seq
	}
	return batch{seq: from, subjects: distinct(changes)}, len(changes) > 0
}

// read asks the log what happened after from.
func (c *counted) read(from int64) (batch, bool, error) {
	changes, err := c.r.hub.changes(c.r.hub.forRooms, c.r.topic, from)
	if err != nil {
		return batch{}, false, err
	}
	c.r.mu.Lock()
	defer c.r.mu.Unlock()
	if len(changes) == 0 {
		c.target = c.last // it was a rumour; the poll knows better
		return batch{}, false, nil
	}
	b := batch{seq: changes[len(changes)-1].Seq, subjects: distinct(changes)}
	if !c.complete(changes, from) {
		b = batch{seq: max(b.seq, c.target), reset: true}
	}
	return b, true, nil
}

// complete reports whether changes are all that happened after from, and few
// enough to be rendered.
func (c *counted) complete(changes []Change, from int64) bool {
	return changes[0].Seq == from+1 && len(changes) <= c.r.hub.cfg.MaxCatchUp
}

func (c *counted) shown(b batch) {
	c.last = max(c.last, b.seq)
	c.target = max(c.target, c.last)
}

func (c *counted) failed(batch) {} // last stays behind target, so the log is read again

// missed returns what happened after since, up to joined; the rest is in the
// socket's queue.
func (c *counted) missed(key Key, since, joined int64) (*frame, error) {
	switch {
	case since == joined:
		return nil, nil
	case since == 0:
		return resetFrame(c.r.topic, joined), nil
	case since > joined:
		return c.ahead(since)
	}
	return c.r.flights.do(flight{key: key, from: since, to: joined}, func() (*frame, error) {
		return c.catchUp(key, since, joined)
	})
}

// ahead answers a page that is newer than this room: either the room lags, and
// will show the page what it knows already, or the page counts changes that the
// database has lost.
func (c *counted) ahead(since int64) (*frame, error) {
	heads, err := c.r.hub.heads(c.r.hub.forJoins, []string{c.r.topic})
	if err != nil {
		return nil, err
	}
	head := heads[c.r.topic]
	if since > head {
		return resetFrame(c.r.topic, head), nil
	}
	c.r.offer(Message{Topic: c.r.topic, First: head, Seq: head})
	return nil, nil
}

func (c *counted) catchUp(key Key, since, joined int64) (*frame, error) {
	changes, err := c.r.hub.changes(c.r.hub.forJoins, c.r.topic, since)
	if err != nil {
		return nil, err
	}
	if len(changes) == 0 || !c.complete(changes, since) {
		return resetFrame(c.r.topic, joined), nil // too much, or older than what is kept
	}
	subjects := distinct(changes)
	html, err := c.r.hub.render(c.r.hub.forJoins, c.r.topic, key, subjects, joined)
	if err != nil {
		c.r.hub.complain("cannot render; page is fetched again", "topic", c.r.topic, "subjects", subjects, "err", err)
		return resetFrame(c.r.topic, joined), nil
	}
	return fragmentsFrame(c.r.topic, joined, subjects, html), nil
}

// distinct returns each subject once, in the order of their first change.
func distinct(changes []Change) []string {
	seen := make(map[string]struct{}, len(changes))
	var subjects []string
	for _, c := range changes {
		if _, ok := seen[c.Subject]; !ok {
			seen[c.Subject] = struct{}{}
			subjects = append(subjects, c.Subject)
		}
	}
	return subjects
}
