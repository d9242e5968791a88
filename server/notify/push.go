package notify

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"io"
	"math/rand/v2"
	"net/http"
	"strconv"
	"sync"
	"time"

	webpush "github.com/SherClockHolmes/webpush-go"

	"huiwu/server/domain"
	"huiwu/server/store"
	"huiwu/static"
)

// Limits of pushing.
const (
	pushAtOnce  = 8
	pushTries   = 6
	pushTTL     = time.Hour // what the phone did not get by then is no news
	longestWait = 30 * time.Minute
)

// push sends what waits, several at once.
func (n *Notifier) push(ctx context.Context) error {
	for {
		list, err := n.store.ClaimDeliveries(ctx, pushAtOnce)
		var group sync.WaitGroup
		for _, d := range list {
			group.Go(func() {
				n.try(ctx, func(ctx context.Context) error { return n.pushOne(ctx, d) })
			})
		}
		group.Wait()
		if err != nil || len(list) == 0 || ctx.Err() != nil {
			return err
		}
	}
}

// pushOne sends one notice to one device and notes what became of it.
func (n *Notifier) pushOne(ctx context.Context, d store.Delivery) error {
	text := Compose(n.lang(d.Person.Locale), &d.Notice, d.Event, d.Viewer, Outside, n.store.Now())
	r := n.sendPush(ctx, &d.Device, message{Notice: d.Notice.ID, Title: text.Title, Body: text.Body, URL: d.Notice.URL, Tag: d.Notice.Key, Grave: d.Notice.Grave, At: d.Notice.MadeAt.UnixMilli()})
	if ctx.Err() != nil {
		return nil //nolint:nilerr // shutting down: the claim runs out, another instance sends
	}
	return n.settlePush(ctx, d, r)
}

func (n *Notifier) settlePush(ctx context.Context, d store.Delivery, r result) error {
	state := store.DeliverySent
	switch {
	case r.ok:
		if err := n.store.PushReached(ctx, d.Device.ID); err != nil {
			return err
		}
	case r.gone:
		n.cfg.OnDelivery("push", store.DeliveryGone)
		return n.store.PushGone(ctx, d.Device.ID)
	default:
		if err := n.store.PushFailed(ctx, d.Device.ID, r.why); err != nil {
			return err
		}
		if r.again && d.Attempts < pushTries {
			n.cfg.OnDelivery("push", "retried")
			return n.store.RetryDelivery(ctx, d, max(r.after, backoff(d.Attempts)))
		}
		state = store.DeliveryFailed
	}
	n.cfg.OnDelivery("push", state)
	return n.store.EndDelivery(ctx, d, state)
}

// backoff is 10 s, 20 s, 40 s … with jitter, so that a push service that comes
// back is not met by all of them in one instant.
func backoff(attempts int) time.Duration {
	d := 10 * time.Second << min(max(attempts-1, 0), 7)
	return d/2 + rand.N(d/2) //nolint:gosec // jitter is no secret
}

// message is what the service worker gets: see static/js/sw-push.js.
type message struct {
	Notice string `json:"notice,omitempty"`
	Title  string `json:"title"`
	Body   string `json:"body"`
	URL    string `json:"url"`
	Tag    string `json:"tag"`
	Grave  bool   `json:"grave,omitempty"`
	At     int64  `json:"at"`
	Icon   string `json:"icon"`
	Badge  string `json:"badge"`
}

// result is what a push service or a chat said.
type result struct {
	ok    bool
	gone  bool // nobody will ever be there again
	again bool // it may be different later
	after time.Duration
	why   string // for the device's or channel's row: a status or an error code, no secrets
}

// sendPush encrypts and sends. The topic lets the push service replace what it
// still holds of the same notice; the tag does the same on the phone.
func (n *Notifier) sendPush(ctx context.Context, d *domain.PushDevice, m message) result {
	m.Icon, m.Badge = static.URL("icon-192.png"), static.URL("badge-96.png")
	body, err := json.Marshal(m)
	if err != nil {
		return result{why: "message"}
	}
	ctx, cancel := context.WithTimeout(ctx, n.cfg.Timeout)
	defer cancel()
	urgency := webpush.UrgencyNormal
	if m.Grave {
		urgency = webpush.UrgencyHigh
	}
	sum := sha256.Sum256([]byte(m.Tag))
	resp, err := webpush.SendNotificationWithContext(ctx, body, &webpush.Subscription{Endpoint: d.Endpoint, Keys: webpush.Keys{P256dh: d.P256dh, Auth: d.Auth}}, &webpush.Options{
		HTTPClient: n.client, Subscriber: n.contact(), Topic: base64.RawURLEncoding.EncodeToString(sum[:24]), TTL: int(pushTTL / time.Second), Urgency: urgency,
		VAPIDPublicKey: n.public, VAPIDPrivateKey: n.private,
	})
	if err != nil {
		return result{again: true, why: unreached(err)}
	}
	defer resp.Body.Close()
	_, _ = io.Copy(io.Discard, io.LimitReader(resp.Body, 16<<10))
	return pushResult(resp, n.store.Now())
}

func pushResult(resp *http.Response, now time.Time) result {
	r := result{why: "HTTP " + strconv.Itoa(resp.StatusCode)}
	switch s := resp.StatusCode; {
	case s >= 200 && s < 300:
		r.ok = true
	case s == http.StatusNotFound || s == http.StatusGone:
		r.gone = true
	case s == http.StatusTooManyRequests || s == http.StatusRequestTimeout || s >= 500:
		r.again, r.after = true, retryAfter(resp.Header.Get("Retry-After"), now)
	}
	return r
}

// retryAfter reads seconds or a date; nothing that lasts longer than the news.
func retryAfter(h string, now time.Time) time.Duration {
	var d time.Duration
	if s, err := strconv.Atoi(h); err == nil {
		d = time.Duration(s) * time.Second
	} else if t, err := http.ParseTime(h); err == nil {
		d = t.Sub(now)
	}
	return min(max(d, 0), longestWait)
}

// contact is whom a push service may ask about this site.
func (n *Notifier) contact() string {
	if len(n.cfg.Base) > 8 && n.cfg.Base[:8] == "https://" {
		return n.cfg.Base
	}
	return "huiwu@example.com" // no address was configured: the field must not be empty
}

// TestPush rings one device now and says how it went: nil, or a refusal with a
// sentence for its owner.
func (n *Notifier) TestPush(ctx context.Context, d *domain.PushDevice, locale string) error {
	text := Compose(n.lang(locale), &domain.Notice{Kind: domain.NoticeTest}, nil, domain.Viewer{}, Outside, n.store.Now())
	r := n.sendPush(ctx, d, message{Title: text.Title, Body: text.Body, URL: "/me", Tag: "test", At: n.store.Now().UnixMilli()})
	switch {
	case r.ok:
		n.cfg.OnDelivery("push", store.DeliverySent)
		return n.store.PushReached(ctx, d.ID)
	case r.gone:
		n.cfg.OnDelivery("push", store.DeliveryGone)
		if err := n.store.PushGone(ctx, d.ID); err != nil {
			return err
		}
		return domain.Conflict("push.gone")
	}
	n.cfg.OnDelivery("push", store.DeliveryFailed)
	if err := n.store.PushFailed(ctx, d.ID, r.why); err != nil {
		return err
	}
	return domain.Conflict("push.test_failed", "why", r.why)
}
