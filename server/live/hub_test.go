package live

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

func TestFrameIsRenderedOncePerKey(t *testing.T) {
	inBubble(t, func(t *testing.T, s *fakeSource, h *Hub) {
		var chinese, english []*page
		for i := range 20 {
			sub := at(zh, ev, 0)
			sub.Person = fmt.Sprint(i)
			chinese = append(chinese, open(t, h, sub))
			sub.Key = en
			english = append(english, open(t, h, sub))
		}
		synctest.Wait()
		for _, p := range append(chinese, english...) {
			p.forget()
		}
		h.Announce(s.commit(ev, "item:1", "item:2", "item:1"))
		synctest.Wait()

		for key, pages := range map[Key][]*page{zh: chinese, en: english} {
			want := `{"topic":"event:1","seq":3,"html":"<i id=\"item:1\" v=\"3\">` + key.Locale +
				`</i><i id=\"item:2\" v=\"2\">` + key.Locale + `</i>"}`
			first := pages[0].messages[0]
			for _, p := range pages {
				if len(p.messages) != 1 || string(p.messages[0]) != want {
					t.Fatalf("%s: got %q, want %q", key.Locale, p.messages, want)
				}
				if &p.messages[0][0] != &first[0] {
					t.Fatal("frame was copied for each socket")
				}
			}
		}
		if n := s.count("render"); n != 2 {
			t.Errorf("rendered %d times for two keys", n)
		}
		if n := s.count("changes"); n != 0 {
			t.Errorf("the log was read %d times although the message told all", n)
		}
		h.Announce(Message{Topic: ev, First: 1, Seq: 3, Subjects: []string{"item:1"}}) // doubled
		synctest.Wait()
		if n := s.count("render"); n != 2 {
			t.Errorf("a doubled message was rendered")
		}
	})
}

func TestMessagesOutOfOrderReadTheLog(t *testing.T) {
	inBubble(t, func(t *testing.T, s *fakeSource, h *Hub) {
		p := open(t, h, at(zh, ev, 0))
		first, second := s.commit(ev, "item:1"), s.commit(ev, "item:2")
		h.Announce(second)
		synctest.Wait()
		h.Announce(first)
		synctest.Wait()
		frames := p.all()
		if len(frames) != 1 || frames[0].Seq != 2 || len(frames[0].shows()) != 2 {
			t.Errorf("got %+v", frames)
		}
	})
}

func TestWhatArrivesWhileRenderingIsRenderedTogether(t *testing.T) {
	inBubble(t, func(t *testing.T, s *fakeSource, h *Hub) {
		p := open(t, h, at(zh, ev, 0))
		s.delay = 50 * time.Millisecond
		for i := range 100 {
			h.Announce(s.commit(ev, fmt.Sprintf("item:%d", i%7)))
			time.Sleep(time.Millisecond)
		}
		time.Sleep(time.Second)
		frames := p.all()
		if last := frames[len(frames)-1]; last.Seq != 100 {
			t.Errorf("ended at %d", last.Seq)
		}
		if n := s.count("render"); n > 4 {
			t.Errorf("rendered %d times in 150 ms at 50 ms each", n)
		}
	})
}

func TestNewKeyWhileRenderingMissesNothing(t *testing.T) {
	inBubble(t, func(t *testing.T, s *fakeSource, h *Hub) {
		open(t, h, at(zh, ev, 0))
		s.delay = 50 * time.Millisecond
		h.Announce(s.commit(ev, "item:1"))
		time.Sleep(20 * time.Millisecond)
		for i, key := range []Key{zh, en, {"fr", "items"}} {
			p := open(t, h, at(key, ev, 0)) // the page was fetched before the act
			time.Sleep(time.Duration(20*i) * time.Millisecond)
			defer func() {
				time.Sleep(time.Second)
				if f := p.all(); len(f) != 1 || f[0].Seq != 1 || f[0].shows()["item:1"] != 1 {
					t.Errorf("%v got %+v", key, f)
				}
			}()
		}
	})
}

func TestKeyThatShowsNothingMovesOn(t *testing.T) {
	inBubble(t, func(t *testing.T, s *fakeSource, h *Hub) {
		s.empty[en] = true
		p := open(t, h, at(en, ev, 0))
		synctest.Wait()
		p.forget()
		h.Announce(s.commit(ev, "item:1"))
		synctest.Wait()
		if got := string(p.messages[0]); got != `{"topic":"event:1","seq":1}` {
			t.Errorf("got %s", got)
		}
	})
}

func TestCatchUp(t *testing.T) {
	tests := []struct {
		name    string
		commits int
		kept    int64
		since   int64
		reset   bool
		seq     int64 // of the first frame; 0: none
		shows   int
	}{
		{name: "new topic, page knows nothing"},
		{name: "nothing missed", commits: 5, since: 5},
		{name: "some missed", commits: 9, since: 5, seq: 9, shows: 4},
		{name: "same subject many times", commits: 30, since: 5, seq: 30, shows: 10},
		{name: "page knows nothing", commits: 5, reset: true, seq: 5},
		{name: "as many as are replayed", commits: 205, since: 5, seq: 205, shows: 10},
		{name: "one too many", commits: 206, since: 5, reset: true, seq: 206},
		{name: "older than the log", commits: 20, since: 5, kept: 6, reset: true, seq: 20},
		{name: "as old as the log", commits: 20, since: 5, kept: 5, seq: 20, shows: 10},
		{name: "from a future that was lost", commits: 5, since: 7, reset: true, seq: 5},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			inBubble(t, func(t *testing.T, s *fakeSource, h *Hub) {
				for i := range tt.commits {
					s.commit(ev, fmt.Sprintf("item:%d", i%10))
				}
				s.kept[ev] = tt.kept
				p := open(t, h, at(zh, ev, tt.since))
				synctest.Wait()
				frames := p.all()
				if tt.seq == 0 {
					if len(frames) != 0 {
						t.Fatalf("got %+v, want nothing", frames)
					}
				} else if len(frames) != 1 || frames[0].Seq != tt.seq || frames[0].Reset != tt.reset || len(frames[0].shows()) != tt.shows {
					t.Fatalf("got %+v", frames)
				}
				if hb := p.heartbeats(); len(hb) != 1 || hb[0].Heads[ev] != int64(tt.commits) {
					t.Errorf("heartbeat %+v", hb)
				}
			})
		})
	}
}

func TestCrowdSharesOneCatchUp(t *testing.T) {
	inBubble(t, func(t *testing.T, s *fakeSource, h *Hub) {
		for range 9 {
			s.commit(ev, "item:1")
		}
		for i := range 50 {
			sub := at(zh, ev, 5)
			sub.Person = fmt.Sprint(i)
			open(t, h, sub)
		}
		if n := s.count("render"); n != 1 {
			t.Errorf("rendered %d times", n)
		}
	})
}

func TestPageNewerThanTheRoomIsNotReset(t *testing.T) {
	inBubble(t, func(t *testing.T, s *fakeSource, h *Hub) {
		old := open(t, h, at(zh, ev, 0))
		s.commit(ev, "item:1") // its message is still on the way
		p := open(t, h, at(zh, ev, 1))
		time.Sleep(100 * time.Millisecond)
		for _, f := range append(old.all(), p.all()...) {
			if f.Reset {
				t.Errorf("reset: %+v", f)
			}
		}
		if n := len(old.all()); n != 1 {
			t.Errorf("the other page got %d frames, want the change", n)
		}
	})
}

func TestPageNewerThanTheRoomIsNotToldWhatItKnows(t *testing.T) {
	inBubble(t, func(t *testing.T, s *fakeSource, h *Hub) {
		old := open(t, h, at(zh, ev, 0))
		s.delay = 50 * time.Millisecond
		h.Announce(s.commit(ev, "item:1"))
		time.Sleep(20 * time.Millisecond) // being rendered
		s.commit(ev, "item:2")
		h.Announce(s.commit(ev, "item:3"))
		p := open(t, h, at(zh, ev, 3)) // fetched from an instance that is ahead
		time.Sleep(time.Second)
		if f := p.all(); len(f) != 0 {
			t.Errorf("told again: %+v", f)
		}
		if f := old.all(); len(f) != 2 || f[1].Seq != 3 {
			t.Errorf("the other page got %+v", f)
		}
		h.Announce(s.commit(ev, "item:4"))
		time.Sleep(time.Second)
		if f := p.all(); len(f) != 1 || f[0].Seq != 4 {
			t.Errorf("of the next change it got %+v", f)
		}
	})
}

func TestPageNewerThanTheDatabaseIsFetchedAndFollows(t *testing.T) {
	inBubble(t, func(t *testing.T, s *fakeSource, h *Hub) {
		h.Announce(s.commit(ev, "item:1"))
		p := open(t, h, at(zh, ev, 9)) // the database has lost the changes since
		time.Sleep(100 * time.Millisecond)
		h.Announce(s.commit(ev, "item:2"))
		time.Sleep(100 * time.Millisecond)
		if f := p.all(); len(f) != 2 || !f[0].Reset || f[1].Seq != 2 {
			t.Errorf("got %+v", f)
		}
	})
}

// lateHeads is a source whose first answer to where a topic stands takes long: on its way there, or on its way back.
type lateHeads struct {
	*fakeSource
	there, back time.Duration
	asked       atomic.Int32
}

func (s *lateHeads) Heads(ctx context.Context, topics []string) (map[string]int64, error) {
	first := slices.Contains(topics, ev) && s.asked.Add(1) == 1
	if first {
		time.Sleep(s.there)
	}
	heads, err := s.fakeSource.Heads(ctx, topics)
	if first {
		time.Sleep(s.back)
	}
	return heads, err
}

// Two sockets open a room at once on a slow database. The answer that comes later must not move the room: neither back to
// what was shown already nor past what was not.
func TestRoomIsOpenedOnce(t *testing.T) {
	for name, late := range map[string]*lateHeads{"back": {back: time.Second}, "past": {there: time.Second}} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				late.fakeSource = newFakeSource()
				h := startHub(t, Config{Source: late})
				late.commit(ev, "item:1")
				first := make(chan *page)
				go func() { first <- open(t, h, at(zh, ev, 1)) }()
				time.Sleep(300 * time.Millisecond)
				second := late.commit(ev, "item:2")
				p := open(t, h, at(zh, ev, 2))
				third := late.commit(ev, "item:3")
				if name == "back" {
					h.Announce(third)
				}
				<-first
				h.Announce(second) // on its way until now
				synctest.Wait()
				h.Announce(third)
				time.Sleep(100 * time.Millisecond)
				last, shown := int64(0), map[string]int64{}
				for _, f := range p.all() {
					if f.Seq < last || f.Reset {
						t.Errorf("%+v after %d", f, last)
					}
					last = f.Seq
					maps.Copy(shown, f.shows())
				}
				if last != 3 || shown["item:3"] != 3 {
					t.Errorf("the page is at %d and shows %v", last, shown)
				}
			})
		})
	}
}

// lossyBus forgets messages.
type lossyBus struct {
	Bus
	lose func(Message) bool
}

func (b *lossyBus) Publish(m Message) {
	if !b.lose(m) {
		b.Bus.Publish(m)
	}
}

// twoHubs returns two instances that share a source; what lose names does not
// get from one to the other.
func twoHubs(t *testing.T, s *fakeSource, lose func(Message) bool) (*Hub, *Hub) {
	t.Helper()
	broker := NewMemoryBroker()
	a := startHub(t, Config{Source: s, Bus: &lossyBus{broker.Bus(), lose}, Instance: "a"})
	b := startHub(t, Config{Source: s, Bus: &lossyBus{broker.Bus(), lose}, Instance: "b"})
	return a, b
}

func none(Message) bool { return false }
func all(Message) bool  { return true }

func TestOtherInstanceHears(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newFakeSource()
		a, b := twoHubs(t, s, none)
		here, there := open(t, a, at(zh, ev, 0)), open(t, b, at(zh, ev, 0))
		wall := open(t, b, at(zh, TopicBoard, 0))
		synctest.Wait()
		wall.forget()
		a.Announce(s.commit(ev, "item:1"))
		synctest.Wait()
		for _, p := range []*page{here, there} {
			if f := p.all(); len(f) != 1 || f[0].Seq != 1 {
				t.Errorf("got %+v", f)
			}
		}
		if f := wall.all(); len(f) != 1 || f[0].shows()[ev] != 1 {
			t.Errorf("board got %+v", f)
		}
	})
}

func TestLostMessageIsHealedByThePoll(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newFakeSource()
		a, b := twoHubs(t, s, all)
		p, wall := open(t, b, at(zh, ev, 0)), open(t, b, at(zh, TopicBoard, 0))
		s.commit("event:2", "item:9")
		a.Announce(s.commit(ev, "item:1"))
		time.Sleep(2*time.Second + 2*inFlight)
		synctest.Wait()
		if f := p.all(); len(f) != 1 || f[0].shows()["item:1"] != 1 {
			t.Errorf("got %+v", f)
		}
		if f := wall.all(); f[len(f)-1].shows()[ev] != 1 || f[len(f)-1].shows()["event:2"] != 1 {
			t.Errorf("board got %+v", f)
		}
		if n := b.Stats().Heals; n != 1 { // the board saw new events, which is no loss
			t.Errorf("%d heals", n)
		}
		a.Announce(s.commit(ev, "item:1"))
		time.Sleep(3 * time.Second)
		if n := b.Stats().Heals; n != 3 {
			t.Errorf("%d heals, want one more of the event and one of the board", n)
		}
	})
}

func TestNothingIsHealedWhenNothingIsLost(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newFakeSource()
		a, b := twoHubs(t, s, none)
		open(t, b, at(zh, ev, 0))
		open(t, a, at(zh, TopicBoard, 0))
		for range 1000 {
			m := s.commit(ev, "item:1")
			time.Sleep(3 * time.Millisecond) // between commit and announcement
			a.Announce(m)
		}
		if n := a.Stats().Heals + b.Stats().Heals; n != 0 {
			t.Errorf("%d heals", n)
		}
	})
}

func TestGapPollsAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newFakeSource()
		a, b := twoHubs(t, s, all)
		p := open(t, b, at(zh, ev, 0))
		a.Announce(s.commit(ev, "item:1"))
		b.gap()
		time.Sleep(gapPause + 2*inFlight) // long before the next poll by itself
		synctest.Wait()
		if f := p.all(); len(f) != 1 {
			t.Errorf("got %+v", f)
		}
	})
}

func TestSlowSocketIsClosedAndOthersAreNot(t *testing.T) {
	inBubble(t, func(t *testing.T, s *fakeSource, h *Hub) {
		quick := open(t, h, at(zh, ev, 0))
		conn, err := h.Join(at(zh, ev, 0))
		if err != nil {
			t.Fatal(err)
		}
		stuck := make(chan struct{})
		ended := make(chan error, 1)
		conn.Attach(func() {
			for {
				if _, err := conn.Next(); err != nil {
					ended <- err
					return
				}
				<-stuck
			}
		}, nil)
		for i := range 70 {
			h.Announce(s.commit(ev, fmt.Sprintf("item:%d", i)))
			synctest.Wait()
		}
		if n := len(quick.all()); n != 70 {
			t.Errorf("the quick page got %d of 70 frames", n)
		}
		close(stuck)
		if err := <-ended; !errors.Is(err, errSlow) {
			t.Errorf("the slow one ended with %v", err)
		}
		conn.Leave()
		if n := h.Stats().Slow; n != 1 {
			t.Errorf("%d slow sockets counted", n)
		}
		if quick.closedWith() != 0 {
			t.Error("the quick page was closed")
		}
	})
}

// The websocket belongs to its owner again when Leave returns.
func TestLeaveWaitsForTheWriter(t *testing.T) {
	inBubble(t, func(t *testing.T, _ *fakeSource, h *Hub) {
		conn, err := h.Join(at(zh, ev, 0))
		if err != nil {
			t.Fatal(err)
		}
		writing, left := make(chan struct{}), make(chan struct{})
		conn.Attach(func() { <-writing }, nil)
		go func() {
			conn.Leave()
			close(left)
		}()
		synctest.Wait()
		select {
		case <-left:
			t.Error("left while the writer writes")
		default:
		}
		close(writing)
		<-left
		conn.Attach(func() { t.Error("a writer started after the end") }, nil)
		conn.beat()
		synctest.Wait()
	})
}

func TestBacklogKeepsTheNewestOfASubject(t *testing.T) {
	inBubble(t, func(t *testing.T, s *fakeSource, h *Hub) {
		conn, err := h.Join(at(zh, ev, 0))
		if err != nil {
			t.Fatal(err)
		}
		for i := range 500 { // far more than the queue holds
			h.Announce(s.commit(ev, fmt.Sprintf("item:%d", i%5)))
			synctest.Wait()
		}
		message, err := conn.Next()
		if err != nil {
			t.Fatal(err)
		}
		frames := decode(t, message.text)
		if len(frames) != 6 { // the first heartbeat and one for each subject
			t.Fatalf("%d frames in the backlog: %+v", len(frames), frames)
		}
		for i, f := range frames[1:] {
			if f.Seq != int64(496+i) {
				t.Errorf("frame %d is at %d", i, f.Seq)
			}
		}
		conn.Leave()
	})
}

func TestBacklogLeavesInMessagesOfLimitedSize(t *testing.T) {
	inBubble(t, func(t *testing.T, s *fakeSource, h *Hub) {
		conn, err := h.Join(at(zh, ev, 0))
		if err != nil {
			t.Fatal(err)
		}
		for i := range 40 {
			h.Announce(s.commit(ev, fmt.Sprintf("item:%d%s", i, strings.Repeat("x", 4000))))
			synctest.Wait()
		}
		var messages, frames int
		for {
			message, err := conn.Next()
			if errors.Is(err, ErrIdle) {
				break
			}
			if len(message.text) > maxMessage {
				t.Errorf("message of %d bytes", len(message.text))
			}
			messages++
			frames += len(decode(t, message.text))
		}
		if frames != 41 || messages != 3 {
			t.Errorf("%d frames in %d messages", frames, messages)
		}
		conn.Leave()
	})
}

func TestRevokedSessionIsClosedOnAllInstances(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newFakeSource()
		a, b := twoHubs(t, s, none)
		sub := at(zh, ev, 0)
		here, there := open(t, a, sub), open(t, b, sub)
		sub.Session, sub.Person = "s2", "p2"
		other := open(t, b, sub)
		sub.Session = "s3"
		another := open(t, a, sub)

		a.CloseSession("s1")
		synctest.Wait()
		if here.closedWith() != CloseSession || there.closedWith() != CloseSession {
			t.Errorf("closed with %d here, %d there", here.closedWith(), there.closedWith())
		}
		if other.closedWith() != 0 || another.closedWith() != 0 {
			t.Error("others were closed, too")
		}
		a.ClosePerson("p2")
		synctest.Wait()
		if other.closedWith() != CloseRights || another.closedWith() != CloseRights {
			t.Errorf("closed with %d and %d", other.closedWith(), another.closedWith())
		}
		s.commit(ev, "item:1")
		a.Announce(Message{Topic: ev, First: 1, Seq: 1, Subjects: []string{"item:1"}})
		synctest.Wait()
		for _, p := range []*page{here, there, other, another} {
			if len(p.all()) != 0 {
				t.Error("a closed page was told of a change")
			}
		}
	})
}

func TestRecheckClosesWhatIsLost(t *testing.T) {
	inBubble(t, func(t *testing.T, s *fakeSource, h *Hub) {
		ended, hidden, unknown := at(zh, ev, 0), at(zh, "event:2", 0), at(zh, "event:3", 0)
		ended.Session, hidden.Session, unknown.Session = "ended", "hidden", "unknown"
		pages := []*page{open(t, h, ended), open(t, h, hidden), open(t, h, unknown)}
		s.mu.Lock()
		s.allowed = func(session string, topics []string, view string) error {
			switch session {
			case "ended":
				return fmt.Errorf("looked up: %w", ErrSession)
			case "hidden":
				if topics[0] != "event:2" || view != "items" {
					t.Errorf("asked for %v in %s", topics, view)
				}
				return ErrTopic
			}
			return errors.New("the database is away")
		}
		s.mu.Unlock()
		time.Sleep(31 * time.Second)
		for i, want := range []int{CloseSession, CloseTopic, 0} {
			if got := pages[i].closedWith(); got != want {
				t.Errorf("page %d closed with %d, want %d", i, got, want)
			}
		}
		if n := h.Stats().Revoked; n != 2 {
			t.Errorf("%d revoked", n)
		}
	})
}

func TestJoinAsksWhetherTheSessionLives(t *testing.T) {
	for err, code := range map[error]int{ErrSession: CloseSession, ErrTopic: CloseTopic, errors.New("away"): CloseLater} {
		inBubble(t, func(t *testing.T, s *fakeSource, h *Hub) {
			s.allowed = func(string, []string, string) error { return err }
			_, got := h.Join(at(zh, ev, 0))
			var end *CloseError
			if !errors.As(got, &end) || end.Code != code {
				t.Errorf("%v: got %v, want %d", err, got, code)
			}
			if st := h.Stats(); st.Sockets != 0 || st.Refused != 1 {
				t.Errorf("%+v", st)
			}
		})
	}
}

func TestSessionThatEndsWhileJoining(t *testing.T) {
	inBubble(t, func(t *testing.T, s *fakeSource, h *Hub) {
		s.allowed = func(session string, _ []string, _ string) error {
			h.CloseSession(session) // just after the database was asked
			return nil
		}
		if _, err := h.Join(at(zh, ev, 0)); !errors.Is(err, errEnded) {
			t.Errorf("got %v", err)
		}
	})
}

func TestJoinDuringAnOutageIsPutOff(t *testing.T) {
	inBubble(t, func(t *testing.T, s *fakeSource, h *Hub) {
		s.fail = func(method string, _ Key) error {
			if method == "heads" {
				return errors.New("database away")
			}
			return nil
		}
		if _, err := h.Join(at(zh, ev, 3)); !errors.Is(err, errNoAnswer) {
			t.Errorf("got %v", err)
		}
		s.mu.Lock()
		s.fail = func(string, Key) error { return nil }
		s.mu.Unlock()
		open(t, h, at(zh, ev, 0))
	})
}

func TestOldestSocketMakesRoom(t *testing.T) {
	inBubble(t, func(t *testing.T, _ *fakeSource, h *Hub) {
		var pages []*page
		for range 10 {
			pages = append(pages, open(t, h, at(zh, ev, 0)))
		}
		synctest.Wait()
		for i, p := range pages {
			want := 0
			if i < 2 {
				want = CloseTooMany
			}
			if got := p.closedWith(); got != want {
				t.Errorf("page %d closed with %d", i, got)
			}
		}
		wall := at(zh, TopicBoard, 0)
		wall.Person = ""
		for range 20 { // screens belong to nobody
			if p := open(t, h, wall); p.closedWith() != 0 {
				t.Error("a screen was closed")
			}
		}
	})
}

func TestFullInstanceRefuses(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := startHub(t, Config{Source: newFakeSource(), MaxSockets: 2})
		p := open(t, h, at(zh, ev, 0))
		open(t, h, at(zh, ev, 0))
		if _, err := h.Join(at(zh, ev, 0)); !errors.Is(err, errNoRoom) {
			t.Errorf("got %v", err)
		}
		p.conn.Leave()
		p.conn.Leave() // harmless
		open(t, h, at(zh, ev, 0))
	})
}

func TestHeartbeat(t *testing.T) {
	inBubble(t, func(t *testing.T, s *fakeSource, h *Hub) {
		s.commit(ev, "item:1")
		sub := at(zh, ev, 1)
		sub.Topics = append(sub.Topics, Subscription{TopicFloor, 0}, Subscription{TopicBoard, 0})
		p := open(t, h, sub)
		time.Sleep(time.Minute + time.Millisecond) // off the beat, wherever in the period it is
		h.Announce(s.commit(ev, "item:1"))
		time.Sleep(15 * time.Second)
		synctest.Wait()
		beats := p.heartbeats()
		if len(beats) != 6 {
			t.Fatalf("%d heartbeats in 75 s", len(beats))
		}
		for i, b := range beats {
			want := int64(1)
			if i == 5 {
				want = 2
			}
			if len(b.Heads) != 2 || b.Heads[ev] != want || b.Heads[TopicFloor] != 0 {
				t.Errorf("heartbeat %d: %+v", i, b)
			}
			if _, err := time.Parse("2006-01-02T15:04:05.000Z", b.Now); err != nil {
				t.Error(err)
			}
		}
	})
}

func TestHeartbeatNeverRunsAheadOfTheFrames(t *testing.T) {
	inBubble(t, func(t *testing.T, s *fakeSource, h *Hub) {
		s.delay = 3 * time.Millisecond
		for range 30 {
			s.commit(ev, "item:1")
		}
		go func() {
			for i := range 3000 {
				h.Announce(s.commit(ev, fmt.Sprintf("item:%d", i%9)))
				time.Sleep(7 * time.Millisecond)
			}
		}()
		p := open(t, h, at(zh, ev, 20))
		time.Sleep(25 * time.Second)
		synctest.Wait()
		seq := int64(0)
		for _, f := range p.frames {
			if f.Heads == nil {
				seq = f.Seq
			} else if f.Heads[ev] > seq {
				t.Errorf("heartbeat says %d, the page is at %d", f.Heads[ev], seq)
			}
		}
		if seq != 3030 {
			t.Errorf("ended at %d", seq)
		}
	})
}

func TestClockSendsWhatDiffers(t *testing.T) {
	inBubble(t, func(t *testing.T, s *fakeSource, h *Hub) {
		begin := time.Now()
		s.commit(ev, "item:1")
		s.clock = func(_ string, key Key) string {
			if key == en {
				return ""
			}
			return fmt.Sprintf("<b>%d</b>", time.Since(begin)/time.Minute)
		}
		p, nothing := open(t, h, at(zh, ev, 1)), open(t, h, at(en, ev, 1))
		time.Sleep(3*time.Minute + 30*time.Second)
		synctest.Wait()
		frames := p.all()
		if len(frames) != 4 || frames[3].HTML != "<b>3</b>" || frames[3].Seq != 1 {
			t.Errorf("got %+v", frames)
		}
		if n := len(nothing.all()); n != 0 {
			t.Errorf("%d frames for a key without clock", n)
		}
		calls := s.count("clock")
		for range 5 {
			late := open(t, h, at(zh, ev, 1)) // its page may be an hour old
			synctest.Wait()
			if f := late.all(); len(f) != 1 || f[0].HTML != "<b>3</b>" {
				t.Errorf("the late page got %+v", f)
			}
		}
		if n := s.count("clock") - calls; n != 1 {
			t.Errorf("the clock was asked %d times for five joins at once", n)
		}
		if n := len(p.all()); n != 4 {
			t.Errorf("the first page has %d frames", n)
		}
		time.Sleep(25 * time.Second)
		newer := open(t, h, at(zh, ev, 1)) // knows the fourth minute before the tick
		synctest.Wait()
		for _, page := range []*page{p, newer} {
			if f := page.all(); f[len(f)-1].HTML != "<b>3</b>" && f[len(f)-1].HTML != "<b>4</b>" {
				t.Errorf("got %+v", f)
			}
		}
	})
}

// TestClockRunsNotAhead: what a page joins with must not take it past changes that still wait behind it.
func TestClockRunsNotAhead(t *testing.T) {
	inBubble(t, func(t *testing.T, s *fakeSource, h *Hub) {
		s.commit(ev, "item:1")
		s.clock = func(string, Key) string { return "<b>late</b>" }
		open(t, h, at(zh, ev, 1))
		time.Sleep(time.Second) // what the first join was told is not given to the second
		synctest.Wait()
		var once sync.Once
		s.mu.Lock()
		s.fail = func(method string, _ Key) error {
			if method == "clock" {
				once.Do(func() { // a change is shown while the second page joins
					h.Announce(s.commit(ev, "item:2"))
					time.Sleep(100 * time.Millisecond)
				})
			}
			return nil
		}
		s.mu.Unlock()
		late := open(t, h, at(zh, ev, 1))
		synctest.Wait()
		var seqs []int64
		for _, f := range late.all() {
			seqs = append(seqs, f.Seq)
		}
		if !slices.Equal(seqs, []int64{1, 2}) {
			t.Errorf("frames came as %v", seqs)
		}
	})
}

func TestBoard(t *testing.T) {
	inBubble(t, func(t *testing.T, s *fakeSource, h *Hub) {
		for i := 1; i <= 3; i++ {
			s.commit(fmt.Sprintf("event:%d", i), "item:1")
		}
		wall := open(t, h, at(zh, TopicBoard, 0))
		synctest.Wait()
		if f := wall.all(); len(f) != 1 || len(f[0].shows()) != 3 || f[0].Seq != 0 || f[0].Reset {
			t.Fatalf("at first %+v", f)
		}
		wall.forget()

		start := time.Now()
		for i := range 500 { // a busy second
			h.Announce(s.commit(fmt.Sprintf("event:%d", 1+i%2), "item:1"))
			time.Sleep(2 * time.Millisecond)
		}
		time.Sleep(150 * time.Millisecond)
		frames := wall.all()
		if most := int(time.Since(start)/(100*time.Millisecond)) + 1; len(frames) > most || len(frames) < 9 {
			t.Errorf("%d frames in %v", len(frames), time.Since(start))
		}
		if last := frames[len(frames)-1].shows(); last["event:1"] != 251 || last["event:2"] != 251 || len(last) != 2 {
			t.Errorf("at last %v", last)
		}
		wall.forget()

		s.mu.Lock()
		s.board = map[string]bool{"event:1": true, "event:3": true} // a day went by
		s.mu.Unlock()
		time.Sleep(3 * time.Second)
		synctest.Wait()
		if f := wall.all(); len(f) != 1 || len(f[0].shows()) != 3 {
			t.Errorf("after the set changed %+v", f)
		}
		wall.forget()
		h.Announce(Message{Topic: TopicBoard})
		synctest.Wait()
		if f := wall.all(); len(f) != 1 || len(f[0].shows()) != 3 {
			t.Errorf("after a general message %+v", f)
		}
		wall.forget()
		time.Sleep(10 * time.Second)
		if f := wall.all(); len(f) != 0 {
			t.Errorf("in quiet %+v", f)
		}
	})
}

func TestBrokenKeyDoesNotHoldUpTheOthers(t *testing.T) {
	inBubble(t, func(t *testing.T, s *fakeSource, h *Hub) {
		good, bad := open(t, h, at(zh, ev, 0)), open(t, h, at(en, ev, 0))
		s.mu.Lock()
		s.fail = func(method string, key Key) error {
			if method == "render" && key == en {
				panic("nil pointer in a template")
			}
			return nil
		}
		s.mu.Unlock()
		h.Announce(s.commit(ev, "item:1"))
		synctest.Wait()
		if f := good.all(); len(f) != 1 || f[0].Reset {
			t.Errorf("good key got %+v", f)
		}
		if f := bad.all(); len(f) != 1 || !f[0].Reset || f[0].Seq != 1 {
			t.Errorf("bad key got %+v", f)
		}
	})
}

func TestBrokenBoardAsksForThePage(t *testing.T) {
	inBubble(t, func(t *testing.T, s *fakeSource, h *Hub) {
		s.fail = func(method string, _ Key) error {
			if method == "render" {
				return errors.New("broken template")
			}
			return nil
		}
		p := open(t, h, at(zh, TopicBoard, 0))
		synctest.Wait()
		if f := p.all(); len(f) != 1 || !f[0].Reset {
			t.Errorf("got %+v", f)
		}
	})
}

func TestOutageDoesNotFillTheLog(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newFakeSource()
		var lines countingWriter
		h := startHub(t, Config{Source: s, Logger: slog.New(slog.NewTextHandler(&lines, nil))})
		for i := range 200 {
			sub := at(zh, EventTopic(fmt.Sprint(i)), 0)
			sub.Person = ""
			open(t, h, sub)
		}
		s.mu.Lock()
		s.fail = func(string, Key) error { return errors.New("database away") }
		s.mu.Unlock()
		for i := range 200 {
			h.Announce(s.commit(EventTopic(fmt.Sprint(i)), "item:1"))
		}
		time.Sleep(20 * time.Second)
		if n := lines.n.Load(); n == 0 || n > 21 {
			t.Errorf("%d lines in 20 s", n)
		}
	})
}

type countingWriter struct{ n atomic.Int64 }

func (w *countingWriter) Write(p []byte) (int, error) {
	w.n.Add(1)
	return len(p), nil
}

func TestFailedRenderingIsTriedAgain(t *testing.T) {
	inBubble(t, func(t *testing.T, s *fakeSource, h *Hub) {
		p, wall := open(t, h, at(zh, ev, 0)), open(t, h, at(zh, TopicBoard, 0))
		synctest.Wait()
		wall.forget()
		until := time.Now().Add(5 * time.Second)
		s.mu.Lock()
		s.fail = func(string, Key) error {
			if time.Now().Before(until) {
				return errors.New("database away")
			}
			return nil
		}
		s.mu.Unlock()
		h.Announce(s.commit(ev, "item:1"))
		time.Sleep(7 * time.Second)
		if f := p.all(); len(f) != 1 || f[0].Reset || f[0].shows()["item:1"] != 1 {
			t.Errorf("got %+v", f)
		}
		if f := wall.all(); len(f) == 0 || f[0].Reset || f[0].shows()[ev] != 1 {
			t.Errorf("board got %+v", f)
		}
		if h.Stats().Failures == 0 {
			t.Error("failures not counted")
		}
	})
}

func TestRenderingThatNeverWorksBecomesAReset(t *testing.T) {
	inBubble(t, func(t *testing.T, s *fakeSource, h *Hub) {
		p := open(t, h, at(zh, ev, 0))
		s.mu.Lock()
		s.fail = func(method string, _ Key) error {
			if method == "render" {
				return errors.New("broken template")
			}
			return nil
		}
		s.mu.Unlock()
		h.Announce(s.commit(ev, "item:1"))
		time.Sleep(15 * time.Second)
		if f := p.all(); len(f) != 1 || !f[0].Reset {
			t.Errorf("got %+v", f)
		}
	})
}

func TestBulkActAsksForThePage(t *testing.T) {
	inBubble(t, func(t *testing.T, s *fakeSource, h *Hub) {
		p := open(t, h, at(zh, ev, 0))
		var subjects []string
		for i := range 300 {
			subjects = append(subjects, fmt.Sprintf("guest:%d", i))
		}
		h.Announce(s.commit(ev, subjects[:150]...))
		synctest.Wait()
		h.Announce(s.commit(ev, subjects...))
		synctest.Wait()
		f := p.all()
		if len(f) != 2 || f[0].Reset || len(f[0].shows()) != 150 || !f[1].Reset || f[1].Seq != 450 {
			t.Errorf("got %d frames", len(f))
		}
	})
}

func TestEmptyRoomIsGivenUp(t *testing.T) {
	inBubble(t, func(t *testing.T, s *fakeSource, h *Hub) {
		bus := h.cfg.Bus.(*MemoryBus)
		p := open(t, h, at(zh, ev, 0))
		p.conn.Leave()
		h.Announce(s.commit(ev, "item:1"))
		time.Sleep(10 * time.Second)
		if !bus.watches(ev) {
			t.Error("given up while the person goes from page to page")
		}
		if n := s.count("render"); n != 0 {
			t.Errorf("rendered %d times for nobody", n)
		}
		p = open(t, h, at(zh, ev, 1))
		synctest.Wait()
		if f := p.all(); len(f) != 0 {
			t.Errorf("got %+v", f)
		}
		p.conn.Leave()
		time.Sleep(40 * time.Second)
		if bus.watches(ev) || h.Stats().Rooms != 0 {
			t.Error("never given up")
		}
	})
}

func TestShutdownSendsAllAway(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := startHub(t, Config{Source: newFakeSource()})
		var pages []*page
		for range 5 {
			p := open(t, h, at(zh, ev, 0))
			pages = append(pages, p)
			go func() {
				for p.closedWith() == 0 {
					time.Sleep(time.Millisecond)
				}
				p.conn.Leave()
			}()
		}
		if err := h.Shutdown(t.Context()); err != nil {
			t.Fatal(err)
		}
		for _, p := range pages {
			if p.closedWith() != CloseRestart {
				t.Errorf("closed with %d", p.closedWith())
			}
		}
		if _, err := h.Join(at(zh, ev, 0)); !errors.Is(err, errRestart) {
			t.Errorf("joined after the shutdown: %v", err)
		}
		h.Announce(Message{Topic: ev, First: 1, Seq: 1}) // acts under way still publish
		if n := h.Stats().Bus.Published; n != 2 {
			t.Errorf("published %d", n)
		}
	})
}

func TestFrameLatencyIsTold(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newFakeSource()
		var took []time.Duration
		h := startHub(t, Config{Source: s, OnFrame: func(d time.Duration) { took = append(took, d) }})
		open(t, h, at(zh, ev, 0))
		s.delay = 30 * time.Millisecond
		h.Announce(s.commit(ev, "item:1"))
		time.Sleep(10 * time.Millisecond)
		h.Announce(s.commit(ev, "item:2"))
		time.Sleep(time.Second)
		synctest.Wait()
		if len(took) != 2 || took[0] != 30*time.Millisecond || took[1] < 30*time.Millisecond || took[1] > 50*time.Millisecond {
			t.Errorf("took %v", took)
		}
	})
}
