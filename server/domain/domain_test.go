package domain_test

import (
	"fmt"
	"testing"
	"time"

	"huiwu/server/domain"
)

// shanghai is the site's zone; it has no daylight saving time.
var shanghai = time.FixedZone("UTC+8", 8*3600)

// on is a moment on site: "2026-03-18 09:00".
func on(s string) time.Time {
	t, err := time.ParseInLocation("2006-01-02 15:04", s, shanghai)
	if err != nil {
		panic(err)
	}
	return t.UTC()
}

// clock is a moment of the day of the visit.
func clock(s string) time.Time { return on("2026-03-18 " + s) }

func ptr[T any](v T) *T { return &v }

// visit is an event on 2026-03-18: arrival 08:30, start 09:00, break 10:10, end 11:20.
func visit(level int) *domain.Event {
	return &domain.Event{
		ID: "e", Name: "考察团座谈会", Type: "visit", Organiser: "办公室", Contact: "鹧鸪", Level: level, LevelReason: "省级来访",
		Secrecy: domain.SecrecyNormal, Status: domain.EventConfirmed, Heads: 60, CommanderID: "boss", Rooms: []domain.Room{{ID: "r"}},
		ArrivalAt: ptr(clock("08:30")), StartAt: clock("09:00"), EndAt: clock("11:20"), BreakAt: ptr(clock("10:10")),
	}
}

func numbers() func() string {
	n := 0
	return func() string { n++; return fmt.Sprint(n) }
}

// refusal is the key of a refusal; "" when there is none.
func refusal(err error) string {
	if err == nil {
		return ""
	}
	e, ok := domain.AsError(err)
	if !ok {
		return "fault: " + err.Error()
	}
	if len(e.Fields) > 0 {
		return e.Fields[0].Field + ":" + e.Fields[0].Key
	}
	return e.Key
}

// at shows a moment on site; "–" for none.
func at(t *time.Time) string {
	if t == nil {
		return "–"
	}
	return t.In(shanghai).Format("01-02 15:04")
}

func equal[T comparable](t *testing.T, what string, got, want T) {
	t.Helper()
	if got != want {
		t.Errorf("%s: got %v, want %v", what, got, want)
	}
}
