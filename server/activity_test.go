package server_test

import (
	"strings"
	"testing"
)

// TestActivityShowsAnActAsOneLine: three guests moved with one tap are one line with the party's name, on the page, in
// the event's log and on the commander's board; and the page hears of it.
func TestActivityShowsAnActAsOneLine(t *testing.T) {
	both(t, func(t *testing.T, s *site) {
		event := s.world.Event
		g := s.guests(t, event, guest("雪松", "2号车"), guest("银杏", "2号车"), guest("水杉", "2号车"))
		security, supervisor, cleaner := s.signIn(t, "security"), s.signIn(t, "supervisor"), s.signIn(t, "cleaning")
		mine := security.watch("view=activity&topic=event:" + event)
		building := supervisor.watch("view=activity&topic=board")
		security.does("PUT", "/parties/"+g[0].PartyID+"/position", form("position", "gate"))
		mine.wait("the signal", func(f frame) bool { return strings.Contains(f.HTML, "data-refetch") })
		building.wait("the signal", func(f frame) bool { return strings.Contains(f.HTML, "data-refetch") })
		for _, x := range []struct {
			who  *client
			path string
		}{{security, "/activity"}, {supervisor, "/activity"}, {supervisor, "/events/" + event + "/log"}, {supervisor, "/events/" + event + "/board"}} {
			page := x.who.get(x.path).body
			if n := strings.Count(page, "2号车 3 位"); n != 1 {
				t.Errorf("%s of %s has the move %d times", x.path, x.who.as, n)
			}
			if !strings.Contains(page, "雪松、银杏、水杉") {
				t.Errorf("%s of %s does not open to the names", x.path, x.who.as)
			}
		}
		if page := cleaner.get("/activity").body; strings.Contains(page, "2号车") || strings.Contains(page, "雪松") {
			t.Error("a cleaner reads of guests")
		}
		if page := supervisor.get("/activity?before=1").body; strings.Contains(page, "2号车") || !strings.Contains(page, "data-topics=\"[]\"") {
			t.Error("a page of older things has none before the beginning, and does not watch")
		}
		for _, odd := range []string{"x", "-1", "99999999999999999999", "9223372036854775807"} {
			supervisor.get("/activity?before=" + odd)
		}
	})
}
