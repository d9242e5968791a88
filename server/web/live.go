package web

import (
	"bytes"
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/a-h/templ"
	"github.com/gofiber/fiber/v2"

	"huiwu/server/domain"
	"huiwu/server/live"
	"huiwu/server/store"
	"huiwu/views"
)

// What a socket shows: the page it belongs to. The same view shows the same
// bytes to everybody who may open it.
const (
	ViewItems  = "items"
	ViewGuests = "guests"
	ViewLobby  = "lobby"
	ViewEvent  = "event"
	ViewBoard  = "board"
	ViewWall   = "wall"
	ViewToday  = "today"
	// ViewEvents is the list of events: its sums are pushed; when an event itself changes it is told to fetch itself
	// again, for which of them one sees is personal.
	ViewEvents = "events"
	// ViewActivity is personal like today: it is told to fetch itself again.
	ViewActivity = "activity"
	ViewInvite   = "invite"
	ViewAll      = "all" // items and guests: for programs

	ViewProgramme = "programme" // functions and agenda of one event
	ViewTrack     = "track"     // the planned track of one event
	// ViewTracks are those of a month: what of them one may see is personal, so they fetch themselves again, as do their rules.
	ViewTracks     = "tracks"
	ViewTrackRules = "track-rules"

	ViewCrew = "crew" // who is in the crews of one event, for who plans them

	ViewPosts    = "posts"
	ViewCues     = "cues"
	ViewVehicles = "vehicles"
	ViewControl  = "control"

	ViewTemplates = "templates" // on the floor: told to fetch itself again
	ViewNotices   = "notices"
	ViewDrill     = "drill"
	ViewSeats     = "seats" // plans of one event, and each of them

	ViewInvitations = "invitations"
	ViewInvitation  = "invitation" // of one guest
	ViewDoor        = "door"
	// ViewHeadcount is told to fetch itself again when anybody comes or goes.
	ViewHeadcount = "headcount"
	// ViewRequests are the booking requests, or one: what of them one may see is personal, so it fetches itself again.
	ViewRequests = "requests"

	// ViewPublication is the board of a day; ViewPublish is the same for who keeps it,
	// with the names of those who have not seen it. ViewIntake, ViewChanges and ViewWork
	// are told to fetch themselves again.
	ViewPublication = "publication"
	ViewPublish     = "publish"
	ViewIntake      = "intake"
	ViewChanges     = "changes"
	ViewWork        = "work"
	// ViewCalendar and ViewRooms are told to fetch themselves again.
	ViewCalendar = "calendar"
	ViewRooms    = "rooms"
)

// viewRights is what a view needs on the events it shows.
var viewRights = map[string]domain.Right{
	ViewItems: domain.RightEventSee, ViewEvent: domain.RightEventSee, ViewEvents: domain.RightEventSee, ViewToday: domain.RightEventSee, ViewActivity: domain.RightEventSee,
	ViewInvite: domain.RightInvite,
	ViewGuests: domain.RightGuestsSee, ViewLobby: domain.RightGuestsSee, ViewAll: domain.RightGuestsSee, ViewBoard: domain.RightEventBoard,
	ViewPosts: domain.RightEventSee, ViewCues: domain.RightEventSee, ViewVehicles: domain.RightGuestsSee, ViewControl: domain.RightGuestsSee,
	ViewProgramme: domain.RightEventSee, ViewTemplates: domain.RightTemplates, ViewCrew: domain.RightEventEdit, ViewTrack: domain.RightEventSee,
	ViewTracks: domain.RightEventSee, ViewTrackRules: domain.RightEventSee,
	ViewNotices: domain.RightEventSee, ViewDrill: domain.RightEventRun, ViewSeats: domain.RightGuestsSee,
	ViewInvitations: domain.RightGuestsEdit, ViewInvitation: domain.RightGuestsEdit,
	ViewRequests: domain.RightEventSee,
	ViewDoor:     domain.RightGuestsSee, ViewHeadcount: domain.RightGuestsSee,
	ViewPublication: domain.RightEventSee, ViewPublish: domain.RightEventSee, ViewIntake: domain.RightEventSee, ViewChanges: domain.RightEventSee, ViewWork: domain.RightEventSee,
	ViewCalendar: domain.RightEventSee, ViewRooms: domain.RightEventSee,
}

// floorRights is what a view of the building's own topic needs.
var floorRights = map[string]domain.Right{
	ViewControl: domain.RightControl, ViewPublication: domain.RightWall, ViewPublish: domain.RightPublish, ViewIntake: domain.RightPublish,
	ViewTemplates: domain.RightTemplates, ViewCalendar: domain.RightEvents, ViewRooms: domain.RightRooms,
	ViewTrackRules: domain.RightChannels,
}

// Subscribe checks who opens a socket and for what (GET /live).
func (a *App) Subscribe(c *fiber.Ctx) (live.Subscriber, error) {
	p, s := person(c), session(c)
	if p == nil || s == nil {
		return live.Subscriber{}, store.ErrUnauthenticated
	}
	args := c.Context().QueryArgs() //nolint:forbidigo // fasthttp's arguments: the only way to read a repeated parameter in order
	list := func(name string) []string {
		var out []string
		for _, v := range args.PeekMulti(name) {
			out = append(out, string(v))
		}
		return out
	}
	subs, err := live.ParseSubscriptions(list("topic"), list("since"))
	if err != nil {
		return live.Subscriber{}, &domain.Error{Code: domain.CodeInvalid, Key: "error.bad_request"}
	}
	topics := make([]domain.Topic, 0, len(subs))
	for _, t := range subs {
		topics = append(topics, t.Topic)
	}
	view := c.Query("view")
	if view == "" {
		view = a.defaultView(c.UserContext(), p, topics)
	}
	if err := a.mayWatch(c.UserContext(), p, topics, view); err != nil {
		return live.Subscriber{}, err
	}
	return live.Subscriber{Session: s.ID, Person: p.ID, Key: live.Key{Locale: locale(c), View: view}, Topics: subs}, nil
}

// defaultView is the widest view that the person may have: programs need not know the pages.
func (a *App) defaultView(ctx context.Context, p *domain.Person, topics []domain.Topic) string {
	if slices.Contains(topics, domain.TopicBoard) {
		return ViewWall
	}
	if a.mayWatch(ctx, p, topics, ViewAll) == nil {
		return ViewAll
	}
	return ViewItems
}

// mayWatch judges topics and view for a person; what he may not see is not found.
func (a *App) mayWatch(ctx context.Context, p *domain.Person, topics []domain.Topic, view string) error {
	right, known := viewRights[view]
	if !known && view != ViewWall {
		return domain.ErrNotFound
	}
	for _, t := range topics {
		kind, id := domain.SplitTopic(t)
		switch kind {
		case "event":
			if view == ViewWall {
				return domain.ErrNotFound
			}
			e, v, _, err := a.stand(ctx, p, id)
			if err != nil {
				return err
			}
			if !v.Can(right, e.Secrecy) {
				return domain.ErrNotFound
			}
		case "person":
			if id == p.ID {
				continue
			}
			if view != ViewInvite {
				return domain.ErrNotFound
			}
			if _, _, err := a.Store.InviteOf(ctx, p, id); err != nil { // the inviter waits for the phone
				return err
			}
		case domain.TopicBoard:
			if !p.Can(domain.RightWall) {
				return domain.ErrNotFound
			}
		case domain.TopicRequests:
			if view != ViewRequests || !p.Can(domain.RightRequests) {
				return domain.ErrNotFound
			}
		case domain.TopicFloor:
			if need, known := floorRights[view]; !known || !p.Can(need) {
				return domain.ErrNotFound
			}
		default:
			return domain.ErrNotFound
		}
	}
	return nil
}

// Source lets the hub ask the program for heads, changes and fragments.
type Source struct{ *App }

var _ live.Source = Source{}

// Heads answers for topics, and for ["board"] with the events of the day.
func (s Source) Heads(ctx context.Context, topics []string) (map[string]int64, error) {
	if len(topics) != 1 || topics[0] != domain.TopicBoard {
		return s.Store.Heads(ctx, topics)
	}
	from, to := s.dayAround()
	ids, err := s.Store.EventIDs(ctx, from, to)
	if err != nil {
		return nil, err
	}
	events := make([]domain.Topic, 0, len(ids))
	for _, id := range ids {
		events = append(events, domain.EventTopic(id))
	}
	return s.Store.Heads(ctx, events)
}

// Changes lists what changed on a topic.
func (s Source) Changes(ctx context.Context, topic string, since int64, limit int) ([]live.Change, error) {
	rows, err := s.Store.ChangesSince(ctx, topic, since, limit)
	if err != nil {
		return nil, err
	}
	list := make([]live.Change, 0, len(rows))
	for _, r := range rows {
		list = append(list, live.Change{Seq: r.Seq, Subject: r.Subject})
	}
	return list, nil
}

// Allowed asks again whether a socket may stay: the database, not what is
// remembered of the session; of the event, what is proved to be still so.
func (s Source) Allowed(ctx context.Context, session string, topics []string, view string) error {
	_, p, err := s.Store.SessionPerson(ctx, session)
	if errors.Is(err, store.ErrUnauthenticated) {
		return live.ErrSession
	}
	if err != nil {
		return err
	}
	err = s.mayWatch(ctx, p, topics, view)
	if errors.Is(err, domain.ErrNotFound) {
		return live.ErrTopic
	}
	return err
}

// Render gives the present state of what changed, for everybody of the key.
func (s Source) Render(ctx context.Context, topic string, key live.Key, subjects []string, seq int64) ([]byte, error) {
	return s.fragments(ctx, topic, key, subjects, seq)
}

// Clock gives what changes with time alone: late counts and the next due time.
func (s Source) Clock(ctx context.Context, topic string, key live.Key) ([]byte, error) {
	kind, _ := domain.SplitTopic(topic)
	switch {
	case topic == domain.TopicBoard && key.View == ViewWall:
		return s.fragments(ctx, topic, key, nil, 0)
	case topic == domain.TopicBoard && key.View == ViewCalendar && s.Store.Now().Minute()%nowEvery == 0:
		return []byte(refetch), nil // the line of the present moment
	case key.View == ViewBoard || key.View == ViewEvent || key.View == ViewItems || key.View == ViewPosts,
		kind == "event" && (key.View == ViewToday || key.View == ViewEvents || key.View == ViewControl):
		return s.fragments(ctx, topic, key, []string{clockSubject}, 0)
	}
	return nil, nil
}

// nowEvery is how often, in minutes, a calendar draws the present moment anew.
const nowEvery = 5

// clockSubject asks for an event's sums without any row.
const clockSubject = "clock:"

// byClock tells that nothing but time has passed.
func byClock(subjects []string) bool { return len(subjects) == 1 && subjects[0] == clockSubject }

// stale is the fragment that tells a personal page to fetch itself again: it is
// not the same for everybody and cannot be pushed.
var stale = templ.Raw(refetch)

const refetch = `<i data-refetch hidden></i>`

// fragments renders what a view shows of the subjects, as of seq of the topic or
// later; 0: as of now.
func (a *App) fragments(ctx context.Context, topic domain.Topic, key live.Key, subjects []string, seq int64) ([]byte, error) {
	v, err := a.viewCtx(ctx, key.Locale)
	if err != nil {
		return nil, err
	}
	var parts []templ.Component
	kind, id := domain.SplitTopic(topic)
	switch {
	case kind == "person":
		parts, err = a.personFragments(ctx, id, key, subjects)
	case key.View == ViewToday && !byClock(subjects) || key.View == ViewActivity || key.View == ViewRequests && kind == domain.TopicRequests:
		parts = append(parts, stale)
	case kind == domain.TopicFloor && (key.View == ViewCalendar || key.View == ViewRooms || key.View == ViewTrackRules):
		if len(named("site", subjects)) > 0 || key.View != ViewTrackRules && len(named("room", subjects)) > 0 {
			parts = append(parts, stale)
		}
	case kind == "event" && key.View == ViewTracks:
		if slices.Contains(subjects, topic) || len(named("milestone", subjects)) > 0 {
			parts = append(parts, stale)
		}
	case (key.View == ViewLobby || key.View == ViewDoor || key.View == ViewHeadcount || key.View == ViewCalendar || key.View == ViewTracks || key.View == ViewCrew || key.View == ViewEvents) && kind == domain.TopicBoard:
		var moved bool
		if moved, err = a.eventsMoved(ctx, subjects, newsOf(key.View)); moved {
			parts = append(parts, stale)
		}
	case kind == domain.TopicBoard:
		parts, err = a.wallFragments(ctx, v, subjects)
	case kind == domain.TopicFloor && (key.View == ViewPublication || key.View == ViewPublish || key.View == ViewIntake):
		parts, err = a.boardFragments(ctx, v, key.View, subjects)
	case kind == domain.TopicFloor && key.View == ViewControl:
		parts, err = a.liftFragments(ctx, v, subjects)
	case kind == domain.TopicFloor && key.View == ViewTemplates:
		if len(named("template", subjects))+len(named("proposal", subjects)) > 0 {
			parts = append(parts, stale)
		}
	case kind == "event":
		parts, err = a.eventFragments(ctx, v, id, key.View, subjects, seq)
	}
	if err != nil {
		return nil, err
	}
	var buf bytes.Buffer
	for _, p := range parts {
		if err := p.Render(ctx, &buf); err != nil {
			return nil, err
		}
	}
	return buf.Bytes(), nil
}

// liftFragments are the lifts that changed.
func (a *App) liftFragments(ctx context.Context, v views.Ctx, subjects []string) ([]templ.Component, error) {
	lifts, err := a.Store.Lifts(ctx)
	var parts []templ.Component
	for k := range lifts {
		if slices.Contains(subjects, "lift:"+lifts[k].ID) {
			parts = append(parts, views.LiftRow(v, &lifts[k]))
		}
	}
	return parts, err
}

// eventMemory is how far back a change of an event is news for a list of events.
const eventMemory = 5 * time.Second

// newsOf tells which changes may bring an event into a view's list, or out of it: of the
// lobby's the event itself and its first guests, of a crew's and of the list of events the event itself, of the headcount every guest's move.
func newsOf(view string) func(c *domain.Change) bool {
	switch view {
	case ViewTracks:
		return movesTracks
	case ViewCrew, ViewEvents: // people, times, status
		return func(c *domain.Change) bool { return c.Subject == c.Topic }
	case ViewHeadcount:
		return func(c *domain.Change) bool {
			return c.Subject == c.Topic || strings.HasPrefix(c.Subject, "guest:")
		}
	}
	return func(c *domain.Change) bool { return c.Subject == c.Topic || c.Verb == "guest.added" }
}

// eventsMoved tells whether one of the events (nil: nobody knows which) changed in a way
// that is news. The ticks of the whole building must not let every phone fetch its page.
func (a *App) eventsMoved(ctx context.Context, events []domain.Topic, news func(c *domain.Change) bool) (bool, error) {
	const most = 20
	since := a.Store.Now().Add(-eventMemory)
	for _, e := range events {
		rows, err := a.Store.Log(ctx, e, 0, most)
		if err != nil {
			return false, err
		}
		fresh := 0
		for k := range rows {
			if rows[k].ReceivedAt.Before(since) {
				break
			}
			if news(&rows[k]) {
				return true, nil
			}
			fresh++
		}
		if fresh == most {
			return true, nil // too much happened to be sure
		}
	}
	return events == nil, nil
}

// boardData is everything the boards show of one event.
type boardData struct {
	items   []domain.Item
	parties []views.PartyGroup
	counts  domain.GuestCounts
	feed    []domain.Change
	cues    []domain.Cue
}

// feedRows is how far back a feed looks: one act may have written many rows, and
// the feed shows it as one line.
const feedRows = 200

// feed is an event's newest changes, acts as a whole.
func (a *App) feed(ctx context.Context, eventID string) ([]domain.Change, error) {
	rows, err := a.Store.Feed(ctx, eventID, feedRows)
	return domain.WholeActs(rows, feedRows), err
}

func (a *App) eventBoard(ctx context.Context, e *domain.Event) (*boardData, error) {
	b := &boardData{}
	var err error
	if b.items, err = a.Store.Items(ctx, e.ID); err != nil {
		return nil, err
	}
	if b.parties, b.counts, err = a.partyGroups(ctx, e.ID); err != nil {
		return nil, err
	}
	if b.cues, err = a.Store.Cues(ctx, e.ID); err != nil {
		return nil, err
	}
	if b.feed, err = a.feed(ctx, e.ID); e.NamesHidden(a.Store.Now()) && !store.Named(ctx) {
		b.feed = withoutGuests(b.feed)
	}
	return b, err
}

// named are the ids of those subjects that are of a kind.
func named(kind string, subjects []string) []string {
	var ids []string
	for _, s := range subjects {
		if k, id := domain.SplitTopic(s); k == kind {
			ids = append(ids, id)
		}
	}
	return ids
}

// sorted splits subjects into ids by kind.
func sorted(subjects []string) (items, guests []string, event bool) {
	for _, s := range subjects {
		kind, id := domain.SplitTopic(s)
		switch kind {
		case "item":
			items = append(items, id)
		case "guest":
			guests = append(guests, id)
		case "event":
			event = true
		}
	}
	return items, guests, event
}

// wallFragments are the cards of those events (nil = all of the day). An event
// that is no longer of the day takes its card away.
func (a *App) wallFragments(ctx context.Context, v views.Ctx, subjects []string) ([]templ.Component, error) {
	var only []string
	for _, s := range subjects {
		_, id := domain.SplitTopic(s)
		only = append(only, id)
	}
	cards, err := a.cards(ctx, only)
	if err != nil {
		return nil, err
	}
	var parts []templ.Component
	for k := range cards {
		parts = append(parts, views.Card(v, &cards[k]))
		only = slices.DeleteFunc(only, func(id string) bool { return id == cards[k].ID })
	}
	for _, id := range only {
		parts = append(parts, views.Gone("card-"+id))
	}
	return parts, nil
}

// cards are the events of the day as the shared board shows them.
func (a *App) cards(ctx context.Context, only []string) ([]views.EventLine, error) {
	heads, err := Source{a}.Heads(ctx, []string{domain.TopicBoard})
	if err != nil {
		return nil, err
	}
	from, to := a.dayAround()
	events, err := a.Store.Events(ctx, nil, from, to, only...)
	if err != nil {
		return nil, err
	}
	cards := []views.EventLine{}
	for k := range events {
		e := &events[k]
		if e.Status == domain.EventDraft || e.Status == domain.EventCancelled {
			continue
		}
		line := eventLine(e, heads)
		if e.Secrecy == domain.SecrecySecret {
			line.Alias = true
			line.Name, line.Organiser, line.Contact, line.ContactPhone, line.PrincipalGuest, line.Notes, line.LevelReason = "", "", "", "", "", "", ""
			line.Counts = domain.GuestCounts{}
		}
		cards = append(cards, line)
	}
	return cards, nil
}
