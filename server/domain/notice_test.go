package domain_test

import (
	"net/netip"
	"strings"
	"testing"
	"time"

	"huiwu/server/domain"
)

func hand(id string, role domain.Role, crew domain.Crew, relation domain.Relation, post domain.Position) domain.Hand {
	return domain.Hand{Viewer: domain.Viewer{Person: &domain.Person{ID: id, Role: role, Crew: crew}, Crew: crew, Relation: relation}, Post: post}
}

var hands = []domain.Hand{
	hand("boss", domain.RoleCommander, domain.CrewCMD, domain.RelationCommander, ""),
	hand("chief", domain.RoleSupervisor, domain.CrewSUP, domain.RelationCrew, ""),
	hand("named", domain.RoleCrewMember, domain.CrewSVC, domain.RelationAssigned, "lobby"),
	hand("unnamed", domain.RoleCrewMember, domain.CrewSVC, domain.RelationCrew, "lobby"),
	hand("guard1", domain.RoleCrewMember, domain.CrewSEC, domain.RelationCrew, "drop-off"),
	hand("guard2", domain.RoleCrewMember, domain.CrewSEC, domain.RelationCrew, ""),
	hand("cleaner", domain.RoleCrewMember, domain.CrewCLN, domain.RelationCrew, "lobby"),
	hand("stranger", domain.RoleCrewMember, domain.CrewPHO, domain.RelationNone, ""),
}

func TestAudience(t *testing.T) {
	now := time.Date(2026, 3, 18, 1, 0, 0, 0, time.UTC)
	today := &domain.Event{ID: "e", Status: domain.EventPreparing, Secrecy: domain.SecrecyNormal, StartAt: now.Add(2 * time.Hour), EndAt: now.Add(3 * time.Hour)}
	later := *today
	later.StartAt, later.EndAt = now.AddDate(0, 0, 3), now.AddDate(0, 0, 4)
	secret := *today
	secret.Secrecy = domain.SecrecySecret
	for _, x := range []struct {
		name  string
		e     *domain.Event
		t     domain.Trigger
		want  string
		quiet bool
	}{
		{"who is named stands for his crew", today, domain.Trigger{Crews: []domain.Crew{domain.CrewSVC}}, "named", false},
		{"nobody named: the whole crew", today, domain.Trigger{Crews: []domain.Crew{domain.CrewSEC}}, "guard1 guard2", false},
		{"the one whose item it is", today, domain.Trigger{Crews: []domain.Crew{domain.CrewSEC}, People: []string{"guard2"}}, "guard2", false},
		{"grave: commander and supervisor too", today, domain.Trigger{Crews: []domain.Crew{domain.CrewCLN}, Command: true}, "boss chief cleaner", false},
		{"everybody but who did it", today, domain.Trigger{By: "boss"}, "chief cleaner guard1 guard2 named", false},
		{"another day is quiet", &later, domain.Trigger{Crews: []domain.Crew{domain.CrewSVC}}, "named", true},
		{"work of now is not, whatever the day", &later, domain.Trigger{Crews: []domain.Crew{domain.CrewSVC}, Working: true}, "named", false},
		{"secret: the named and the overseers", &secret, domain.Trigger{}, "boss chief named", false},
		{"guests: who stands there and may see them", today, domain.Trigger{Kind: domain.NoticeGuest, Post: "lobby", Working: true}, "named", false},
		{"guests going nowhere new", today, domain.Trigger{Kind: domain.NoticeGuest, Working: true}, "", false},
	} {
		var got []string
		for _, r := range x.t.Audience(x.e, hands, now, time.UTC) {
			got = append(got, r.PersonID)
			equal(t, x.name+": quiet", r.Quiet, x.quiet)
		}
		equal(t, x.name, strings.Join(got, " "), x.want)
	}
}

func TestClockTriggers(t *testing.T) {
	now := time.Date(2026, 3, 18, 1, 0, 0, 0, time.UTC)
	e := &domain.Event{ID: "e", Status: domain.EventPreparing}
	item := func(id string, crew domain.Crew, in time.Duration, change func(*domain.Item)) domain.Item {
		at := now.Add(in)
		i := domain.Item{ID: id, EventID: "e", Crew: crew, Zh: id, DueAt: &at, Status: domain.ItemOpen}
		if change != nil {
			change(&i)
		}
		return i
	}
	items := []domain.Item{
		item("a", domain.CrewSVC, 10*time.Minute, nil),
		item("b", domain.CrewSVC, 10*time.Minute, nil), // the same moment: one notice
		item("c", domain.CrewCLN, 10*time.Minute, nil),
		item("far", domain.CrewSVC, 16*time.Minute, nil),
		item("round", domain.CrewSVC, 6*time.Minute, func(i *domain.Item) { i.Every = 20 }),
		item("grace", domain.CrewENG, -30*time.Second, nil),
		item("late", domain.CrewENG, -2*time.Minute, nil),
		item("star", domain.CrewENG, -2*time.Minute, func(i *domain.Item) { i.Flag = domain.FlagBlocksReady }),
		item("old", domain.CrewENG, -3*time.Hour, nil),
		item("done", domain.CrewENG, -2*time.Minute, func(i *domain.Item) { i.Status = domain.ItemDone }),
	}
	var got []string
	for _, x := range domain.ClockTriggers(e, items, now) {
		s := string(x.Kind) + " " + strings.Join(x.Items, "+")
		if x.Grave {
			s += " grave"
		}
		got = append(got, s)
	}
	equal(t, "triggers", strings.Join(got, "; "), "due a+b; due c; due grace; late late; late star grave")
	e.Status = domain.EventDraft
	equal(t, "a draft", len(domain.ClockTriggers(e, items, now)), 0)
}

func TestLogTriggers(t *testing.T) {
	at := time.Date(2026, 3, 18, 1, 0, 0, 0, time.UTC)
	e := &domain.Event{ID: "e", Status: domain.EventConfirmed}
	rows := []domain.Change{
		{Seq: 1, Subject: "event:e", Verb: "event.start", Old: "a", New: "b", ReceivedAt: at, PersonID: "chief"},
		{Seq: 2, Subject: "event:e", Verb: "event.end", Old: "c", New: "d", ReceivedAt: at, PersonID: "chief"}, // the same act
		{Seq: 3, Subject: "event:e", Verb: "event.facts", ReceivedAt: at},
		{Seq: 4, Subject: "guest:g1", Verb: "guest.moved", Old: "expected", New: "gate", ReceivedAt: at},
		{Seq: 5, Subject: "guest:g2", Verb: "guest.moved", Old: "expected", New: "gate", ReceivedAt: at}, // the same party
		{Seq: 6, Subject: "guest:g1", Verb: "guest.moved", Old: "lobby", New: "gate", ReceivedAt: at.Add(1)},
		{Seq: 7, Subject: "item:i", Verb: "item.blocked", ReceivedAt: at}, // no ★
	}
	guests := map[string]*domain.Guest{"g1": {ID: "g1", EventID: "e", PartyID: "p"}, "g2": {ID: "g2", EventID: "e", PartyID: "p"}}
	got := domain.LogTriggers(e, rows, map[string]*domain.Item{"i": {ID: "i", EventID: "e"}}, guests)
	equal(t, "triggers", len(got), 2)
	equal(t, "one change", got[0].Args["n"]+" "+got[0].Args["verb"], "2 event.start")
	equal(t, "one party", string(got[1].Post), "drop-off")
}

func TestPublicAddress(t *testing.T) {
	for a, want := range map[string]bool{
		"8.8.8.8": true, "2400:3200::1": true, "127.0.0.1": false, "10.1.2.3": false, "172.16.0.1": false, "192.168.1.1": false, "169.254.169.254": false,
		"100.64.0.1": false, "::1": false, "fe80::1": false, "fd00::1": false, "::ffff:10.0.0.1": false, "0.0.0.0": false, "224.0.0.1": false, "64:ff9b::a00:1": false,
	} {
		equal(t, a, domain.PublicAddress(netip.MustParseAddr(a)), want)
	}
}
