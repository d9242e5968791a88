package server

import (
	"context"
	"net/http"
	"sync/atomic"
	"time"

	"github.com/gofiber/fiber/v2"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"
	"github.com/valyala/fasthttp/fasthttpadaptor"

	"huiwu/server/live"
	"huiwu/server/store"
)

// Ops answers the questions of operations: alive, ready, and how much.
type Ops struct {
	store    *store.Store
	bus      live.Bus
	hub      *live.Hub
	draining atomic.Bool
	schema   atomic.Bool // the schema was found current; it does not grow old under a running program
	metrics  fiber.Handler

	commit  *prometheus.HistogramVec
	frame   prometheus.Histogram
	notices *prometheus.CounterVec
	started time.Time
}

var buckets = []float64{.001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5}

func newOps() *Ops {
	o := &Ops{started: time.Now()}
	o.commit = prometheus.NewHistogramVec(prometheus.HistogramOpts{Name: "huiwu_act_seconds", Help: "Time of an act from its arrival at the store to commit or refusal.", Buckets: buckets}, []string{"result"})
	o.frame = prometheus.NewHistogram(prometheus.HistogramOpts{Name: "huiwu_frame_seconds", Help: "Time from a published change to the frame in the sockets' queues.", Buckets: buckets})
	o.notices = prometheus.NewCounterVec(prometheus.CounterOpts{Name: "huiwu_notice_deliveries_total", Help: "Tries to tell a phone or a chat group, by way and by what became of them."}, []string{"way", "state"})
	return o
}

// told is called by the notifier after every try.
func (o *Ops) told(way, state string) { o.notices.WithLabelValues(way, state).Inc() }

// observe is called by the store after every act.
func (o *Ops) observe(d time.Duration, ok bool) {
	result := "committed"
	if !ok {
		result = "refused"
	}
	o.commit.WithLabelValues(result).Observe(d.Seconds())
}

// serve completes the metrics once hub and bus exist.
func (o *Ops) serve(s *store.Store, bus live.Bus, hub *live.Hub) {
	o.store, o.bus, o.hub = s, bus, hub
	reg := prometheus.NewRegistry()
	reg.MustRegister(o.commit, o.frame, o.notices, collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	stat := func(name, help string, counter bool, value func(live.Stats) float64) {
		f := func() float64 { return value(hub.Stats()) }
		if counter {
			reg.MustRegister(prometheus.NewCounterFunc(prometheus.CounterOpts{Name: name, Help: help}, f))
			return
		}
		reg.MustRegister(prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: name, Help: help}, f))
	}
	stat("huiwu_sockets", "Open sockets of this instance.", false, func(s live.Stats) float64 { return float64(s.Sockets) })
	stat("huiwu_topics", "Topics watched by this instance.", false, func(s live.Stats) float64 { return float64(s.Rooms) })
	stat("huiwu_renders_total", "Fragments rendered for pushing.", true, func(s live.Stats) float64 { return float64(s.Renders) })
	stat("huiwu_frames_total", "Frames encoded.", true, func(s live.Stats) float64 { return float64(s.Frames) })
	stat("huiwu_deliveries_total", "Frames put into sockets' queues.", true, func(s live.Stats) float64 { return float64(s.Deliveries) })
	stat("huiwu_socket_bytes_total", "Bytes written to sockets.", true, func(s live.Stats) float64 { return float64(s.Bytes) })
	stat("huiwu_queue_drops_total", "Sockets closed because they were too slow.", true, func(s live.Stats) float64 { return float64(s.Slow) })
	stat("huiwu_catch_ups_total", "Sockets that were given what they had missed.", true, func(s live.Stats) float64 { return float64(s.CatchUps) })
	stat("huiwu_resets_total", "Pages told to fetch themselves again.", true, func(s live.Stats) float64 { return float64(s.Resets) })
	stat("huiwu_heals_total", "Lost publishes found and healed by the poll.", true, func(s live.Stats) float64 { return float64(s.Heals) })
	stat("huiwu_revoked_total", "Sockets closed because a session or right was lost.", true, func(s live.Stats) float64 { return float64(s.Revoked) })
	reg.MustRegister(prometheus.NewCounterFunc(prometheus.CounterOpts{Name: "huiwu_queries_total", Help: "Statements sent to the database."}, func() float64 { return float64(s.Queries()) }))
	o.metrics = adapt(promhttp.HandlerFor(reg, promhttp.HandlerOpts{}))
}

func adapt(h http.Handler) fiber.Handler {
	fast := fasthttpadaptor.NewFastHTTPHandler(h)
	return func(c *fiber.Ctx) error {
		fast(c.Context()) //nolint:forbidigo // fasthttp's own handler wants fasthttp's own context
		return nil
	}
}

// Healthz is GET /healthz: the process answers.
func (o *Ops) Healthz(c *fiber.Ctx) error { return c.SendString("ok\n") }

// Readyz is GET /readyz: database, bus and schema. Redis away is "degraded",
// still ready: acts succeed and local viewers see them.
func (o *Ops) Readyz(c *fiber.Ctx) error {
	status := fiber.Map{"database": "ok", "bus": "ok", "schema": "ok", "dialect": o.store.Dialect()}
	ready := true
	fail := func(what, why string) { status[what], ready = why, false }
	if o.draining.Load() {
		fail("status", "draining")
	}
	ctx, cancel := context.WithTimeout(c.UserContext(), time.Second)
	defer cancel()
	if err := o.store.Ping(ctx); err != nil {
		fail("database", "away")
	} else if !o.schema.Load() {
		if missing, err := o.store.Pending(ctx); err != nil || len(missing) > 0 {
			fail("schema", "old")
		} else {
			o.schema.Store(true)
		}
	}
	if err := o.bus.Ready(ctx); err != nil {
		status["bus"] = "degraded"
	}
	status["ready"] = ready
	if !ready {
		c.Status(fiber.StatusServiceUnavailable)
	}
	return c.JSON(status)
}

// Metrics is GET /metrics in the Prometheus text format.
func (o *Ops) Metrics(c *fiber.Ctx) error { return o.metrics(c) }
