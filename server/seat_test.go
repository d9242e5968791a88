package server_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"huiwu/server/domain"
	"huiwu/server/store"
)

// A planner's day on the wire: plan, hosts, seats, the sentence beside the field, what is pushed, and what is printed.
func TestSeatPages(t *testing.T) {
	both(t, func(t *testing.T, s *site) {
		event := "/events/" + s.world.Event
		planner, other, cleaner := s.signIn(t, "supervisor"), s.signIn(t, "service"), s.signIn(t, "cleaning")
		guests := s.guests(t, s.world.Event, guest("杜仲", ""), guest("苏木", ""))
		planner.does("POST", event+"/hosts", form("hosts", "白鹭，董事长\n\nLi Ming, President\n朱鹮 总裁"))
		var made struct{ Created string }
		planner.json("POST", event+"/seats", form("layout", "dais", "name", "主席台", "seats", "5", "room_id", "R2"), &made)
		page := event + "/seats/" + made.Created
		k := other.watch("topic=event:" + s.world.Event + "&view=seats")
		planner.does("PUT", "/plans/"+made.Created+"/filling", nil, "HX-Current-URL", "http://x"+page)
		k.shows("plan-" + made.Created)
		html := other.get(page).body
		for _, name := range []string{"杜仲", "苏木", "白鹭", "Li Ming", "朱鹮", "总裁"} {
			if !strings.Contains(html, name) {
				t.Errorf("the plan does not name %s", name)
			}
		}
		// What a crew that does not meet guests may read names nobody.
		for _, path := range []string{event + "/log", event, "/activity"} {
			if a := cleaner.get(path); strings.Contains(a.body, "白鹭") || strings.Contains(a.body, "苏木") {
				t.Errorf("%s names who sits where", path)
			}
		}
		for _, x := range []struct{ field, value, key string }{{"seats", "0", "seat.range"}, {"seats", "500", "seat.range"}, {"seats", "x", "seat.number"}, {"split", "-", "seat.number"}, {"name", "主席台", "seat.plan_exists"}, {"layout", "sofa", "field.choose"}, {"room_id", "R9", "field.choose"}} {
			f := form("layout", "dais", "name", "二台", "seats", "5")
			f.Set(x.field, x.value)
			a := planner.act("POST", event+"/seats", f, "Accept", "application/json")
			var said struct{ Fields []domain.FieldError }
			if err := json.Unmarshal([]byte(a.body), &said); err != nil || a.status != http.StatusUnprocessableEntity || len(said.Fields) != 1 || said.Fields[0].Field != x.field || said.Fields[0].Key != x.key {
				t.Errorf("%s=%s: %d %s", x.field, x.value, a.status, a.body)
			}
		}
		// Paper.
		for what, want := range map[string]int{"cards": http.StatusOK, "plan": http.StatusOK, "list": http.StatusOK, "badges": http.StatusForbidden, "nothing": http.StatusNotFound} {
			a := other.send("GET", event+"/seats/print?what="+what+"&plan="+made.Created, nil)
			if a.status != want {
				t.Errorf("%s for an attendant: %d, want %d", what, a.status, want)
			}
		}
		if a := planner.send("GET", event+"/seats/print?what=cards&plan=none", nil); a.status != http.StatusNotFound {
			t.Error("a plan that is none:", a.status)
		}
		a := planner.get(event + "/seats/print?what=badges")
		token, err := s.Store.Token(t.Context(), domain.Pass{Kind: domain.PassGuest, ID: guests[0].ID})
		if err != nil || strings.Contains(a.body, token) || strings.Count(a.body, "badge-code") != 2 || a.header.Get("Cache-Control") != "no-store" {
			t.Errorf("badges: %v, %d codes, %s", err, strings.Count(a.body, "badge-code"), a.header.Get("Cache-Control"))
		}
		cards := planner.get(event + "/seats/print?what=cards&plan=" + made.Created).body
		if n := strings.Count(cards, "<span>Li Ming</span>"); n != 2 {
			t.Errorf("a name stands on %d faces of its card", n)
		}
		_, seq, _ := strings.Cut(cards, `name="seq" value="`)
		seq, _, _ = strings.Cut(seq, `"`)
		planner.does("POST", "/plans/"+made.Created+"/cards", form("seq", seq))
		if a := planner.get(event + "/seats/print?what=changed&plan=" + made.Created); !strings.Contains(a.body, "nothing") {
			t.Error("all cards are printed, and some are printed again")
		}
		// A guest who leaves and one who comes: only her card, and one item for the attendants each.
		planner.does("DELETE", "/guests/"+guests[1].ID, nil)
		s.guests(t, s.world.Event, store.GuestDraft{Guest: domain.Guest{Name: "连翘", Rank: 9}})
		list, err := s.Store.Seatables(t.Context(), s.world.Event)
		if err != nil {
			t.Fatal(err)
		}
		key := ""
		for _, p := range list {
			if p.Name == "连翘" {
				key = p.Key
			}
		}
		planner.does("PUT", "/plans/"+made.Created+"/newcomer", form("person", key))
		changed := planner.get(event + "/seats/print?what=changed&plan=" + made.Created).body
		if strings.Count(changed, `class="sheet tent"`) != 1 || !strings.Contains(changed, "连") {
			t.Errorf("%d changed cards", strings.Count(changed, `class="sheet tent"`))
		}
		if a := other.get(event + "/items"); strings.Count(a.body, "席位变动（主席台）") < 2 {
			t.Error("the attendants have no work of it")
		}
	})
}
