package notify

import (
	"cmp"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	netmail "net/mail"
	"net/textproto"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"time"

	mail "github.com/wneessen/go-mail"

	"huiwu/server/domain"
	"huiwu/server/store"
)

// MailServer is by whom mails go out, and from whom.
type MailServer struct {
	Host     string
	Port     int
	User     string
	Password string
	Implicit bool // TLS from the first byte
	Plain    bool // no TLS at all: a relay inside the house
	From     netmail.Address

	TLS *tls.Config // nil = by the system's authorities
}

// ParseMailServer reads smtp://user:password@host:587 (STARTTLS is a must),
// smtps://… or smtp://…?tls=off, and the sender's address. An empty address is
// no mail server: nil. No error shows the password.
func ParseMailServer(address, from string) (*MailServer, error) {
	if address == "" {
		return nil, nil
	}
	u, err := url.Parse(address)
	if err != nil || u.Hostname() == "" || u.Scheme != "smtp" && u.Scheme != "smtps" {
		return nil, errors.New("SMTP_URL cannot be read: want smtp://user:password@host:587 or smtps://…")
	}
	m := &MailServer{Host: u.Hostname(), User: u.User.Username(), Implicit: u.Scheme == "smtps"}
	m.Password, _ = u.User.Password()
	port := cmp.Or(u.Port(), map[bool]string{true: "465", false: "587"}[m.Implicit])
	if m.Port, err = strconv.Atoi(port); err != nil || m.Port < 1 || m.Port > 65535 {
		return nil, errors.New("SMTP_URL: the port is none")
	}
	switch v := u.Query().Get("tls"); v {
	case "", "on":
	case "off":
		m.Plain = true
	default:
		return nil, errors.New("SMTP_URL: tls is neither on nor off")
	}
	if m.Plain && (m.Implicit || m.User != "") {
		return nil, errors.New("SMTP_URL: a password is not sent without TLS")
	}
	a, err := netmail.ParseAddress(from)
	if err != nil {
		return nil, errors.New("SMTP_FROM is no mail address: want name@host or \"Name <name@host>\"")
	}
	m.From = *a
	return m, nil
}

// Limits of mailing.
const (
	mailsAtOnce = 4
	mailTries   = 10
)

// Mails tells whether letters can be sent from here: there is a mail server, and
// an address that a link may lead to.
func (n *Notifier) Mails() bool { return n.cfg.Mail != nil && n.cfg.Base != "" }

// Posted lets a mail that was queued here go out at once.
func (n *Notifier) Posted() {
	select {
	case n.posted <- struct{}{}:
	default:
	}
}

// remind queues what is to be reminded of, where it can be sent.
func (n *Notifier) remind(ctx context.Context) error {
	if err := n.store.RemindGuests(ctx); err != nil {
		return err
	}
	n.Posted()
	return nil
}

// mail sends what waits, several at once.
func (n *Notifier) mail(ctx context.Context) error {
	for {
		list, err := n.store.ClaimMails(ctx, mailsAtOnce)
		var group sync.WaitGroup
		for k := range list {
			group.Go(func() {
				n.try(ctx, func(ctx context.Context) error { return n.mailOne(ctx, &list[k]) })
			})
		}
		group.Wait()
		if err != nil || len(list) == 0 || ctx.Err() != nil {
			return err
		}
	}
}

// mailOne sends one letter and notes what became of it.
func (n *Notifier) mailOne(ctx context.Context, m *store.MailJob) error {
	r := n.sendMail(ctx, m)
	if ctx.Err() != nil && !r.ok {
		return nil //nolint:nilerr // shutting down: the claim runs out, another instance sends
	}
	ctx = context.WithoutCancel(ctx) // what was sent is noted even now
	switch {
	case r.ok:
		n.cfg.OnDelivery("mail", "sent")
		return n.store.EndMail(ctx, m.Mail, domain.MailSent, "", "")
	case r.again && m.Attempts < mailTries:
		n.cfg.OnDelivery("mail", "retried")
		return n.store.RetryMail(ctx, m.Mail, n.mailBackoff(m.Attempts), r.why, r.detail)
	}
	n.cfg.OnDelivery("mail", "failed")
	n.log.Warn("mail", "mail", m.ID, "why", r.why, "said", r.detail)
	return n.store.EndMail(ctx, m.Mail, domain.MailFailed, r.why, r.detail)
}

// mailBackoff is half a minute, one, two, four … up to an hour, with jitter: mail
// servers that do not know us want to be asked again after minutes.
func (n *Notifier) mailBackoff(attempts int) time.Duration {
	d := min(n.cfg.MailPause<<min(max(attempts-1, 0), 7), time.Hour)
	return d/2 + rand.N(d/2+1) //nolint:gosec // jitter is no secret
}

type mailResult struct {
	ok, again bool
	why       string // one of domain.MailFailures
	detail    string // what the mail server said
}

// compose is the mail itself: plain text, so nothing that anybody typed is markup.
func (n *Notifier) compose(m *store.MailJob) (*mail.Msg, error) {
	locale := m.Invitation.Locale
	if m.Request != nil {
		locale = m.Request.Locale
	}
	l := n.lang(locale)
	subject, body := n.words(l, m)
	if m.Kind == domain.MailReminder {
		subject = l.T("letter.reminder", "subject", subject)
		body = l.T("letter.reminder_text") + "\n\n" + body
	}
	msg := mail.NewMsg(mail.WithNoDefaultUserAgent())
	if err := msg.FromFormat(n.cfg.Mail.From.Name, n.cfg.Mail.From.Address); err != nil {
		return nil, fmt.Errorf("sender: %w", err)
	}
	if err := msg.To(m.Address); err != nil {
		return nil, errBadAddress
	}
	msg.Subject(domain.Clean(subject, false))
	_, host, _ := strings.Cut(n.cfg.Mail.From.Address, "@")
	msg.SetMessageIDWithValue(m.ID + "@" + host) // the same at every try
	msg.SetDateWithValue(m.MadeAt)
	msg.SetGenHeader("Auto-Submitted", "auto-generated")
	msg.SetBodyString(mail.TypeTextPlain, body)
	return msg, nil
}

// words are a guest's letter, or how an organiser's request stands.
func (n *Notifier) words(l Lang, m *store.MailJob) (subject, body string) {
	base := strings.TrimSuffix(n.cfg.Base, "/")
	if m.Request == nil {
		letter := LetterOf(m.Letter, m.Event)
		return Letter(l, &letter, &m.Guest, m.Event, base+"/g/"+m.Token)
	}
	rooms := make(map[string]domain.Room, len(m.Rooms))
	for _, r := range m.Rooms {
		rooms[r.ID] = r
	}
	return l.T("request_mail."+strings.TrimPrefix(m.Kind, "request_"), "number", m.Request.Number), RequestText(l, m.Request, m.Event, rooms, base+"/r/"+m.Token)
}

var errBadAddress = errors.New("mail: the address is none")

// mailGrace is what a mail on its way may still take when the program ends: cut off
// after its text, it would be sent twice.
const mailGrace = 5 * time.Second

// connect dials for go-mail, which looks at its context only until it has connected:
// what ctx ends is hung up, and nothing takes longer than the claim.
func (s *MailServer) connect(ctx context.Context) mail.DialContextFunc {
	return func(dial context.Context, network, address string) (net.Conn, error) {
		c, err := new(net.Dialer).DialContext(dial, network, address)
		if err != nil {
			return nil, err
		}
		context.AfterFunc(ctx, func() { _ = c.Close() })
		if !s.Implicit {
			return c, nil
		}
		t := tls.Client(c, cmp.Or(s.TLS, &tls.Config{ServerName: s.Host, MinVersion: tls.VersionTLS12}))
		return t, t.HandshakeContext(dial)
	}
}

// sendMail tries once.
func (n *Notifier) sendMail(ctx context.Context, m *store.MailJob) mailResult {
	open, hangUp := context.WithTimeout(context.WithoutCancel(ctx), n.cfg.MailTimeout)
	defer hangUp()
	defer context.AfterFunc(ctx, func() { time.AfterFunc(mailGrace, hangUp) })()
	msg, err := n.compose(m)
	if errors.Is(err, errBadAddress) {
		return mailResult{why: "address"}
	}
	if err != nil {
		return mailResult{why: "setup", detail: err.Error()}
	}
	s := n.cfg.Mail
	options := []mail.Option{mail.WithPort(s.Port), mail.WithTimeout(n.cfg.MailTimeout), mail.WithDialContextFunc(s.connect(open)), mail.WithTLSPolicy(mail.TLSMandatory)}
	switch {
	case s.Implicit: // encrypted already; nobody offers STARTTLS there
		options = append(options, mail.WithTLSPolicy(mail.TLSOpportunistic))
	case s.Plain:
		options = append(options, mail.WithTLSPolicy(mail.NoTLS))
	}
	if s.User != "" {
		options = append(options, mail.WithSMTPAuth(mail.SMTPAuthAutoDiscover), mail.WithUsername(s.User), mail.WithPassword(s.Password))
	}
	if s.TLS != nil {
		options = append(options, mail.WithTLSConfig(s.TLS))
	}
	client, err := mail.NewClient(s.Host, options...)
	if err != nil {
		return mailResult{why: "setup"}
	}
	err = client.DialAndSendWithContext(open, msg)
	if err == nil || msg.IsDelivered() { // a goodbye that failed changes nothing
		return mailResult{ok: true}
	}
	return mailTrouble(err)
}

// mailTrouble puts an error in one of few words. 4xx and the network may be
// different later; 5xx, a wrong password and a missing TLS will not.
func mailTrouble(err error) mailResult {
	var failed *mail.SendError
	var said *textproto.Error
	code := 0
	switch {
	case errors.As(err, &failed) && failed.ErrorCode() != 0:
		code = failed.ErrorCode()
	case errors.As(err, &said):
		code = said.Code
	}
	r := mailResult{detail: serverWords(err, code)}
	var unverified *tls.CertificateVerificationError
	var noTLS tls.RecordHeaderError
	var dns *net.DNSError
	switch {
	case code == 535 || code == 530 || code == 534 || code == 538:
		r.why = "signin"
	case failed != nil && failed.Reason == mail.ErrSMTPRcptTo && code >= 500:
		r.why = "address"
	case code >= 500:
		r.why = "refused"
	case code >= 400:
		r.why, r.again = "refused", true
	case errors.As(err, &unverified), errors.As(err, &noTLS), strings.Contains(err.Error(), "does not support STARTTLS"):
		r.why = "tls"
	case errors.Is(err, mail.ErrNoSupportedAuthDiscovered):
		r.why = "signin"
	case errors.As(err, &dns) && dns.IsNotFound:
		r.why, r.again = "setup", true
	default:
		r.why, r.again = "unreached", true
	}
	return r
}

// serverWords is what the mail server said, cut: its own words help who looks after it.
func serverWords(err error, code int) string {
	if code == 0 {
		return ""
	}
	text := domain.Clean(err.Error(), false)
	if _, after, ok := strings.Cut(text, strconv.Itoa(code)); ok {
		text = strconv.Itoa(code) + after
	}
	if r := []rune(text); len(r) > 160 {
		text = string(r[:160]) + "…"
	}
	return text
}
