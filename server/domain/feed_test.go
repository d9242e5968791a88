package domain_test

import (
	"fmt"
	"testing"
	"time"

	"huiwu/server/domain"
)

// row is one row of the log; at tells acts apart.
func row(seq int64, at, verb, label, now string, more ...string) domain.Change {
	c := domain.Change{Topic: "event:e", EventID: "e", Seq: seq, Verb: verb, Label: label, New: now, ReceivedAt: clock(at), PersonID: "p"}
	if len(more) > 0 {
		c.Note = more[0]
	}
	return c
}

func TestWhatOneActDidToManyIsOneLine(t *testing.T) {
	rows := []domain.Change{
		row(9, "09:03", "event.arrived", "e", "09:03"),
		row(8, "09:03", "guest.moved", "丙", "gate"), row(7, "09:03", "guest.moved", "乙", "gate"), row(6, "09:03", "guest.moved", "甲", "gate"),
		row(5, "09:02", "guest.moved", "丁", "gate"),                                               // the same, but another act
		row(4, "09:01", "item.done", "话筒", "", "22"), row(3, "09:01", "item.done", "灯", "", "23"), // readings are not lost
		row(2, "09:01", "item.accepted", "灯", ""), row(1, "09:01", "item.done", "茶", "", "22"),
	}
	var got []string
	for _, l := range domain.Lines(rows) {
		s := fmt.Sprintf("%d %s×%d", l.Seq, l.Verb, l.N())
		for _, r := range l.Rows {
			s += r.Label
		}
		got = append(got, s)
	}
	want := []string{"9 event.arrived×1", "8 guest.moved×3甲乙丙", "5 guest.moved×1", "4 item.done×2茶话筒", "3 item.done×1", "2 item.accepted×1"}
	if fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("lines\n is   %q\n want %q", got, want)
	}
	if len(domain.Lines(nil)) != 0 {
		t.Error("nothing has no lines")
	}
}

func TestAWindowEndsWithAWholeAct(t *testing.T) {
	rows := []domain.Change{row(5, "09:02", "a", "", ""), row(4, "09:01", "a", "", ""), row(3, "09:01", "b", "", "")}
	for _, x := range []struct{ limit, want int }{{3, 1}, {4, 3}} {
		if n := len(domain.WholeActs(rows, x.limit)); n != x.want {
			t.Errorf("limit %d: %d rows, want %d", x.limit, n, x.want)
		}
	}
	if n := len(domain.WholeActs(rows[1:], 2)); n != 2 {
		t.Errorf("an act that fills the window alone has %d rows", n)
	}
	if !domain.Before(rows).Equal(clock("09:01")) || !domain.Before(nil).Equal(time.Time{}) {
		t.Error("the next page begins before the last row")
	}
}
