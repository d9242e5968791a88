package server_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"golang.org/x/net/html"
	"golang.org/x/text/encoding/simplifiedchinese"

	"huiwu/server"
	"huiwu/server/domain"
	"huiwu/server/i18n"
	"huiwu/server/photos"
	"huiwu/server/store"
)

// fieldsOf are the fields that each route reads, from the body or the query.
var fieldsOf = map[string][]string{
	"GET /session/new": {"next", "lang"}, "POST /session": {"login", "pin", "next"}, "PUT /me/locale": {"locale", "next"}, "POST /me/locale": {"locale", "next"},
	"GET /events": {"from"}, "GET /events/new": {"day", "room", "start", "end", "heads"},
	"GET /calendar": {"day", "view"}, "GET /rooms/free": {"start_at", "end_at", "heads", "layout", "equipment"}, "POST /rooms": roomFields, "PUT /rooms/:id": roomFields, "GET /rooms/:id/photo": {"small", "v"}, "PUT /rooms/:id/photos/:photo": {"x"},
	"POST /rooms/:id/blockings": {"start_at", "end_at", "reason"}, "PUT /settings/rooms": {"setup_min", "clear_min"}, "PUT /me/ical-link": {"x"}, "PUT /rooms/:id/ical-link": {"x"},
	"POST /events": eventFields, "PUT /events/:id": eventFields, "PUT /events/:id/status": {"status", "reason"}, "GET /events/:id/log": {"below"},
	"GET /events/suggestion": {"guest_rank", "host_rank", "type", "secrecy", "heads"}, "PUT /events/:id/follow-up": {"followed_at", "follow_way", "follow_with", "follow_said", "follow_done"},
	"POST /events/:id/functions": functionFields, "PUT /functions/:id": functionFields, "POST /events/:id/agenda": agendaFields, "PUT /agenda/:id": agendaFields, "PUT /agenda/:id/position": {"to"},
	"GET /track": {"month"}, "POST /events/:id/milestones": milestoneFields, "PUT /milestones/:id": milestoneFields, "PUT /milestones/:id/done": {"x"}, "PUT /milestones/:id/waiver": {"reason"}, "POST /events/:id/kickoffs": kickoffFields, "PUT /kickoffs/:id": kickoffFields,
	"PUT /events/:id/milestones": {"x"}, "POST /settings/track": stepFields, "PUT /settings/track/:id": stepFields, "PUT /settings/track/:id/position": {"x"},
	"POST /settings/levels": ruleFields, "PUT /settings/levels/:id": ruleFields, "PUT /settings/levels/:id/position": {"x"},
	"GET /events/:id/items": {"crew", "mine"}, "POST /events/:id/items": {"id", "text", "crew", "phase", "due_at", "star"},
	"PUT /events/:id/acceptance": {"crew", "phase", "except"}, "PUT /events/:id/done": {"crew", "phase"},
	"PUT /items/:id/done": {"reading"}, "PUT /items/:id/photos/:photo": {"photo"}, "PUT /items/:id/deferral": {"reason"}, "PUT /items/:id/acceptance": {"verdict", "reason"}, "PUT /items/:id/exemption": {"reason"}, "PUT /items/:id/blocked": {"reason"},
	"POST /events/:id/guests": guestFields, "PUT /guests/:id": guestFields, "POST /events/:id/guests/import": {"text"},
	"POST /events/:id/seats": {"name", "function", "room_id", "place", "layout", "seats", "split", "variant"}, "POST /events/:id/hosts": {"hosts"},
	"GET /events/:id/seats/print": {"what", "plan", "paper"}, "GET /events/:id/seats/:plan": {"view", "q"}, "PUT /plans/:id/filling": {"x"}, "DELETE /plans/:id/change": {"no"},
	"PUT /plans/:id/newcomer": {"person"}, "POST /plans/:id/cards": {"seq"}, "PUT /seats/:id/occupant": {"person", "from", "seen"}, "DELETE /seats/:id/occupant": {"close_up", "seen"},
	"PUT /settings/seating": {"dais_rule"}, "PUT /settings/retention": {"guest_days"}, "PUT /settings/guest-photos": {"allowed"}, "PUT /guests/:id/photos/:photo": {"photo"},
	"POST /events/:id/invitations/import": {"text"}, "POST /events/:id/invitations/mails": {"which", "guest"}, "PUT /events/:id/letter": {"subject_zh", "zh", "subject_en", "en", "remind"}, "GET /events/:id/invitations": {"show", "q", "page"},
	"PUT /guests/:id/invitation": {"email", "locale"}, "PUT /guests/:id/invitation/sent": {"channel"}, "PUT /guests/:id/invitation/taken": {"x"}, "POST /guests/:id/confirmations": {"way", "result", "spoke_to", "note"},
	"GET /g/:token": {"lang", "done"}, "POST /g/:token": passFields, "POST /g/:token/opened": {"x"},
	"POST /events/:id/posts": postFields, "PUT /posts/:id": postFields, "GET /posts/:id/here": {"code"}, "POST /posts/:id/duties": {"person", "backup"}, "PUT /duties/:id/report": {"code"}, "POST /events/:id/patrols": {"name", "crew", "every", "checkpoints"}, "GET /checkpoints/:id/here": {"code"}, "PUT /checkpoints/:id/mark": {"code"}, "PUT /checkpoints/:id/skip": {"reason"},
	"PUT /duties/:id/stand-in": {"person"}, "PUT /duties/:id/relief": {"relief", "reason", "away", "handover"}, "PUT /duties/:id/relief/approval": {"x"}, "PUT /duties/:id/release": {"reason"},
	"PUT /duties/:id/back": {"x"}, "PUT /events/:id/release": {"crew", "reason"}, "POST /events/:id/cues": cueFields, "PUT /cues/:id": cueFields, "PUT /cues/:id/acknowledgement": {"x"}, "PUT /cues/:id/fired": {"x"},
	"PUT /events/:id/early": {"mode"}, "POST /events/:id/vehicles": vehicleFields, "PUT /vehicles/:id": vehicleFields, "PUT /vehicles/:id/state": {"state"}, "POST /lifts": {"name"}, "PUT /lifts/:id/state": {"state", "note"},
	"PUT /guests/:id/position": {"position"}, "PUT /parties/:id/position": {"position"}, "GET /lobby": {"post", "q"}, "GET /board": {"tv"},
	"POST /people": personFields, "PUT /people/:id": personFields, "PUT /people/:id/pin": {"pin"}, "GET /live": {"topic", "since", "view"},
	"PUT /session/lock": {"x"}, "PUT /me/pin": {"pin", "again", "old", "first"}, "PUT /me/lock": {"hours"}, "POST /invites/:token": {"tap"}, "POST /people/:id/invite": {"x"},
	"PUT /notices/acknowledgement": {"x"}, "PUT /notices/:id/acknowledgement": {"x"}, "PUT /me/push": {"endpoint", "p256dh", "auth"}, "POST /me/push/test": {"x"}, "PUT /me/post": {"post"},
	"POST /events/:id/drill": {"x"}, "POST /settings/channels": channelFields, "PUT /settings/channels/:id": channelFields, "POST /settings/channels/:id/test": {"x"},
	"GET /door": {"q", "guest"}, "PUT /guests/:id/signin": signInFields, "PUT /guests/:id/handed": {"pack", "badge"}, "PUT /parties/:id/signin": {"guest", "venue"},
	"POST /strays": {"id", "event_id", "name", "organisation", "host", "state", "to_event_id", "consent"}, "PUT /strays/:id/outcome": {"state"}, "POST /k/:token": {"code", "name", "tail"},
	"GET /book": {"day", "room", "lang"}, "POST /book": bookFields, "GET /requests": {"show"}, "GET /requests/new": {"day", "room"}, "POST /requests": bookFields, "GET /r/:token": {"lang", "done"},
	"POST /r/:token/offer": {"id", "tap", "lang"}, "POST /r/:token/refusal": {"text", "tap"}, "POST /r/:token/answer": {"id", "text"}, "POST /r/:token/need": {"id", "text"}, "POST /r/:token/plan": {"id", "name"},
	"POST /r/:token/hall": {"name", "text"}, "POST /r/:token/record": {"name", "text", "satisfaction"}, "POST /r/:token/withdrawal": {"text"},
	"PUT /requests/:id/acceptance": {"pick", "level"}, "POST /requests/:id/offers": {"rooms", "start_at", "end_at", "level", "note"}, "PUT /requests/:id/refusal": {"reason"}, "POST /requests/:id/questions": {"question"}, "PUT /requests/:id/questions/:question/answer": {"answer"},
	"POST /requests/:id/notes": {"note"}, "PUT /requests/:id/assignee": {"person"}, "PUT /settings/requests": {"reply_minutes", "opens", "closes", "days"},
	"GET /publications/:day": {"tv"}, "POST /publications/:day": {"x"}, "PUT /bulletins/:id/acknowledgement": {"x"}, "GET /intake": {"day"}, "PUT /intake/:day/:step": {"none"}, "PUT /settings/board": {"intake_at", "intake_grace", "seen_minutes"},
	"PUT /events/:id/schedule": {"start_at", "end_at", "rooms", "reason"}, "GET /events/:id/copies": {"repeat", "every", "count"}, "POST /events/:id/copies": {"start_at", "keep_rooms", "keep_people", "keep_items"},
	"POST /events/:id/series": {"repeat", "every", "count", "only_free", "keep_rooms", "keep_people"}, "POST /events/:id/work": {"x"},
	"POST /items/:id/proposal": {"reason"}, "POST /templates": {"x"}, "GET /templates/:id": {"level"}, "PUT /templates/:id/publication": {"note"}, "GET /templates/:id/preview": {"level", "at"}, "POST /templates/:id/import": {"data"}, "POST /people/import": {"data"}, "POST /rooms/import": {"data"}, "POST /events/import": {"data"},
	"POST /templates/:id/items": templateFields, "PUT /templates/:id/items/:code": templateFields, "PUT /templates/:id/items/:code/struck": {"x"}, "PUT /templates/:id/items/:code/place": {"to"},
	"POST /templates/:id/items/:code/copies": {"x"}, "PUT /templates/:id/items/:code/picture": {"picture"}, "PUT /proposals/:id/answer": {"state", "reason"}, "PUT /events/:id/template": {"number"}, "GET /events/export": {"from"},
	"PUT /events/:id/crew/:person": {"crew"}, "PUT /events/:id/crew/:person/lead": {"was"}, "DELETE /events/:id/crew/:person": {"seen"}, "POST /events/:id/crew/copy": {"from"}, "PUT /posts/:id/key": {"x"},
	"POST /people/:id/skills": {"skill", "certificate", "expires_on"}, "POST /people/:id/roster": {"kind", "from_at", "till_at", "note"},
	"PUT /settings/staffing": {"day_hours"}, "POST /settings/staffing": staffingFields, "PUT /settings/staffing/:id": staffingFields,
	"POST /supplies": supplyFields, "PUT /supplies/:id": supplyFields,
	"GET /activity": {"mine", "before"}, "GET /session/oidc": {"next"}, "GET /session/oidc/callback": {"code", "state"}, "GET /invites": {"code"},
}

var (
	supplyFields   = []string{"name", "name_en", "stock", "consumed", "was"}
	staffingFields = []string{"level", "crew", "heads_from", "needed", "skill"}
	eventFields    = []string{
		"id", "name", "type", "organiser", "contact", "contact_phone", "principal_guest", "notes", "level", "level_reason", "secrecy", "heads",
		"arrival_at", "start_at", "end_at", "break_at", "commander_id", "photo", "recording", "tea_minutes", "no_buffer", "rooms", "people",
		"undertaker", "purpose", "needs", "wishes", "principal_title", "guest_rank", "host_rank", "guest_heads", "escort_heads", "expense_class", "layout",
		"tea_wish", "welcome_text", "banner", "flowers", "seat_wish", "photo_wish", "supplies", "lift_id", "opened", "seq", "choose_name", "mine_name",
	}
	functionFields  = []string{"name", "kind", "room_id", "place", "layout", "start_at", "end_at", "notes", "seen"}
	agendaFields    = []string{"title", "speaker", "needs", "minutes", "start_at", "follow", "seen"}
	milestoneFields = []string{"title", "owner_id", "crew", "due_at", "kickoff_id", "seen"}
	kickoffFields   = []string{"kind", "held_at", "people", "notes", "seen"}
	stepFields      = []string{"step", "zh", "en", "type", "levels", "crew", "days", "lead", "seen"}
	ruleFields      = []string{"guest_rank", "host_rank", "type", "secrecy", "heads_over", "gives"}
	roomFields      = []string{"name", "name_en", "floor", "capacity", "setup_min", "clear_min", "out_of_use", "equipment", "mics", "layout_u", "layout_board"}
	channelFields   = []string{"kind", "name", "url", "secret", "topics", "locale"}
	guestFields     = []string{"name", "title", "organisation", "rank", "party", "plate", "bay", "needs", "phone"}
	passFields      = []string{"answer", "companions", "companion_names", "diets", "diet_note", "transport", "arrive_at", "plate", "message", "tap", "lang"}
	signInFields    = []string{"venue", "pack", "badge", "title", "organisation", "phone"}
	postFields      = []string{"code", "name", "crew", "task", "gesture", "channel", "position", "minutes", "from_at"}
	cueFields       = []string{"cause", "scope", "crew", "zh", "en", "off"}
	vehicleFields   = []string{"plate", "kind", "bay", "driver", "phone", "arrives", "leaves"}
	personFields    = []string{"staff_no", "phone", "name", "role", "crew", "locale", "pin"}
	bookFields      = []string{
		"purpose", "type", "organiser", "contact", "phone", "email", "heads", "layout", "rooms", "secrecy", "notes", "website", "begun", "tap", "start_1", "end_1", "start_2", "end_2", "start_3", "end_3",
		"needs", "detail_banner", "files", "lang",
	}
	templateFields = []string{
		"rev", "code", "crew", "phase", "zh", "en", "flag", "evidence", "acceptance", "unit_zh", "unit_en", "min", "max", "guidance_zh", "guidance_en", "remark", "clauses",
		"on_1", "minutes_1", "way_1", "clock_1", "until_1", "when_1", "rule_1",
	}
)

// reception gives an event a post with somebody on duty, a car, and the building a lift.
func (s *site) reception(t *testing.T, event string) (post, duty, vehicle, lift string) {
	t.Helper()
	made := func(r domain.Receipt, err error) string {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return r.Created
	}
	ctx := t.Context()
	post = made(s.Store.AddPost(ctx, domain.Act{}, event, domain.Post{Code: "Z01", Name: "东门岗", Crew: domain.CrewSEC, Position: domain.PositionGate}))
	made(s.Store.AddDuty(ctx, domain.Act{}, post, s.world.People["security"].ID, false))
	duties, err := s.Store.Duties(ctx, event)
	if err != nil || len(duties) != 1 {
		t.Fatal(duties, err)
	}
	vehicle = made(s.Store.AddVehicle(ctx, domain.Act{}, event, domain.Vehicle{Plate: "测A·00001", Bay: "B01"}))
	return post, duties[0].ID, vehicle, made(s.Store.AddLift(ctx, domain.Act{}, "三号梯"))
}

// published publishes the board of the day on which the visit begins.
func (s *site) published(t *testing.T) *domain.Bulletin {
	t.Helper()
	e, _, err := s.Store.Event(t.Context(), nil, s.world.Event)
	if err != nil {
		t.Fatal(err)
	}
	day := domain.SiteDay(e.StartAt, s.Store.Loc)
	if _, err := s.Store.Publish(t.Context(), s.world.Act("supervisor"), day); err != nil {
		t.Fatal(err)
	}
	b, err := s.Store.Board(t.Context(), day)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// patrol makes a route of one place.
func (s *site) patrol(t *testing.T, event string) domain.Patrol {
	t.Helper()
	route, err := domain.NewPatrol("外圈", domain.CrewSEC, 30, "东门")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.Store.AddPatrol(t.Context(), domain.Act{}, event, *route); err != nil {
		t.Fatal(err)
	}
	list, err := s.Store.Patrols(t.Context(), event)
	if err != nil {
		t.Fatal(err)
	}
	return list[0]
}

// booking is a request that is taken, as typed a minute ago.
func (s *site) booking() url.Values {
	stamp, err := s.Store.FormStamp(context.Background(), s.Store.Now().Add(-time.Minute))
	if err != nil {
		panic(err)
	}
	day := s.Store.Now().In(s.Store.Loc).AddDate(0, 0, 20).Format(time.DateOnly)
	return form("purpose", "采购例会", "type", "meeting", "organiser", "采购部", "contact", "石燕", "phone", "6001", "heads", "9", "secrecy", "normal", "start_1", day+"T09:00", "end_1", day+"T10:00", "needs", "banner", "begun", stamp)
}

// booked is a request with a file, an offer and a question, and the organiser's link.
func (s *site) booked(t testing.TB, days int) (*domain.Request, string) {
	t.Helper()
	ctx := t.Context()
	at := s.Store.Now().AddDate(0, 0, days)
	file := photos.Attachment(store.NewID())
	if err := s.Web.Photos.Put(ctx, file, []byte("%PDF-1.7")); err != nil {
		t.Fatal(err)
	}
	made, err := s.Store.MakeRequest(ctx, domain.Act{}, domain.Request{
		Purpose: "采购例会", Type: "meeting", Organiser: "采购部", Contact: "石燕", Phone: "6001", Locale: "zh", Heads: 9, Secrecy: domain.SecrecyNormal, RoomID: "R2",
		Choices: []domain.RequestChoice{{No: 1, StartAt: at, EndAt: at.Add(time.Hour)}}, Needs: []domain.RequestNeed{{Kind: "banner"}},
		Files: []domain.RequestFile{{Name: "议程.pdf", Kind: "pdf", Size: 8, File: file}},
	})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.Store.AskOrganiser(ctx, domain.Act{}, made.Created, "几支话筒？"); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Store.OfferRoom(ctx, domain.Act{}, made.Created, domain.RequestOffer{RoomID: "R1", StartAt: at, EndAt: at.Add(time.Hour), Level: 4}); err != nil {
		t.Fatal(err)
	}
	r, err := s.Store.Request(ctx, s.world.People["supervisor"], made.Created)
	if err != nil {
		t.Fatal(err)
	}
	token, err := s.Store.Token(ctx, domain.Pass{Kind: domain.PassRequest, ID: r.ID})
	if err != nil {
		t.Fatal(err)
	}
	return r, token
}

// good are values with which a form would be taken.
func (s *site) good(route string) url.Values {
	v := url.Values{}
	switch route {
	case "POST /events", "PUT /events/:id":
		v = form("name", "例会", "type", "meeting", "level", "4", "secrecy", "normal", "heads", "5", "start_at", "2031-02-03T09:00", "end_at", "2031-02-03T10:00", "organiser", "办公室", "contact", "甲",
			"commander_id", s.world.People["commander"].ID, "rooms", "R3", "people", s.world.People["service2"].ID)
	case "POST /book", "POST /requests":
		v = s.booking()
	case "PUT /requests/:id/acceptance":
		v = form("pick", "1:R2", "level", "4")
	case "POST /requests/:id/offers":
		v = form("rooms", "R1", "start_at", "2027-03-01T09:00", "end_at", "2027-03-01T10:00", "level", "4")
	case "POST /r/:token/plan", "POST /r/:token/hall", "POST /r/:token/record":
		v = form("name", "石燕", "satisfaction", "5")
	case "PUT /settings/requests":
		v = form("reply_minutes", "60", "opens", "08:00", "closes", "18:00", "days", "1")
	case "POST /rooms", "PUT /rooms/:id":
		v = form("name", "会议室"+store.NewID()[30:], "name_en", "Room", "floor", "2", "capacity", "30", "equipment", "sound")
	case "POST /rooms/:id/blockings":
		v = form("start_at", "2032-02-03T09:00", "end_at", "2032-02-03T10:00", "reason", "检修")
	case "PUT /settings/rooms":
		v = form("setup_min", "0", "clear_min", "0")
	case "GET /rooms/free":
		v = form("start_at", "2031-02-03T09:00", "end_at", "2031-02-03T10:00", "heads", "5")
	case "POST /events/:id/items":
		v = form("text", "x", "crew", "SVC", "phase", "pre")
	case "POST /events/:id/guests", "PUT /guests/:id":
		v = form("name", "雪松")
	case "POST /events/:id/seats":
		v = form("name", "主席台", "layout", "dais", "seats", "5")
	case "POST /events/:id/hosts":
		v = form("hosts", "白鹭，董事长")
	case "POST /events/:id/posts", "PUT /posts/:id":
		v = form("code", "Y"+store.NewID()[30:], "name", "大堂岗", "crew", "SVC")
	case "POST /events/:id/patrols":
		v = form("name", "外圈", "crew", "SEC", "every", "30", "checkpoints", "东门")
	case "POST /events/:id/functions", "PUT /functions/:id":
		at := s.Store.Now().Add(5 * time.Hour).In(s.Store.Loc)
		v = form("name", "合影", "kind", "photo", "start_at", at.Format("2006-01-02T15:04"), "end_at", at.Add(time.Hour).Format("2006-01-02T15:04"))
	case "POST /events/:id/agenda", "PUT /agenda/:id":
		v = form("title", "主持", "minutes", "5")
	case "PUT /agenda/:id/position":
		v = form("to", "up")
	case "POST /events/:id/milestones", "PUT /milestones/:id":
		v = form("title", "联系酒店", "crew", "ADM", "due_at", s.Store.Now().Add(5*time.Hour).In(s.Store.Loc).Format("2006-01-02T15:04"))
	case "POST /events/:id/kickoffs", "PUT /kickoffs/:id":
		v = form("kind", "coordination", "people", "云母", "held_at", s.Store.Now().In(s.Store.Loc).Format("2006-01-02T15:04"))
	case "PUT /milestones/:id/waiver":
		v = form("reason", "规模小")
	case "POST /settings/track", "PUT /settings/track/:id":
		v = form("zh", "联系酒店", "levels", "1", "crew", "ADM", "days", "9")
	case "POST /settings/levels", "PUT /settings/levels/:id":
		v = form("guest_rank", "city", "gives", "2")
	case "PUT /checkpoints/:id/skip":
		v = form("reason", "门锁着")
	case "POST /templates/:id/items", "PUT /templates/:id/items/:code":
		v = form("code", "S9"+store.NewID()[35:], "crew", "SVC", "phase", "pre", "zh", "摆放雨伞", "on_1", "A", "minutes_1", "30", "way_1", "before", "rev", "1")
	case "POST /events/:id/cues", "PUT /cues/:id":
		v = form("cause", "gate", "scope", "first", "crew", "SVC", "zh", "迎宾就位")
	case "POST /events/:id/vehicles", "PUT /vehicles/:id":
		v = form("plate", "测A"+store.NewID()[30:])
	case "PUT /duties/:id/relief":
		v = form("relief", s.world.People["service2"].ID, "reason", "如厕", "away", "10")
	case "POST /people", "PUT /people/:id":
		v = form("staff_no", "s"+strings.ReplaceAll(store.NewID(), "-", "")[8:20], "name", "新人", "role", "crew_member", "crew", "SVC", "locale", "zh", "pin", "864209")
	case "PUT /events/:id/status":
		v = form("status", "draft")
	case "PUT /events/:id/schedule":
		v = form("start_at", "2031-02-03T09:00", "end_at", "2031-02-03T10:00", "rooms", "R3", "reason", "改期")
	case "POST /events/:id/copies":
		v = form("start_at", "2031-02-03T09:00")
	case "POST /events/:id/series", "GET /events/:id/copies":
		v = form("repeat", "days", "every", "2", "count", "2")
	case "PUT /events/:id/crew/:person":
		v = form("crew", "PHO")
	case "POST /people/:id/skills":
		v = form("skill", "other", "certificate", "证", "expires_on", "2031-02-03")
	case "POST /people/:id/roster":
		v = form("kind", "leave", "from_at", "2031-02-03T09:00", "till_at", "2031-02-03T10:00")
	case "POST /settings/staffing", "PUT /settings/staffing/:id":
		v = form("level", "4", "crew", "SVC", "heads_from", "0", "needed", "2")
	case "POST /supplies":
		v = form("name", "方巾", "stock", "150")
	case "PUT /supplies/:id":
		v = form("name", "盖杯", "stock", "119", "was", "120")
	case "PUT /settings/board":
		v = form("intake_at", "", "intake_grace", "10", "seen_minutes", "30")
	case "PUT /events/:id/letter":
		v = form("subject_zh", "函", "zh", "{link}", "subject_en", "Letter", "en", "{link}")
	case "POST /events/:id/invitations/import":
		v = form("text", "姓名,邮箱\n雪松,a@example.com")
	case "PUT /guests/:id/invitation":
		v = form("email", "a@example.com", "locale", "zh")
	case "PUT /guests/:id/invitation/sent":
		v = form("channel", "message")
	case "POST /guests/:id/confirmations":
		v = form("way", "phone", "result", "open")
	case "POST /g/:token":
		v = form("answer", "accepted")
	case "POST /strays":
		v = form("event_id", s.world.Event, "name", "泽兰", "state", "asked")
	}
	return v
}

// poisons are what nobody types and somebody sends; the first ones are no text at all, which a database may refuse.
var poisons = []string{
	"a\x00b", "\xff\xfe\xfd", "a\xed\xa0\x80", "\x00", "a\xc3(", "\ufeff\u202e\u2066", "'; DROP TABLE events; --", `"><script>alert(1)</script>`, "%00%ff", "\r\nSet-Cookie: a=b",
	"{{.}}${7*7}", strings.Repeat("汉", 1200), "-1", "99999999999999999999", "NaN", "1e309", "\U0001F37A", "../../etc/passwd",
}

// TestPoison sends poison in every field of every route, and in headers: a sentence comes back, never a fault of ours, and
// nothing of it becomes markup.
func TestPoison(t *testing.T) {
	both(t, func(t *testing.T, s *site) {
		quick := s.set.Database != "" // what is no matter of the database was tried on the other one
		g := s.guests(t, s.world.Event, guest("雪松", "一组"))[0]
		extra := &domain.Person{StaffNo: "extra", Name: "琉璃", Role: domain.RoleCrewMember, Crew: domain.CrewENG, PinHash: "-"}
		if _, err := s.Store.CreatePerson(t.Context(), domain.Act{}, extra); err != nil {
			t.Fatal(err)
		}
		// An event of its own: some of what is sent changes it for good.
		e := domain.Event{Name: "试验", Type: "meeting", Organiser: "x", Contact: "x", Level: 1, LevelReason: "x", Secrecy: "normal", Heads: 1, StartAt: s.Store.Now().Add(5 * time.Hour), EndAt: s.Store.Now().Add(6 * time.Hour)}
		event := s.world.MakeEvent(t, store.EventDraft{Event: e, Rooms: []string{"R1"}})
		if _, err := s.Store.AddSeatPlan(t.Context(), domain.Act{}, domain.SeatPlan{EventID: event, Name: "台", Layout: domain.LayoutDais, Seats: 3}); err != nil {
			t.Fatal(err)
		}
		plans, err := s.Store.SeatPlans(t.Context(), event)
		if err != nil {
			t.Fatal(err)
		}
		plan := plans[0]
		stray, err := s.Store.MeetStray(t.Context(), s.world.Act("security"), domain.Stray{EventID: event, Name: "泽兰", State: domain.StrayAsked})
		if err != nil {
			t.Fatal(err)
		}
		kiosk, err := s.Store.Token(t.Context(), domain.Pass{Kind: domain.PassKiosk, ID: event})
		if err != nil {
			t.Fatal(err)
		}
		post, duty, vehicle, lift := s.reception(t, event)
		patrol := s.patrol(t, event)
		function, err := s.Store.AddFunction(t.Context(), domain.Act{}, event, domain.Function{Name: "签字", Kind: "signing", StartAt: e.StartAt, EndAt: e.EndAt})
		if err != nil {
			t.Fatal(err)
		}
		line, err := s.Store.AddAgendaItem(t.Context(), domain.Act{}, event, domain.AgendaItem{Title: "主持", Minutes: 5})
		if err != nil {
			t.Fatal(err)
		}
		bulletin := s.published(t)
		record, err := s.Store.AddKickoff(t.Context(), domain.Act{}, event, domain.Kickoff{Kind: "coordination", HeldAt: s.Store.Now(), People: "云母"})
		if err != nil {
			t.Fatal(err)
		}
		milestone, err := s.Store.AddMilestone(t.Context(), domain.Act{}, event, domain.Milestone{Zh: "联系酒店", Crew: domain.CrewADM, DueAt: e.StartAt})
		if err != nil {
			t.Fatal(err)
		}
		cues, err := s.Store.Cues(t.Context(), event)
		if err != nil || len(cues) == 0 {
			t.Fatal(cues, err)
		}
		draft, err := s.Store.DraftTemplate(t.Context(), domain.Act{})
		if err != nil {
			t.Fatal(err)
		}
		proposal, err := s.Store.Propose(t.Context(), domain.Act{}, s.world.Item(t, event, "E1").ID, "提前十分钟")
		if err != nil {
			t.Fatal(err)
		}
		cups, err := s.Store.AddSupply(t.Context(), domain.Act{}, domain.Supply{Name: "盖杯", Stock: 120})
		if err != nil {
			t.Fatal(err)
		}
		booked, link := s.booked(t, 30)
		id := strings.NewReplacer("/templates/:id", "/templates/"+draft.Created, ":code", "S6", "/proposals/:id", "/proposals/"+proposal.Created, "/rooms/:id", "/rooms/R2", "/requests/:id", "/requests/"+booked.ID, ":question", booked.Questions[0].ID, "/r/:token", "/r/"+link, "/files/:file", "/files/"+booked.Files[0].ID, "/offers/:offer", "/offers/"+booked.Offers[0].ID, "/events/:id", "/events/"+event, "/functions/:id", "/functions/"+function.Created, "/agenda/:id", "/agenda/"+line.Created, "/milestones/:id", "/milestones/"+milestone.Created, "/kickoffs/:id", "/kickoffs/"+record.Created, "/settings/levels/:id", "/settings/levels/level-01", "/settings/track/:id", "/settings/track/step-05", "/settings/staffing/:id", "/settings/staffing/staff-4-SVC-0", "/crew/:person", "/crew/"+extra.ID, "/skills/:id", "/skills/none", "/roster/:id", "/roster/none", "/items/:id", "/items/"+s.world.Item(t, event, "E1").ID, "/guests/:id", "/guests/"+g.ID, "/parties/:id", "/parties/"+g.PartyID,
			"/plans/:id", "/plans/"+plan.ID, "/seats/:id", "/seats/"+plan.Chairs[0].ID, "/seats/:plan", "/seats/"+plan.ID, "/hosts/:id", "/hosts/none",
			"/people/:id", "/people/"+extra.ID, "/strays/:id", "/strays/"+stray.Created, "/posts/:id", "/posts/"+post, "/duties/:id", "/duties/"+duty, "/publications/:day", "/publications/"+bulletin.Day, "/bulletins/:id", "/bulletins/"+bulletin.ID, "/intake/:day/:step", "/intake/"+bulletin.Day+"/taken", "/work/:crew", "/work/SVC", "/supplies/:id", "/supplies/"+cups.Created, "/patrols/:id", "/patrols/"+patrol.ID, "/checkpoints/:id", "/checkpoints/"+patrol.Checkpoints[0].ID, "/cues/:id", "/cues/"+cues[0].ID, "/vehicles/:id", "/vehicles/"+vehicle, "/lifts/:id", "/lifts/"+lift, "/g/:token", "/g/"+s.guestToken(t, g), "/k/:token", "/k/"+kiosk, "/sessions/:id", "/sessions/none", "*", "x")
		commander, admin := s.signIn(t, "commander"), s.signIn(t, "admin")
		for _, r := range server.Routes(s.Web, &server.Ops{}) {
			route := r.Method + " " + r.Path
			fields := fieldsOf[route]
			if fields == nil && r.Method != http.MethodGet && r.Method != http.MethodDelete && !strings.HasSuffix(r.Path, "/readiness") && !strings.HasSuffix(r.Path, "/disabled") {
				t.Errorf("%s: which fields does it read?", route)
			}
			c := commander
			if strings.HasPrefix(r.Path, "/people") || strings.HasPrefix(r.Path, "/settings/levels") || strings.HasPrefix(r.Path, "/settings/track") || strings.HasPrefix(r.Path, "/templates") || strings.HasPrefix(r.Path, "/proposals") || r.Right == domain.RightRoomsEdit || r.Right == domain.RightSupplies {
				c = admin
			}
			if route == "PUT /session/lock" { // ends the session that asks
				c = s.signIn(t, "commander")
			}
			for n, field := range fields {
				for k, p := range poisons {
					if k >= 3 && (quick || len(fields) > 3 && (n+k)%3 != 0) { // long forms: a third for each field
						continue
					}
					v := s.good(route)
					v.Set(field, p)
					var a *answer
					if r.Method == http.MethodGet {
						a = c.send(r.Method, id.Replace(r.Path)+"?"+v.Encode(), nil)
					} else {
						a = c.send(r.Method, id.Replace(r.Path), v, "HX-Request", "true")
					}
					if a.status >= 500 {
						t.Errorf("%s with %s=%.40q: %d %s", route, field, p, a.status, a.body)
					}
					if strings.Contains(a.body, "<script>alert") || a.header.Get("Set-Cookie") == "a=b" {
						t.Errorf("%s with %s=%q: it came through: %s", route, field, p, a.body)
					}
				}
			}
		}
		for k, p := range poisons {
			if quick && k >= 3 {
				break
			}
			p = strings.NewReplacer("\x00", "", "\r", "", "\n", "").Replace(p) // no client can send these in a header
			if p == "" {
				continue
			}
			for n, name := range []string{"Accept-Language", "User-Agent", "X-Post", "HX-Current-URL", "Idempotency-Key", "X-Acted-At", "X-Sent-At", "Accept", "Content-Type", "Accept-Encoding", "If-None-Match", "X-Real-IP", "X-Forwarded-For", "Sec-WebSocket-Key"} {
				if k >= 3 && (n+k)%3 != 0 {
					continue
				}
				a := commander.raw("PUT", "/events/"+event+"/done", strings.NewReader("phase=pre"), "Content-Type", "application/x-www-form-urlencoded", name, p)
				if a.status >= 500 {
					t.Errorf("%s: %.40q: %d %s", name, p, a.status, a.body)
				}
				if a := commander.raw("GET", "/events/"+event+"/items", nil, name, p); a.status >= 500 {
					t.Errorf("page, %s: %.40q: %d %s", name, p, a.status, a.body)
				}
			}
		}
		if quick {
			return
		}
		for _, body := range []string{"{", `{"reading":1}`, "[]", "null", "%", "reading", "=", "&&&", strings.Repeat("a=b&", 5000), "--x\r\n"} {
			for _, typ := range []string{"application/json", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "multipart/form-data", "text/xml", ""} {
				for _, path := range []string{"/guests/" + g.ID, "/events/" + event} {
					if a := commander.raw("PUT", path, strings.NewReader(body), "Content-Type", typ); a.status >= 500 {
						t.Errorf("%s %s %.20q: %d %s", path, typ, body, a.status, a.body)
					}
				}
			}
		}
	})
}

// TestStrangeIDs: what cannot be an id, or is nobody's, is not found.
func TestStrangeIDs(t *testing.T) {
	both(t, func(t *testing.T, s *site) {
		commander, admin := s.signIn(t, "commander"), s.signIn(t, "admin")
		for _, r := range server.Routes(s.Web, &server.Ops{}) {
			if !strings.Contains(r.Path, ":id") {
				continue
			}
			c := commander
			if strings.HasPrefix(r.Path, "/people") || r.Right == domain.RightRoomsEdit {
				c = admin
			}
			for _, id := range []string{"none", store.NewID(), "'", "%27%20or%201=1--", "%22", "..", "%2e%2e%2f%2e%2e", "..%2f", "%00", "a%00", "%ff", "%e6%b1%89", "%20", "*", strings.Repeat("a", 65), strings.Repeat("a", 3000), "%0d%0aX:y", "new%2f"} {
				fields := s.good(r.Method + " " + r.Path)
				switch {
				case strings.HasSuffix(r.Path, "/pin"):
					fields = form("pin", "864209")
				case r.Method == http.MethodGet:
					fields = nil
				}
				for _, accept := range []string{"text/html", "application/json"} {
					a := c.send(r.Method, strings.Replace(r.Path, ":id", id, 1), fields, "Accept", accept)
					if a.status != 404 {
						t.Errorf("%s with %.40q: %d %.300s", r.Method+" "+r.Path, id, a.status, a.body)
					}
				}
			}
		}
	})
}

// TestTooLarge: what is too large is refused with a sentence before it is read.
func TestTooLarge(t *testing.T) {
	s := start(t, setting{})
	c := s.signIn(t, "supervisor")
	large := func(n int) string { return "text=" + strings.Repeat("a", n) }
	event := "/events/" + s.world.Event
	for _, x := range []struct {
		method, path string
		n            int
		status       int
	}{
		{"PUT", "/items/" + s.world.Item(t, s.world.Event, "S13").ID + "/done", 60 << 10, 200},
		{"PUT", "/items/" + s.world.Item(t, s.world.Event, "S14").ID + "/done", 65 << 10, 413},
		{"POST", "/session", 100 << 10, 413},
		{"POST", event + "/guests", 100 << 10, 413},
		{"PUT", event + "/guests/import", 100 << 10, 413},
		{"POST", event + "/guests/import", 1000 << 10, 422}, // one line of a megabyte is no guest
		{"POST", event + "/guests/import", 3 << 20, 422},
		{"POST", event + "/guests/import", 5 << 20, 413},
	} {
		for _, accept := range []string{"text/html", "application/json"} {
			a, err := c.try(x.method, x.path, strings.NewReader(large(x.n)), "Content-Type", "application/x-www-form-urlencoded", "HX-Request", "true", "Accept", accept)
			if err != nil {
				t.Errorf("%s %s with %d KB: no answer: %v", x.method, x.path, x.n>>10, err)
				continue
			}
			if a.status != x.status {
				t.Errorf("%s %s with %d KB: %d %.200s", x.method, x.path, x.n>>10, a.status, a.body)
			}
			says := i18n.T("zh", "error.too_large")
			if x.n == 5<<20 {
				says = i18n.T("zh", "workbook.too_large", "max", "4 MB")
			}
			if x.status == 413 && !strings.Contains(a.body, says) {
				t.Errorf("%s %s says %q", x.method, x.path, a.body)
			}
		}
	}
	a, err := c.try("GET", "/today", nil, "X-Filler", strings.Repeat("a", 20<<10))
	if err != nil || a.status/100 != 4 || a.header.Get("Content-Security-Policy") == "" || !strings.Contains(a.body, i18n.T("zh", "error.bad_request")) {
		t.Errorf("20 KB of headers: %v %+v", err, a)
	}
	c.get("/today", "X-Filler", strings.Repeat("a", 8<<10))
}

// TestEventForm: what is wrong stands beside its field, in both languages, and nothing that was typed is lost.
func TestEventForm(t *testing.T) {
	s := start(t, setting{})
	w := s.world
	day := s.Store.Now().In(s.Store.Loc).AddDate(0, 0, 3).Format("2006-01-02")
	at := func(clock string) string { return day + "T" + clock }
	taken := domain.Event{Name: "占用", Type: "meeting", Organiser: "x", Contact: "x", Level: 4, Secrecy: domain.SecrecyNormal, Heads: 1}
	for _, x := range []struct {
		name    string
		secrecy domain.Secrecy
		room    string
	}{{"年度总结会", domain.SecrecyNormal, "R1"}, {"竞标评审", domain.SecrecySecret, "R2"}} {
		e := taken
		e.Name, e.Secrecy = x.name, x.secrecy
		e.StartAt = mustTime(t, at("09:00"), s.Store.Loc)
		e.EndAt = e.StartAt.Add(2 * time.Hour)
		w.MakeEvent(t, store.EventDraft{Event: e, Rooms: []string{x.room}})
	}
	good := func(more ...string) url.Values {
		v := form("name", "例会", "type", "meeting", "level", "4", "secrecy", "normal", "heads", "5", "start_at", at("10:00"), "end_at", at("11:00"), "organiser", "办公室", "contact", "甲",
			"commander_id", w.People["commander"].ID, "rooms", "R3")
		for i := 0; i+1 < len(more); i += 2 {
			v.Set(more[i], more[i+1])
		}
		return v
	}
	next := mustTime(t, at("00:00"), s.Store.Loc).AddDate(0, 0, 1).In(s.Store.Loc).Format("2006-01-02")
	for _, locale := range i18n.Locales {
		if _, err := s.Store.SetLocale(t.Context(), domain.Act{Person: w.People["supervisor"]}, locale); err != nil {
			t.Fatal(err)
		}
		c := s.signIn(t, "supervisor")
		for _, x := range []struct {
			name  string
			in    url.Values
			wrong map[string]string // field → key
			hides string
		}{
			{"nothing typed", form(), map[string]string{"name": "field.required", "type": "field.choose", "level": "event.level_range", "secrecy": "field.choose", "start_at": "field.time"}, ""},
			{"end before start", good("end_at", at("09:59")), map[string]string{"end_at": "event.end_before_start"}, ""},
			{"end at start", good("end_at", at("10:00")), map[string]string{"end_at": "event.end_before_start"}, ""},
			{"no end", good("end_at", ""), map[string]string{"end_at": "field.time"}, ""},
			{"fifteen days", good("end_at", "2200-01-01T00:00"), map[string]string{"end_at": "field.time"}, ""},
			{"arrival after start", good("arrival_at", at("10:01")), map[string]string{"arrival_at": "event.arrival_after_start"}, ""},
			{"arrival days before", good("arrival_at", "2026-01-01T10:00"), map[string]string{"arrival_at": "event.arrival_too_early"}, ""},
			{"break outside", good("break_at", at("12:00")), map[string]string{"break_at": "event.break_outside"}, ""},
			{"numbers in words", good("heads", "五", "level", "一", "tea_minutes", "bald"), map[string]string{"heads": "event.heads_range", "level": "event.level_range", "tea_minutes": "event.tea_range"}, ""},
			{"numbers out of range", good("heads", "-3", "level", "5", "tea_minutes", "3"), map[string]string{"heads": "event.heads_range", "level": "event.level_range", "tea_minutes": "event.tea_range"}, ""},
			{"times in words", good("start_at", "morgen", "end_at", "2026-02-30T10:00"), map[string]string{"start_at": "field.time", "end_at": "field.time"}, ""},
			{"also other fields", good("start_at", "x", "name", ""), map[string]string{"start_at": "field.time", "name": "field.required"}, ""},
			{"too long", good("name", strings.Repeat("会", 81), "notes", strings.Repeat("注", 2001)), map[string]string{"name": "field.too_long", "notes": "field.too_long"}, ""},
			{"room taken", good("rooms", "R1"), map[string]string{"rooms": "event.room_taken"}, ""},
			{"room taken by a secret event", good("rooms", "R2"), map[string]string{"rooms": "event.room_taken_secret"}, "竞标"},
			{"no such room", good("rooms", "R9"), map[string]string{"rooms": "field.choose"}, ""},
			{"no such person", good("people", "nobody"), map[string]string{"people": "field.choose"}, ""},
			{"a person without a crew", good("people", w.People["admin"].ID), map[string]string{"people": "event.person_without_crew"}, ""},
			{"no such commander", good("commander_id", "nobody"), map[string]string{"commander_id": "field.choose"}, ""},
		} {
			x.in.Set("notes", x.in.Get("notes")+"第一行\n<第二行> & \"引号\"")
			a := c.act("POST", "/events", x.in)
			if a.status != 422 || a.header.Get("X-Ack") == "" {
				t.Errorf("%s: %d %v", x.name, a.status, a.header)
				continue
			}
			page := pageOf(t, a.body)
			for field, key := range x.wrong {
				n := first(page, func(n *html.Node) bool { return attr(n, "data-error-for") == field })
				if n == nil || !fits(text(n), i18n.T(locale, key)) {
					t.Errorf("%s in %s: beside %s stands %v, want %q", x.name, locale, field, n != nil && text(n) != "", i18n.T(locale, key))
				}
			}
			for _, n := range nodes(page, func(n *html.Node) bool {
				return has(n, "data-error-for") && text(n) != "" && byID(page, "event-form") != nil
			}) {
				if f := attr(n, "data-error-for"); x.wrong[f] == "" && len(x.wrong) == 1 {
					t.Errorf("%s: %s is called wrong, too: %s", x.name, f, text(n))
				}
			}
			for field, values := range x.in {
				for _, v := range values {
					if !keeps(page, field, v) {
						t.Errorf("%s: %s=%.40q is lost", x.name, field, v)
					}
				}
			}
			if x.hides != "" && strings.Contains(a.body, x.hides) {
				t.Errorf("%s: the answer says %s", x.name, x.hides)
			}
			var j struct{ Fields []struct{ Field string } }
			if c.json("POST", "/events", x.in, &j); len(j.Fields) < len(x.wrong) {
				t.Errorf("%s as JSON: %+v", x.name, j)
			}
		}
		// Across midnight, back to back with another event, and a draft in a room that others may still take.
		for k, v := range []url.Values{good("start_at", at("23:00"), "end_at", next+"T01:30"), good("rooms", "R1", "start_at", at("11:00"), "end_at", at("12:00")), good("rooms", "R1", "start_at", at("08:00"), "end_at", at("09:00"))} {
			key := store.NewID()
			a := c.act("POST", "/events", v, "Idempotency-Key", key)
			if a.status != 204 || !strings.HasPrefix(a.header.Get("HX-Redirect"), "/events/") || a.header.Get("X-Ack") != key {
				t.Errorf("good event %d: %d %s", k, a.status, a.body)
				continue
			}
			if again := c.act("POST", "/events", v, "Idempotency-Key", key); again.header.Get("HX-Redirect") != a.header.Get("HX-Redirect") {
				t.Errorf("the same key made another event: %v", again.header)
			}
			page := pageOf(t, c.get(a.header.Get("HX-Redirect")+"/edit").body)
			for field, values := range v {
				if !keeps(page, field, values[0]) {
					t.Errorf("good event %d: the form shows another %s than %q", k, field, values[0])
				}
			}
		}
	}
	// A plain form without scripts leads on the ordinary way.
	c := s.signIn(t, "head")
	if a := c.send("POST", "/events", good()); a.status != 303 || !strings.HasPrefix(a.header.Get("Location"), "/events/") {
		t.Errorf("plain form: %d", a.status)
	}
	var j struct{ Created string }
	if a := c.json("POST", "/events", good(), &j); a.status != 201 || j.Created == "" {
		t.Errorf("as JSON: %d %s", a.status, a.body)
	}
	if a := c.act("POST", "/events", good("id", j.Created)); a.status != 422 || !strings.Contains(a.body, i18n.T("zh", "event.exists")) {
		t.Errorf("an id that is taken: %d", a.status)
	}
}

func mustTime(t testing.TB, s string, loc *time.Location) time.Time {
	t.Helper()
	at, err := time.ParseInLocation("2006-01-02T15:04", s, loc)
	if err != nil {
		t.Fatal(err)
	}
	return at.UTC()
}

func nodes(root *html.Node, ok func(*html.Node) bool) []*html.Node {
	var list []*html.Node
	for n := range walk(root) {
		if ok(n) {
			list = append(list, n)
		}
	}
	return list
}

// keeps tells whether a form still shows what was typed into a field, as far as its control can show it.
func keeps(page *html.Node, field, value string) bool {
	controls := nodes(page, func(n *html.Node) bool { return attr(n, "name") == field })
	if len(controls) == 0 {
		return false
	}
	for _, n := range controls {
		switch {
		case n.Data == "textarea":
			var b strings.Builder
			for c := range n.ChildNodes() {
				b.WriteString(c.Data)
			}
			if b.String() == value {
				return true
			}
		case n.Data == "select":
			chosen := first(n, func(o *html.Node) bool { return o.Data == "option" && has(o, "selected") })
			known := first(n, func(o *html.Node) bool { return o.Data == "option" && attr(o, "value") == value })
			if known == nil || attr(chosen, "value") == value {
				return true
			}
		case attr(n, "type") == "checkbox" || attr(n, "type") == "radio":
			if attr(n, "value") == value {
				return has(n, "checked")
			}
		case attr(n, "value") == value:
			return true
		}
	}
	// A choice that was never offered cannot be shown.
	return first(page, func(n *html.Node) bool {
		return attr(n, "name") == field && (attr(n, "type") == "checkbox" || attr(n, "type") == "radio")
	}) != nil && first(page, func(n *html.Node) bool { return attr(n, "name") == field && attr(n, "value") == value }) == nil
}

// TestPersonForm: as the event form; a PIN that was typed never comes back.
func TestPersonForm(t *testing.T) {
	s := start(t, setting{})
	c := s.signIn(t, "admin")
	for _, x := range []struct {
		in    url.Values
		field string
		key   string
	}{
		{form("name", "新人", "staff_no", "new1", "role", "crew_member", "crew", "SVC", "pin", "12345"), "pin", "person.pin_length"},
		{form("name", "新人", "staff_no", "new1", "role", "crew_member", "crew", "SVC", "pin", "123456"), "pin", "person.pin_weak"},
		{form("name", "新人", "staff_no", "new1", "role", "crew_member", "crew", "SVC", "pin", "777777"), "pin", "person.pin_weak"},
		{form("name", "新人", "staff_no", "new1", "role", "crew_member", "pin", "864209"), "crew", "person.crew_needed"},
		{form("name", "新人", "staff_no", "new1", "role", "guest", "crew", "SVC", "pin", "864209"), "role", "field.choose"},
		{form("name", "", "staff_no", "new1", "role", "crew_member", "crew", "SVC", "pin", "864209"), "name", "field.required"},
		{form("name", "新人", "staff_no", "service", "role", "crew_member", "crew", "SVC", "pin", "864209"), "staff_no", "person.staff_no_taken"},
		{form("name", "新人", "staff_no", "工号1", "role", "crew_member", "crew", "SVC", "pin", "864209"), "staff_no", "person.staff_no_form"},
		{form("name", "新人", "staff_no", "new1", "phone", "abc", "role", "crew_member", "crew", "SVC", "pin", "864209"), "phone", "person.phone_form"},
	} {
		a := c.act("POST", "/people", x.in)
		page := pageOf(t, a.body)
		n := first(page, func(n *html.Node) bool { return attr(n, "data-error-for") == x.field })
		if a.status != 422 || n == nil || text(n) != i18n.T("zh", x.key) {
			t.Errorf("%v: %d, beside %s stands %v", x.in, a.status, x.field, n)
			continue
		}
		for field, values := range x.in {
			if field == "pin" {
				if strings.Contains(a.body, values[0]) {
					t.Errorf("%v: the PIN comes back", x.in)
				}
			} else if !keeps(page, field, values[0]) {
				t.Errorf("%v: %s is lost", x.in, field)
			}
		}
	}
	if a := c.act("POST", "/people", form("name", "新人", "staff_no", "New1", "role", "crew_member", "crew", "SVC", "pin", "864209")); a.status != 204 || a.header.Get("HX-Redirect") != "/people" {
		t.Fatalf("%d %s", a.status, a.body)
	}
	if a := s.nobody().send("POST", "/session", form("login", "new1", "pin", "864209")); a.status != 303 {
		t.Errorf("the new person cannot sign in: %d", a.status)
	}
	admin := s.world.People["admin"]
	if a := c.act("PUT", "/people/"+admin.ID, form("name", admin.Name, "staff_no", "admin", "role", "crew_member", "crew", "SVC")); a.status != 422 || !strings.Contains(a.body, i18n.T("zh", "person.own_role")) {
		t.Errorf("one's own role: %d", a.status)
	}
	if a := c.act("PUT", "/people/"+admin.ID+"/disabled", nil); a.status != 409 || !strings.Contains(a.body, i18n.T("zh", "person.not_self")) {
		t.Errorf("oneself disabled: %d", a.status)
	}
}

// TestImport: a guest list from a spreadsheet is taken as a whole, or none of it with a sentence for each wrong line, and the
// text stays.
func TestImport(t *testing.T) {
	both(t, func(t *testing.T, s *site) {
		c := s.signIn(t, "commander")
		path := "/events/" + s.world.Event + "/guests"
		gb, err := simplifiedchinese.GB18030.NewEncoder().String("姓名,单位,车牌\n龙𪚥,集团,海A66666\n")
		if err != nil {
			t.Fatal(err)
		}
		for n, x := range []struct {
			name, text string
			added      int
			line       int
			key        string
		}{
			{"nothing", "", 0, 0, "import.empty"},
			{"heading only", "姓名,职务\n", 0, 0, "import.empty"},
			{"white space", " \n\t\n\n", 0, 0, "import.empty"},
			{"no heading", "张三丰,主任,集团,一组,海A12345,A01,轮椅\n李四光,副主任\n", 2, 0, ""},
			{"heading in another order", "车牌,姓名,序号\n海B1,王五常,1\n", 1, 0, ""},
			{"English heading, tabs, BOM", "\ufeffName\tTitle\tParty\nAnn Lee\tDirector\tGroup A\n", 1, 0, ""},
			{"Windows lines, semicolons", "姓名;单位\r\n赵六合;集团\r\n\r\n", 1, 0, ""},
			{"old Mac lines", "姓名,单位\r孙七星,集团\r", 1, 0, ""},
			{"Chinese commas", "姓名，单位\n周八方，集团\n", 1, 0, ""},
			{"quotes", "姓名,备注\n\"吴,九如\",\"说 \"\"你好\"\"\n两行\"\n", 1, 0, ""},
			{"GB18030", gb, 1, 0, ""},
			{"on the list already", "张三丰,主任,集团\n", 0, 1, "guest.duplicate"},
			{"twice in the table", "姓名\n郑十全\n郑十全\n", 0, 3, "guest.duplicate"},
			{"formula", "姓名,单位\n甲,集团\n=cmd|'/c calc'!A1,x\n", 0, 3, "import.formula"},
			{"formula in another cell", "姓名,备注\n甲,@SUM(1)\n", 0, 2, "import.formula"},
			{"minus", "姓名,备注\n甲,-1+2\n", 0, 2, "import.formula"},
			{"lost quote", "姓名,备注\n甲,\"开头\n乙,x\n", 0, 2, "import.quotes"},
			{"too many columns", "姓名,单位\n甲,集团,多\n", 0, 2, "import.too_many_columns"},
			{"no name", "姓名,单位\n,集团\n", 0, 2, "field.required"},
			{"name too long", "姓名\n" + strings.Repeat("长", 41) + "\n", 0, 2, "field.too_long"},
			{"rank in words", "姓名,序号\n甲,一\n", 0, 2, "guest.rank_range"},
			{"one wrong among good ones", "姓名\n甲一\n甲二\n\n" + strings.Repeat("长", 41) + "\n甲三\n", 0, 5, "field.too_long"},
			{"no encoding", "\xff\xfe\x00", 0, 0, "import.encoding"},
			{"50,000 lines", "姓名\n" + strings.Repeat("张某\n", 50_000), 0, 0, "import.too_many"},
		} {
			before := len(s.mustGuests(t))

			body, typ := upload(t, "text", x.text)
			if n%2 == 1 {
				body, typ = upload(t, "file", x.text)
			}
			if n%4 == 2 && len(x.text) < 10_000 {
				body, typ = strings.NewReader(form("text", x.text).Encode()), "application/x-www-form-urlencoded"
			}
			a := c.raw("POST", path+"/import", body, "Content-Type", typ, "HX-Request", "true", "Idempotency-Key", store.NewID())
			if got := len(s.mustGuests(t)) - before; got != x.added {
				t.Errorf("%s: %d guests more, want %d: %d %.300s", x.name, got, x.added, a.status, a.body)
			}
			if x.key == "" {
				if a.status != 200 || a.header.Get("X-Ack") == "" {
					t.Errorf("%s: %d", x.name, a.status)
				}
				continue
			}
			page := pageOf(t, a.body)
			errors := first(page, func(n *html.Node) bool { return has(n, "data-errors") })
			if a.status != 422 || errors == nil {
				t.Errorf("%s: %d %.500s", x.name, a.status, a.body)
				continue
			}
			found := false
			for _, line := range nodes(errors, func(n *html.Node) bool { return n.Data == "li" }) {
				q := first(line, func(n *html.Node) bool { return n.Data == "q" })
				words := text(line)
				if q != nil {
					words = strings.TrimSpace(strings.TrimSuffix(words, text(q)))
				}
				place := i18n.T("zh", "guests.import_line", "n", fmt.Sprint(x.line))
				if sentence, ok := strings.CutPrefix(words, place); x.line > 0 && ok && fits(strings.TrimSpace(sentence), i18n.T("zh", x.key)) || x.line == 0 && containsFit(words, i18n.T("zh", x.key)) {
					found = true
				}
			}
			if !found {
				t.Errorf("%s: no line %d with %q in %s", x.name, x.line, i18n.T("zh", x.key), text(errors))
			}
			if x.key != "import.encoding" { // what cannot be read cannot be shown
				if area := first(page, func(n *html.Node) bool { return n.Data == "textarea" && attr(n, "name") == "text" }); !strings.Contains(areaText(area), strings.TrimSpace(strings.ReplaceAll(x.text, "\r", ""))) {
					t.Errorf("%s: the text is lost", x.name)
				}
			}
			if strings.Contains(text(errors), "{") {
				t.Errorf("%s: unfilled sentence: %s", x.name, text(errors))
			}
		}
		list := s.mustGuests(t)
		byName := map[string]domain.Guest{}
		for _, g := range list {
			byName[g.Name] = g
		}
		if g := byName["张三丰"]; g.Title != "主任" || g.Organisation != "集团" || g.Plate != "海A12345" || g.Bay != "A01" || g.Needs != "轮椅" || g.PartyID == "" {
			t.Errorf("%+v", g)
		}
		if g := byName["王五常"]; g.Plate != "海B1" || g.Rank != 1 {
			t.Errorf("%+v", g)
		}
		if g := byName["吴,九如"]; g.Needs != "说 \"你好\" 两行" {
			t.Errorf("%+v", g)
		}
		if g := byName["龙𪚥"]; g.Plate != "海A66666" {
			t.Errorf("%+v", g)
		}
		// The same key again adds nobody; a large list is taken at once and pushed.
		key := store.NewID()
		var b strings.Builder
		b.WriteString("姓名,代表团\n")
		for n := range 1500 {
			fmt.Fprintf(&b, "来宾%d,团%d\n", n, n%20)
		}
		before := len(list)
		for range 2 {
			body, typ := upload(t, "text", b.String())
			a := c.raw("POST", path+"/import", body, "Content-Type", typ, "HX-Request", "true", "Idempotency-Key", key)
			if a.status != 200 || a.header.Get("X-Ack") != key {
				t.Fatalf("%d %.300s", a.status, a.body)
			}
			if n := len(s.mustGuests(t)) - before; n != 1500 {
				t.Fatalf("%d guests more", n)
			}
		}
		if cleaner := s.signIn(t, "cleaning"); cleaner.act("POST", path+"/import", form("text", "甲")).status != 403 {
			t.Error("a cleaner imports guests")
		}
	})
}

func containsFit(words, pattern string) bool {
	for i := range words {
		if fits(words[i:], pattern) {
			return true
		}
	}
	return false
}

func areaText(n *html.Node) string {
	var b strings.Builder
	if n != nil {
		for c := range n.ChildNodes() {
			b.WriteString(c.Data)
		}
	}
	return b.String()
}

func (s *site) mustGuests(t testing.TB) []domain.Guest {
	t.Helper()
	list, err := s.Store.Guests(t.Context(), s.world.Event)
	if err != nil {
		t.Fatal(err)
	}
	return list
}

// upload is a form with one field or file.
func upload(t testing.TB, name, content string) (io.Reader, string) {
	t.Helper()
	var b bytes.Buffer
	w := multipart.NewWriter(&b)
	var err error
	if name == "file" {
		f, ferr := w.CreateFormFile("file", "来宾.csv")
		if ferr != nil {
			t.Fatal(ferr)
		}
		_, err = f.Write([]byte(content))
	} else {
		err = w.WriteField(name, content)
	}
	if err != nil {
		t.Fatal(err)
	}
	_ = w.Close()
	return &b, w.FormDataContentType()
}
