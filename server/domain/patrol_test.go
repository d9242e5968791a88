package domain_test

import (
	"strings"
	"testing"

	"huiwu/server/domain"
)

func TestNewPatrol(t *testing.T) {
	p, err := domain.NewPatrol("  外圈 ", domain.CrewSEC, 30, "东门\n\n  地库 \n楼顶\r\n")
	if err != nil || p.Name != "外圈" || len(p.Checkpoints) != 3 || p.Checkpoints[1].Name != "地库" || p.Checkpoints[2].Sort != 3 || p.RoundNo != 1 {
		t.Fatalf("%+v %v", p, err)
	}
	for field, in := range map[string]struct {
		name, lines string
		crew        domain.Crew
		every       int
	}{
		"name": {"", "东门", domain.CrewSEC, 0}, "crew": {"外圈", "东门", "XXX", 0}, "every": {"外圈", "东门", domain.CrewSEC, 1441},
		"checkpoints": {"外圈", " \n\n", domain.CrewSEC, 0},
	} {
		_, err := domain.NewPatrol(in.name, in.crew, in.every, in.lines)
		if e, ok := domain.AsError(err); !ok || len(e.Fields) != 1 || e.Fields[0].Field != field {
			t.Errorf("%s: %v", field, err)
		}
	}
	if _, err := domain.NewPatrol("外圈", domain.CrewSEC, 0, strings.Repeat("点\n", domain.CheckpointsMost+1)); err == nil {
		t.Error("a route of 41 places")
	}
}

func TestPatrolRounds(t *testing.T) {
	p, err := domain.NewPatrol("外圈", domain.CrewSEC, 30, "东门\n地库")
	if err != nil {
		t.Fatal(err)
	}
	arrival := clock("09:00")
	e := &domain.Event{StartAt: arrival, ArrivalAt: &arrival}
	equal(t, "the first is due so long after the arrival", *p.DueAt(e), clock("09:30"))
	one, two := &p.Checkpoints[0], &p.Checkpoints[1]
	mark := func(c *domain.Checkpoint, at, by, reason string, changed, round bool) {
		t.Helper()
		c1, r1 := p.Mark(c, domain.Doing{By: by, At: clock(at), Reason: reason}, reason == "")
		if c1 != changed || r1 != round {
			t.Errorf("%s at %s: changed %v, round %v", c.Name, at, c1, r1)
		}
	}
	mark(one, "09:10", "granite", "", true, false)
	mark(one, "09:11", "obsidian", "", false, false) // who was there first stands
	equal(t, "by", one.MarkedBy, "granite")
	equal(t, "left", p.Left(), 1)
	equal(t, "taken back", p.Unmark(one), true)
	equal(t, "twice", p.Unmark(one), false)
	mark(one, "09:12", "granite", "", true, false)
	mark(two, "09:20", "granite", "门锁着", true, true)
	equal(t, "round", p.RoundNo, 2)
	equal(t, "next", *p.DueAt(e), clock("09:50"))
	equal(t, "why", two.Skipped, "门锁着")
	equal(t, "a complete round stays", p.Unmark(two), false)
	equal(t, "left", p.Left(), 2)
	p.EveryMin = 0
	if p.DueAt(e) != nil {
		t.Error("due without an interval")
	}
}
