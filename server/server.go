package server

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"path/filepath"
	"strings"
	"sync/atomic"
	"time"

	"github.com/gofiber/fiber/v2"
	"github.com/gofiber/fiber/v2/middleware/compress"
	"github.com/redis/go-redis/v9"
	"github.com/valyala/fasthttp"

	"huiwu/server/domain"
	"huiwu/server/limits"
	"huiwu/server/live"
	"huiwu/server/notify"
	"huiwu/server/photos"
	"huiwu/server/store"
	"huiwu/server/web"
)

// Server is the whole program, ready to listen.
type Server struct {
	Store *store.Store
	Web   *web.App

	cfg   Config
	log   *slog.Logger
	bus   live.Bus
	hub   *live.Hub
	tell  *notify.Notifier
	ops   *Ops
	fiber *fiber.App
	stop  context.CancelFunc

	listener atomic.Pointer[listener]
}

// ErrOldSchema stops a start on a database that lacks migrations.
var ErrOldSchema = errors.New("the database schema is old")

// Options are what the command line adds to the configuration.
type Options struct {
	Pins *web.Pins          // nil = argon2id with the configured pepper
	Now  func() time.Time   // nil = the real clock
	Bus  live.Bus           // nil = by configuration
	Hub  func(*live.Config) // tests shorten its periods

	Photos photos.Blobs         // nil = by configuration
	Notify func(*notify.Config) // tests shorten its periods, and send elsewhere
}

// New opens the database, checks the schema and builds everything; it does not
// listen yet. The embedded database is migrated here, PostgreSQL is not.
func New(ctx context.Context, cfg Config, log *slog.Logger, o Options) (*Server, error) {
	loc, err := cfg.Location()
	if err != nil {
		return nil, err
	}
	ops := newOps()
	s, err := store.Open(ctx, store.Options{URL: cfg.DatabaseURL, Dir: cfg.DataDir, Loc: loc, Logger: log, MaxOpen: cfg.DatabaseConns})
	if err != nil {
		return nil, err
	}
	srv := &Server{Store: s, cfg: cfg, log: log, ops: ops}
	pictures := o.Photos
	if pictures == nil {
		if pictures, err = photos.Open(cfg.S3URL, filepath.Join(cfg.DataDir, "photos")); err != nil {
			_ = s.Close()
			return nil, err
		}
	}
	if err := srv.schema(ctx); err != nil {
		_ = s.Close()
		return nil, err
	}
	if o.Now != nil {
		s.Now = o.Now
	}
	if err := s.NeedTemplates(ctx); err != nil {
		_ = s.Close()
		return nil, err
	}
	sealed, err := s.OpenSecrets(ctx, cfg.SecretKey, cfg.DataDir)
	if err != nil {
		_ = s.Close()
		return nil, err
	}
	if !sealed {
		log.Warn("SECRET_KEY is not set: robots' addresses and the keys of Web Push stand readable in the database")
	}
	s.OnCommit = ops.observe
	if srv.bus = o.Bus; srv.bus == nil {
		if srv.bus, err = newBus(cfg, log); err != nil {
			_ = s.Close()
			return nil, err
		}
	}
	if o.Pins == nil {
		o.Pins = web.NewPins(cfg.PinPepper, false)
	}
	srv.Web = &web.App{Store: s, Logger: log, Loc: loc, Pins: o.Pins, Photos: pictures, Secure: cfg.Secure(), Base: cfg.BaseURL, Hosts: web.OurHosts(cfg.BaseURL, cfg.Hosts), OIDC: cfg.OIDC()}
	srv.Web.Limits, srv.Web.Floods = limits.New(dialLimits(cfg.RedisURL), log), cfg.Floods()
	hubConfig := live.Config{Bus: listeningBus{srv.bus, srv.Web.ForgetSessions}, Source: web.Source{App: srv.Web}, Logger: log, OnFrame: func(d time.Duration) { ops.frame.Observe(d.Seconds()) }}
	if o.Hub != nil {
		o.Hub(&hubConfig)
	}
	srv.hub = live.NewHub(hubConfig)
	srv.Web.Hub = srv.hub
	s.Announce = func(a store.Announcement) { //nolint:contextcheck // pushing outlives the act that is announced
		srv.hub.Announce(live.Message{Topic: a.Topic, First: a.First, Seq: a.Seq, Subjects: a.Subjects})
		srv.tell.Heard(a.Topic)
	}
	notifyConfig := notify.Config{Store: s, Logger: log, Base: cfg.BaseURL, OnDelivery: ops.told}
	if notifyConfig.Mail, err = notify.ParseMailServer(cfg.SMTPURL, cfg.SMTPFrom); err != nil {
		_ = s.Close()
		return nil, err
	}
	if o.Notify != nil {
		o.Notify(&notifyConfig)
	}
	srv.tell = notify.New(notifyConfig)
	s.Mailing = srv.tell.Mails()
	srv.Web.Notify = srv.tell
	ops.serve(s, srv.bus, srv.hub)
	srv.fiber = srv.app() //nolint:contextcheck // sockets outlive the request that opens them
	return srv, nil
}

// schema applies migrations to the embedded database and asks for them on PostgreSQL.
func (s *Server) schema(ctx context.Context) error {
	missing, err := s.Store.Pending(ctx)
	if err != nil || len(missing) == 0 {
		return err
	}
	if s.Store.Dialect() == "sqlite" {
		_, err := s.Store.Migrate(ctx)
		return err
	}
	return fmt.Errorf("%w: %s missing; run \"huiwu migrate\" first", ErrOldSchema, strings.Join(missing, ", "))
}

func newBus(cfg Config, log *slog.Logger) (live.Bus, error) {
	if cfg.RedisURL == "" {
		return live.NewMemoryBus(), nil
	}
	bus, err := live.NewRedisBus(live.RedisOptions{URL: cfg.RedisURL, Logger: log})
	if err != nil {
		// The URL holds a password: the parser's own message would print it.
		return nil, errors.New("REDIS_URL cannot be read: want redis://:password@host:port")
	}
	return bus, nil
}

// dialLimits reaches the Redis in which instances count together, nil without one.
func dialLimits(address string) func(context.Context) (redis.UniversalClient, error) {
	if address == "" {
		return nil
	}
	return func(ctx context.Context) (redis.UniversalClient, error) { return live.DialRedis(ctx, address) }
}

// listeningBus also tells the web side what other instances say of sessions: one
// that ended there is not believed here any more.
type listeningBus struct {
	live.Bus
	forget func(which string)
}

func (b listeningBus) Start(ctx context.Context, deliver func(live.Message), gap func()) error {
	return b.Bus.Start(ctx, func(m live.Message) {
		if m.Close != "" {
			b.forget(m.Close)
		}
		deliver(m)
	}, func() {
		b.forget("") // what was said meanwhile is not known
		gap()
	})
}

// Limits of one request.
const (
	bodyLimit   = 64 << 10
	importLimit = 4<<20 + 64<<10 // a pasted list or a workbook (sheet.Usual) and the form around it
	photoLimit  = photos.MaxBytes + 1<<10
	headerLimit = 16 << 10
)

// app builds the fiber app: limits, middleware, routes.
func (s *Server) app() *fiber.App {
	f := fiber.New(fiber.Config{
		AppName:               "huiwu",
		Immutable:             true, // fiber's strings are otherwise reused after the handler
		DisableStartupMessage: true,
		BodyLimit:             bodyLimit,
		ReadBufferSize:        headerLimit,
		ReduceMemoryUsage:     true, // a connection that waits holds no buffers: see live.Hub.Upgrade
		ReadTimeout:           15 * time.Second,
		WriteTimeout:          30 * time.Second,
		IdleTimeout:           130 * time.Second,
		ErrorHandler: func(c *fiber.Ctx, err error) error {
			if s, ok := c.Context().Conn().(*silentConn); ok && errors.Is(err, fiber.ErrRequestEntityTooLarge) { //nolint:forbidigo // the connection itself, not a context
				s.linger.Store(true)
			}
			return s.Web.OnError(c, err)
		},
		// X-Real-IP is believed from named proxies only, which overwrite it.
		EnableTrustedProxyCheck: true,
		TrustedProxies:          s.cfg.TrustedProxies,
		EnableIPValidation:      true,
		ProxyHeader:             "X-Real-IP",
	})
	// Without it a socket cannot be closed from here (valyala/fasthttp hijackConn).
	f.Server().KeepHijackedConns = true
	f.Server().HeaderReceived = func(h *fasthttp.RequestHeader) fasthttp.RequestConfig {
		if h.IsPost() && web.IsImport(string(h.RequestURI())) {
			return fasthttp.RequestConfig{MaxRequestBodySize: importLimit, ReadTimeout: 60 * time.Second}
		}
		if web.IsBooking(string(h.Method()), string(h.RequestURI())) {
			return fasthttp.RequestConfig{MaxRequestBodySize: domain.RequestBytes + bodyLimit, ReadTimeout: 60 * time.Second}
		}
		if web.IsPhoto(string(h.Method()), string(h.RequestURI())) {
			return fasthttp.RequestConfig{MaxRequestBodySize: photoLimit, ReadTimeout: 60 * time.Second}
		}
		return fasthttp.RequestConfig{}
	}
	f.Use(s.Web.Frame)
	f.Use(compress.New(compress.Config{Level: compress.LevelBestSpeed, Next: func(c *fiber.Ctx) bool {
		return strings.HasPrefix(c.Path(), "/static/") || c.Path() == "/live"
	}}))
	f.Use(s.Web.KnownHost)
	f.Use(s.Web.SameOrigin)
	f.Use(s.Web.Who)
	f.Use(s.Web.NoFlood)
	f.Use(s.Web.SamePerson)
	f.Use(s.Web.PlainBody) // nothing before it reads a body
	mount(f, s.Web, Routes(s.Web, s.ops))
	return f
}

// Fiber is the app, for tests.
func (s *Server) Fiber() *fiber.App { return s.fiber }

// Start begins pushing and housekeeping. Call it before Serve.
func (s *Server) Start(ctx context.Context) error {
	ctx, s.stop = context.WithCancel(ctx)
	if err := s.hub.Start(ctx); err != nil {
		return err
	}
	go s.housekeeping(ctx)
	return s.tell.Start(ctx)
}

// housekeeping forgets answers that no client can ask for again, and erases the
// files of photos that were struck or never got a row.
func (s *Server) housekeeping(ctx context.Context) {
	tick := time.NewTicker(6 * time.Hour)
	defer tick.Stop()
	soon := time.After(5 * time.Minute) // a site that restarts every night does it as well
	for {
		select {
		case <-ctx.Done():
			return
		case <-soon:
		case <-tick.C:
		}
		s.keepHouse(ctx)
	}
}

func (s *Server) keepHouse(ctx context.Context) {
	if n, err := s.Store.EraseGuests(ctx); err != nil {
		s.log.Error("guests of events long over not erased", "error", err)
	} else if n > 0 {
		s.log.Info("guests of events long over erased", "events", n)
	}
	if n, err := s.Store.EraseRequests(ctx); err != nil {
		s.log.Error("booking requests long over not erased", "error", err)
	} else if n > 0 {
		s.log.Info("booking requests long over erased", "requests", n)
	}
	if n, err := s.Store.ForgetActs(ctx); err != nil {
		s.log.Warn("stored answers not forgotten", "error", err)
	} else if n > 0 {
		s.log.Info("stored answers forgotten", "n", n)
	}
	if n, err := s.Web.ErasePhotos(ctx); err != nil {
		s.log.Warn("struck photos not erased", "error", err)
	} else if n > 0 {
		s.log.Info("struck photos erased", "n", n)
	}
	if n, err := s.Web.SweepPhotos(ctx); err != nil {
		s.log.Warn("photos without a row not erased", "error", err)
	} else if n > 0 {
		s.log.Info("photos without a row erased", "n", n)
	}
}

// Serve answers requests on the listener until Shutdown.
func (s *Server) Serve(l net.Listener) error {
	silent := newListener(l)
	s.listener.Store(silent)
	return s.fiber.Listener(silent)
}

// Shutdown ends without cutting an act off: not ready, sockets told to come
// back, running requests finished, then bus and database closed.
func (s *Server) Shutdown(ctx context.Context) error {
	s.ops.draining.Store(true)
	err := s.hub.Shutdown(ctx)
	if l := s.listener.Load(); l != nil {
		l.hangUp()
	}
	err = errors.Join(err, s.fiber.ShutdownWithContext(ctx))
	s.tell.Stop()
	if s.stop != nil {
		s.stop()
	}
	return errors.Join(err, s.Web.Limits.Close(), s.bus.Close(), s.Store.Close())
}
