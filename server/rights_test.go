package server_test

import (
	"bytes"
	"crypto/rand"
	"database/sql"
	"errors"
	"flag"
	"fmt"
	"io"
	"maps"
	"mime/multipart"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/gofiber/fiber/v2"

	"huiwu/server"
	"huiwu/server/domain"
	"huiwu/server/notify"
	"huiwu/server/photos"
	"huiwu/server/store"
)

var update = flag.Bool("update", false, "write the files of testdata anew")

// golden compares with a file of testdata, line by line, so that a change is a change that a reviewer sees.
func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.MkdirAll("testdata", 0o750); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(got), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	g, w := strings.Split(got, "\n"), strings.Split(string(want), "\n")
	for n := range max(len(g), len(w)) {
		var a, b string
		if n < len(g) {
			a = g[n]
		}
		if n < len(w) {
			b = w[n]
		}
		if a != b {
			t.Errorf("%s:%d\n  is     %s\n  golden %s", path, n+1, a, b)
		}
	}
}

// matrix walks every route with everybody.
type matrix struct {
	t        *testing.T
	s        *site
	db       *sql.DB
	clients  []*client // the first is nobody
	events   []matrixEvent
	bookings int            // made so far: each on a day of its own
	extra    *domain.Person // somebody whom the admin may change
	past     string         // an event whose crew can be copied: earlier
	out      strings.Builder
}

type matrixEvent struct {
	name   string
	e      *domain.Event
	items  []domain.Item
	guest  string
	strike string
	party  string
	photo  string // of an item that is in nobody's way
	plan   string
	seat   string // of the plan, free
}

// target is what one cell acts on.
type target struct {
	ev   *matrixEvent
	item *domain.Item // of an item route
	who  *client
	n    int // of the cell
}

// TestRights asks every route as everybody, on an event of one's own, of one's crew, of others, and a secret one. What is
// allowed is computed from domain.Can and compared with the answers; the answers stand in testdata/rights.golden:
//
//	go test ./server -run TestRights -update
func TestRights(t *testing.T) {
	s := start(t, setting{Notify: func(c *notify.Config) { c.Off, c.Client = true, takesAll() }})
	m := newMatrix(t, s)
	for _, r := range server.Routes(s.Web, &server.Ops{}) {
		switch {
		case r.Scope == server.ByRole:
			m.row(r, "", nil, nil)
		case strings.HasPrefix(r.Path, "/items/"):
			for k := range m.events {
				m.row(r, "own", &m.events[k], m.ownItem)
				m.row(r, "other", &m.events[k], m.otherItem)
			}
		default:
			for k := range m.events {
				m.row(r, "", &m.events[k], nil)
			}
		}
	}
	golden(t, "rights.golden", m.out.String())
}

func newMatrix(t *testing.T, s *site) *matrix {
	t.Helper()
	m := &matrix{t: t, s: s, clients: []*client{s.nobody()}}
	db, err := sql.Open("sqlite", "file:"+filepath.Join(s.set.Dir, "huiwu.db")+"?_busy_timeout=5000")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	m.db = db
	for _, no := range []string{"admin", "commander", "supervisor", "head", "service", "service2", "captain", "security", "cleaning", "engineering", "control", "supplies", "photo", "board"} {
		m.clients = append(m.clients, s.signIn(t, no))
	}
	s.publish(t)
	m.extra = &domain.Person{StaffNo: "extra", Name: "琉璃", Role: domain.RoleCrewMember, Crew: domain.CrewENG, PinHash: "-"}
	if _, err := s.Store.CreatePerson(t.Context(), domain.Act{}, m.extra); err != nil {
		t.Fatal(err)
	}
	for _, x := range []struct{ name, id string }{{"visit", s.world.Event}, {"small", s.world.Other}, {"secret", s.world.Secret}} {
		m.events = append(m.events, m.event(x.name, x.id))
	}
	m.out.WriteString("# Every route as everybody. A number is the HTTP status, \"in\" leads to the sign-in page, \"pub\" is a file for\n# everybody, \"-\" does not exist. 409 and 422: the right is there, the state or the body is not.\n")
	m.line("", func(c *client) string {
		if c.as == "" {
			return "nobody"
		}
		return c.as
	})
	for k := range m.events {
		ev := &m.events[k]
		m.line("relation to "+ev.name, func(c *client) string {
			v, ok := m.viewer(c, ev)
			if !ok {
				return "-"
			}
			return [...]string{"none", "crew", "assigned", "command"}[v.Relation]
		})
	}
	return m
}

// publish makes version 2 of the templates.
func (s *site) publish(t *testing.T) {
	t.Helper()
	draft, err := s.Store.DraftTemplate(t.Context(), domain.Act{})
	if err != nil {
		t.Fatal(err)
	}
	_, list, err := s.Store.TemplateVersion(t.Context(), draft.Created)
	if err != nil {
		t.Fatal(err)
	}
	item := list[0].Copy()
	item.GuidanceZh = "先到办公室。"
	if _, err := s.Store.SaveTemplateItem(t.Context(), domain.Act{}, draft.Created, item.Rev, item); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Store.PublishTemplate(t.Context(), domain.Act{}, draft.Created, "加一条说明"); err != nil {
		t.Fatal(err)
	}
}

// event gives an event guests, and finds its items.
func (m *matrix) event(name, id string) matrixEvent {
	m.t.Helper()
	ctx := m.t.Context()
	if _, err := m.s.Store.AddGuests(ctx, domain.Act{}, id, []store.GuestDraft{
		{Guest: domain.Guest{ID: store.NewID(), Name: "雪松"}, Party: "一组"}, {Guest: domain.Guest{ID: store.NewID(), Name: "银杏"}},
	}); err != nil {
		m.t.Fatal(err)
	}
	ev := matrixEvent{name: name}
	plan, err := m.s.Store.AddSeatPlan(ctx, domain.Act{}, domain.SeatPlan{EventID: id, Name: "主席台", Layout: domain.LayoutDais, Seats: 3})
	if err != nil {
		m.t.Fatal(err)
	}
	plans, err := m.s.Store.SeatPlans(ctx, id)
	if err != nil {
		m.t.Fatal(err)
	}
	ev.plan, ev.seat = plan.Created, plans[0].Chairs[0].ID
	guests, err := m.s.Store.Guests(ctx, id)
	if err != nil {
		m.t.Fatal(err)
	}
	ev.guest, ev.party, ev.strike = guests[0].ID, guests[0].PartyID, guests[1].ID
	if ev.items, err = m.s.Store.Items(ctx, id); err != nil {
		m.t.Fatal(err)
	}
	if ev.photo = "none"; name != "secret" { // where nobody takes photos
		k := slices.IndexFunc(ev.items, func(i domain.Item) bool { return len(i.Photos) > 0 })
		ev.photo = ev.items[k].Photos[0].ID
		if err := photos.Save(ctx, m.s.Web.Photos, ev.items[k].Photos[0].File, photos.Picture{Full: []byte("full"), Thumb: []byte("thumb")}); err != nil {
			m.t.Fatal(err)
		}
	}
	if ev.e, _, err = m.s.Store.Event(ctx, nil, id); err != nil {
		m.t.Fatal(err)
	}
	return ev
}

// viewer is how a person stands to an event, by the facts of the test world.
func (m *matrix) viewer(c *client, ev *matrixEvent) (domain.Viewer, bool) {
	if c.as == "" {
		return domain.Viewer{}, false
	}
	p := m.s.world.People[c.as]
	v := domain.Viewer{Person: p, Crew: p.Crew}
	assigned := map[string][]string{"visit": {"service", "security", "cleaning"}, "small": {"service2"}, "secret": {"service"}}[ev.name]
	switch {
	case c.as == "commander":
		v.Relation = domain.RelationCommander
	case slices.Contains(assigned, c.as):
		v.Relation = domain.RelationAssigned
	case slices.ContainsFunc(ev.items, func(i domain.Item) bool { return i.Crew == p.Crew }):
		v.Relation = domain.RelationCrew
	}
	return v, true
}

// plain is an item that a tap finishes; rounds are for the routes about rounds.
func plain(r server.Route, i *domain.Item) bool {
	if r.Path == "/items/:id/deferral" {
		return i.IsRound()
	}
	if i.IsRound() || i.ReadingRequired() || i.Flag != "" || i.TemplateID == "M7" || domain.GateFor(i.TemplateID) != nil {
		return false
	}
	return r.Path != "/items/:id/acceptance" || i.Acceptance == domain.AcceptCommander && i.Crew != domain.CrewCMD
}

func (m *matrix) ownItem(r server.Route, c *client, ev *matrixEvent) *domain.Item {
	return m.item(r, ev, func(i *domain.Item) bool { return c.as != "" && i.Crew == m.s.world.People[c.as].Crew })
}

func (m *matrix) otherItem(r server.Route, c *client, ev *matrixEvent) *domain.Item {
	return m.item(r, ev, func(i *domain.Item) bool { return c.as == "" || i.Crew != m.s.world.People[c.as].Crew })
}

func (m *matrix) item(r server.Route, ev *matrixEvent, ok func(*domain.Item) bool) *domain.Item {
	for k := range ev.items {
		if i := &ev.items[k]; plain(r, i) && ok(i) {
			return i
		}
	}
	return nil
}

func (m *matrix) line(name string, cell func(*client) string) {
	fmt.Fprintf(&m.out, "%-42s", name)
	for _, c := range m.clients {
		fmt.Fprintf(&m.out, " %-11s", cell(c))
	}
	text := strings.TrimRight(m.out.String(), " ")
	m.out.Reset()
	m.out.WriteString(text + "\n")
}

func (m *matrix) row(r server.Route, variant string, ev *matrixEvent, item func(server.Route, *client, *matrixEvent) *domain.Item) {
	name := r.Method + " " + r.Path
	if ev != nil {
		name = strings.Join(strings.Fields(fmt.Sprintf("%s  %s %s", name, ev.name, variant)), " ")
	}
	n := 0
	m.line(name, func(c *client) string {
		x := target{ev: ev, who: c, n: n}
		n++
		if item != nil {
			if x.item = item(r, c, ev); x.item == nil {
				return "-"
			}
		}
		return m.cell(r, x)
	})
}

// quiet routes may take an act that changes nothing: the wrong login, the language already chosen, a phase in which
// the crew has nothing to tick.
var quiet = []string{"/k/:token", "/session", "/me/locale", "/events/:id/done", "/me/push/test", "/settings/channels/:id/test", "/g/:token/opened"}

// cell makes one request and judges the answer.
func (m *matrix) cell(r server.Route, x target) string {
	m.t.Helper()
	c := x.who
	what := fmt.Sprintf("%s %s as %s", r.Method, r.Path, c.as)
	if x.ev != nil {
		what += " on " + x.ev.name
	}
	path, fields := m.request(r, &x)
	before := m.state()
	var a *answer
	switch {
	case r.Method == http.MethodGet:
		a = x.who.send(r.Method, path, nil)
	case r.Method == http.MethodPut && strings.HasSuffix(r.Path, "/photos/:photo"):
		a = x.who.raw(r.Method, path, bytes.NewReader(picture(m.t, 40, 30)), "Content-Type", "image/jpeg", "HX-Request", "true", "Idempotency-Key", store.NewID())
	case r.Method+r.Path == "PUT/templates/:id/items/:code/picture":
		body, kind := multipartFile(m.t, "picture", picture(m.t, 40, 30))
		a = x.who.raw(r.Method, path, body, "Content-Type", kind, "HX-Request", "true", "Idempotency-Key", store.NewID())
	default:
		a = x.who.act(r.Method, path, fields)
	}
	changed := m.state() != before
	if r.Method == http.MethodGet { // what a page hides, its JSON hides as well
		j := x.who.send(r.Method, path, nil, "Accept", "application/json")
		same := j.status == a.status || j.status == http.StatusUnauthorized && a.status == http.StatusSeeOther
		if !same || j.status >= 400 && !strings.HasPrefix(j.header.Get("Content-Type"), "application/json") {
			m.t.Errorf("%s: the page %d, as JSON %d %s", what, a.status, j.status, j.header.Get("Content-Type"))
		}
	}
	code := strconv.Itoa(a.status)
	switch {
	case r.Right == domain.RightPublic && (strings.HasPrefix(r.Path, "/static") || r.Path == "/sw.js" || r.Path == "/manifest.webmanifest"):
		if a.status != http.StatusOK && a.status != http.StatusNotFound { // not found: nothing was built
			m.t.Errorf("%s: %d", what, a.status)
		}
		return "pub"
	case a.status == http.StatusSeeOther && strings.HasPrefix(a.header.Get("Location"), "/session/new?"):
		code = "in"
	case a.status >= 500:
		m.t.Errorf("%s: %d %s", what, a.status, a.body)
	}
	class := code
	switch code {
	case "in":
		class = "401"
	case "401", "403", "404":
	default:
		class = "allowed"
	}
	if want := m.expected(r, x); class != want {
		m.t.Errorf("%s: %s, by the rules of access.go it is %s", what, code, want)
	}
	switch {
	case class != "allowed" && changed:
		m.t.Errorf("%s: refused with %s, and yet something changed", what, code)
	case class == "allowed" && !changed && r.Method != http.MethodGet && a.status < 400 && !slices.Contains(quiet, r.Path):
		m.t.Errorf("%s: %s, and nothing changed: the test's body is not good enough", what, code)
	}
	return code
}

// state is a sum over everything that counts as a change.
func (m *matrix) state() string {
	m.t.Helper()
	var topics, changes, sessions int64
	row := m.db.QueryRow("SELECT (SELECT SUM(seq) FROM topics), (SELECT COUNT(*) FROM changes), (SELECT COUNT(*) FROM sessions WHERE revoked_at IS NULL)")
	if err := row.Scan(&topics, &changes, &sessions); err != nil {
		m.t.Fatal(err)
	}
	return fmt.Sprint(topics, changes, sessions)
}

// sql puts the database into a state that no act would reach so quickly.
func (m *matrix) sql(query string, args ...any) {
	m.t.Helper()
	if _, err := m.db.Exec(query, args...); err != nil {
		m.t.Fatalf("%s: %v", query, err)
	}
}

// request is the address with its ids, a body that is good enough, and a world in which it changes something.
func (m *matrix) request(r server.Route, x *target) (string, url.Values) {
	m.t.Helper()
	path, fields := r.Path, url.Values{}
	id := ""
	switch {
	case x.item != nil:
		id = x.item.ID
		m.itemFor(r, id)
	case strings.HasPrefix(path, "/g/"):
		path = "/g/" + m.passOf() + strings.TrimPrefix(path, "/g/:token")
		fields = form("answer", "accepted")
	case strings.HasPrefix(path, "/guests/"):
		id = x.ev.guest
		m.invitationFor(r, x)
		if r.Method == http.MethodDelete && path == "/guests/:id" {
			id = x.ev.strike
		}
		m.sql("UPDATE guests SET struck = FALSE, position = 'gate', previous = 'expected', position_at = '2026-01-01 00:00:00+00:00' WHERE event_id = ?", x.ev.e.ID)
	case strings.HasPrefix(path, "/bulletins/"):
		id = m.bulletin(x.who)
	case strings.HasPrefix(path, "/publications/"), strings.HasPrefix(path, "/intake/"):
		path = strings.NewReplacer(":day", "2031-01-02", ":step", "levels").Replace(path)
		m.sql("DELETE FROM bulletins WHERE day = '2031-01-02'")
		m.sql("DELETE FROM intake_steps WHERE day = '2031-01-02'")
		if r.Method == http.MethodDelete {
			m.sql("INSERT INTO intake_steps (day, step, done_at, done_by, late, events) VALUES ('2031-01-02', 'levels', '2026-01-01 00:00:00+00:00', ?, FALSE, 0)", m.extra.ID)
		}
	case strings.HasPrefix(path, "/strays/"):
		r, err := m.s.Store.MeetStray(m.t.Context(), domain.Act{}, domain.Stray{EventID: x.ev.e.ID, Name: "泽兰", State: domain.StrayAsked})
		if err != nil {
			m.t.Fatal(err)
		}
		id = r.Created
		fields = form("state", "refused")
	case strings.HasPrefix(path, "/r/"), strings.HasPrefix(path, "/requests/:id"):
		path, fields = m.booking(r)
	case path == "/o/:token":
		path = "/o/" + m.token(domain.PassOrganiser)
	case path == "/k/:token":
		path = "/k/" + m.token(domain.PassKiosk)
	case strings.HasPrefix(path, "/parties/"):
		id = x.ev.party
		m.sql("UPDATE guests SET struck = FALSE, position = 'gate', previous = 'expected', position_at = '2026-01-01 00:00:00+00:00' WHERE event_id = ?", x.ev.e.ID)
	case strings.HasPrefix(path, "/photos/"):
		id = x.ev.photo
	case strings.HasPrefix(path, "/plans/"), strings.HasPrefix(path, "/seats/"):
		if id = x.ev.plan; strings.HasPrefix(path, "/seats/") {
			id = x.ev.seat
		}
		m.seats(r, x.ev)
		fields = form("person", "guest:"+x.ev.guest, "no", "1", "seq", "1000000")
	case reception(path):
		id = m.reception(r, x)
	case strings.HasPrefix(path, "/functions/"), strings.HasPrefix(path, "/agenda/"):
		id = m.programme(r, x)
	case strings.HasPrefix(path, "/milestones/"), strings.HasPrefix(path, "/kickoffs/"):
		id = m.track(r, x)
	case strings.HasPrefix(path, "/hosts/"):
		id = store.NewID()
		m.sql("INSERT INTO hosts (id, event_id, name, sort, struck, seq, created_at) VALUES (?, ?, '白鹭', 1, FALSE, 1, '2026-01-01 00:00:00+00:00')", id, x.ev.e.ID)
	case x.ev != nil:
		id = x.ev.e.ID
		m.eventFor(r, x.ev)
	case strings.HasPrefix(path, "/templates"), strings.HasPrefix(path, "/proposals/"):
		id, path = m.template(r, x.n, fields)
	case path == "/people/:id/invite":
		id = m.extra.ID
		m.sql("UPDATE people SET disabled = FALSE WHERE id = ?", id)
		m.invite(x.n)
	case path == "/invites/:token":
		id = m.invite(x.n)
		path = "/invites/:id"
	case path == "/devices/:id":
		id = "0000"
		if x.who.as != "" {
			id = store.SessionID(m.device(x))
		}
	case strings.HasPrefix(path, "/notices/"):
		id = m.notice(x.who)
	case strings.HasPrefix(path, "/settings/channels/"):
		id = m.channel()
	case strings.HasPrefix(path, "/rooms/"), strings.HasPrefix(path, "/blockings/"), strings.HasPrefix(path, "/ical/"), path == "/me/ical-link":
		id = m.room(r, x, &path)
	case strings.HasPrefix(path, "/me/push"):
		m.subscribe(r, x.who, &fields)
	case strings.HasPrefix(path, "/people/:id"):
		id = m.extra.ID
		m.sql("UPDATE people SET disabled = ? WHERE id = ?", r.Method == http.MethodDelete, id)
	case path == "/sessions/:id", path == "/session" && r.Method == http.MethodDelete, path == "/session/lock":
		if x.who.as != "" { // a session that may end
			x.who = m.s.signIn(m.t, x.who.as)
			_, token, _ := strings.Cut(x.who.cookie, "=")
			id = store.SessionID(token)
		} else {
			id = "0000"
		}
	}
	if strings.HasSuffix(r.Path, "/signin") || strings.HasSuffix(r.Path, "/handed") {
		m.signed(x.ev, r.Method == http.MethodDelete || strings.HasSuffix(r.Path, "/handed"))
	}
	switch r.Method + " " + path {
	case "PUT /guests/:id/handed":
		fields = form("pack", "on")
	case "PUT /parties/:id/signin":
		fields = form("guest", x.ev.guest)
	case "POST /strays":
		fields = form("event_id", m.s.world.Event, "name", "泽兰", "state", "asked")
	case "GET /static/*":
		path = "/static/app.css"
	case "POST /session":
		fields = form("login", fmt.Sprintf("stranger%d", x.n), "pin", "135246")
	case "PUT /me/locale", "POST /me/locale":
		fields = form("locale", "zh")
	case "POST /events", "PUT /events/:id":
		e := m.s.world
		fields = form("name", fmt.Sprintf("例会 %s %d", x.who.as, x.n), "type", "meeting", "organiser", "办公室", "contact", "鹡鸰", "level", "4", "secrecy", "normal", "heads", "8",
			"start_at", "2031-01-02T09:00", "end_at", "2031-01-02T10:00", "commander_id", e.People["commander"].ID)
		if x.ev != nil {
			d := x.ev.e
			fields.Set("level", strconv.Itoa(d.Level))
			fields.Set("level_reason", d.LevelReason)
			fields.Set("secrecy", string(d.Secrecy))
			fields.Set("rooms", d.Rooms[0].ID)
			list, err := m.s.Store.Assignments(m.t.Context(), id)
			if err != nil {
				m.t.Fatal(err)
			}
			for _, as := range list {
				fields.Add("people", as.PersonID)
			}
			for name, at := range map[string]string{"start_at": d.StartAt.In(m.s.Store.Loc).Format("2006-01-02T15:04"), "end_at": d.EndAt.In(m.s.Store.Loc).Format("2006-01-02T15:04")} {
				fields.Set(name, at)
			}
		}
	case "PUT /events/:id/status":
		fields = form("status", "cancelled", "reason", "改期")
	case "POST /events/:id/items":
		fields = form("text", "加一项", "crew", "SVC", "phase", "pre")
	case "PUT /events/:id/done":
		fields = form("phase", "pre")
	case "PUT /events/:id/template":
		m.sql("UPDATE events SET template_no = 1 WHERE id = ?", id)
		newest, err := m.s.Store.NewestTemplate(m.t.Context())
		if err != nil {
			m.t.Fatal(err)
		}
		fields = form("number", strconv.Itoa(newest))
	case "PUT /items/:id/deferral", "PUT /items/:id/exemption", "PUT /items/:id/blocked", "POST /items/:id/proposal":
		fields = form("reason", "有原因")
	case "POST /events/:id/guests":
		fields = form("name", fmt.Sprintf("来宾 %s %d", x.who.as, x.n))
	case "POST /events/:id/seats":
		fields = form("name", fmt.Sprintf("会见 %s %d", x.who.as, x.n), "layout", "talks", "seats", "3")
	case "POST /events/:id/hosts":
		fields = form("hosts", fmt.Sprintf("主人%s%d，总裁", x.who.as, x.n))
	case "POST /events/:id/posts", "PUT /posts/:id":
		fields = form("code", fmt.Sprintf("Z%d", x.n), "name", fmt.Sprintf("大堂岗 %s", x.who.as), "crew", "SVC")
	case "POST /events/:id/patrols":
		fields = form("name", fmt.Sprintf("外圈 %d", x.n), "crew", "SVC", "every", "30", "checkpoints", "东门")
	case "POST /events/:id/functions", "PUT /functions/:id":
		at := x.ev.e.EndAt.In(m.s.Store.Loc)
		fields = form("name", fmt.Sprintf("合影 %d", x.n), "kind", "photo", "start_at", at.Format("2006-01-02T15:04"), "end_at", at.Add(10*time.Minute).Format("2006-01-02T15:04"))
		m.sql("UPDATE functions SET struck = TRUE WHERE id NOT LIKE 'func%'")
	case "POST /events/:id/agenda", "PUT /agenda/:id":
		fields = form("title", fmt.Sprintf("主持 %d", x.n), "minutes", "5")
		m.sql("UPDATE agenda_items SET struck = TRUE WHERE id NOT LIKE 'agen%'")
	case "POST /events/:id/milestones", "PUT /milestones/:id":
		fields = form("title", fmt.Sprintf("联系酒店 %d", x.n), "crew", "ADM", "due_at", x.ev.e.StartAt.In(m.s.Store.Loc).Format("2006-01-02T15:04"))
		m.sql("UPDATE milestones SET struck = TRUE WHERE id NOT LIKE 'mile%'")
	case "POST /events/:id/kickoffs", "PUT /kickoffs/:id":
		fields = form("kind", "coordination", "people", fmt.Sprintf("云母 %d", x.n), "held_at", x.ev.e.StartAt.In(m.s.Store.Loc).Format("2006-01-02T15:04"))
		m.sql("UPDATE kickoffs SET struck = TRUE WHERE id NOT LIKE 'kick%'")
	case "PUT /milestones/:id/waiver":
		fields = form("reason", "规模小")
	case "PUT /agenda/:id/position":
		fields = form("to", "down")
	case "POST /settings/levels":
		m.sql("DELETE FROM level_rules WHERE sort > 12")
		fields = form("guest_rank", "city", "gives", "2")
	case "PUT /settings/levels/:id":
		id = "level-05"
		fields = form("guest_rank", "city", "gives", "2", "heads_over", fmt.Sprint(x.n))
	case "PUT /settings/levels/:id/position":
		id = "level-05"
	case "DELETE /settings/levels/:id":
		m.sql("INSERT INTO level_rules (id, heads_over, gives, sort) VALUES ('level-x', 0, 4, 99) ON CONFLICT (id) DO NOTHING")
		id = "level-x"
	case "PUT /events/:id/milestones": // there is always something to do
		m.sql("INSERT INTO milestone_rules (id, step, zh, en, levels, crew, days, lead, sort) VALUES ('step-all', 'all', 'x', 'x', '1234', 'SVC', 1, 0, 22) ON CONFLICT (id) DO NOTHING")
		m.sql("UPDATE milestones SET struck = TRUE WHERE event_id = ?", x.ev.e.ID)
	case "POST /settings/track":
		m.sql("DELETE FROM milestone_rules WHERE sort > 22")
		fields = form("zh", fmt.Sprintf("联系酒店 %d", x.n), "levels", "1", "crew", "ADM", "days", "9")
	case "PUT /settings/track/:id":
		id = "step-05"
		fields = form("zh", "确定主题", "levels", "3", "crew", "SUP", "days", fmt.Sprint(x.n%300))
	case "PUT /settings/track/:id/position":
		id = "step-05"
	case "DELETE /settings/track/:id":
		m.sql("INSERT INTO milestone_rules (id, step, zh, en, levels, crew, days, lead, sort) VALUES ('step-x', 'x', 'x', 'x', '4', 'SVC', 1, 0, 99) ON CONFLICT (id) DO NOTHING")
		id = "step-x"
	case "PUT /checkpoints/:id/skip":
		fields = form("reason", "门锁着")
	case "POST /posts/:id/duties":
		fields = form("person", m.extra.ID)
	case "PUT /duties/:id/stand-in":
		fields = form("person", m.extra.ID)
	case "PUT /duties/:id/relief":
		fields = form("relief", m.extra.ID, "reason", "如厕", "away", "10")
	case "PUT /duties/:id/release":
		fields = form("reason", "换班")
	case "PUT /events/:id/release":
		m.reception(r, x)
		fields = form("reason", "换班")
	case "PUT /events/:id/early":
		m.sql("UPDATE events SET early_at = '2026-01-01 00:00:00+00:00', early_mode = NULL WHERE id = ?", id)
		fields = form("mode", "lounge")
	case "POST /events/:id/cues", "PUT /cues/:id":
		fields = form("cause", "gate", "scope", "first", "crew", "SVC", "zh", fmt.Sprintf("迎宾 %s %d", x.who.as, x.n))
	case "POST /events/:id/vehicles", "PUT /vehicles/:id":
		fields = form("plate", fmt.Sprintf("测A·%d", x.n), "driver", "鸬鹚") // no bay: to keep one is an item of the guards, who would be part of it then
	case "PUT /vehicles/:id/state":
		fields = form("state", "parked")
	case "POST /lifts":
		fields = form("name", fmt.Sprintf("%d号梯", x.n))
	case "PUT /lifts/:id/state":
		m.sql("INSERT INTO lifts (id, name, state, state_at, sort, seq) VALUES ('L1', '一号梯', 'normal', '2026-01-01 00:00:00+00:00', 1, 1) ON CONFLICT (id) DO UPDATE SET state = 'normal', state_at = excluded.state_at")
		id = "L1"
		fields = form("state", "held")
	case "POST /book", "POST /requests":
		fields = m.s.booking()
	case "PUT /settings/requests":
		fields = form("reply_minutes", fmt.Sprint(100+x.n), "opens", "08:00", "closes", "18:00", "days", "1")
	case "POST /rooms", "PUT /rooms/:id":
		fields = form("name", fmt.Sprintf("%s %s %d", r.Method, x.who.as, x.n), "name_en", "Room", "floor", "2", "capacity", "30", "equipment", "sound", "mics", "2", "layout_u", "20")
	case "POST /rooms/:id/blockings":
		fields = form("start_at", fmt.Sprintf("2032-01-%02dT09:00", x.n+1), "end_at", fmt.Sprintf("2032-01-%02dT10:00", x.n+1), "reason", "检修")
	case "PUT /settings/rooms":
		fields = form("setup_min", fmt.Sprint(x.n+1), "clear_min", "0")
	case "PUT /settings/seating":
		fields = form("dais_rule", []string{"A", "B"}[x.n%2])
		m.sql("UPDATE sites SET dais_rule = ?", []string{"B", "A"}[x.n%2])
	case "PUT /settings/board":
		fields = form("intake_at", "", "intake_grace", fmt.Sprint(11+x.n), "seen_minutes", "30")
	case "PUT /events/:id/schedule":
		start := x.ev.e.StartAt.Add(time.Duration(x.n) * time.Minute).In(m.s.Store.Loc)
		fields = form("start_at", start.Format("2006-01-02T15:04"), "end_at", start.Add(time.Hour).Format("2006-01-02T15:04"), "rooms", x.ev.e.Rooms[0].ID)
	case "POST /events/:id/work":
		for _, table := range []string{"bulletin_lines", "acknowledgements"} {
			m.sql("DELETE FROM "+table+" WHERE bulletin_id IN (SELECT id FROM bulletins WHERE event_id = ? AND kind = 'work')", id)
		}
		m.sql("DELETE FROM bulletins WHERE event_id = ? AND kind = 'work'", id)
	case "POST /events/:id/copies":
		fields = form("start_at", fmt.Sprintf("2032-01-%02dT09:00", x.n+1))
	case "POST /events/:id/series":
		fields = form("repeat", "days", "every", "1", "count", "1")
	case "PUT /settings/guest-photos":
		if m.sql("UPDATE sites SET no_guest_photos = TRUE"); x.who.as == "admin" { // and back to what the other routes need
			fields = form("allowed", "on")
		}
	case "PUT /events/:id/crew/:person":
		m.sql("DELETE FROM assignments WHERE event_id = ? AND person_id = ?", id, m.extra.ID)
		fields = form("crew", "LDR")
	case "DELETE /events/:id/crew/:person", "PUT /events/:id/crew/:person/lead", "DELETE /events/:id/crew/:person/lead":
		m.sql("INSERT INTO assignments (event_id, person_id, crew, lead, seq) VALUES (?, ?, 'LDR', ?, 0) ON CONFLICT (event_id, person_id) DO UPDATE SET lead = EXCLUDED.lead", id, m.extra.ID, r.Method == http.MethodDelete)
	case "POST /events/:id/crew/copy":
		fields = form("from", m.earlier())
		m.sql("DELETE FROM assignments WHERE event_id <> ? AND person_id = ?", m.past, m.extra.ID) // nowhere else at that time
	case "POST /people/:id/skills":
		fields = form("skill", "other", "certificate", fmt.Sprintf("证 %d", x.n))
		m.sql("DELETE FROM person_skills")
	case "POST /people/:id/roster":
		fields = form("kind", "leave", "from_at", "2031-01-02T09:00", "till_at", "2031-01-02T10:00")
	case "DELETE /skills/:id":
		id = store.NewID()
		m.sql("INSERT INTO person_skills (id, person_id, skill, certificate, created_at) VALUES (?, ?, 'other', '证', '2026-01-01 00:00:00+00:00')", id, m.extra.ID)
	case "DELETE /roster/:id":
		id = store.NewID()
		m.sql("INSERT INTO roster_entries (id, person_id, kind, from_at, till_at, created_at) VALUES (?, ?, 'leave', '2031-01-01 00:00:00+00:00', '2031-01-02 00:00:00+00:00', '2026-01-01 00:00:00+00:00')", id, m.extra.ID)
	case "PUT /settings/staffing":
		m.sql("UPDATE sites SET day_hours = 24")
		fields = form("day_hours", fmt.Sprint(1+x.n%23))
	case "POST /settings/staffing":
		fields = form("level", "4", "crew", "LDR", "heads_from", fmt.Sprint(1000+x.n), "needed", "1")
	case "PUT /settings/staffing/:id":
		id = "staff-4-SVC-0"
		m.sql("UPDATE staffing_rules SET needed = 200 WHERE id = ?", id)
		fields = form("level", "4", "crew", "SVC", "heads_from", "0", "needed", fmt.Sprint(x.n%200))
	case "DELETE /settings/staffing/:id":
		m.sql("INSERT INTO staffing_rules (id, level, crew, heads_from, needed) VALUES ('staff-x', 4, 'PHO', 0, 1) ON CONFLICT (id) DO NOTHING")
		id = "staff-x"
	case "POST /supplies":
		m.sql("DELETE FROM supplies")
		fields = form("name", "方巾", "stock", fmt.Sprint(x.n))
	case "PUT /supplies/:id", "DELETE /supplies/:id":
		id = "towels"
		m.sql("DELETE FROM supplies")
		m.sql("INSERT INTO supplies (id, name, stock, consumed, sort) VALUES ('towels', '方巾', 1000000, FALSE, 1)")
		fields = form("name", "方巾", "stock", fmt.Sprint(x.n), "was", "1000000")
	case "PUT /settings/retention":
		fields = form("guest_days", fmt.Sprint(100+x.n))
	case "POST /events/:id/guests/import":
		fields = form("text", fmt.Sprintf("姓名,车牌\n甲 %s %d,海A12345\n", x.who.as, x.n))
	case "PUT /guests/:id":
		fields = form("name", "雪松", "party", "一组", "title", fmt.Sprintf("职务 %s %d", x.who.as, x.n))
	case "PUT /guests/:id/position", "PUT /parties/:id/position":
		fields = form("position", "lobby")
	case "PUT /events/:id/letter":
		fields = form("subject_zh", "函", "zh", "{link}", "subject_en", fmt.Sprint("Letter ", x.n), "en", "{link}")
	case "POST /events/:id/invitations/import":
		fields = form("text", fmt.Sprintf("姓名,邮箱\n雪松,a%d@example.com\n", x.n))
	case "POST /events/:id/invitations/mails":
		fields = form("which", "unsent") // no mail server here: the state does not allow it
	case "PUT /guests/:id/invitation":
		fields = form("email", fmt.Sprintf("a%d@example.com", x.n), "locale", "zh")
	case "PUT /guests/:id/invitation/sent":
		fields = form("channel", "message")
	case "POST /guests/:id/confirmations":
		fields = form("way", "phone", "result", "open")
	case "POST /people/import":
		fields = form("data", fmt.Sprintf(`[{"staff_no":"i%d","name":"新人","role":"crew_member","crew":"SVC"}]`, x.n))
	case "POST /rooms/import":
		fields = form("data", fmt.Sprintf(`[{"name":"入%d","name_en":"In","floor":1,"capacity":9}]`, x.n))
	case "POST /events/import":
		fields = form("data", fmt.Sprintf(`{"rows":[{"n":2,"event":{"name":"表 %d","type":"meeting","level":4,"secrecy":"normal","start_at":"2032-05-01T01:00:00Z","end_at":"2032-05-01T02:00:00Z"}}]}`, x.n))
	case "POST /people":
		fields = form("staff_no", fmt.Sprintf("n%d", x.n), "name", "新人", "role", "crew_member", "crew", "SVC", "pin", "864209")
	case "PUT /people/:id":
		fields = form("staff_no", "extra", "name", fmt.Sprintf("琉璃%d", x.n), "role", "crew_member", "crew", "ENG")
	case "PUT /me/pin":
		fields = form("pin", pin, "again", pin, "old", pin)
	case "PUT /me/lock":
		if x.who.as != "" {
			m.sql("UPDATE people SET lock_after = 0 WHERE staff_no = ?", x.who.as)
		}
		fields = form("hours", "4")
	case "PUT /me/post":
		m.sql("DELETE FROM posts_taken")
		fields = form("post", "gate")
	case "POST /settings/channels", "PUT /settings/channels/:id":
		fields = form("kind", "wecom", "name", fmt.Sprintf("群 %d", x.n), "url", "https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=k", "topics", "late")
	case "PUT /people/:id/pin":
		fields = form("pin", "864209")
	}
	path = strings.NewReplacer(":id", id, ":person", m.extra.ID).Replace(path)
	if strings.Contains(path, ":crew") {
		m.work(x.ev)
		path = strings.Replace(path, ":crew", "SVC", 1)
	}
	if x.ev != nil {
		path = strings.Replace(path, ":plan", x.ev.plan, 1)
	}
	if strings.HasSuffix(path, "/seats/print") {
		path += "?what=list&plan=" + x.ev.plan
	}
	if strings.Contains(path, ":photo") {
		photo := store.NewID()
		switch {
		case strings.HasPrefix(path, "/guests/"):
			m.guestPhoto(r, x, id, photo)
		case r.Method == http.MethodDelete:
			m.sql("INSERT INTO photos (id, item_id, event_id, file, width, height, taken_at, taken_by, received_at, erased) VALUES (?, ?, ?, ?, 4, 3, ?, ?, ?, FALSE)",
				photo, id, x.ev.e.ID, photo, "2026-01-01 00:00:00+00:00", m.s.world.People["board"].ID, "2026-01-01 00:00:00+00:00")
		default: // there may be too many
			m.sql("UPDATE photos SET struck_at = '2026-01-01 00:00:00+00:00' WHERE item_id = ? AND taken_by <> ?", id, m.s.world.People["supervisor"].ID)
		}
		path = strings.Replace(path, ":photo", photo, 1)
	}
	return path, fields
}

// guestPhoto gives the guest the photo that is to be seen or struck; a new one takes the place of none.
func (m *matrix) guestPhoto(r server.Route, x *target, guest, photo string) {
	m.t.Helper()
	m.sql("DELETE FROM guest_photos WHERE guest_id = ?", guest)
	if r.Method == http.MethodPut {
		return
	}
	m.sql("INSERT INTO guest_photos (id, guest_id, event_id, file, added_at, added_by) VALUES (?, ?, ?, ?, '2026-01-01 00:00:00+00:00', ?)", photo, guest, x.ev.e.ID, photo, m.s.world.People["board"].ID)
	if err := photos.Save(m.t.Context(), m.s.Web.Photos, photo, photos.Picture{Full: []byte("full"), Thumb: []byte("thumb")}); err != nil {
		m.t.Fatal(err)
	}
}

// booking makes a request in the state from which the route leads on, and its address and body.
func (m *matrix) booking(r server.Route) (string, url.Values) {
	m.t.Helper()
	m.bookings++
	b, link := m.s.booked(m.t, 2+m.bookings)
	path := strings.NewReplacer("/requests/:id", "/requests/"+b.ID, ":question", b.Questions[0].ID, "/r/:token", "/r/"+link, ":file", b.Files[0].ID, ":offer", b.Offers[0].ID).Replace(r.Path)
	fields := form("id", b.Offers[0].ID, "text", "行", "name", "石燕", "satisfaction", "5", "reason", "满了", "question", "几点？", "answer", "两支", "note", "电话约过", "person", m.s.world.People["commander"].ID,
		"pick", "1:R2", "level", "4", "rooms", "R3", "start_at", b.Choices[0].StartAt.In(m.s.Store.Loc).Format("2006-01-02T15:04"), "end_at", b.Choices[0].EndAt.In(m.s.Store.Loc).Format("2006-01-02T15:04"))
	state := map[string]string{"plan": "confirmed", "hall": "confirmed", "record": "clearing"}[path[strings.LastIndex(path, "/")+1:]]
	switch {
	case strings.HasSuffix(path, "/answer"):
		fields.Set("id", b.Questions[0].ID)
	case strings.HasSuffix(path, "/need"):
		fields.Set("id", "banner")
	case state != "":
		made, err := m.s.Store.AcceptRequest(m.t.Context(), domain.Act{}, b.ID, store.Acceptance{Choice: 1, Room: "R2", Level: 4}, func(*domain.Request) string { return "" })
		if err != nil {
			m.t.Fatal(err)
		}
		m.sql("UPDATE events SET status = ?, commander_id = ? WHERE id = ?", state, m.s.world.People["commander"].ID, made.Created)
		e, _, err := m.s.Store.Event(m.t.Context(), nil, made.Created)
		if err != nil {
			m.t.Fatal(err)
		}
		fields.Set("id", b.PlanMarkOf(e))
	}
	return path, fields
}

// bulletin asks somebody for his word.
func (m *matrix) bulletin(c *client) string {
	m.t.Helper()
	const then = "2026-01-01 00:00:00+00:00"
	id := store.NewID()
	m.sql("INSERT INTO bulletins (id, kind, day, no, key, made_at, superseded, seq) VALUES (?, 'board', '2026-01-01', 1, ?, ?, TRUE, 1)", id, id, then)
	if c.as != "" {
		m.sql("INSERT INTO acknowledgements (bulletin_id, person_id, told_at) VALUES (?, ?, ?)", id, m.s.world.People[c.as].ID, then)
	}
	return id
}

// earlier is an event of last month on which the extra person was.
func (m *matrix) earlier() string {
	m.t.Helper()
	if m.past == "" {
		at := m.s.Store.Now().AddDate(0, 0, -30)
		m.past = m.s.world.MakeEvent(m.t, store.EventDraft{Event: domain.Event{
			Name: "上月例会", Type: "meeting", Organiser: "运营部", Contact: "鹌鹑", Level: 4, Secrecy: domain.SecrecyNormal, Heads: 12, StartAt: at, EndAt: at.Add(time.Hour),
		}, Rooms: []string{"R3"}, People: []domain.Assignment{{PersonID: m.extra.ID}}})
	}
	return m.past
}

// work gives an event's attendants a work notice.
func (m *matrix) work(ev *matrixEvent) {
	m.t.Helper()
	id := store.NewID()
	m.sql("INSERT INTO bulletins (id, kind, day, event_id, crew, no, key, made_at, superseded, seq) VALUES (?, 'work', '2026-01-01', ?, 'SVC', 1, ?, '2026-01-01 00:00:00+00:00', FALSE, 1) ON CONFLICT DO NOTHING", id, ev.e.ID, id)
}

// room makes what a route of rooms and calendar links acts on, and returns its id.
func (m *matrix) room(r server.Route, x *target, path *string) string {
	m.t.Helper()
	const then = "2026-01-01 00:00:00+00:00"
	id := store.NewID()
	switch {
	case strings.HasPrefix(r.Path, "/blockings/"):
		m.sql("INSERT INTO blockings (id, room_id, start_at, end_at, reason, struck, created_at) VALUES (?, 'R3', '2033-01-01 00:00:00+00:00', '2033-01-02 00:00:00+00:00', '检修', FALSE, ?)", id, then)
		return id
	case strings.HasPrefix(r.Path, "/ical/"), strings.HasSuffix(r.Path, "/ical-link"):
		who, room := "service", sql.NullString{String: "R3", Valid: strings.HasPrefix(r.Path, "/rooms/")}
		if x.who.as != "" && r.Path != "/ical/:token" {
			who = x.who.as
		}
		m.sql("DELETE FROM calendar_links")
		if r.Method != http.MethodPut {
			m.sql("INSERT INTO calendar_links (id, person_id, room_id, pass_no, created_at) VALUES (?, ?, ?, 0, ?)", id, m.s.world.People[who].ID, room, then)
		}
		token, err := m.s.Store.Token(m.t.Context(), domain.Pass{Kind: domain.PassCalendar, ID: id})
		if err != nil {
			m.t.Fatal(err)
		}
		*path = strings.Replace(*path, ":token", token+".ics", 1)
	case strings.HasSuffix(r.Path, "/photo"):
		m.sql("UPDATE rooms SET photo_file = ?, photo_width = 4, photo_height = 3 WHERE id = 'R3'", id)
		if err := photos.Save(m.t.Context(), m.s.Web.Photos, id, photos.Picture{Full: []byte("full"), Thumb: []byte("thumb")}); err != nil {
			m.t.Fatal(err)
		}
	}
	return "R3"
}

// reception tells a route about one post, duty, route, checkpoint, cue or car.
func reception(path string) bool {
	for _, what := range []string{"/posts/", "/duties/", "/patrols/", "/checkpoints/", "/cues/", "/vehicles/"} {
		if strings.HasPrefix(path, what) {
			return true
		}
	}
	return false
}

// reception makes what the route acts on, in the state from which it leads on, and returns its id. Posts and cues are
// of the attendants; the duty is the asking person's own, but for what somebody else has to say.
func (m *matrix) reception(r server.Route, x *target) string {
	const then = "2026-01-01 00:00:00+00:00"
	id, event := store.NewID(), x.ev.e.ID
	m.sql("UPDATE posts SET struck = TRUE WHERE event_id = ?", event)
	m.sql("UPDATE duties SET struck = TRUE WHERE event_id = ?", event)
	m.sql("INSERT INTO posts (id, event_id, code, name, crew, minutes, struck, sort, seq, created_at) VALUES (?, ?, 'Y1', '大堂岗', 'SVC', 0, FALSE, 1, 1, ?)", "post"+id, event, then)
	person := m.s.world.People["board"].ID
	own := []string{"report", "relief", "back"}
	if x.who.as != "" && slices.ContainsFunc(own, func(end string) bool { return strings.HasSuffix(r.Path, end) }) {
		person = m.s.world.People[x.who.as].ID
	}
	state := "planned"
	switch r.Method + " " + r.Path {
	case "DELETE /duties/:id/report", "PUT /duties/:id/relief", "PUT /duties/:id/release", "PUT /events/:id/release":
		state = "on"
	case "PUT /duties/:id/relief/approval":
		state = "asked"
	case "DELETE /duties/:id/relief":
		state = "away"
	case "DELETE /duties/:id/release", "PUT /duties/:id/back":
		state = "released"
	}
	m.sql(`INSERT INTO duties (id, event_id, post_id, person_id, backup, state, state_at, by_code, reason, relief_id, return_at, released_at, struck, seq, created_at)
		VALUES (?, ?, ?, ?, FALSE, ?, ?, FALSE, '如厕', ?, ?, ?, FALSE, 1, ?)`, "duti"+id, event, "post"+id, person, state, then, m.extra.ID, then, then, then)
	fired := sql.NullString{String: then, Valid: strings.HasSuffix(r.Path, "/acknowledgement") || r.Method == http.MethodDelete}
	m.sql("INSERT INTO cues (id, event_id, cause, scope, crew, zh, off, fired_at, state_at, sort, seq, created_at) VALUES (?, ?, 'gate', 'first', 'SVC', '迎宾就位', FALSE, ?, ?, 1, 1, ?)", "cues"+id, event, fired, then, then)
	m.sql("INSERT INTO vehicles (id, event_id, plate, arrives, leaves, state, previous, state_at, struck, seq, created_at) VALUES (?, ?, ?, 0, 0, 'gate', 'expected', ?, FALSE, 1, ?)", "vehi"+id, event, id[:16], then, then)
	marked, round := sql.NullString{String: then, Valid: r.Method == http.MethodDelete}, 0
	if marked.Valid {
		round = 1
	}
	m.sql("INSERT INTO patrols (id, event_id, name, crew, every_min, round_no, struck, sort, seq, created_at) VALUES (?, ?, '外圈', 'SVC', 0, 1, FALSE, 1, 1, ?)", "patr"+id, event, then)
	for n, point := range []string{"chec" + id, "last" + id} { // the round goes on when one is marked
		m.sql("INSERT INTO checkpoints (id, event_id, patrol_id, name, round_no, marked_at, by_code, sort) VALUES (?, ?, ?, '东门', ?, ?, FALSE, ?)", point, event, "patr"+id, round, marked, n)
	}
	if r.Method+" "+r.Path == "DELETE /posts/:id/key" {
		m.sql("UPDATE posts SET key_post = TRUE WHERE id = ?", "post"+id)
	}
	return strings.TrimPrefix(r.Path, "/")[:4] + id
}

// programme makes the function or the line of the agenda on which the route acts, and returns its id.
func (m *matrix) programme(r server.Route, x *target) string {
	const then = "2026-01-01 00:00:00+00:00"
	id, event := store.NewID(), x.ev.e.ID
	m.sql("UPDATE functions SET struck = TRUE WHERE event_id = ?", event)
	m.sql("UPDATE agenda_items SET struck = TRUE WHERE event_id = ?", event)
	at := x.ev.e.StartAt.UTC().Format("2006-01-02 15:04:05+00:00")
	m.sql("INSERT INTO functions (id, event_id, name, kind, start_at, end_at, struck, seq, created_at) VALUES (?, ?, '签字', 'signing', ?, ?, FALSE, 1, ?)", "func"+id, event, at, x.ev.e.EndAt.UTC().Format("2006-01-02 15:04:05+00:00"), then)
	for n, line := range []string{"last" + id, "agen" + id} { // one to change places with
		m.sql("INSERT INTO agenda_items (id, event_id, start_at, minutes, title, struck, seq, created_at) VALUES (?, ?, ?, ?, '主持', FALSE, 1, ?)", line, event, at, 5+n, then)
	}
	return strings.TrimPrefix(r.Path, "/")[:4] + id
}

// track makes the milestone or the record on which the route acts, in the state from which it leads on, and returns its id.
func (m *matrix) track(r server.Route, x *target) string {
	const then = "2026-01-01 00:00:00+00:00"
	id, event := store.NewID(), x.ev.e.ID
	status, done := "open", sql.NullString{}
	if strings.HasSuffix(r.Path, "/done") && r.Method == http.MethodDelete {
		status, done = "done", sql.NullString{String: then, Valid: true}
	}
	m.sql("UPDATE kickoffs SET struck = TRUE WHERE event_id = ?", event)
	m.sql("UPDATE milestones SET struck = TRUE WHERE event_id = ? AND kind = 'own'", event)
	m.sql("INSERT INTO kickoffs (id, event_id, kind, held_at, people, struck, seq, created_at) VALUES (?, ?, 'kickoff', ?, '云母', FALSE, 1, ?)", "kick"+id, event, then, then)
	m.sql(`INSERT INTO milestones (id, event_id, kind, zh, crew, start_at, due_at, by_hand, late_start, status, state_at, done_at, struck, seq, created_at)
		VALUES (?, ?, 'own', '联系酒店', 'SVC', ?, ?, TRUE, FALSE, ?, ?, ?, FALSE, 1, ?)`, "mile"+id, event, then, then, status, then, done, then)
	return strings.TrimPrefix(r.Path, "/")[:4] + id
}

// seats brings a plan into the state from which the route leads on: the guest waits, or sits on the first seat.
func (m *matrix) seats(r server.Route, ev *matrixEvent) {
	m.sql("UPDATE guests SET struck = FALSE WHERE id = ?", ev.guest)
	m.sql("UPDATE seat_plans SET struck = FALSE, change_no = 1, cards_at = NULL WHERE id = ?", ev.plan)
	m.sql("UPDATE seats SET guest_id = NULL, host_id = NULL, card = NULL, was_guest_id = NULL, change_no = 0, changed_by = NULL, changed_at = '2026-01-01 00:00:00+00:00' WHERE plan_id = ?", ev.plan)
	if r.Method != http.MethodPut {
		m.sql("UPDATE seats SET guest_id = ?, change_no = 1 WHERE id = ?", ev.guest, ev.seat)
	}
}

// template makes a draft of the templates, or a proposal, in the state from which the route leads on; it gives its id and
// the path with the rest filled in.
func (m *matrix) template(r server.Route, n int, fields url.Values) (id, path string) {
	m.t.Helper()
	ctx := m.t.Context()
	path = strings.NewReplacer(":code", "S6", ":file", "picture").Replace(r.Path)
	if strings.HasPrefix(path, "/proposals/") {
		p, err := m.s.Store.Propose(ctx, domain.Act{}, m.s.world.Item(m.t, m.s.world.Event, "S6").ID, "提前十分钟")
		if err != nil {
			m.t.Fatal(err)
		}
		fields.Set("state", "taken")
		return p.Created, path
	}
	m.sql("UPDATE template_versions SET state = 'dropped' WHERE state = 'draft'")
	if path == "/templates" && r.Method == http.MethodPost {
		return "", path
	}
	draft, err := m.s.Store.DraftTemplate(ctx, domain.Act{})
	if err != nil {
		m.t.Fatal(err)
	}
	id = draft.Created
	item := form("code", "S91", "crew", "SVC", "phase", "pre", "zh", fmt.Sprint("摆放雨伞 ", n), "on_1", "A", "minutes_1", "30", "way_1", "before", "rev", "1")
	switch r.Method + " " + path {
	case "POST /templates/:id/items", "PUT /templates/:id/items/S6":
		maps.Copy(fields, item)
	case "PUT /templates/:id/publication":
		m.sql("UPDATE template_items SET en = ? WHERE version_id = ? AND code = 'S6'", fmt.Sprint("Flowers ", n), id)
		fields.Set("note", "改了一项")
	case "DELETE /templates/:id/items/S6/struck":
		m.sql("UPDATE template_items SET struck = TRUE WHERE version_id = ? AND code = 'S6'", id)
	case "DELETE /templates/:id/items/S6/picture", "GET /templates/pictures/picture", "GET /templates/pictures/picture/thumb":
		m.sql("UPDATE template_items SET picture = 'picture' WHERE version_id = ? AND code = 'S6'", id)
		if err := photos.Save(ctx, m.s.Web.Photos, "picture", photos.Picture{Full: []byte("full"), Thumb: []byte("thumb")}); err != nil {
			m.t.Fatal(err)
		}
	case "PUT /templates/:id/items/S6/place":
		fields.Set("to", "down")
	case "POST /templates/:id/import":
		fields.Set("data", `[{"id":"S91","crew":"SVC","phase":"pre","zh":"摆放雨伞","offset":{"1":"A-30"}}]`)
	}
	return id, path
}

// multipartFile is a form with one file, and its content type.
func multipartFile(t testing.TB, field string, body []byte) (io.Reader, string) {
	t.Helper()
	var b bytes.Buffer
	w := multipart.NewWriter(&b)
	f, err := w.CreateFormFile(field, "file")
	if err == nil {
		_, err = f.Write(body)
	}
	if err := errors.Join(err, w.Close()); err != nil {
		t.Fatal(err)
	}
	return &b, w.FormDataContentType()
}

// invite makes one for the extra person, so that there is something to open, to replace or to revoke.
func (m *matrix) invite(n int) (token string) {
	m.t.Helper()
	token = rand.Text()
	if _, err := m.s.Store.MakeInvite(m.t.Context(), domain.Act{}, m.extra.ID, token, fmt.Sprintf("code %s %d", token, n)); err != nil {
		m.t.Fatal(err)
	}
	return token
}

// passOf is a guest's own link that can be answered.
func (m *matrix) passOf() string {
	m.t.Helper()
	ev := &m.events[0]
	m.sql("UPDATE events SET status = 'preparing' WHERE id = ?", ev.e.ID)
	m.sql("UPDATE guests SET struck = FALSE WHERE id = ?", ev.guest)
	guests, err := m.s.Store.GuestsByID(m.t.Context(), []string{ev.guest})
	if err != nil {
		m.t.Fatal(err)
	}
	return m.s.guestToken(m.t, guests[0])
}

// invitationFor brings a guest's invitation into the state from which the route leads on.
func (m *matrix) invitationFor(r server.Route, x *target) {
	m.t.Helper()
	const long = "2026-01-01 00:00:00+00:00"
	id := x.ev.guest
	m.sql("DELETE FROM invitations WHERE guest_id = ?", id)
	switch r.Method + " " + r.Path {
	case "DELETE /guests/:id/invitation/sent":
		m.sql("INSERT INTO invitations (guest_id, event_id, locale, companions, sent_at, channel) VALUES (?, ?, 'zh', 0, ?, 'letter')", id, x.ev.e.ID, long)
	case "PUT /guests/:id/invitation/taken":
		m.sql("INSERT INTO invitations (guest_id, event_id, locale, companions, answered_at, answer, plate) VALUES (?, ?, 'zh', 0, ?, 'accepted', ?)", id, x.ev.e.ID, long, fmt.Sprint("测A", x.n))
	}
}

// device is the cookie of one that knows the person.
func (m *matrix) device(x *target) string {
	m.t.Helper()
	a := m.s.nobody().send(http.MethodPost, "/session", form("login", x.who.as, "pin", pin))
	return a.named(m.t, "device")
}

// notice gives the person something to acknowledge.
func (m *matrix) notice(c *client) string {
	id := store.NewID()
	if c.as != "" {
		m.sql("INSERT INTO notices (id, person_id, key, kind, args, url, grave, quiet, made_at, repeats) VALUES (?, ?, ?, 'test', '{}', '/', FALSE, FALSE, '2026-01-01 00:00:00+00:00', 0)", id, m.s.world.People[c.as].ID, id)
	}
	return id
}

// channel is a robot that may be changed, tested and deleted. Its address leads nowhere.
func (m *matrix) channel() string {
	id := store.NewID()
	m.sql("INSERT INTO channels (id, kind, name, url, topics, locale, made_at, next_at, attempts) VALUES (?, 'wecom', '群', 'https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=k', 'late', 'zh', '2026-01-01 00:00:00+00:00', '2026-01-01 00:00:00+00:00', 0)", id)
	return id
}

// subscribe subscribes the client's browser, or gives what it would subscribe with.
func (m *matrix) subscribe(r server.Route, c *client, fields *url.Values) {
	b := newBrowser(m.t, "https://push.example.com/"+store.NewID())
	m.sql("DELETE FROM push_devices")
	switch {
	case r.Method == http.MethodPut:
		*fields = b.form()
	case c.as != "":
		c.does(http.MethodPut, "/me/push", b.form())
	}
}

// token is a link of the visit.
func (m *matrix) token(kind domain.PassKind) string {
	m.t.Helper()
	e, _, err := m.s.Store.Event(m.t.Context(), nil, m.events[0].e.ID) // its links were revoked meanwhile
	if err != nil {
		m.t.Fatal(err)
	}
	token, err := m.s.Store.Token(m.t.Context(), domain.Pass{Kind: kind, ID: e.ID, No: e.PassNo})
	if err != nil {
		m.t.Fatal(err)
	}
	return token
}

// signed lets the event's guests be signed in, or not, since long.
func (m *matrix) signed(ev *matrixEvent, in bool) {
	m.t.Helper()
	const long = "2026-01-01 00:00:00+00:00"
	m.sql("UPDATE guests SET signed_in_at = CASE WHEN ? THEN ? END, sign_at = ?, pack = FALSE, badge = FALSE WHERE event_id = ?", in, long, long, ev.e.ID)
}

// itemFor brings an item into the state from which the route leads on.
func (m *matrix) itemFor(r server.Route, id string) {
	m.t.Helper()
	const long = "2026-01-01 00:00:00+00:00"
	m.sql("UPDATE items SET status = 'open', state_at = ?, done_at = NULL, done_by = NULL, accepted_at = NULL, accepted_by = NULL, checked_at = NULL, checked_by = NULL, reason = NULL, reason_by = NULL, redo = 0 WHERE id = ?", long, id)
	by := m.s.world.People["board"].ID
	switch r.Method + " " + r.Path {
	case "DELETE /items/:id/done", "PUT /items/:id/acceptance":
		m.sql("UPDATE items SET status = 'submitted', done_at = ?, done_by = ? WHERE id = ?", long, by, id)
	case "DELETE /items/:id/acceptance":
		m.sql("UPDATE items SET status = 'accepted', done_at = ?, done_by = ?, accepted_at = ? WHERE id = ?", long, by, long, id)
	case "DELETE /items/:id/exemption":
		m.sql("UPDATE items SET status = 'not-needed', reason = 'x', reason_by = ? WHERE id = ?", by, id)
	case "DELETE /items/:id/blocked":
		m.sql("UPDATE items SET status = 'blocked', reason = 'x', reason_by = ? WHERE id = ?", by, id)
	}
}

// eventFor does the same for an event and all its items.
func (m *matrix) eventFor(r server.Route, ev *matrixEvent) {
	m.t.Helper()
	const long = "2026-01-01 00:00:00+00:00"
	status, items := "preparing", "open"
	switch r.Method + " " + r.Path {
	case "DELETE /events/:id/readiness":
		status = "ready"
	case "PUT /events/:id/readiness":
		items = "accepted"
	case "PUT /events/:id/acceptance":
		items = "submitted"
	}
	m.sql("UPDATE events SET status = ?, state_at = ? WHERE id = ?", status, long, ev.e.ID)
	m.sql("UPDATE items SET status = ?, state_at = ?, done_at = NULL, done_by = NULL, accepted_at = CASE WHEN ? = 'accepted' THEN ? END, accepted_by = NULL, checked_at = NULL, checked_by = NULL, reason = NULL WHERE event_id = ? AND every_min = 0", items, long, items, long, ev.e.ID)
}

// expected is what access.go says: "allowed", or the status of the refusal.
func (m *matrix) expected(r server.Route, x target) string {
	if strings.HasPrefix(r.Path, "/session/oidc") {
		return "404" // not configured here
	}
	if r.Method == http.MethodPost && r.Path == "/session" {
		return "401" // the test's body is a wrong login
	}
	if x.who.as == "" {
		if r.Right == domain.RightPublic {
			return "allowed"
		}
		return "401"
	}
	if x.ev == nil {
		if m.s.world.People[x.who.as].Can(r.Right) {
			return "allowed"
		}
		return "404"
	}
	v, _ := m.viewer(x.who, x.ev)
	secrecy := x.ev.e.Secrecy
	if !v.Can(domain.RightEventSee, secrecy) {
		return "404"
	}
	may := v.Can(r.Right, secrecy)
	unseen := false
	leads := may && (v.Can(domain.RightItemCheck, secrecy) || v.Can(domain.RightItemAccept, secrecy) || v.MayDo(domain.CrewSVC, secrecy))
	switch {
	case r.Path == "/events/:id/copies" && r.Method == http.MethodPost || r.Path == "/events/:id/series":
		may = may && v.Person.Can(domain.RightCreate)
	case strings.HasPrefix(r.Path, "/vehicles/"):
		unseen = !v.Can(domain.RightGuestsSee, secrecy)
	case r.Path == "/cues/:id/acknowledgement" || strings.HasPrefix(r.Path, "/checkpoints/") && r.Method != http.MethodGet:
		may = v.MayDo(domain.CrewSVC, secrecy)
	case r.Path == "/milestones/:id/done": // nobody is named: its crew's
		may = v.Can(domain.RightEventEdit, secrecy) || v.MayDo(domain.CrewSVC, secrecy)
	case r.Right == domain.RightPostsEdit && r.Method != http.MethodGet:
		may = leads
	case r.Path == "/events/:id/status":
		may = v.Can(domain.RightEventEdit, secrecy) // cancelling
	case r.Path == "/events/:id/acceptance":
		may = v.Can(domain.RightItemAccept, secrecy) || v.Can(domain.RightItemCheck, secrecy)
	case x.item != nil && r.Right == domain.RightItemDo:
		may = v.MayDo(x.item.Crew, secrecy)
		if r.Path == "/items/:id/exemption" {
			may = may || v.Can(domain.RightItemAccept, secrecy)
		}
	case r.Right == domain.RightGuestsSee && strings.HasPrefix(r.Path, "/guests/:id/photos/"):
		unseen = !may || secrecy == domain.SecrecySecret
	case r.Right == domain.RightGuestsEdit && strings.HasPrefix(r.Path, "/guests/"):
		unseen = !v.Can(domain.RightGuestsSee, secrecy)
	case strings.HasPrefix(r.Path, "/photos/"):
		unseen = secrecy == domain.SecrecySecret
	case strings.HasPrefix(r.Path, "/guests/"), strings.HasPrefix(r.Path, "/parties/"), strings.HasPrefix(r.Path, "/plans/"), strings.HasPrefix(r.Path, "/seats/"), strings.HasPrefix(r.Path, "/hosts/"), strings.HasPrefix(r.Path, "/strays/"):
		unseen = !v.Can(domain.RightGuestsSee, secrecy)
	case r.Right == domain.RightGuestsSee, r.Right == domain.RightEventBoard:
		unseen = !may
	}
	switch {
	case unseen:
		return "404"
	case may:
		return "allowed"
	}
	return "403"
}

// TestEveryURLIsInTheTable: nothing answers that routes.go does not name.
func TestEveryURLIsInTheTable(t *testing.T) {
	s := start(t, setting{})
	table := map[string]bool{}
	for _, r := range server.Routes(s.Web, &server.Ops{}) {
		if table[r.Method+" "+r.Path] {
			t.Errorf("twice: %s %s", r.Method, r.Path)
		}
		table[r.Method+" "+r.Path] = true
		if r.Right == "" || r.Handler == nil {
			t.Errorf("%s %s lacks its right or handler", r.Method, r.Path)
		}
		onEvent := strings.HasPrefix(r.Path, "/events/:id")
		if onEvent != (r.Scope == server.OnEvent) {
			t.Errorf("%s %s: an address with an event is judged on the event", r.Method, r.Path)
		}
		if r.Method != fiber.MethodGet && r.Right == domain.RightPublic && r.Path != "/session" && r.Path != "/me/locale" && r.Path != "/invites/:token" && r.Path != "/k/:token" && r.Path != "/book" && !strings.HasPrefix(r.Path, "/g/:token") && !strings.HasPrefix(r.Path, "/r/:token/") {
			t.Errorf("%s %s changes something and is public", r.Method, r.Path)
		}
	}
	mounted := map[string]bool{}
	for _, routes := range s.Fiber().Stack() {
		for _, r := range routes {
			if r.Path == "/" && r.Method != fiber.MethodGet { // middleware: all of it stands at the root, for every method
				continue
			}
			mounted[r.Method+" "+r.Path] = true
			name := r.Method + " " + r.Path
			if r.Method == fiber.MethodHead {
				name = fiber.MethodGet + " " + r.Path
			}
			if !table[name] {
				t.Errorf("%s answers and is not in Routes", name)
			}
		}
	}
	for name := range table {
		if !mounted[name] {
			t.Errorf("%s is in Routes and does not answer", name)
		}
	}
}

// TestMethods: what is not in the table is not found, in whatever way it is asked.
func TestMethods(t *testing.T) {
	s := start(t, setting{})
	c := s.signIn(t, "commander")
	for _, x := range [][2]string{{"PATCH", "/today"}, {"POST", "/today"}, {"DELETE", "/events"}, {"GET", "/session"}, {"PUT", "/items"}, {"TRACE", "/"}, {"GET", "/events/" + s.world.Event + "/nothing"}} {
		if a := c.send(x[0], x[1], nil); a.status != http.StatusNotFound {
			t.Errorf("%s %s: %d", x[0], x[1], a.status)
		}
	}
}
