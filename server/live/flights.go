package live

import (
	"slices"
	"sync"
	"time"
)

// flightKeep is how long an answer to one join is given to further ones: enough
// to spare the database when a crowd comes back, too short to show a page a time
// before its own.
const flightKeep = 100 * time.Millisecond

// flight names what a join asked for.
type flight struct {
	what     purpose
	key      Key
	from, to int64 // of catchingUp: changes after from, up to to; for the board its version
}

type purpose uint8

const (
	catchingUp purpose = iota
	clocking
	opening
)

// flights lets joins share renderings: after an outage a crowd asks for the same.
type flights struct {
	mu  sync.Mutex
	all []*result // few: those of the last second
}

type result struct {
	name  flight
	begun time.Time
	done  chan struct{}
	frame *frame
	err   error
}

// do returns what render returned for the same flight, called once within
// flightKeep. Errors are shared only by those who already wait.
func (s *flights) do(name flight, render func() (*frame, error)) (*frame, error) {
	s.mu.Lock()
	s.sweep()
	if i := slices.IndexFunc(s.all, func(r *result) bool { return r.name == name }); i >= 0 {
		other := s.all[i]
		s.mu.Unlock()
		<-other.done
		return other.frame, other.err
	}
	mine := &result{name: name, begun: time.Now(), done: make(chan struct{})}
	s.all = append(s.all, mine)
	s.mu.Unlock()

	defer close(mine.done)
	mine.frame, mine.err = render()
	if mine.err != nil {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.all = slices.DeleteFunc(s.all, func(r *result) bool { return r == mine })
	}
	return mine.frame, mine.err
}

// forgetOld frees what nobody is given any more.
func (s *flights) forgetOld() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.sweep()
}

// sweep is forgetOld with s.mu held.
func (s *flights) sweep() {
	s.all = slices.DeleteFunc(s.all, func(r *result) bool { return time.Since(r.begun) >= flightKeep })
	if len(s.all) == 0 {
		s.all = nil
	}
}
