package domain_test

import (
	"math/rand/v2"
	"reflect"
	"testing"
	"time"

	"huiwu/server/domain"
)

func TestSum(t *testing.T) {
	now := clock("08:00")
	star := func(i domain.Item) domain.Item { i.Flag = domain.FlagBlocksReady; return i }
	closing := func(i domain.Item) domain.Item { i.Flag = domain.FlagBlocksClose; return i }
	in := func(crew domain.Crew, status domain.ItemStatus, due string) domain.Item {
		return domain.Item{Crew: crew, Status: status, DueAt: ptr(clock(due)), Phase: domain.PhasePre}
	}
	p := domain.Sum([]domain.Item{
		star(in(domain.CrewSVC, domain.ItemOpen, "07:00")), // late
		in(domain.CrewSVC, domain.ItemOpen, "08:30"),
		star(in(domain.CrewSVC, domain.ItemAccepted, "07:00")),
		star(in(domain.CrewCMD, domain.ItemDone, "07:00")),
		star(in(domain.CrewSVC, domain.ItemNotNeeded, "07:00")), // does not count as ★
		star(in(domain.CrewCLN, domain.ItemSubmitted, "07:00")),
		star(in(domain.CrewCLN, domain.ItemRejected, "07:30")), // not "late", and not what comes next either
		in(domain.CrewCLN, domain.ItemBlocked, "08:20"),
		closing(in(domain.CrewSVC, domain.ItemOpen, "11:30")),
		closing(in(domain.CrewSVC, domain.ItemAccepted, "11:30")),
		closing(in(domain.CrewSVC, domain.ItemNotNeeded, "11:30")),
		{Crew: domain.CrewENG, Status: domain.ItemOpen, Phase: domain.PhaseDuring}, // on call
	}, now)
	want := domain.Progress{
		Star: 5, StarDone: 2, Close: 2, CloseDone: 1, Total: 12, Settled: 5, Waiting: 1, Late: 1, Rejected: 1, Blocked: 1, NextDue: ptr(clock("08:20")),
		Crews: []domain.CrewProgress{
			{Crew: domain.CrewCMD, Total: 1, Settled: 1},
			{Crew: domain.CrewSVC, Total: 7, Settled: 4, Late: 1},
			{Crew: domain.CrewCLN, Total: 3, Waiting: 1, Rejected: 1, Blocked: 1},
			{Crew: domain.CrewENG, Total: 1},
		},
		Phases: map[string]int{domain.PhasePre: 5, domain.PhaseDuring: 1},
	}
	if !reflect.DeepEqual(p, want) {
		t.Errorf("got  %+v\nwant %+v", p, want)
	}
	equal(t, "missing", p.ReadyMissing(), 3)
	equal(t, "a third", domain.Percent(1, 3), 33)
	equal(t, "of nothing", domain.Percent(0, 0), 0)
}

// Lists sum in the database, by groups; pages sum items. Both must say the same.
func TestSumAgreesWithGroups(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	pick := func(n int) int { return r.IntN(n) }
	now := clock("08:00")
	for range 300 {
		var items []domain.Item
		type key struct {
			crew   domain.Crew
			status domain.ItemStatus
			flag   string
		}
		type group struct {
			n, late int
			next    *time.Time
		}
		groups := map[key]*group{}
		for range pick(40) {
			i := domain.Item{
				Crew: domain.Crews[pick(len(domain.Crews))], Status: statuses[pick(len(statuses))], Phase: domain.PhasePre,
				Flag: []string{"", domain.FlagBlocksReady, domain.FlagBlocksClose, domain.FlagCue}[pick(4)],
			}
			if pick(5) > 0 {
				i.DueAt = ptr(now.Add(time.Duration(pick(240)-120) * time.Second))
			}
			items = append(items, i)
			k := key{i.Crew, i.Status, i.Flag}
			if groups[k] == nil {
				groups[k] = &group{}
			}
			// What the query of the events list says, in Go.
			g, lateBefore := groups[k], now.Add(-time.Minute)
			g.n++
			if i.DueAt == nil {
				continue
			}
			if i.Status == domain.ItemOpen && i.DueAt.Before(lateBefore) {
				g.late++
			}
			if i.Open() && !i.DueAt.Before(lateBefore) && (g.next == nil || i.DueAt.Before(*g.next)) {
				g.next = i.DueAt
			}
		}
		var grouped domain.Progress
		for k, g := range groups {
			grouped.AddGroup(k.crew, k.status, k.flag, g.n, g.late, g.next)
		}
		sum := domain.Sum(items, now)
		sum.Phases = nil
		if !reflect.DeepEqual(sum, grouped) {
			t.Fatalf("items  %+v\ngroups %+v", sum, grouped)
		}
	}
}
