package store_test

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"huiwu/server/domain"
	"huiwu/server/store"
)

// Who may not register events or change rooms takes none from a workbook either; one that is wrong refuses all.
func TestImportRights(t *testing.T) {
	both(t, func(t *testing.T, w *world) {
		s, ctx := w.Store, t.Context()
		start := s.Now().Add(48 * time.Hour)
		list := []store.EventDraft{{Event: domain.Event{Name: "茶艺交流", Type: "meeting", Level: 4, Secrecy: domain.SecrecyNormal, StartAt: start, EndAt: start.Add(time.Hour)}, Rooms: []string{"R1"}}}
		rooms := []domain.Room{{Name: "竹厅", NameEn: "Bamboo", Floor: 1, Capacity: 9}}
		for _, who := range []string{"service", "control", "board"} {
			if _, err := s.ImportEvents(ctx, w.Act(who), list); !errors.Is(err, domain.ErrForbidden) {
				t.Errorf("%s makes events: %v", who, err)
			}
			if _, err := s.ImportRooms(ctx, w.Act(who), rooms); !errors.Is(err, domain.ErrForbidden) {
				t.Errorf("%s makes rooms: %v", who, err)
			}
		}
		wrong := append([]store.EventDraft{}, list[0], list[0], list[0])
		wrong[1].Event.Name, wrong[2].Event.Name, wrong[2].Rooms = "花艺交流", "", nil
		_, err := s.ImportEvents(ctx, w.Act("supervisor"), wrong)
		e, ok := domain.AsError(err)
		if !ok || len(e.Fields) != 2 || fmt.Sprint(e.Fields[0].Field, e.Fields[0].Line, e.Fields[0].Key, e.Fields[0].Args["row"], e.Fields[1].Field, e.Fields[1].Line) != "rooms2event.row_taken1name3" {
			t.Errorf("%+v", e)
		}
		if again := s.JudgeEvents(ctx, w.People["supervisor"], wrong); fmt.Sprint(again) != fmt.Sprint(err) {
			t.Errorf("a look says %v", again)
		}
		must(t)(s.ImportEvents(ctx, w.Act("supervisor"), list))
		must(t)(s.ImportRooms(ctx, w.Act("supervisor"), rooms))
		rooms = append(rooms, domain.Room{Name: "梅厅", NameEn: "Plum", Floor: 1, Capacity: 9}, domain.Room{Name: "兰厅", NameEn: "", Floor: 1, Capacity: 0})
		if _, err := s.ImportRooms(ctx, w.Act("supervisor"), rooms); err == nil {
			t.Error("a room without capacity is taken")
		}
		if list, err := s.Rooms(ctx); err != nil || len(list) != 4 {
			t.Errorf("%v %v", list, err)
		}
	})
}

// Two who import the same at once: the events are there once.
func TestImportsMeet(t *testing.T) {
	both(t, func(t *testing.T, w *world) {
		s, ctx := w.Store, t.Context()
		start := s.Now().Add(48 * time.Hour).Truncate(time.Minute)
		var list []store.EventDraft
		for n := range 5 {
			at := start.Add(time.Duration(n) * time.Hour)
			list = append(list, store.EventDraft{Event: domain.Event{Name: fmt.Sprint("观鸟 ", n), Type: "meeting", Level: 4, Secrecy: domain.SecrecyNormal, StartAt: at, EndAt: at.Add(time.Hour)}, Rooms: []string{"R1", "R2"}})
		}
		done := make(chan error, 3)
		for _, who := range []string{"supervisor", "commander", "head"} {
			go func() {
				_, err := s.ImportEvents(ctx, w.Act(who), list)
				done <- err
			}()
		}
		taken := 0
		for range 3 {
			if err := <-done; err == nil {
				taken++
			} else if e, ok := domain.AsError(err); !ok || len(e.Fields) != 5 || e.Fields[0].Key != "event.known" {
				t.Error(err)
			}
		}
		if taken != 1 {
			t.Errorf("%d were taken", taken)
		}
	})
}
