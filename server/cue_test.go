package server_test

import (
	"slices"
	"strings"
	"testing"

	"huiwu/server/domain"
)

// TestCuesOfMyDay: what a crew was told stands first on the day of each of its
// people, and of nobody else, until one of them says that he knows.
func TestCuesOfMyDay(t *testing.T) {
	both(t, func(t *testing.T, s *site) {
		w := s.world
		guests := s.guests(t, w.Event, guest("杜若", ""))
		cues, err := s.Store.Cues(t.Context(), w.Event)
		if err != nil {
			t.Fatal(err)
		}
		told := map[domain.Crew]domain.Cue{}
		for _, cue := range cues {
			if cue.Cause == domain.CauseGate {
				told[cue.Crew] = cue
			}
		}
		mine, others := told[domain.CrewSVC], told[domain.CrewSEC]
		shows := func(who string, cue domain.Cue) bool {
			t.Helper()
			return strings.Contains(s.signIn(t, who).get("/today", "Accept", "text/html").body, `id="my-cue-`+cue.ID+`"`)
		}
		check := func(when string, service, service2, guard bool) {
			t.Helper()
			for who, want := range map[string]bool{"service": service, "service2": service2, "cleaning": false, "supervisor": false} {
				if got := shows(who, mine); got != want {
					t.Errorf("%s, %s sees the attendants' cue: %v", when, who, got)
				}
			}
			if got := shows("security", others); got != guard || shows("security", mine) {
				t.Errorf("%s, a guard sees his own cue: %v", when, got)
			}
		}
		check("before", false, false, false)
		k := s.signIn(t, "service2").watch("topic=event:" + w.Event + "&view=today")
		s.signIn(t, "security").does("PUT", "/guests/"+guests[0].ID+"/position", form("position", string(domain.PositionGate)))
		k.wait("the page is asked to fetch itself again", func(f frame) bool { return strings.Contains(f.HTML, "data-refetch") })
		check("at the gate", true, true, true)
		s.signIn(t, "service2").does("PUT", "/cues/"+mine.ID+"/acknowledgement", nil)
		check("acknowledged", false, false, true)
	})
}

// TestCueIsSaidOnce: the bar over every page says a grave cue; on the day, where it is a card of its own, it does not.
func TestCueIsSaidOnce(t *testing.T) {
	told(t, func(t *testing.T, s *site, _ *outside) {
		w := s.world
		guests := s.guests(t, w.Event, guest("杜若", ""))
		service := s.signIn(t, "service")
		own := domain.PersonTopic(w.People["service"].ID)
		today, items := service.watch("topic="+own+"&view=today"), service.watch("topic="+own+"&view=items")
		s.signIn(t, "security").does("PUT", "/guests/"+guests[0].ID+"/position", form("position", string(domain.PositionGate)))
		service.notice(domain.NoticeCue)
		bar := func(html string) bool { // of any cue that she was told
			list, err := s.Store.Notices(t.Context(), w.People["service"].ID, 50)
			return err == nil && slices.ContainsFunc(list, func(n domain.Notice) bool {
				return n.Kind == domain.NoticeCue && strings.Contains(html, `id="grave-`+n.ID+`"`)
			})
		}
		items.wait("the bar on other pages", func(f frame) bool { return bar(f.HTML) })
		today.wait("the bell on the day", func(f frame) bool {
			return strings.Contains(f.HTML, `id="bell"`) && strings.Contains(f.HTML, "has-open")
		})
		if bar(today.markup()) {
			t.Error("pushed to the day as well")
		}
		page := service.get("/today", "Accept", "text/html").body
		cues, err := s.Store.OpenCues(t.Context(), []string{w.Event})
		if err != nil {
			t.Fatal(err)
		}
		cards := 0
		for _, cue := range cues {
			n := strings.Count(page, `id="my-cue-`+cue.ID+`"`)
			if cards += n; n > 1 || cue.Crew == domain.CrewSVC && n == 0 {
				t.Errorf("%s stands %d times", cue.Zh, n)
			}
		}
		if bar(page) || cards == 0 {
			t.Errorf("%d cards; in the bar as well: %v", cards, bar(page))
		}
		if page := service.get("/events", "Accept", "text/html").body; !bar(page) {
			t.Error("other pages do not say it")
		}
	})
}
