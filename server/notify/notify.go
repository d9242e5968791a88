// Package notify tells people what they must know while no page is open: it
// makes notices of what happened and of what is due, and brings them to
// browsers (Web Push) and to the robots of chat groups. Every instance may do
// all of it at once: the database says who does what.
package notify

import (
	"cmp"
	"context"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"time"

	webpush "github.com/SherClockHolmes/webpush-go"

	"huiwu/server/domain"
	"huiwu/server/store"
)

// Config is what a notifier needs. A zero period stands for the one named.
type Config struct {
	Store  *store.Store
	Logger *slog.Logger
	Base   string // https://… as people type it; "" = not known: messages have no links

	Off     bool          // nothing is made or sent by itself; tests that count everything want that
	Scan    time.Duration // of logs that nobody announced; 5 s
	Clock   time.Duration // of what is due, late, to be repeated, over; 15 s
	Deliver time.Duration // of what waits to be sent; 1 s
	Timeout time.Duration // of one request to a push service or chat; 10 s

	// Mail is by whom letters to guests go out; nil = by nobody.
	Mail      *MailServer
	MailPause time.Duration // before a mail is tried the second time; 30 s
	// MailTimeout is what one mail may take; 90 s: mail servers let strangers wait, and
	// look at a text before they say yes. Less than half of the claim, see store.ClaimMails.
	MailTimeout time.Duration

	// Client sends; nil = one that reaches public addresses only.
	Client *http.Client
	// OnDelivery is told what became of each try: way "push" or a chat's name.
	OnDelivery func(way, state string)
}

// Notifier runs in the background from Start to Stop.
type Notifier struct {
	cfg    Config
	log    *slog.Logger
	store  *store.Store
	client *http.Client

	private, public string
	heard           chan domain.Topic
	ready           chan struct{} // something may wait to be sent
	posted          chan struct{} // the same of letters
	stop            context.CancelFunc
	work            sync.WaitGroup
}

// New builds a notifier; it does nothing before Start.
func New(cfg Config) *Notifier {
	cfg.Logger = cmp.Or(cfg.Logger, slog.Default())
	cfg.Scan = cmp.Or(cfg.Scan, 5*time.Second)
	cfg.Clock = cmp.Or(cfg.Clock, 15*time.Second)
	cfg.Deliver = cmp.Or(cfg.Deliver, time.Second)
	cfg.Timeout = cmp.Or(cfg.Timeout, 10*time.Second)
	cfg.MailPause, cfg.MailTimeout = cmp.Or(cfg.MailPause, 30*time.Second), cmp.Or(cfg.MailTimeout, 90*time.Second)
	if cfg.OnDelivery == nil {
		cfg.OnDelivery = func(string, string) {}
	}
	n := &Notifier{cfg: cfg, log: cfg.Logger, store: cfg.Store, client: cfg.Client, heard: make(chan domain.Topic, 256), ready: make(chan struct{}, 1), posted: make(chan struct{}, 1)}
	if n.client == nil {
		n.client = publicClient()
	}
	return n
}

// PublicKey is what a browser subscribes with; "" before Start.
func (n *Notifier) PublicKey() string { return n.public }

// Start makes the site's keys if there are none, and begins.
func (n *Notifier) Start(ctx context.Context) error {
	var err error
	if n.private, n.public, err = n.store.PushKeys(ctx, webpush.GenerateVAPIDKeys); err != nil {
		return err
	}
	ctx, n.stop = context.WithCancel(context.WithoutCancel(ctx))
	if n.cfg.Off {
		return nil
	}
	n.work.Go(func() { n.readLogs(ctx) })
	n.work.Go(func() { n.every(ctx, n.cfg.Clock, nil, n.clock) })
	n.work.Go(func() { n.every(ctx, n.cfg.Deliver, n.ready, n.push) })
	n.work.Go(func() { n.every(ctx, n.cfg.Deliver, nil, n.speak) })
	if n.Mails() {
		n.work.Go(func() { n.every(ctx, n.cfg.Deliver, n.posted, n.mail) })
		n.work.Go(func() { n.every(ctx, n.cfg.Clock, nil, n.remind) })
	}
	n.work.Go(func() { n.every(ctx, 6*time.Hour, nil, n.store.ForgetNotices) })
	return nil
}

// Stop ends what runs and waits for it. What was being sent is tried again by
// another instance, or after the next start.
func (n *Notifier) Stop() {
	if n.stop != nil {
		n.stop()
	}
	n.work.Wait()
}

// Heard is told which topic has changed here; it never blocks. Missing one is
// no loss: the scan finds it.
func (n *Notifier) Heard(topic domain.Topic) {
	if n.cfg.Off {
		return
	}
	if strings.HasPrefix(topic, "person:") {
		n.wake()
		return
	}
	if !strings.HasPrefix(topic, "event:") {
		return
	}
	select {
	case n.heard <- topic:
	default:
	}
}

func (n *Notifier) wake() {
	select {
	case n.ready <- struct{}{}:
	default:
	}
}

// every runs the work at once, after each period, and when woken.
func (n *Notifier) every(ctx context.Context, period time.Duration, woken <-chan struct{}, work func(context.Context) error) {
	tick := time.NewTicker(period)
	defer tick.Stop()
	for {
		n.try(ctx, work)
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		case <-woken:
		}
	}
}

// try runs one piece of work; what fails is tried again at its next turn.
func (n *Notifier) try(ctx context.Context, work func(context.Context) error) {
	defer func() {
		if p := recover(); p != nil {
			n.log.Error("notices: panic", "panic", p)
		}
	}()
	if err := work(ctx); err != nil && ctx.Err() == nil {
		n.log.Warn("notices", "error", err)
	}
}

// readLogs makes notices of what happened: at once of what this instance
// announces, and of all that was missed, every now and then.
func (n *Notifier) readLogs(ctx context.Context) {
	tick := time.NewTicker(n.cfg.Scan)
	defer tick.Stop()
	n.try(ctx, n.scan)
	for {
		select {
		case <-ctx.Done():
			return
		case topic := <-n.heard:
			n.try(ctx, func(ctx context.Context) error { return n.read(ctx, topic) })
		case <-tick.C:
			n.try(ctx, n.scan)
		}
	}
}

func (n *Notifier) scan(ctx context.Context) error {
	topics, err := n.store.UnreadTopics(ctx)
	for _, t := range topics {
		if err == nil {
			err = n.read(ctx, t)
		}
	}
	return err
}

func (n *Notifier) read(ctx context.Context, topic domain.Topic) error {
	for {
		more, err := n.store.ReadTopic(ctx, topic)
		if err != nil || !more {
			return err
		}
	}
}

// clock makes notices of what the time brings.
func (n *Notifier) clock(ctx context.Context) error {
	for _, work := range []func(context.Context) error{n.store.TellTime, n.store.TellReception, n.store.TellRequests, n.store.TellUnseen, n.store.TellIntake, n.store.TellTrack, n.store.SettleNotices, n.store.RemindNotices} {
		if err := work(ctx); err != nil {
			return err
		}
	}
	n.wake()
	return nil
}
