package chaos

import (
	"fmt"
	"math/rand/v2"
	"time"
)

// kind is what goes wrong.
type kind string

const (
	killInstance   kind = "instance killed (-9)"
	stopInstance   kind = "instance stopped politely"
	freezeInstance kind = "instance frozen"
	pgFast         kind = "PostgreSQL restarted (fast)"
	pgImmediate    kind = "PostgreSQL restarted (immediate)"
	pgCrash        kind = "PostgreSQL backend killed (-9)"
	pgFreeze       kind = "PostgreSQL frozen"
	slowDisk       kind = "slow disk"
	pgCut          kind = "network to PostgreSQL cut"
	pgStall        kind = "network to PostgreSQL stalled"
	pgSlow         kind = "network to PostgreSQL slow"
	redisKill      kind = "Redis killed (-9)"
	redisFreeze    kind = "Redis frozen"
	redisCut       kind = "network to Redis cut"
	redisStall     kind = "network to Redis stalled"
	offline        kind = "phones offline"
	portal         kind = "phones behind a login page"
	clockJump      kind = "phones' clocks jump"
	pageKilled     kind = "pages killed while sending"
	signedOut      kind = "phones signed out"
)

var kinds = []kind{
	killInstance, stopInstance, freezeInstance, pgFast, pgImmediate, pgCrash, pgFreeze, slowDisk, pgCut, pgStall, pgSlow,
	redisKill, redisFreeze, redisCut, redisStall, offline, portal, clockJump, pageKilled, signedOut,
}

// frozen is the longest that an instance stays frozen, and what else has no length of its own.
const frozen = 2500 * time.Millisecond

// fault is one thing that goes wrong, and when: after the one before.
type fault struct {
	kind   kind
	pause  time.Duration // since the fault before began
	length time.Duration // until it is healed
	target int           // which instance, or which backend
	phones []int
	jump   time.Duration
}

func (f fault) String() string {
	s := fmt.Sprintf("%s for %v", f.kind, f.length.Round(time.Millisecond))
	switch f.kind {
	case offline, portal, clockJump, pageKilled, signedOut:
		s += fmt.Sprintf(", phones %v", f.phones)
	case pgFast, pgImmediate, pgFreeze, slowDisk, redisKill, redisFreeze:
	default:
		s += fmt.Sprintf(", %c", 'a'+f.target%2)
	}
	if f.jump != 0 {
		s += fmt.Sprintf(", by %v", f.jump.Round(time.Second))
	}
	return s
}

// plan gives fault after fault; the seed says which. Every kind comes once in each round.
type plan struct {
	rand   *rand.Rand
	phones int
	round  []kind
}

func newPlan(seed uint64, phones int) *plan {
	return &plan{rand: rand.New(rand.NewPCG(seed, 0)), phones: phones}
}

func (p *plan) between(from, to time.Duration) time.Duration {
	return from + time.Duration(p.rand.Int64N(int64(to-from)))
}

func (p *plan) next() fault {
	if len(p.round) == 0 {
		p.round = append(p.round, kinds...)
		p.rand.Shuffle(len(p.round), func(a, b int) { p.round[a], p.round[b] = p.round[b], p.round[a] })
	}
	f := fault{kind: p.round[0], pause: p.between(100*time.Millisecond, 800*time.Millisecond), target: p.rand.IntN(100)}
	p.round = p.round[1:]
	f.length = p.between(200*time.Millisecond, frozen)
	switch f.kind {
	case pgFreeze, pgStall, redisStall: // longer than anybody's patience, now and then
		f.length = p.between(time.Second, 7*time.Second)
	case offline, portal, clockJump:
		f.length = p.between(time.Second, 8*time.Second)
	case pgFast, pgImmediate:
		f.length = p.between(0, time.Second)
	}
	for range 1 + p.rand.IntN(10) {
		f.phones = append(f.phones, p.rand.IntN(p.phones))
	}
	if f.kind == clockJump {
		f.jump = p.between(time.Minute, 2*time.Hour)
		if p.rand.IntN(2) == 0 {
			f.jump = -f.jump
		}
	}
	return f
}
