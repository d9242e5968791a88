package live

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
)

// listener collects what a bus delivers.
type listener struct {
	Bus
	mu   sync.Mutex
	got  []Message
	gaps int
}

func listen(t *testing.T, bus Bus, topics ...string) *listener {
	t.Helper()
	l := &listener{Bus: bus}
	err := bus.Start(t.Context(),
		func(m Message) {
			l.mu.Lock()
			defer l.mu.Unlock()
			l.got = append(l.got, m)
		},
		func() {
			l.mu.Lock()
			defer l.mu.Unlock()
			l.gaps++
		})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := bus.Close(); err != nil {
			t.Errorf("Close: %v", err)
		}
	})
	for _, topic := range topics {
		bus.Watch(topic)
		l.hears(t, topic)
	}
	return l
}

func (l *listener) on(topic string) []Message {
	l.mu.Lock()
	defer l.mu.Unlock()
	return slices.DeleteFunc(slices.Clone(l.got), func(m Message) bool { return m.Topic != topic || m.Seq < 0 })
}

func (l *listener) gapCount() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.gaps
}

// hears waits until the watch of a topic is effective, by publishing messages
// with seq -1, which on leaves out.
func (l *listener) hears(t *testing.T, topic string) {
	t.Helper()
	eventually(t, "subscription to "+topic, func() bool {
		l.Publish(Message{Topic: topic, Seq: -1})
		l.mu.Lock()
		defer l.mu.Unlock()
		return slices.ContainsFunc(l.got, func(m Message) bool { return m.Topic == topic })
	})
}

// busFactory returns a function that makes buses that hear each other.
type busFactory func(t *testing.T) func() Bus

func TestMemoryBus(t *testing.T) {
	testBus(t, func(*testing.T) func() Bus {
		broker := NewMemoryBroker()
		return func() Bus { return broker.Bus() }
	})
}

func TestRedisBus(t *testing.T) {
	url := redisURL(t)
	testBus(t, func(t *testing.T) func() Bus { return redisBuses(t, url) })
}

func TestRedisClusterBus(t *testing.T) {
	address := startCluster(t, 3)
	testBus(t, func(t *testing.T) func() Bus { return redisBuses(t, address) })
}

func redisBuses(t testing.TB, url string) func() Bus {
	prefix := fmt.Sprintf("huiwu:test:%d:%s", time.Now().UnixNano(), t.Name())
	return func() Bus {
		bus, err := NewRedisBus(RedisOptions{URL: url, Prefix: prefix, Logger: slog.New(slog.NewTextHandler(io.Discard, nil))})
		if err != nil {
			t.Fatal(err)
		}
		return bus
	}
}

// testBus is what every bus promises.
func testBus(t *testing.T, factory busFactory) {
	t.Run("delivers to all that watch", func(t *testing.T) {
		bus := factory(t)
		a, b, c := listen(t, bus(), ev), listen(t, bus(), ev), listen(t, bus(), "event:2")
		want := Message{Topic: ev, First: 2, Seq: 3, Subjects: []string{"item:1", "客人:2"}, Origin: "a"}
		a.Publish(want)
		c.Publish(Message{Topic: "event:2", Seq: 1})
		eventually(t, "delivery", func() bool { return len(a.on(ev)) == 1 && len(b.on(ev)) == 1 && len(c.on("event:2")) == 1 })
		if got := b.on(ev)[0]; fmt.Sprint(got) != fmt.Sprint(want) {
			t.Errorf("got %+v, want %+v", got, want)
		}
		if len(c.on(ev)) != 0 || len(a.on("event:2")) != 0 {
			t.Error("delivered to who does not watch")
		}
	})
	t.Run("always delivers control", func(t *testing.T) {
		bus := factory(t)
		a, b := listen(t, bus()), listen(t, bus())
		a.hears(t, topicControl)
		b.hears(t, topicControl)
		a.Publish(Message{Topic: topicControl, Close: "session:1"})
		eventually(t, "delivery", func() bool { return len(b.on(topicControl)) == 1 })
	})
	t.Run("unwatch", func(t *testing.T) {
		bus := factory(t)
		a, b := listen(t, bus()), listen(t, bus(), ev, "event:2")
		b.Unwatch(ev)
		a.Publish(Message{Topic: ev, Seq: 1})
		a.Publish(Message{Topic: "event:2", Seq: 1})
		eventually(t, "delivery", func() bool { return len(b.on("event:2")) == 1 })
		if len(b.on(ev)) != 0 {
			t.Error("delivered after unwatch")
		}
		b.Watch(ev)
		eventually(t, "delivery after watching again", func() bool {
			a.Publish(Message{Topic: ev, Seq: 2})
			return len(b.on(ev)) > 0
		})
	})
	t.Run("many topics", func(t *testing.T) {
		bus := factory(t)
		const n = 3000
		a, b := listen(t, bus()), listen(t, bus())
		for i := range n {
			b.Watch(PersonTopic(strconv.Itoa(i)))
		}
		missing := make(map[string]bool, n)
		for i := range n {
			missing[PersonTopic(strconv.Itoa(i))] = true
		}
		eventually(t, "delivery of all", func() bool {
			for topic := range missing { // a watch may become effective late
				a.Publish(Message{Topic: topic, Seq: 1})
			}
			time.Sleep(50 * time.Millisecond)
			b.mu.Lock()
			defer b.mu.Unlock()
			for _, m := range b.got {
				delete(missing, m.Topic)
			}
			return len(missing) == 0
		})
	})
	t.Run("a flood is dropped, counted and forgotten", func(t *testing.T) {
		bus := factory(t)
		a := listen(t, bus(), ev)
		start := time.Now()
		for i := range 50_000 {
			a.Publish(Message{Topic: ev, Seq: int64(i + 1)})
		}
		if took := time.Since(start); took > 2*time.Second {
			t.Errorf("publishing took %v", took)
		}
		eventually(t, "end of the flood", func() bool {
			s := a.Stats()
			return s.Published+s.Failed+s.Dropped >= 50_000
		})
		a.Watch("event:after")
		a.hears(t, "event:after")
	})
	t.Run("ready, and closes twice", func(t *testing.T) {
		a := factory(t)()
		if err := a.Ready(t.Context()); err != nil {
			t.Error(err)
		}
		for range 2 {
			if err := a.Close(); err != nil {
				t.Error(err)
			}
		}
		a.Publish(Message{Topic: ev})
		a.Watch(ev)
		a.Unwatch(ev)
	})
	t.Run("deliveries end with the context", func(t *testing.T) {
		bus := factory(t)
		ctx, cancel := context.WithCancel(t.Context())
		a := bus()
		var mu sync.Mutex
		n := 0
		if err := a.Start(ctx, func(Message) { mu.Lock(); n++; mu.Unlock() }, func() {}); err != nil {
			t.Fatal(err)
		}
		a.Watch(ev)
		eventually(t, "delivery", func() bool {
			a.Publish(Message{Topic: ev})
			mu.Lock()
			defer mu.Unlock()
			return n > 0
		})
		cancel()
		time.Sleep(100 * time.Millisecond)
		mu.Lock()
		before := n
		mu.Unlock()
		a.Publish(Message{Topic: ev})
		time.Sleep(100 * time.Millisecond)
		mu.Lock()
		defer mu.Unlock()
		if n != before {
			t.Error("delivered after the end")
		}
		if err := a.Close(); err != nil {
			t.Error(err)
		}
	})
}

func TestRedisURLs(t *testing.T) {
	for url, ok := range map[string]bool{
		"redis://127.0.0.1:6379/0": true, "rediss://u:p@host": true,
		"redis://a:1?addr=b:2&addr=c:3": true,
		"":                              false, "http://x": false, "redis://x?nonsense=1": false, "redis://%zz": false,
	} {
		bus, err := NewRedisBus(RedisOptions{URL: url})
		if (err == nil) != ok {
			t.Errorf("%q: %v", url, err)
		}
		if err == nil {
			_ = bus.Close()
		}
	}
}

func TestRedisRestart(t *testing.T) {
	port := freePort(t)
	stop := startRedis(t, port)
	bus := redisBuses(t, redisAt(port))
	a, b := listen(t, bus(), ev), listen(t, bus(), ev, "event:2")
	gaps := b.gapCount()

	stop()
	start := time.Now()
	for i := range 200 {
		a.Publish(Message{Topic: ev, Seq: int64(100 + i)})
	}
	if took := time.Since(start); took > 200*time.Millisecond {
		t.Errorf("200 publishes without redis took %v", took)
	}
	eventually(t, "failures counted", func() bool { return a.Stats().Failed > 0 })
	if a.Ready(t.Context()) == nil {
		t.Error("ready without redis")
	}
	time.Sleep(500 * time.Millisecond) // several tries to reconnect fail

	startRedis(t, port)
	eventually(t, "gap after the restart", func() bool { return b.gapCount() > gaps })
	eventually(t, "delivery after the restart", func() bool {
		a.Publish(Message{Topic: ev, Seq: 1})
		a.Publish(Message{Topic: "event:2", Seq: 1})
		return len(b.on(ev)) > 0 && len(b.on("event:2")) > 0
	})
}

func TestRedisFrozen(t *testing.T) {
	t.Parallel() // it waits most of the time
	port := freePort(t)
	startRedis(t, port)
	bus := redisBuses(t, redisAt(port))
	a, b := listen(t, bus(), ev), listen(t, bus(), ev)
	pid := redisPID(t, port)
	if err := syscall.Kill(pid, syscall.SIGSTOP); err != nil {
		t.Fatal(err)
	}
	thaw := sync.OnceFunc(func() { _ = syscall.Kill(pid, syscall.SIGCONT) })
	defer thaw()
	start := time.Now()
	for i := range 5000 {
		a.Publish(Message{Topic: ev, Seq: int64(100 + i)})
	}
	if took := time.Since(start); took > 400*time.Millisecond {
		t.Errorf("5,000 publishes to a frozen redis took %v", took)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	if a.Ready(ctx) == nil {
		t.Error("ready while redis is frozen")
	}
	if took := time.Since(start); took > 3*time.Second {
		t.Errorf("Ready took %v", took)
	}
	gaps := b.gapCount()
	eventually(t, "silence noticed and the frozen connection given up", func() bool {
		return a.Stats().Dropped > 0 && a.Stats().Failed > 0
	})
	time.Sleep(redisSilence + redisPause)
	thaw()
	eventually(t, "gap after the freeze", func() bool { return b.gapCount() > gaps })
	eventually(t, "delivery after the freeze", func() bool {
		a.Publish(Message{Topic: ev, Seq: 1})
		return slices.ContainsFunc(b.on(ev), func(m Message) bool { return m.Seq == 1 })
	})
}

func TestRedisComesLater(t *testing.T) {
	port := freePort(t)
	bus := redisBuses(t, redisAt(port))
	a := bus()
	a.Watch(ev)
	l := &listener{Bus: a}
	if err := a.Start(t.Context(), func(m Message) { l.mu.Lock(); l.got = append(l.got, m); l.mu.Unlock() }, func() {}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = a.Close() })
	a.Publish(Message{Topic: ev, Seq: 5})
	eventually(t, "failure counted", func() bool { return a.Stats().Failed == 1 })
	startRedis(t, port)
	l.hears(t, ev)
}

func TestRedisSaysGoodbyeToWhatWaits(t *testing.T) {
	bus := redisBuses(t, redisURL(t))
	b := listen(t, bus(), ev)
	a := bus()
	for i := range 300 {
		a.Publish(Message{Topic: ev, Seq: int64(i + 1)})
	}
	if err := a.Close(); err != nil {
		t.Fatal(err)
	}
	eventually(t, "delivery of all", func() bool { return len(b.on(ev)) == 300 })
}

func TestRedisGarbageIsIgnored(t *testing.T) {
	url := redisURL(t)
	bus := redisBuses(t, url)
	b := bus().(*RedisBus)
	l := listen(t, b, ev)
	o, err := redis.ParseURL(url)
	if err != nil {
		t.Fatal(err)
	}
	c := redis.NewClient(o)
	defer func() { _ = c.Close() }()
	for _, payload := range []string{"", "x", "[]", `{"t":7}`, `{"t":"event:other","s":1}`} {
		if err := c.Publish(t.Context(), b.channel(ev, false), payload).Err(); err != nil {
			t.Fatal(err)
		}
	}
	l.Publish(Message{Topic: ev, Seq: 1})
	eventually(t, "delivery after garbage", func() bool { return len(l.on(ev)) == 1 })
}

func TestClusterMovesSlots(t *testing.T) {
	t.Parallel() // it waits most of the time
	address := startCluster(t, 3)
	bus := redisBuses(t, address)
	topics := make([]string, 40)
	for i := range topics {
		topics[i] = EventTopic(strconv.Itoa(i))
	}
	a, b := listen(t, bus()), listen(t, bus(), topics...)
	gaps := b.gapCount()
	// One slot after the other goes to another node, as when a node is replaced.
	moveSlots(t, address, a.Bus.(*RedisBus))
	eventually(t, "gap after the move", func() bool { return b.gapCount() > gaps })
	for _, topic := range topics {
		eventually(t, "delivery on "+topic, func() bool {
			a.Publish(Message{Topic: topic, Seq: 7})
			return len(b.on(topic)) > 0
		})
	}
}

// redisURL returns the server for tests. Without one it skips, or fails when
// HUIWU_REQUIRE_SERVICES says that there must be one.
func redisURL(t testing.TB) string {
	t.Helper()
	url := os.Getenv("TEST_REDIS_URL")
	if url == "" {
		url = "redis://127.0.0.1:6379/0"
	}
	o, err := redis.ParseURL(url)
	if err != nil {
		t.Fatal(err)
	}
	c := redis.NewClient(o)
	defer func() { _ = c.Close() }()
	if err := c.Ping(t.Context()).Err(); err != nil {
		missing(t, "no redis at "+url+": "+err.Error())
	}
	return url
}

func missing(t testing.TB, what string) {
	t.Helper()
	if os.Getenv("HUIWU_REQUIRE_SERVICES") == "1" {
		t.Fatal(what)
	}
	t.Skip(what)
}

func redisAt(port int) string { return fmt.Sprintf("redis://127.0.0.1:%d/0", port) }

func freePort(t *testing.T) int {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	return l.Addr().(*net.TCPAddr).Port
}

// startRedis starts a server of our own, and returns what kills it.
func startRedis(t *testing.T, port int, args ...string) (stop func()) {
	t.Helper()
	binary, err := exec.LookPath("redis-server")
	if err != nil {
		missing(t, "no redis-server")
	}
	args = append([]string{"--port", strconv.Itoa(port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no", "--dir", t.TempDir()}, args...)
	cmd := exec.Command(binary, args...)
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	stop = sync.OnceFunc(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	})
	t.Cleanup(stop)
	c := redis.NewClient(&redis.Options{Addr: fmt.Sprintf("127.0.0.1:%d", port)})
	defer func() { _ = c.Close() }()
	eventually(t, "redis-server is up", func() bool { return c.Ping(t.Context()).Err() == nil })
	return stop
}

func redisPID(t *testing.T, port int) int {
	t.Helper()
	c := redis.NewClient(&redis.Options{Addr: fmt.Sprintf("127.0.0.1:%d", port)})
	defer func() { _ = c.Close() }()
	for _, line := range splitLines(c.Info(t.Context(), "server").Val()) {
		var pid int
		if n, _ := fmt.Sscanf(line, "process_id:%d", &pid); n == 1 {
			return pid
		}
	}
	t.Fatal("no process_id")
	return 0
}

// startCluster starts nodes that share the slots, and returns the address of one.
func startCluster(t *testing.T, nodes int) string {
	t.Helper()
	ports := make([]int, nodes)
	clients := make([]*redis.Client, nodes)
	for i := range ports {
		for {
			if ports[i] = freePort(t); ports[i] < 55535 { // the cluster bus listens 10,000 higher
				break
			}
		}
		startRedis(t, ports[i], "--cluster-enabled", "yes", "--cluster-node-timeout", "2000")
		clients[i] = redis.NewClient(&redis.Options{Addr: fmt.Sprintf("127.0.0.1:%d", ports[i])})
		t.Cleanup(func() { _ = clients[i].Close() })
	}
	ctx := t.Context()
	for i, c := range clients {
		from, to := i*16384/nodes, (i+1)*16384/nodes-1
		if err := c.ClusterAddSlotsRange(ctx, from, to).Err(); err != nil {
			t.Fatal(err)
		}
		if i > 0 {
			if err := c.ClusterMeet(ctx, "127.0.0.1", strconv.Itoa(ports[0])).Err(); err != nil {
				t.Fatal(err)
			}
		}
	}
	eventually(t, "cluster is up", func() bool {
		for _, c := range clients {
			info := c.ClusterInfo(ctx).Val()
			if !slices.Contains(splitLines(info), "cluster_state:ok") || len(c.ClusterShards(ctx).Val()) != nodes {
				return false
			}
		}
		return true
	})
	return redisAt(ports[0])
}

// moveSlots gives the slots of all shards to another node.
func moveSlots(t *testing.T, address string, b *RedisBus) {
	t.Helper()
	ctx := t.Context()
	o, err := redis.ParseURL(address)
	if err != nil {
		t.Fatal(err)
	}
	seed := redis.NewClient(o)
	defer func() { _ = seed.Close() }()
	shards := seed.ClusterShards(ctx).Val()
	nodes := make([]*redis.Client, len(shards))
	for i, s := range shards {
		nodes[i] = redis.NewClient(&redis.Options{Addr: fmt.Sprintf("127.0.0.1:%d", s.Nodes[0].Port)})
		defer func() { _ = nodes[i].Close() }()
	}
	for number := range redisShards {
		channel := fmt.Sprintf("%s:{%d}:x", b.prefix, number)
		slot := seed.ClusterKeySlot(ctx, channel).Val()
		owner := slices.IndexFunc(shards, func(s redis.ClusterShard) bool {
			return slices.ContainsFunc(s.Slots, func(r redis.SlotRange) bool { return r.Start <= slot && slot <= r.End })
		})
		to := shards[(owner+1)%len(shards)].Nodes[0].ID
		for _, n := range nodes {
			if err := n.Do(ctx, "cluster", "setslot", slot, "node", to).Err(); err != nil {
				t.Fatal(err)
			}
		}
	}
}

func splitLines(s string) []string { return strings.Split(s, "\r\n") }

// FuzzMessage: whatever arrives on the bus must neither panic nor be delivered
// to rooms that do not know it.
func FuzzMessage(f *testing.F) {
	f.Add([]byte(`{"t":"event:1","f":1,"s":2,"x":["item:1","item:2"],"o":"a"}`))
	f.Add([]byte(`{"t":"board","s":-1,"x":[""]}`))
	f.Add([]byte(`{"t":"control","c":"session:"}`))
	f.Fuzz(func(t *testing.T, payload []byte) {
		var m Message
		if json.Unmarshal(payload, &m) != nil {
			return
		}
		h := NewHub(Config{Bus: NewMemoryBus(), Source: newFakeSource(), Logger: slog.New(slog.NewTextHandler(io.Discard, nil))})
		defer h.cancel()
		for _, topic := range []string{ev, TopicBoard, TopicFloor} {
			r := h.enter(topic)
			r.open = true
			r.feed.opened(nil)
		}
		h.deliver(m)
		h.work.Wait()
	})
}
