package server_test

import (
	"encoding/csv"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"huiwu/server/domain"
	"huiwu/server/i18n"
	"huiwu/server/live"
	"huiwu/server/store"
)

// A guest's own page: the letter in his language, his ticket, the form; and nothing of it is kept or told on.
func TestGuestPass(t *testing.T) {
	both(t, func(t *testing.T, s *site) {
		g := s.guests(t, s.world.Event, guest("<b>雪松</b>", ""))[0]
		commander, nobody := s.signIn(t, "commander"), s.nobody()
		commander.does("PUT", "/guests/"+g.ID+"/invitation", form("email", "", "locale", "en"))
		path := "/g/" + s.guestToken(t, g)
		a := nobody.get(path, "Accept-Language", "zh")
		for _, want := range []string{`lang="en"`, "Dear &lt;b&gt;雪松&lt;/b&gt;", `class="qr pass-qr"`, i18n.T("en", "pass.send"), `content="noindex, nofollow"`, "?lang=zh"} {
			if !strings.Contains(a.body, want) {
				t.Errorf("the page lacks %q", want)
			}
		}
		if strings.Contains(a.body, "<b>雪松") || strings.Contains(a.body, "{link}") {
			t.Error("markup, or an open place, in the letter")
		}
		for h, want := range map[string]string{"Cache-Control": "no-store", "Referrer-Policy": "no-referrer", "X-Robots-Tag": "noindex, nofollow"} {
			if got := a.header.Get(h); got != want {
				t.Errorf("%s: %q", h, got)
			}
		}
		if b := nobody.get(path + "?lang=zh").body; !strings.Contains(b, i18n.T("zh", "pass.send")) {
			t.Error("the switch of languages does nothing")
		}
		// Looking at it opens nothing; the page's script does, and not the house's own.
		state := func() domain.InvitationState {
			list, err := s.Store.Invitations(t.Context(), s.world.Event, g.ID)
			if err != nil {
				t.Fatal(err)
			}
			return list[0].Invitation.State()
		}
		nobody.raw("HEAD", path, nil)
		if b := nobody.get(path + "?done=1").body; strings.Contains(b, "pass-done") {
			t.Error("thanks for no answer")
		}
		if b := commander.get(path).body; !strings.Contains(b, i18n.T("en", "pass.staff")) {
			t.Error("somebody of the house is not told whose answer it will be")
		}
		commander.send("POST", path+"/opened", nil)
		if got := nobody.send("POST", path+"/opened", nil, "Sec-Fetch-Site", "cross-site").status; got != http.StatusForbidden {
			t.Errorf("from another site: %d", got)
		}
		if state() != domain.InvitationPrepared {
			t.Errorf("previews and the house open nothing: %s", state())
		}
		// An older browser on a page without referrer says "null".
		if got := nobody.send("POST", path+"/opened", nil, "Origin", "null").status; got != http.StatusNoContent || state() != domain.InvitationOpened {
			t.Errorf("%d %s", got, state())
		}
		// What is wrong stands beside its field, and what was typed stays.
		a = nobody.send("POST", path, form("answer", "accepted", "companions", "100", "message", "<i>你好</i>", "diets", "halal", "arrive_at", "gestern"))
		for _, want := range []string{i18n.T("en", "invitation.companions_range", "max", "20"), "&lt;i&gt;你好&lt;/i&gt;", `value="100"`, i18n.T("en", "field.time")} {
			if a.status != http.StatusUnprocessableEntity || !strings.Contains(a.body, want) {
				t.Errorf("%d, lacks %q", a.status, want)
			}
		}
		for _, n := range []string{"-1", "100", "two", "99999999999999999999"} {
			if got := nobody.send("POST", path, form("answer", "accepted", "companions", n)).status; got != 422 {
				t.Errorf("%s companions: %d", n, got)
			}
		}
		a = nobody.send("POST", path, form("answer", "accepted", "companions", "0", "plate", "测A·1", "diets", "halal", "diets", "no_spicy"))
		if a.status != http.StatusSeeOther || !strings.HasPrefix(a.header.Get("Location"), path+"?done=1") {
			t.Fatalf("%d %v", a.status, a.header)
		}
		if b := nobody.get(a.header.Get("Location")).body; !strings.Contains(b, i18n.T("en", "pass.done_accepted")) || !strings.Contains(b, `value="halal" checked`) {
			t.Error("the page does not say what was answered")
		}
		if b := nobody.get(path + "?done=1").body; !strings.Contains(b, i18n.T("en", "pass.done_accepted")) {
			t.Error("no thanks")
		}
		if now := s.mustGuests(t)[0]; now.Plate != "测A·1" || now.Needs != "清真、不吃辣" {
			t.Errorf("%+v", now)
		}
		// Declined: seen on the list of guests and in the counts; the ticket is gone.
		nobody.send("POST", path, form("answer", "declined"))
		if b := nobody.get(path).body; strings.Contains(b, "pass-qr") {
			t.Error("a ticket for who does not come")
		}
		if b := commander.get("/events/" + s.world.Event + "/guests").body; strings.Count(b, i18n.T("zh", "guests.declined")) < 2 {
			t.Error("the list of guests does not show it")
		}
		// Revoked, struck, garbage, of another kind: a friendly page in both languages.
		organiser, err := s.Store.Token(t.Context(), domain.Pass{Kind: domain.PassKiosk, ID: s.world.Event})
		if err != nil {
			t.Fatal(err)
		}
		commander.does("DELETE", "/guests/"+g.ID+"/pass", nil)
		for _, p := range []string{path, "/g/" + organiser, "/g/x", "/g/" + strings.Repeat("A", 42), "/g/%00"} {
			a := nobody.send("GET", p, nil)
			if a.status != 404 || !strings.Contains(a.body, i18n.T("zh", "pass.unknown")) || !strings.Contains(a.body, i18n.T("en", "pass.unknown")) || a.header.Get("Referrer-Policy") != "no-referrer" {
				t.Errorf("%s: %d %.200s", p, a.status, a.body)
			}
			if a := nobody.send("POST", p, form("answer", "accepted")); a.status != 404 {
				t.Errorf("POST %s: %d", p, a.status)
			}
		}
	})
}

// After the start nothing can be changed any more; after the end there is only thanks.
func TestGuestPassAfterTheEvent(t *testing.T) {
	now := time.Now()
	s := start(t, setting{Now: func() time.Time { return now.UTC() }})
	g := s.guests(t, s.world.Event, guest("雪松", ""))[0]
	path := "/g/" + s.guestToken(t, g)
	e, _, err := s.Store.Event(t.Context(), nil, s.world.Event)
	if err != nil {
		t.Fatal(err)
	}
	now = e.StartAt.Add(time.Minute)
	if a := s.nobody().send("POST", path, form("answer", "accepted")); a.status != 409 || !strings.Contains(a.body, i18n.T("zh", "invitation.closed")) {
		t.Errorf("%d %.200s", a.status, a.body)
	}
	if b := s.nobody().get(path).body; strings.Contains(b, "pass-form") || !strings.Contains(b, "pass-qr") {
		t.Error("while it is on: the ticket, and no form")
	}
	now = e.EndAt.Add(time.Minute)
	if b := s.nobody().get(path).body; strings.Contains(b, "pass-form") || strings.Contains(b, "pass-qr") || !strings.Contains(b, i18n.T("zh", "pass.thanks", "name", "雪松")) {
		t.Error("afterwards: only thanks")
	}
}

// A secret event goes by its alias, and says nothing of who invites.
func TestGuestPassOfASecretEvent(t *testing.T) {
	s := start(t, setting{})
	g := s.guests(t, s.world.Secret, guest("雪松", ""))[0]
	e, _, err := s.Store.Event(t.Context(), nil, s.world.Secret)
	if err != nil {
		t.Fatal(err)
	}
	l := domain.Letter{SubjectZh: "{event}", Zh: "{organiser}请{name}\n{event}\n{link}", SubjectEn: "x", En: "{link}"}
	if _, err := s.Store.SaveLetter(t.Context(), s.world.Act("commander"), e.ID, l); err != nil {
		t.Fatal(err)
	}
	b := s.nobody().get("/g/" + s.guestToken(t, g)).body
	for _, word := range []string{e.Name, e.Organiser, e.Contact} {
		if word != "" && strings.Contains(b, word) {
			t.Errorf("the page says %q", word)
		}
	}
	if !strings.Contains(b, i18n.T("zh", "ui.alias", "n", e.Alias())) {
		t.Error("no alias")
	}
}

func TestLetterForm(t *testing.T) {
	s := start(t, setting{})
	c := s.signIn(t, "supervisor")
	s.guests(t, s.world.Event, guest("雪松", ""))
	path := "/events/" + s.world.Event
	a := c.act("PUT", path+"/letter", form("subject_zh", "函", "zh", "{nmae} {link}", "subject_en", "x", "en", "no link"))
	if a.status != 422 || !strings.Contains(a.body, `data-error="zh">没有 {nmae} 这个词`) || !strings.Contains(a.body, `data-error="en"`) {
		t.Errorf("%d %s", a.status, a.body)
	}
	c.does("PUT", path+"/letter", form("subject_zh", "函", "zh", "</textarea><script>alert(1)</script>{link}", "subject_en", "x", "en", "{link}", "remind", "on"))
	b := c.get(path + "/invitations").body
	if strings.Contains(b, "<script>alert") || !strings.Contains(b, "&lt;/textarea&gt;&lt;script&gt;") {
		t.Error("markup in the letter")
	}
	a = c.act("POST", path+"/invitations/mails", form("which", "unsent"))
	if a.status != 409 || !strings.Contains(a.body, i18n.T("zh", "invitation.no_mail")) {
		t.Errorf("without a mail server: %d %s", a.status, a.body)
	}
}

// TestInvitationTable: what is exported no spreadsheet runs, and it can be read in again.
func TestInvitationTable(t *testing.T) {
	both(t, func(t *testing.T, s *site) {
		c := s.signIn(t, "supervisor")
		path := "/events/" + s.world.Event + "/invitations"
		list := s.guests(t, s.world.Event, guest("=HYPERLINK(\"http://x\")", ""), guest("+86", ""), guest("@SUM(A1)", ""), guest("-2+3", ""), guest("＝1", ""), guest("雪松", ""))
		last := list[len(list)-1]
		s.nobody().send("POST", "/g/"+s.guestToken(t, last), form("answer", "accepted", "companions", "2", "message", "=1+1\n第二行", "diets", "halal", "diets", "no_spicy", "diet_note", "粥、少盐", "arrive_at", time.Now().AddDate(0, 0, 1).Format("2006-01-02T15:04")))
		invited := func() domain.Invitation {
			x, err := s.Store.Invitations(t.Context(), s.world.Event, last.ID)
			if err != nil {
				t.Fatal(err)
			}
			return x[0].Invitation
		}
		a := c.get(path + "/export")
		if !strings.HasPrefix(a.header.Get("Content-Type"), "text/csv") || !strings.HasPrefix(a.header.Get("Content-Disposition"), "attachment") || !strings.HasPrefix(a.body, "\ufeff") {
			t.Errorf("%v", a.header)
		}
		rows, err := csv.NewReader(strings.NewReader(strings.TrimPrefix(a.body, "\ufeff"))).ReadAll()
		if err != nil || len(rows) != 7 {
			t.Fatal(len(rows), err)
		}
		for _, row := range rows {
			for _, cell := range row {
				if cell != "" && strings.Contains("=+-@＝＋－＠\t\r", string([]rune(cell)[0])) {
					t.Errorf("a spreadsheet runs %q", cell)
				}
			}
		}
		// The one harmless line, back again.
		var b strings.Builder
		w := csv.NewWriter(&b)
		if err := w.WriteAll([][]string{rows[0], rows[6]}); err != nil {
			t.Fatal(err)
		}
		before := invited()
		if a := c.send("POST", path+"/import", form("text", b.String()), "HX-Request", "true", "Idempotency-Key", store.NewID()); a.status != 200 || !strings.Contains(a.body, i18n.T("zh", "invitation.import_done", "n", "1")) {
			t.Errorf("%d %.600s", a.status, a.body)
		}
		if after := invited(); after.AnsweredBy != "" || after.Message != before.Message || after.Diets != "halal,no_spicy" || after.DietNote != "粥、少盐" || !after.ArriveAt.Equal(*before.ArriveAt) {
			t.Errorf("its own table changes %+v to %+v", before, after)
		}
		for text, want := range map[string]string{
			"雪松,a@example.com":             i18n.T("zh", "invitation.import_headers"),
			"姓名,车牌\n雪松,测A":                 i18n.T("zh", "invitation.import_headers"),
			"邮箱,回复\na@example.com,来":       i18n.T("zh", "invitation.import_headers"),
			"姓名,邮箱\n雪松,a@@b":               i18n.T("zh", "invitation.email"),
			"姓名,邮箱\n雪松,a@b.cd\n雪松,c@d.ef":  i18n.T("zh", "invitation.import_twice", "name", "雪松"),
			"姓名,邮箱\n冷杉,a@b.cd":             i18n.T("zh", "invitation.import_unknown", "name", "冷杉"),
			"姓名,回复\n雪松,也许":                 i18n.T("zh", "invitation.import_answer", "cell", "也许"),
			"姓名,回复,随行人数\n雪松,来,100":         i18n.T("zh", "invitation.companions_range", "max", "20"),
			"姓名,回复,随行人数\n雪松,来,-1":          i18n.T("zh", "import.formula", "cell", "-1"),
			"姓名,邮箱,随行人数\n雪松,,3":            i18n.T("zh", "invitation.import_no_answer"),
			"姓名,邮箱\n雪松,=cmd|' /C calc'!A0": i18n.T("zh", "import.formula", "cell", "=cmd|' /C calc'!A0"),
			"姓名,邮箱\n\"雪松,a@b.cd":           i18n.T("zh", "import.quotes"),
			"姓名,邮箱\n雪松,a@b.cd,c":           "",
			"姓名,回复,到达时间\n雪松,来,昨天":          i18n.T("zh", "field.time"),
			"姓名,邮箱\n":                      i18n.T("zh", "import.empty"),
		} {
			a := c.send("POST", path+"/import", form("text", text), "HX-Request", "true", "Idempotency-Key", store.NewID(), "Accept", "application/json")
			if a.status != 422 || !strings.Contains(a.body, want) {
				t.Errorf("%q: %d, not %q: %.300s", text, a.status, want, a.body)
			}
		}
		c.does("POST", path+"/import", form("text", "name,reply,diet,arrives at\n雪松,yes,\"No nuts, Halal, tea\","+time.Now().Format("2006/1/2 15:04")+"\n"))
		if x := invited(); x.Diets != "halal,nut_free" || x.DietNote != "tea" {
			t.Errorf("%+v", x.Reply)
		}
		if x := c.send("POST", path+"/import", form("text", "姓名,邮箱\n雪松,a@b"), "HX-Request", "true", "Idempotency-Key", store.NewID()); !strings.Contains(x.body, "a@b</textarea>") {
			t.Error("what was pasted is gone")
		}
	})
}

// Two thousand guests: pages of the list, none of them heavy, and no more statements than for one.
func TestManyInvitations(t *testing.T) {
	s := start(t, setting{Hub: func(c *live.Config) { c.Poll, c.Clock, c.Recheck = time.Hour, time.Hour, time.Hour }})
	c := s.signIn(t, "supervisor")
	path := "/events/" + s.world.Event + "/invitations"
	c.does("PUT", "/events/"+s.world.Event+"/letter", form("subject_zh", "函", "zh", "{link}"+strings.Repeat("汉", 1490), "subject_en", "x", "en", "{link}"))
	count := func() (n int64, a *answer) {
		c.get(path)
		before := s.Store.Queries()
		a = c.get(path)
		return s.Store.Queries() - before, a
	}
	s.guests(t, s.world.Event, guest("雪松", ""))
	few, _ := count()
	var drafts []store.GuestDraft
	for n := range 2000 {
		drafts = append(drafts, guest(fmt.Sprint("来宾", n), ""))
	}
	s.guests(t, s.world.Event, drafts...)
	many, a := count()
	if many != few {
		t.Errorf("%d statements, %d for one guest", many, few)
	}
	t.Logf("%d KB, %d statements", len(a.body)>>10, many)
	if len(a.body) > 300<<10 {
		t.Errorf("%d KB", len(a.body)>>10)
	}
	if b := c.get(path + "?page=51").body; strings.Count(b, `<li class="inv"`) != 1 || !strings.Contains(b, "51/51") {
		t.Error("the last page")
	}
	if b := c.get(path + "?q=来宾1999").body; strings.Count(b, `<li class="inv"`) != 1 {
		t.Error("search over all pages")
	}
	for _, q := range []string{"?page=99999", "?page=-1", "?page=x", "?show=silent&page=3"} {
		c.get(path + q)
	}
	if a := c.send("GET", path+"?show=nonsense", nil); a.status != 404 {
		t.Error(a.status)
	}
}

// TestInvitationsAreLive: what guests and colleagues do is on the open pages as on fresh ones.
func TestInvitationsAreLive(t *testing.T) {
	both(t, func(t *testing.T, s *site) {
		list := s.guests(t, s.world.Event, guest("雪松", ""), guest("银杏", ""), guest("白桦", ""))
		path := "/events/" + s.world.Event + "/invitations"
		pages := []*openPage{open(s.signIn(t, "supervisor"), path), open(s.signIn(t, "head"), path+"?show=unsent"), open(s.signIn(t, "commander"), "/guests/"+list[0].ID+"/invitation"), open(s.signIn(t, "security"), "/events/"+s.world.Event+"/guests")}
		desk, nobody := s.signIn(t, "commander"), s.nobody()
		same := func(what string, which ...int) {
			t.Helper()
			for _, k := range which {
				for end := time.Now().Add(5 * time.Second); pages[k].differences() != ""; time.Sleep(20 * time.Millisecond) {
					if time.Now().After(end) {
						t.Fatalf("%s: page %d is not as a fresh one: %s", what, k, pages[k].differences())
					}
				}
			}
		}
		desk.does("PUT", "/guests/"+list[0].ID+"/invitation/sent", form("channel", "message"))
		same("sent", 0, 2)
		nobody.send("POST", "/g/"+s.guestToken(t, list[0])+"/opened", nil)
		nobody.send("POST", "/g/"+s.guestToken(t, list[0]), form("answer", "accepted", "companions", "3", "diets", "halal", "plate", "测A·9"))
		same("answered", 0, 2, 3)
		nobody.send("POST", "/g/"+s.guestToken(t, list[1]), form("answer", "declined"))
		same("declined", 0, 2, 3)
		desk.does("POST", "/guests/"+list[0].ID+"/confirmations", form("way", "phone", "result", "accepted", "spoke_to", "秘书"))
		same("confirmed", 0, 2)
		desk.does("POST", "/events/"+s.world.Event+"/guests", form("name", "水杉"))
		desk.does("DELETE", "/guests/"+list[2].ID, nil)
		same("another list", 0, 3)
		desk.does("PUT", "/events/"+s.world.Event+"/letter", form("subject_zh", "函", "zh", "新的 {link}", "subject_en", "x", "en", "{link}"))
		same("another letter", 0, 1, 2)
	})
}
