// Package web is HTTP: one file a noun. A handler reads input, calls one store
// method and renders one view; rights and addresses stand in server/routes.go.
package web

import (
	"context"
	"log/slog"
	"maps"
	"net/url"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/a-h/templ"
	"github.com/gofiber/fiber/v2"

	"huiwu/server/domain"
	"huiwu/server/limits"
	"huiwu/server/live"
	"huiwu/server/notify"
	"huiwu/server/photos"
	"huiwu/server/store"
	"huiwu/views"
)

// App holds what handlers need.
type App struct {
	Store  *store.Store
	Hub    *live.Hub
	Notify *notify.Notifier
	Logger *slog.Logger
	Loc    *time.Location
	Pins   *Pins
	Secure bool               // cookies for https only
	Photos photos.Blobs       // where pictures lie
	Base   string             // https://… as people type it; "" = as the request says
	Hosts  []string           // names that are ours; empty = any
	OIDC   *OIDC              // sign-in by the organisation's own accounts; nil = not offered
	Demo   []views.DemoPerson // one-tap sign-ins; nil outside the demo
	// FastClock says that the store's clock runs faster than the phones' (a demo
	// at speed): their stamps mean nothing then.
	FastClock bool
	// Limits slow guessing down, with all instances; Floods are how much one person
	// may ask for at all, zero for as much as he likes.
	Limits *limits.Limiter
	Floods Floods

	sessions  sync.Map     // session id → *cachedSession
	forgotten atomic.Int64 // how often sessions were dropped from it
	names     nameCache
	snapshots slots[snapshotSlot]
	kept      kept
	floods    limits.Buckets
}

// nameCache keeps the names of people for a few seconds: every row shows some.
type nameCache struct {
	mu      sync.Mutex
	names   map[string]string
	until   time.Time
	last    map[string]string // what names were before they were forgotten
	version int               // grows when they differ
	sum     uint64            // of last
}

func (a *App) peopleNames(ctx context.Context) (map[string]string, error) {
	a.names.mu.Lock()
	defer a.names.mu.Unlock()
	if a.names.names != nil && time.Now().Before(a.names.until) {
		return a.names.names, nil
	}
	names, err := a.Store.Names(ctx)
	if err != nil {
		return nil, err
	}
	if !maps.Equal(a.names.last, names) {
		a.names.last, a.names.version, a.names.sum = names, a.names.version+1, sumOf(names)
	}
	a.names.names, a.names.until = names, time.Now().Add(5*time.Second)
	return names, nil
}

// namesVersion names what peopleNames said last; asked for before them, it
// never passes for something newer.
func (a *App) namesVersion() int {
	a.names.mu.Lock()
	defer a.names.mu.Unlock()
	return a.names.version
}

// namesSum is the same wherever people have the same names.
func (a *App) namesSum() uint64 {
	a.names.mu.Lock()
	defer a.names.mu.Unlock()
	return a.names.sum
}

func (a *App) forgetNames() {
	a.names.mu.Lock()
	a.names.names = nil
	a.names.mu.Unlock()
}

// viewCtx is what fragments need, in one language.
func (a *App) viewCtx(ctx context.Context, locale string) (views.Ctx, error) {
	names, err := a.peopleNames(ctx)
	return views.Ctx{Locale: locale, Loc: a.Loc, Now: a.Store.Now(), Names: names}, err
}

// page starts a full page for the signed-in person.
func (a *App) page(c *fiber.Ctx, nav, titleKey string, args ...string) (views.Page, error) {
	v, err := a.viewCtx(c.UserContext(), locale(c))
	if err != nil {
		return views.Page{}, err
	}
	p := views.Page{Ctx: v, Nav: nav, Person: person(c), Demo: a.Demo != nil, Theme: theme(c), Holes: true}
	p.Title = p.T(titleKey, args...)
	if l := lookOf(c); l != nil {
		p.Bell, err = a.bellAt(c.UserContext(), p.Person, p.Locale, l[domain.PersonTopic(p.Person.ID)])
	} else {
		p.Bell, err = a.bell(c.UserContext(), p.Person, p.Locale, "")
	}
	return p, err
}

func theme(c *fiber.Ctx) string {
	if t := c.Cookies("theme"); slices.Contains([]string{"light", "dark", "dim"}, t) {
		return t
	}
	return ""
}

// watch says what the page follows; heads must have been read before its rows.
func watch(p *views.Page, view string, heads map[domain.Topic]int64, topics ...domain.Topic) {
	p.View = view
	for _, t := range topics {
		p.Topics = append(p.Topics, views.LiveTopic{Topic: t, Seq: heads[t]})
	}
	if own := domain.PersonTopic(p.Person.ID); hasBell(p.Person) && !slices.Contains(topics, own) {
		p.Topics = append(p.Topics, views.LiveTopic{Topic: own, Seq: p.Bell.Seq})
	}
}

// capabilities are the classes on <body> that show or hide controls; the store
// enforces the same rights.
func capabilities(v domain.Viewer, secrecy domain.Secrecy) []string {
	var caps []string
	for _, x := range []struct {
		right domain.Right
		class string
	}{
		{domain.RightItemAccept, "can-accept"},
		{domain.RightItemCheck, "can-check"},
		{domain.RightEventEdit, "can-edit"},
		{domain.RightEventRun, "can-run"},
		{domain.RightEventReady, "can-ready"},
		{domain.RightEventClose, "can-close"},
		{domain.RightItemAdd, "can-add"},
		{domain.RightGuestsMove, "can-move"},
		{domain.RightGuestsEdit, "can-edit-guests"},
		{domain.RightGuestsSee, "can-guests"},
		{domain.RightEventBoard, "can-board"},
		{domain.RightPostsEdit, "can-posts"},
		{domain.RightRelease, "can-release"},
	} {
		if v.Can(x.right, secrecy) {
			caps = append(caps, x.class)
		}
	}
	for _, c := range domain.Crews {
		if v.MayDo(c, secrecy) {
			caps = append(caps, "do-"+string(c))
		}
	}
	if v.Crew != "" {
		caps = append(caps, "crew-"+string(v.Crew))
	}
	return caps
}

// pageHeaders are what answers carry that are one person's.
func pageHeaders(c *fiber.Ctx) {
	c.Set(fiber.HeaderCacheControl, "no-cache, private")
	if store.Named(c.UserContext()) {
		noStore(c)
	}
	c.Vary("HX-Request", "Accept", "Accept-Language")
}

// show answers a page: JSON where it is asked for, else HTML.
func show(c *fiber.Ctx, json any, component templ.Component) error {
	if wantsJSON(c) {
		pageHeaders(c)
		return c.JSON(json)
	}
	return render(c, component)
}

func wantsJSON(c *fiber.Ctx) bool {
	return strings.HasPrefix(c.Get(fiber.HeaderAccept), fiber.MIMEApplicationJSON)
}

func isHTMX(c *fiber.Ctx) bool { return c.Get("HX-Request") == "true" }

// reads tells a request that changes nothing.
func reads(c *fiber.Ctx) bool {
	return c.Method() == fiber.MethodGet || c.Method() == fiber.MethodHead
}

// Locals keys. Strings, because only those pass a websocket upgrade.
const (
	localPerson  = "person"
	localSession = "session"
	localEvent   = "event"
	localViewer  = "viewer"
	localLook    = "look"
	localRequest = "request"
	localArrival = "arrival"
)

// arrival is when the request came in.
func arrival(c *fiber.Ctx) time.Time {
	at, _ := c.Locals(localArrival).(time.Time)
	return at
}

// person is who is signed in, nil for nobody.
func person(c *fiber.Ctx) *domain.Person {
	p, _ := c.Locals(localPerson).(*domain.Person)
	return p
}

func session(c *fiber.Ctx) *domain.Session {
	s, _ := c.Locals(localSession).(*domain.Session)
	return s
}

// event is what the route's right loaded: the event and how the person stands to it.
func event(c *fiber.Ctx) (*domain.Event, domain.Viewer) {
	e, _ := c.Locals(localEvent).(*domain.Event)
	v, _ := c.Locals(localViewer).(domain.Viewer)
	return e, v
}

// lookOf is the look that the route's right took before it read the event; nil on
// pages of no event.
func lookOf(c *fiber.Ctx) look {
	l, _ := c.Locals(localLook).(look)
	return l
}

// act builds the act of a state-changing request: the client's key, and when it
// was done on the device. X-Sent-At is the device's clock at sending: the
// difference to ours is its skew, by which X-Acted-At is corrected.
func (a *App) act(c *fiber.Ctx) (domain.Act, error) {
	act := reader(c)
	act.Key, act.Post = c.Get("Idempotency-Key"), domain.Clean(c.Get("X-Post"), false)
	if len(act.Key) > 64 || act.Key != domain.Clean(act.Key, false) {
		return act, domain.InvalidField("Idempotency-Key", "error.bad_key")
	}
	if len(act.Post) > 40 {
		act.Post = ""
	}
	if !a.FastClock {
		// The moment of arrival, not now: what was waited for since, a slow database say, is not the device's skew.
		act.ActedAt = actedAt(c.Get("X-Acted-At"), c.Get("X-Sent-At"), arrival(c))
	}
	return act, nil
}

// actedAt is when an act was done by our clock; the zero time where there is no
// stamp that can be read: done now. The store judges whether it is believable.
func actedAt(acted, sent string, arrived time.Time) time.Time {
	at, err := time.Parse(time.RFC3339Nano, acted)
	if err != nil {
		return time.Time{}
	}
	if s, err := time.Parse(time.RFC3339Nano, sent); err == nil {
		at = at.Add(arrived.Sub(s))
	}
	return at
}

// reply answers an act with the present state of what it touched, as JSON or
// as fragments for the page that asked. X-Ack names the key that is settled.
func (a *App) reply(c *fiber.Ctx, r domain.Receipt, err error) error {
	if err != nil {
		return err
	}
	ack(c)
	if r.Notice != "" {
		c.Set("X-Notice", url.PathEscape(a.notice(c, r)))
	}
	c.Set(fiber.HeaderCacheControl, "no-store")
	if wantsJSON(c) {
		return a.replyJSON(c, r)
	}
	topic := r.Topic
	if topic == "" && len(r.Subjects) > 0 {
		topic = a.topicOf(c, r.Subjects[0])
	}
	html := []byte{}
	if topic != "" {
		html, err = a.fragments(c.UserContext(), topic, live.Key{Locale: locale(c), View: viewOf(c)}, r.Subjects, r.Seq)
		if err != nil {
			// The act is done: an error here would read as a refusal. The page asks for itself when the database is back.
			a.Logger.Warn("answer not shown", "request", requestID(c), "error", err)
			html = []byte(refetch)
		}
	}
	c.Type("html", "utf-8")
	return c.Send(html)
}

// settled tells a refusal that will not change by sending the same act again.
func settled(e *domain.Error) bool {
	switch e.Code {
	case codeInternal, domain.CodeUnavailable, domain.CodeFull, domain.CodeUnauthenticated, domain.CodeTooMany:
		return false
	}
	return true
}

func (a *App) notice(c *fiber.Ctx, r domain.Receipt) string {
	v, err := a.viewCtx(c.UserContext(), locale(c))
	if err != nil {
		return ""
	}
	args := make([]string, 0, 2*len(r.Args))
	for k, val := range r.Args {
		if k == "person" {
			val = v.Name(val)
		}
		args = append(args, k, val)
	}
	return v.T(r.Notice, args...)
}

type actAnswer struct {
	domain.Receipt
	Repeated bool          `json:"repeated"`
	Item     *domain.Item  `json:"item,omitempty"`
	Guest    *domain.Guest `json:"guest,omitempty"`
	Event    *domain.Event `json:"event,omitempty"`
}

// replyJSON answers with the receipt and, where one thing was meant, with that thing.
func (a *App) replyJSON(c *fiber.Ctx, r domain.Receipt) error {
	answer := actAnswer{Receipt: r, Repeated: r.Repeated}
	ctx := c.UserContext()
	for _, s := range r.Subjects {
		kind, id := domain.SplitTopic(s)
		switch {
		case kind == "item" && answer.Item == nil:
			if items, err := a.Store.ItemsByID(ctx, []string{id}); err == nil && len(items) == 1 {
				answer.Item = &items[0]
			}
		case kind == "guest" && answer.Guest == nil:
			if guests, err := a.Store.GuestsByID(ctx, []string{id}); err == nil && len(guests) == 1 {
				answer.Guest = &guests[0]
			}
		case kind == "event" && answer.Event == nil:
			if e, _, err := a.Store.Event(ctx, person(c), id); err == nil {
				answer.Event = e
			}
		}
	}
	return c.JSON(answer)
}

func (a *App) topicOf(c *fiber.Ctx, subject string) domain.Topic {
	kind, id := domain.SplitTopic(subject)
	switch kind {
	case "item":
		if items, err := a.Store.ItemsByID(c.UserContext(), []string{id}); err == nil && len(items) == 1 {
			return domain.EventTopic(items[0].EventID)
		}
	case "guest":
		if guests, err := a.Store.GuestsByID(c.UserContext(), []string{id}); err == nil && len(guests) == 1 {
			return domain.EventTopic(guests[0].EventID)
		}
	case "event":
		return subject
	}
	return ""
}

// viewOf tells from which page an act came, so that its reply carries that
// page's fragments. Programs have no page and get all that they touched.
func viewOf(c *fiber.Ctx) string {
	u, err := url.Parse(c.Get("HX-Current-URL"))
	if err != nil {
		return ViewAll
	}
	path := u.Path
	switch {
	case path == "/events":
		return ViewEvents
	case path == "/today":
		return ViewToday
	case path == "/track":
		return ViewTracks
	case strings.HasPrefix(path, "/requests"):
		return ViewRequests
	case path == "/activity":
		return ViewActivity
	case path == "/lobby":
		return ViewLobby
	case path == "/door":
		return ViewDoor
	case path == "/board":
		return ViewWall
	case path == "/notices":
		return ViewNotices
	case strings.HasPrefix(path, "/publications/"):
		return ViewPublication
	case path == "/intake":
		return ViewIntake
	case strings.HasPrefix(path, "/events/") && strings.Contains(path, "/work"):
		return ViewWork
	case strings.HasSuffix(path, "/changes"):
		return ViewChanges
	case strings.HasPrefix(path, "/templates"):
		return ViewTemplates
	case strings.HasPrefix(path, "/events/") && strings.HasSuffix(path, "/crew"):
		return ViewCrew
	case strings.HasPrefix(path, "/events/") && strings.Contains(path, "/seats"):
		return ViewSeats
	case strings.HasSuffix(path, "/items"):
		return ViewItems
	case strings.HasSuffix(path, "/guests"):
		return ViewGuests
	case strings.HasSuffix(path, "/invitations"):
		return ViewInvitations
	case strings.HasSuffix(path, "/invitation"):
		return ViewInvitation
	case strings.HasSuffix(path, "/board"):
		return ViewBoard
	case strings.HasSuffix(path, "/track"):
		return ViewTrack
	case strings.HasSuffix(path, "/drill"):
		return ViewDrill
	case strings.HasPrefix(path, "/events/") && strings.Count(path, "/") == 2:
		return ViewEvent
	}
	return ViewAll
}
