package web

import (
	"context"

	"github.com/a-h/templ"

	"huiwu/server/domain"
	"huiwu/views"
)

// maxRows is how many changed rows are pushed one by one; above it the page is
// told to fetch itself again, which costs less.
const maxRows = 60

// eventFragments renders what one view of an event shows of the subjects, never
// older than its data-seq.
func (a *App) eventFragments(ctx context.Context, v views.Ctx, id, view string, subjects []string, seq int64) ([]templ.Component, error) {
	s, err := a.snapshot(ctx, id, seq)
	if err != nil {
		return nil, err
	}
	f := &eventView{App: a, ctx: ctx, v: v, e: s.event, snapshot: s}
	f.v.Seq = s.seq
	items, guests, changed := sorted(subjects)
	whole := view == ViewBoard || view == ViewEvent || view == ViewControl || view == ViewSeats
	if len(items)+len(guests) > maxRows && !whole {
		return []templ.Component{stale}, nil
	}
	clock := byClock(subjects)
	switch view {
	case ViewItems:
		err = f.checklist(items, changed || clock)
	case ViewToday, ViewEvents: // today by the clock alone: what changes lets the page fetch itself
		if changed {
			return []templ.Component{stale}, nil
		}
		err = f.sums()
	case ViewEvent:
		if changed {
			return []templ.Component{stale}, nil // facts, people, what may be done next
		}
		if clock {
			err = f.gauge()
			break
		}
		if err = f.seen(named("bulletin", subjects)); err == nil && len(subjects) > len(guests) { // the feed tells all but guests
			err = f.overview(len(items) > 0)
		}
		if err == nil {
			err = f.timeline(subjects)
		}
		if err == nil {
			err = f.trackCard(subjects)
		}
	case ViewProgramme:
		if changed {
			return []templ.Component{stale}, nil // its times
		}
		err = f.programmeParts(subjects)
	case ViewCrew:
		if changed || len(named("post", subjects))+len(named("bulletin", subjects)) > 0 {
			err = f.crews()
		}
	case ViewChanges, ViewWork:
		if changed || len(named("bulletin", subjects)) > 0 {
			return []templ.Component{stale}, nil
		}
	case ViewTrack:
		if changed {
			return []templ.Component{stale}, nil // its day
		}
		err = f.track(subjects)
	case ViewGuests:
		err = f.guests(guests, changed)
	case ViewLobby:
		if changed {
			return []templ.Component{stale}, nil
		}
		err = f.lobby(guests)
	case ViewSeats:
		err = f.seats(subjects)
	case ViewDoor:
		if changed {
			return []templ.Component{stale}, nil
		}
		err = f.door(guests, subjects)
	case ViewDrill:
		err = f.drill(subjects)
	case ViewInvitations, ViewInvitation:
		err = f.invitations(view, guests, changed)
	case ViewPosts, ViewCues, ViewVehicles, ViewControl:
		err = f.reception(view, subjects, changed, clock)
	case ViewBoard:
		if len(named("cue", subjects)) > 0 {
			if err = f.cueStrip(); err != nil {
				return nil, err
			}
		}
		if err = f.timeline(subjects); err != nil {
			return nil, err
		}
		err = f.board(len(items) > 0 || changed || clock, len(guests) > 0)
	case ViewAll:
		if err = f.checklist(items, changed); err == nil {
			err = f.guests(guests, false)
		}
	}
	return f.parts, err
}

// reception: posts, cues, cars, and the control room's card.
func (f *eventView) reception(view string, subjects []string, changed, clock bool) error {
	items, guests, _ := sorted(subjects)
	switch {
	case view == ViewControl:
		if f.e.Status.Over() {
			f.add(views.Gone("control-" + f.e.ID))
			return nil
		}
		cards, err := f.controlEvents(f.ctx, *f.e)
		if err != nil {
			return err
		}
		f.add(views.ControlCard(f.v, &cards[0]))
	case changed:
		f.add(stale) // its times and its state stand in every row
	case view == ViewPosts:
		if len(items) > 0 {
			if err := f.lock(); err != nil {
				return err
			}
		}
		if ids := named("patrol", subjects); len(ids) > 0 {
			if err := f.patrols(ids); err != nil {
				return err
			}
		}
		if ids := named("post", subjects); len(ids) > 0 || clock {
			return f.posts(ids, clock)
		}
	case view == ViewCues:
		return f.cues(named("cue", subjects))
	case view == ViewVehicles:
		if ids := named("vehicle", subjects); len(ids)+len(guests) > 0 {
			return f.vehicles(ids)
		}
	}
	return nil
}

// eventView collects the fragments of one event for one view.
type eventView struct {
	*App
	ctx      context.Context
	v        views.Ctx
	e        *domain.Event
	snapshot *snapshot
	parts    []templ.Component
}

func (f *eventView) add(parts ...templ.Component) { f.parts = append(f.parts, parts...) }

// gone takes those rows of a kind off the page that are not there any more.
func (f *eventView) gone(kind string, ids []string, there func(id string) bool) {
	for _, id := range ids {
		if !there(id) {
			f.add(views.Gone(kind + "-" + id))
		}
	}
}

// checklist: the changed rows, and the sums over all of them and over their crews.
func (f *eventView) checklist(ids []string, changed bool) error {
	if len(ids) == 0 && !changed {
		return nil
	}
	all, err := f.snapshot.allItems(f.ctx)
	if err != nil {
		return err
	}
	want := make(map[string]bool, len(ids))
	for _, id := range ids {
		want[id] = true
	}
	moved := map[domain.Crew]bool{}
	for k := range all {
		if want[all[k].ID] {
			moved[all[k].Crew] = true
			f.add(views.ItemRow(f.v, f.e, &all[k]))
		}
	}
	p := domain.Sum(all, f.v.Now)
	f.add(views.Gauge(f.v, f.e, p))
	for k := range p.Crews {
		if crew := &p.Crews[k]; changed || moved[crew.Crew] {
			f.add(views.TallyCrew(f.v, f.e.ID, crew))
		}
	}
	if changed {
		f.add(views.Head(f.v, f.e, nil))
	}
	return nil
}

// overview: the event's own page. Its feed leaves guests out: every crew may read it.
func (f *eventView) overview(gauge bool) error {
	feed, err := f.crewFeed(f.ctx, f.e.ID)
	if err != nil {
		return err
	}
	f.add(views.Head(f.v, f.e, feed), views.Feed(f.v, f.e, feed))
	if !gauge {
		return nil
	}
	return f.gauge()
}

func (f *eventView) gauge() error {
	items, err := f.snapshot.allItems(f.ctx)
	if err != nil {
		return err
	}
	f.add(views.Gauge(f.v, f.e, domain.Sum(items, f.v.Now)))
	return nil
}

// sums are the event's in a list of events.
func (f *eventView) sums() error {
	items, err := f.snapshot.allItems(f.ctx)
	if err != nil {
		return err
	}
	line := views.EventLine{Event: *f.e, Progress: domain.Sum(items, f.v.Now), Head: f.v.Seq}
	if f.e.Status.Over() || !line.HasSums() {
		return nil
	}
	if line.Counts, err = f.Store.GuestCounts(f.ctx, f.e.ID); err != nil {
		return err
	}
	f.add(views.EventSums(f.v, &line))
	return nil
}

// guests: the changed rows and the counts.
func (f *eventView) guests(ids []string, changed bool) error {
	if changed {
		f.add(views.Head(f.v, f.e, nil))
	}
	if len(ids) > 0 {
		if err := f.attendance(); err != nil {
			return err
		}
	}
	return f.guestRows(ids, func(g *domain.Guest) templ.Component { return views.GuestRow(f.v, g) })
}

// lobby: the same guests as the lobby's rows.
func (f *eventView) lobby(ids []string) error {
	return f.guestRows(ids, func(g *domain.Guest) templ.Component { return views.LobbyRow(f.v, g, f.e) })
}

func (f *eventView) guestRows(ids []string, row func(g *domain.Guest) templ.Component) error {
	if len(ids) == 0 {
		return nil
	}
	guests, err := f.Store.GuestsByID(f.ctx, ids)
	if err != nil {
		return err
	}
	for k := range guests {
		if guests[k].Struck {
			f.add(views.Gone("guest-" + guests[k].ID))
			continue
		}
		f.add(row(&guests[k]))
	}
	counts, err := f.Store.GuestCounts(f.ctx, f.e.ID)
	if err != nil {
		return err
	}
	f.add(views.Counts(f.v, f.e.ID, counts, f.v.Seq))
	if counts.Total == 0 { // the last one was struck: the page is another one now
		f.add(stale)
	}
	return nil
}

// board: the commander's sums; few people look at it, so it is rendered by the part.
func (f *eventView) board(items, guests bool) error {
	b, err := f.eventBoard(f.ctx, f.e)
	if err != nil {
		return err
	}
	if items {
		p := domain.Sum(b.items, f.v.Now)
		f.add(views.EarlyBar(f.v, f.e, p.ReadyMissing()), views.Gauge(f.v, f.e, p), views.Rings(f.v, f.e, p), views.Stars(f.v, f.e, stars(f.e, b.items, f.v.Now)))
	}
	if guests {
		f.add(views.Places(f.v, f.e, b.parties, b.counts))
	}
	f.add(views.Head(f.v, f.e, b.feed), views.Feed(f.v, f.e, b.feed)) // both show the newest changes
	return nil
}
