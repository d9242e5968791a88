package chaos

import (
	"context"
	"flag"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"huiwu/server/domain"
	"huiwu/server/store"
)

var (
	actsWanted = flag.Int("acts", 0, "how many acts; 0 = the short form")
	seedGiven  = flag.Uint64("seed", 0, "plays the plan of an earlier run again; 0 = a new one")
)

const (
	phoneCount = 50
	shortActs  = 1500
	shortTime  = 20 * time.Second // of the short form; who has not acted by then does not any more
	longPause  = 60 * time.Millisecond
	shortPause = 500 * time.Millisecond
	waiting    = 25 // acts in one outbox: people stop tapping when nothing seems to come through
)

// building is everything that runs.
type building struct {
	t         *testing.T
	pg        *postgres
	redis     *redis
	instances []*instance
	phones    []*phone
	world     *world
	store     *store.Store
	count     counts
	begun     time.Time

	pgLock, redisLock sync.Mutex // one fault at a time on each
	instanceLock      []sync.Mutex

	mu     sync.Mutex
	faults map[string]int // what is wrong whatever was broken, and how often
	deeds  []*deed
}

// fault notes what no broken thing excuses.
func (b *building) fault(format string, args ...any) {
	text := fmt.Sprintf(format, args...)
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.faults[text]++; b.faults[text] == 1 && len(b.faults) <= 30 {
		b.log("!! %s", text)
	}
}

func (b *building) log(format string, args ...any) {
	b.t.Logf("%6.1fs  %s", time.Since(b.begun).Seconds(), fmt.Sprintf(format, args...))
}

// TestChaos lets fifty phones act on two instances while everything breaks that can, and asks afterwards whether the books
// are right: docs/faults.md.
func TestChaos(t *testing.T) {
	if testing.Short() {
		t.Skip("takes a minute")
	}
	seed := *seedGiven
	if seed == 0 {
		seed = rand.Uint64()
	}
	acts, limit, pause := *actsWanted, time.Duration(0), longPause
	if acts == 0 {
		acts, limit, pause = shortActs, shortTime, shortPause
	}
	t.Logf("seed %d; the same plan again: make chaos SEED=%d ACTS=%d", seed, seed, *actsWanted)
	defer func() {
		if t.Failed() {
			t.Logf("failed with seed %d: make chaos SEED=%d ACTS=%d", seed, seed, *actsWanted)
		}
	}()

	b := build(t, seed)
	before := b.weigh()
	stop := make(chan struct{})
	var work sync.WaitGroup
	for _, p := range b.phones {
		work.Go(func() { p.drain(stop) })
		work.Go(func() { p.look(stop) })
	}
	b.settle("pages are open", time.Minute, b.deaf)

	acting := make(chan struct{})
	breaking := make(chan int)
	go func() { breaking <- b.breakThings(newPlan(seed, phoneCount), acting) }()
	b.act(seed, acts, limit, pause)
	close(acting)
	broken := <-breaking
	b.log("%d faults are healed", broken)

	b.settle("outboxes are empty", 2*time.Minute, func() string {
		n := 0
		for _, p := range b.phones {
			n += p.outbox.len()
		}
		if n == 0 {
			return ""
		}
		return fmt.Sprintf("%d acts wait", n)
	})
	b.settle("pages show what is so", 2*time.Minute, b.comparison())
	close(stop)
	work.Wait()
	for _, p := range b.phones {
		p.http.CloseIdleConnections()
	}

	l := readLedger(t, "pgx", b.pg.url(b.pg.addr()), b.store, b.world.events)
	bad := judge(b.deeds, l)
	for k, text := range bad {
		if k == 40 {
			t.Logf("… and %d more", len(bad)-k)
			break
		}
		t.Log(text)
	}
	for _, i := range b.instances {
		for k, line := range i.complaints() {
			if k < 5 {
				b.fault("%s: %s", i.name, line)
			}
		}
	}
	b.light(before)
	b.report(l, broken)
	if len(bad) > 0 || len(b.faults) > 0 {
		t.Errorf("%d rules broken, %d faults", len(bad), len(b.faults))
	}
}

// build starts everything.
func build(t *testing.T, seed uint64) *building {
	b := &building{t: t, begun: time.Now(), faults: map[string]int{}, instanceLock: make([]sync.Mutex, 2)}
	b.pg, b.redis = startPostgres(t), startRedis(t)
	b.store = openStore(t, b.pg.url(b.pg.addr()))
	b.world = found(t, b.store, phoneCount)
	login := httptest.NewServer(http.HandlerFunc(hotel))
	t.Cleanup(login.Close)
	binary := program(t)
	var addrs []string
	for _, name := range []string{"a", "b"} {
		i := newInstance(t, name, binary, b.pg, b.redis)
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		err := i.start(ctx)
		cancel()
		if err != nil {
			t.Fatal(err)
		}
		b.instances, addrs = append(b.instances, i), append(addrs, i.addr)
	}
	for n := range phoneCount {
		p := newPhone(seed, n, b.world, addrs, login.Listener.Addr().String(), &b.count, b.fault)
		b.phones = append(b.phones, p)
	}
	// Two hundred hashes at once are not what is proved here: sign-ins are few at a time.
	var work sync.WaitGroup
	turns := make(chan struct{}, 4)
	for _, p := range b.phones {
		work.Go(func() {
			turns <- struct{}{}
			defer func() { <-turns }()
			for try := 0; !p.signIn(); try++ {
				if try == 20 {
					b.fault("phone %d cannot sign in", p.n)
					return
				}
				time.Sleep(500 * time.Millisecond)
			}
		})
	}
	work.Wait()
	if len(b.faults) > 0 {
		t.FailNow()
	}
	b.log("two instances, %d phones", phoneCount)
	return b
}

// hotel answers everything as the login page of a hotel's network does, each time in another way.
func hotel(w http.ResponseWriter, r *http.Request) {
	_, _ = io.Copy(io.Discard, r.Body)
	switch rand.IntN(4) {
	case 0:
		http.Redirect(w, r, "http://wifi.invalid/login", http.StatusFound)
	case 1:
		w.WriteHeader(http.StatusNetworkAuthenticationRequired)
	case 2:
		w.WriteHeader(http.StatusBadGateway)
	default:
		_, _ = io.WriteString(w, "<html><body>欢迎使用酒店网络</body></html>")
	}
}

// act lets everybody do his share.
func (b *building) act(seed uint64, acts int, limit, pause time.Duration) {
	var made atomic.Int64
	var work sync.WaitGroup
	begun := time.Now()
	for n, p := range b.phones {
		share := acts / phoneCount
		if n < acts%phoneCount {
			share++
		}
		work.Go(func() {
			dice := newDice(seed, b.world, n)
			rhythm := rand.New(rand.NewPCG(seed, uint64(n)+3000))
			for range share {
				time.Sleep(time.Duration(rhythm.ExpFloat64() * float64(pause)))
				over := func() bool { return limit > 0 && time.Since(begun) > limit }
				for p.outbox.len() >= waiting && !over() {
					time.Sleep(20 * time.Millisecond)
				}
				if over() {
					return
				}
				d := dice.next()
				d.acted, d.off = time.Now(), time.Duration(p.off.Load())
				b.mu.Lock()
				b.deeds = append(b.deeds, d)
				b.mu.Unlock()
				p.outbox.add(&entry{deed: d, lane: d.lane()})
				made.Add(1)
			}
		})
	}
	done := make(chan struct{})
	go func() {
		work.Wait()
		close(done)
	}()
	tick := time.NewTicker(20 * time.Second)
	defer tick.Stop()
	for {
		select {
		case <-done:
			return
		case <-tick.C:
			b.log("%d acts made, %d requests, %d × 503", made.Load(), b.count.sent.Load(), b.count.status503.Load())
		}
	}
}

// lane is the row of an act, as in static/js/acts.js.
func (d *deed) lane() string {
	if d.method == http.MethodPost {
		return d.path
	}
	return d.subject
}

// settle waits until what is "".
func (b *building) settle(what string, patience time.Duration, wrong func() string) {
	b.t.Helper()
	begun := time.Now()
	for {
		text := wrong()
		if text == "" {
			b.log("%s after %.1f s", what, time.Since(begun).Seconds())
			return
		}
		if time.Since(begun) > patience {
			b.fault("not so after %v: %s\n%s", patience, what, text)
			return
		}
		time.Sleep(250 * time.Millisecond)
	}
}

// deaf says which phones have no socket that was heard.
func (b *building) deaf() string {
	var list []string
	for _, p := range b.phones {
		p.mu.Lock()
		if !p.live {
			list = append(list, strconv.Itoa(p.n))
		}
		p.mu.Unlock()
	}
	return strings.Join(list, " ")
}

// comparison says which pages are not what both instances show; a page that was right once is not asked for again.
func (b *building) comparison() func() string {
	right := make([]bool, len(b.phones))
	return func() string {
		texts := make([]string, len(b.phones))
		turns := make(chan struct{}, 4)
		var work sync.WaitGroup
		for k, p := range b.phones {
			if right[k] {
				continue
			}
			work.Go(func() {
				turns <- struct{}{}
				defer func() { <-turns }()
				for _, i := range b.instances {
					if d := p.differences(b.t.Context(), i.addr); d != "" {
						texts[k] = fmt.Sprintf("phone %d, %s at %s: %.2000s", k, p.path, i.name, d)
						return
					}
				}
				right[k] = true
			})
		}
		work.Wait()
		return strings.Join(slices.DeleteFunc(texts, func(s string) bool { return s == "" }), "\n")
	}
}

// ---- breaking

// Two things are broken at once, at most, and after a few all is well for a moment: who is always ill does nothing.
const (
	atOnce  = 2
	ofARun  = 5
	calmFor = time.Second
)

// breakThings injects fault after fault until stop, heals them all, and says how many there were.
func (b *building) breakThings(p *plan, stop <-chan struct{}) int {
	var work sync.WaitGroup
	defer work.Wait()
	turns := make(chan struct{}, atOnce)
	sleep := func(d time.Duration) bool {
		select {
		case <-stop:
			return false
		case <-time.After(d):
			return true
		}
	}
	for n := 0; ; n++ {
		f := p.next()
		turns <- struct{}{}
		if !sleep(f.pause) {
			return n
		}
		b.log("%s", f)
		work.Go(func() {
			defer func() { <-turns }()
			b.inject(f)
		})
		if n%ofARun == ofARun-1 {
			work.Wait()
			if !sleep(calmFor) {
				return n + 1
			}
		}
	}
}

func (b *building) must(err error) {
	if err != nil {
		b.fault("the test's own tools fail: %v", err)
	}
}

// inject breaks one thing, waits, and heals it.
func (b *building) inject(f fault) {
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
	defer cancel()
	which := f.target % len(b.instances)
	i := b.instances[which]
	hold := func() { time.Sleep(f.length) }
	lock := func(m *sync.Mutex) func() { m.Lock(); return m.Unlock }
	switch f.kind {
	case killInstance, stopInstance:
		defer lock(&b.instanceLock[which])()
		sig := syscall.SIGKILL
		if f.kind == stopInstance {
			sig = syscall.SIGTERM
		}
		i.end(sig)
		hold()
		b.must(i.start(ctx))
	case freezeInstance:
		defer lock(&b.instanceLock[which])()
		i.signal(syscall.SIGSTOP)
		hold()
		i.signal(syscall.SIGCONT)
	case pgFast, pgImmediate:
		defer lock(&b.pgLock)()
		sig := syscall.SIGINT
		if f.kind == pgImmediate {
			sig = syscall.SIGQUIT
		}
		b.pg.end(sig)
		hold()
		b.must(b.pg.start())
	case pgCrash:
		defer lock(&b.pgLock)()
		pids, err := b.pg.backends(ctx)
		b.must(err)
		if len(pids) > 0 {
			b.must(b.pg.crash(int(pids[f.target%len(pids)])))
		}
		b.must(b.pg.answers(time.Minute))
	case pgFreeze:
		defer lock(&b.pgLock)()
		for _, pid := range b.pg.family() {
			_ = syscall.Kill(pid, syscall.SIGSTOP) // it may have ended by now
		}
		hold()
		for _, pid := range b.pg.family() {
			_ = syscall.Kill(pid, syscall.SIGCONT)
		}
	case slowDisk:
		defer lock(&b.pgLock)()
		b.must(b.pg.flushTime(ctx, 50*time.Millisecond))
		hold()
		b.must(b.pg.flushTime(ctx, 0))
	case pgCut, redisCut, pgStall, redisStall, pgSlow:
		w := i.pg
		if f.kind == redisCut || f.kind == redisStall {
			w = i.bus
		}
		defer lock(&w.turn)()
		switch f.kind {
		case pgCut, redisCut:
			w.cut()
		case pgSlow:
			w.slow(time.Duration(5+f.target%40) * time.Millisecond)
		default:
			w.stall()
		}
		hold()
		w.mend()
	case redisKill:
		defer lock(&b.redisLock)()
		b.redis.end(syscall.SIGKILL)
		hold()
		b.must(b.redis.start())
	case redisFreeze:
		defer lock(&b.redisLock)()
		b.redis.signal(syscall.SIGSTOP)
		hold()
		b.redis.signal(syscall.SIGCONT)
	default:
		for _, n := range f.phones {
			b.upset(f, b.phones[n])
		}
		hold()
		for _, n := range f.phones {
			b.soothe(f, b.phones[n])
		}
	}
}

// upset does to a phone what happens to phones.
func (b *building) upset(f fault, p *phone) {
	switch f.kind {
	case offline:
		p.leave()
	case portal:
		p.lured.Store(true)
		p.drop()
	case clockJump:
		p.off.Store(int64(f.jump))
	case pageKilled:
		p.kill()
	case signedOut:
		// From another device: this phone learns of it by a refusal.
		if c := p.cookie.Load(); c != nil {
			_, token, _ := strings.Cut(*c, "=")
			_, _ = b.store.RevokeSession(context.Background(), domain.Act{Person: b.world.admin}, store.SessionID(token)) // the database may be away
		}
	}
}

func (b *building) soothe(f fault, p *phone) {
	switch f.kind {
	case offline:
		p.offline.Store(false)
	case portal:
		p.lured.Store(false)
	case clockJump:
		p.off.Store(0)
	}
}

// ---- the end

func (b *building) weigh() []weight {
	b.t.Helper()
	list := make([]weight, len(b.instances))
	for k, i := range b.instances {
		var err error
		if list[k], err = i.weigh(b.t.Context()); err != nil {
			b.t.Errorf("instance %s: %v", i.name, err)
		}
		b.log("%s: %+v", i.name, list[k])
	}
	return list
}

// What an instance may hold more than at its start, when all phones have gone: caches, pools, the collector's reserve.
const (
	moreGoroutines = 15
	moreHeapMB     = 40
	moreRSSMB      = 200
)

// light: with all phones gone, the instances hold what they held at the beginning.
func (b *building) light(before []weight) {
	for k, i := range b.instances {
		var now weight
		b.settle("instance "+i.name+" is as light as it was", 45*time.Second, func() string {
			var err error
			if now, err = i.weigh(b.t.Context()); err != nil {
				return err.Error()
			}
			if now.Sockets > 0 || now.Goroutines > before[k].Goroutines+moreGoroutines || now.HeapMB > before[k].HeapMB+moreHeapMB || now.RSSMB > before[k].RSSMB+moreRSSMB {
				return fmt.Sprintf("before %+v, now %+v\n%s", before[k], now, i.groups(b.t.Context()))
			}
			return ""
		})
		b.log("%s, started %d times: before %+v, now %+v", i.name, i.starts, before[k], now)
	}
}

func (b *building) report(l *ledger, broken int) {
	taken, refused, overtaken := 0, 0, 0
	for _, a := range l.acts {
		switch {
		case a.receipt.Error != nil:
			refused++
		case a.receipt.Notice == "act.overtaken":
			overtaken++
		default:
			taken++
		}
	}
	c := &b.count
	b.log("%d acts (%d taken, %d overtaken, %d refused) by %d requests (%d doubled, %d answers lost, %d × 503); %d faults", len(b.deeds), taken, overtaken, refused, c.sent.Load(), c.doubled.Load(), c.lost.Load(), c.status503.Load(), broken)
	b.log("%d frames, %d pages fetched, %d sockets lost, %d sign-ins; %d changes", c.frames.Load(), c.refetched.Load(), c.dropped.Load(), c.signedIn.Load(), len(l.changes))
	if taken < len(b.deeds)/4 {
		b.t.Errorf("only %d of %d acts were taken: the test proves little", taken, len(b.deeds))
	}
	if len(b.deeds) == 0 || broken == 0 {
		b.t.Error("nothing happened")
	}
	if path := os.Getenv("HUIWU_CHAOS_LOGS"); path != "" { // to look at afterwards
		for _, i := range b.instances {
			if text, err := os.ReadFile(i.log); err == nil {
				b.must(os.WriteFile(path+"/"+i.name+".log", text, 0o600))
			}
		}
	}
}
