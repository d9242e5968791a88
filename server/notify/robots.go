package notify

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"huiwu/server/domain"
	"huiwu/server/store"
)

const (
	robotTries = 6
	textMost   = 1900 // bytes: WeCom takes 2048, the others more
)

// speak sends to each group what waits for it, as one message.
func (n *Notifier) speak(ctx context.Context) error {
	batches, err := n.store.ClaimChannels(ctx)
	for k := range batches {
		n.try(ctx, func(ctx context.Context) error { return n.speakTo(ctx, &batches[k]) })
	}
	return err
}

func (n *Notifier) speakTo(ctx context.Context, b *store.Batch) error {
	c := &b.Channel
	r := n.sendRobot(ctx, c, n.lines(b), slices.ContainsFunc(b.Notices, func(x domain.Notice) bool { return x.Grave }))
	switch {
	case ctx.Err() != nil:
		return nil //nolint:nilerr // shutting down: the claim runs out
	case r.ok:
		n.cfg.OnDelivery(string(c.Kind), store.DeliverySent)
		return n.store.ChannelReached(ctx, *b)
	case r.again && c.Attempts < robotTries:
		n.cfg.OnDelivery(string(c.Kind), "retried")
		return n.store.ChannelFailed(ctx, *b, r.why, max(r.after, backoff(c.Attempts)))
	}
	n.cfg.OnDelivery(string(c.Kind), store.DeliveryFailed)
	return n.store.ChannelFailed(ctx, *b, r.why, 0)
}

// lines is the message: one notice a line, and how many did not fit.
func (n *Notifier) lines(b *store.Batch) string {
	l := n.lang(b.Channel.Locale)
	var out strings.Builder
	for k := range b.Notices {
		x := &b.Notices[k]
		text := Compose(l, x, b.Events[x.EventID], domain.Viewer{}, Group, n.store.Now())
		line := text.Title
		if text.Body != "" {
			line += "\n" + text.Body
		}
		if n.cfg.Base != "" {
			line += "\n" + strings.TrimSuffix(n.cfg.Base, "/") + x.URL
		}
		if out.Len()+len(line) > textMost && k > 0 {
			out.WriteString("\n" + l.T("robot.more", "n", strconv.Itoa(len(b.Notices)-k)))
			break
		}
		if k > 0 {
			out.WriteString("\n\n")
		}
		out.WriteString(line)
	}
	return out.String()
}

// sendRobot posts one text to a chat group's robot. all calls everybody of the group.
func (n *Notifier) sendRobot(ctx context.Context, c *domain.Channel, text string, all bool) result {
	ctx, cancel := context.WithTimeout(ctx, n.cfg.Timeout)
	defer cancel()
	address, body, err := robotRequest(c, text, all, time.Now())
	if err != nil {
		return result{why: "message"}
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, address, bytes.NewReader(body))
	if err != nil {
		return result{why: "address"}
	}
	req.Header.Set("Content-Type", "application/json; charset=utf-8")
	resp, err := n.client.Do(req)
	if err != nil {
		return result{again: true, why: unreached(err)}
	}
	defer resp.Body.Close()
	answer, err := io.ReadAll(io.LimitReader(resp.Body, 64<<10))
	if err != nil {
		return result{again: true, why: unreached(err)}
	}
	return robotResult(c.Kind, resp.StatusCode, resp.Header.Get("Retry-After"), answer, time.Now())
}

// robotRequest is a message in the form of its chat, signed where there is a
// secret. The three differ in everything: see the documents of each.
func robotRequest(c *domain.Channel, text string, all bool, now time.Time) (address string, body []byte, err error) {
	address = c.URL
	var m any
	switch c.Kind {
	case domain.ChannelWeCom: // no signature: the key is in the address; only texts can mention
		t := wecomText{Content: text}
		if all {
			t.Mentioned = []string{"@all"}
		}
		m = wecomMessage{"text", t}
	case domain.ChannelDingTalk: // signed in the address, in milliseconds
		if c.Secret != "" {
			stamp := strconv.FormatInt(now.UnixMilli(), 10)
			address += "&timestamp=" + stamp + "&sign=" + url.QueryEscape(dingTalkSign(c.Secret, stamp))
		}
		m = dingTalkMessage{"text", content{text}, dingTalkAt{all}}
	case domain.ChannelFeishu: // signed in the body, in seconds; "<" would begin a tag
		f := feishuMessage{Type: "text", Content: feishuText{strings.ReplaceAll(text, "<", "＜")}}
		if all {
			f.Content.Text += "\n<at user_id=\"all\"></at>"
		}
		if c.Secret != "" {
			f.Timestamp = strconv.FormatInt(now.Unix(), 10)
			f.Sign = feishuSign(c.Secret, f.Timestamp)
		}
		m = f
	}
	var buf bytes.Buffer
	enc := json.NewEncoder(&buf)
	enc.SetEscapeHTML(false)
	err = enc.Encode(m)
	return address, buf.Bytes(), err
}

type content struct {
	Content string `json:"content"`
}

type wecomText struct {
	Content   string   `json:"content"`
	Mentioned []string `json:"mentioned_list,omitempty"`
}

type wecomMessage struct {
	Type string    `json:"msgtype"`
	Text wecomText `json:"text"`
}

type dingTalkAt struct {
	All bool `json:"isAtAll"`
}

type dingTalkMessage struct {
	Type string     `json:"msgtype"`
	Text content    `json:"text"`
	At   dingTalkAt `json:"at"`
}

type feishuText struct {
	Text string `json:"text"`
}

type feishuMessage struct {
	Timestamp string     `json:"timestamp,omitempty"`
	Sign      string     `json:"sign,omitempty"`
	Type      string     `json:"msg_type"`
	Content   feishuText `json:"content"`
}

// dingTalkSign: the key is the secret, the message is stamp and secret.
func dingTalkSign(secret, stamp string) string {
	return hmac256(secret, stamp+"\n"+secret)
}

// feishuSign is the other way round: the key is stamp and secret, the message is empty.
func feishuSign(secret, stamp string) string {
	return hmac256(stamp+"\n"+secret, "")
}

func hmac256(key, message string) string {
	h := hmac.New(sha256.New, []byte(key))
	h.Write([]byte(message))
	return base64.StdEncoding.EncodeToString(h.Sum(nil))
}

// busy are the error codes that mean "later", and how much later. All others
// are wrong settings, which no other try puts right.
var busy = map[domain.ChannelKind]map[int]time.Duration{
	domain.ChannelWeCom:    {-1: 0, 45009: time.Minute, 45033: time.Minute},
	domain.ChannelDingTalk: {-1: 0, 130101: 10 * time.Minute, 410100: 10 * time.Minute},
	domain.ChannelFeishu:   {11232: 15 * time.Second, 9499: 15 * time.Second, 11247: time.Minute},
}

// robotResult reads a chat's answer: all three say 200 and put the truth into a code.
func robotResult(kind domain.ChannelKind, status int, after string, body []byte, now time.Time) result {
	if status == http.StatusTooManyRequests || status >= 500 {
		return result{again: true, after: retryAfter(after, now), why: "HTTP " + strconv.Itoa(status)}
	}
	if status != http.StatusOK {
		return result{why: "HTTP " + strconv.Itoa(status)}
	}
	var a struct {
		ErrCode *int   `json:"errcode"`
		ErrMsg  string `json:"errmsg"`
		Code    *int   `json:"code"`
		Msg     string `json:"msg"`
	}
	if err := json.Unmarshal(body, &a); err != nil {
		return result{why: "no JSON"}
	}
	code, msg := a.ErrCode, a.ErrMsg
	if kind == domain.ChannelFeishu {
		code, msg = a.Code, a.Msg
	}
	if code == nil {
		return result{why: "no code"}
	}
	if *code == 0 {
		return result{ok: true}
	}
	r := result{why: strconv.Itoa(*code) + " " + short(domain.Clean(msg, false), 120)}
	r.after, r.again = busy[kind][*code]
	return r
}

func short(s string, runes int) string {
	if r := []rune(s); len(r) > runes {
		return string(r[:runes]) + "…"
	}
	return s
}

// unreached is a failure of the network in a word: the error's own text holds
// the address, which is a secret.
func unreached(err error) string {
	var timeout interface{ Timeout() bool }
	switch {
	case errors.Is(err, errNotPublic):
		return "private address"
	case errors.Is(err, context.DeadlineExceeded) || errors.As(err, &timeout) && timeout.Timeout():
		return "timeout"
	}
	return "no connection"
}

// TestChannel says something in the group now: nil, or a refusal with what the
// chat answered.
func (n *Notifier) TestChannel(ctx context.Context, c *domain.Channel) error {
	text := Compose(n.lang(c.Locale), &domain.Notice{Kind: domain.NoticeTest}, nil, domain.Viewer{}, Group, n.store.Now())
	r := n.sendRobot(ctx, c, text.Title+"\n"+text.Body, false)
	why := r.why
	if r.ok {
		why = ""
	}
	if err := n.store.ChannelTested(ctx, c.ID, why); err != nil {
		return err
	}
	if !r.ok {
		n.cfg.OnDelivery(string(c.Kind), store.DeliveryFailed)
		return domain.Conflict("channel.test_failed", "why", why)
	}
	n.cfg.OnDelivery(string(c.Kind), store.DeliverySent)
	return nil
}
