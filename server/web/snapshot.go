package web

import (
	"bytes"
	"context"
	"slices"
	"sync"
	"time"

	"huiwu/server/domain"
	"huiwu/server/store"
	"huiwu/views"
)

// snapshot is an event with its items as of one seq of its topic, or a little
// newer. It is read once and shown to many: by the reply to an act, by the push
// in each language, and by the pages of all who come back at the same moment.
// Who is shown it was let in before: rights are not remembered here.
type snapshot struct {
	seq   int64
	event *domain.Event // shared: not to be changed, the items neither
	store *store.Store

	mu     sync.Mutex
	items  []domain.Item // nil until somebody asks
	lists  map[listKey]*part
	second int64 // of the clock, when the lists were rendered
}

// slots remember something of each event that people look at.
type slots[T any] struct {
	mu      sync.Mutex
	byEvent map[string]*T
}

// slot is the event's, a new one if there is none. When there are most, all but
// the new one are forgotten.
func (s *slots[T]) slot(event string, most int) *T {
	s.mu.Lock()
	defer s.mu.Unlock()
	found := s.byEvent[event]
	if found == nil {
		if s.byEvent == nil || len(s.byEvent) >= most {
			s.byEvent = map[string]*T{}
		}
		found = new(T)
		s.byEvent[event] = found
	}
	return found
}

type snapshotSlot struct {
	mu   sync.Mutex // held while the event is read: the others wait for the answer
	last *snapshot
}

// maxSnapshots is how many events are remembered: more than a busy day has.
const maxSnapshots = 100

// snapshot is the event as of seq of its topic, or later. With 0 the head is asked
// for, before the rest: what is shown is never older than its seq.
func (a *App) snapshot(ctx context.Context, id string, seq int64) (*snapshot, error) {
	if seq == 0 {
		var err error
		if seq, err = a.Store.Head(ctx, domain.EventTopic(id)); err != nil {
			return nil, err
		}
	}
	slot := a.snapshots.slot(id, maxSnapshots)
	slot.mu.Lock()
	defer slot.mu.Unlock()
	if s := slot.last; s != nil && s.seq >= seq {
		return s, nil
	}
	if slot.last != nil {
		next, err := slot.last.next(ctx, seq)
		if err != nil {
			return nil, err
		}
		if next != nil {
			slot.last = next
			return next, nil
		}
	}
	r, err := a.roster(ctx, id, seq)
	if err != nil {
		return nil, err
	}
	slot.last = &snapshot{seq: seq, event: &r.Event, store: a.Store}
	return slot.last, nil
}

// maxSteps is how many changes a snapshot takes over one by one.
const maxSteps = 30

// besides are the kinds of subjects that are no part of a snapshot, as those that name people.
var besides = []string{"person", "drill", "plan", "post", "patrol", "cue", "vehicle", "function", "agenda", "bulletin", "milestone", "kickoff"}

// next is the snapshot as of seq or later, made from this one and what has
// changed since: a tick moves one row of sixty. It is nil when that cannot be
// told row by row.
func (s *snapshot) next(ctx context.Context, seq int64) (*snapshot, error) {
	if seq <= s.seq || seq-s.seq > maxSteps {
		return nil, nil
	}
	changes, err := s.store.ChangesSince(ctx, domain.EventTopic(s.event.ID), s.seq, 2*maxSteps)
	if err != nil || len(changes) == 0 {
		return nil, err
	}
	var ids []string
	for k := range changes {
		kind, id := domain.SplitTopic(changes[k].Subject)
		switch {
		case kind == "item" && changes[k].Verb != "item.added":
			ids = append(ids, id)
		case domain.NamesPeople(changes[k].Subject) || slices.Contains(besides, kind):
		default:
			return nil, nil
		}
	}
	n := &snapshot{seq: changes[len(changes)-1].Seq, event: s.event, store: s.store}
	s.mu.Lock()
	n.items = s.items
	s.mu.Unlock()
	if n.seq < seq {
		return nil, nil
	}
	if n.items == nil || len(ids) == 0 {
		return n, nil
	}
	slices.Sort(ids)
	ids = slices.Compact(ids)
	fresh, err := s.store.ItemsByID(ctx, ids)
	if err != nil {
		return nil, err
	}
	n.items = slices.Clone(n.items)
	replaced := 0
	for k := range n.items {
		if f := slices.IndexFunc(fresh, func(i domain.Item) bool { return i.ID == n.items[k].ID }); f >= 0 {
			n.items[k] = fresh[f]
			replaced++
		}
	}
	if replaced != len(ids) { // one is new, or is gone
		return nil, nil
	}
	domain.SortItems(n.items)
	return n, nil
}

// allItems are the event's items in the order of lists.
func (s *snapshot) allItems(ctx context.Context) ([]domain.Item, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.items == nil {
		items, err := s.store.Items(ctx, s.event.ID)
		if err != nil {
			return nil, err
		}
		s.items = append([]domain.Item{}, items...)
	}
	return s.items, nil
}

// listKey is everything that a rendered checklist depends on besides the
// snapshot and the time.
type listKey struct {
	locale, crew string
	mine         bool
	crews        string
	names        int // which version of people's names
}

func (f itemFilter) key(locale string, names int) listKey {
	k := listKey{locale: locale, crew: string(f.crew), mine: f.mine, names: names}
	for _, crew := range f.crews {
		k.crews += string(crew)
	}
	return k
}

const (
	maxLists = 40              // of one second: languages × filters
	listLife = 2 * time.Second // then their memory is free again
)

// list is what stands in the checklist's page, rendered at most once in a second
// of the clock for everybody with the same key; only the frame around it is
// personal. Its countdowns may be a second old; the page's own clock moves them,
// and turns items due and late.
func (s *snapshot) list(ctx context.Context, key listKey, v views.Ctx, f itemFilter) (*part, error) {
	items, err := s.allItems(ctx)
	if err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.second != v.Now.Unix() {
		s.lists, s.second = nil, v.Now.Unix()
	}
	if done := s.lists[key]; done != nil {
		return done, nil
	}
	page := views.Page{Ctx: v, Topics: []views.LiveTopic{{Topic: domain.EventTopic(s.event.ID), Seq: s.seq}}}
	body := views.ItemsBody(views.ItemsPage{
		Page: page, Event: *s.event, Progress: domain.Sum(items, v.Now), Crew: f.crew, Mine: f.mine, Groups: groups(items), MyCrews: f.crews,
	})
	var b bytes.Buffer
	if err := body.Render(ctx, &b); err != nil {
		return nil, err
	}
	done := &part{html: b.Bytes()}
	if s.lists == nil {
		s.lists = map[listKey]*part{}
		time.AfterFunc(listLife, s.forgetLists)
	}
	if len(s.lists) < maxLists {
		s.lists[key] = done
	}
	return done, nil
}

func (s *snapshot) forgetLists() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.lists = nil
}
