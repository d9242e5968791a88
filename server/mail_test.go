package server_test

import (
	"bufio"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"fmt"
	"io"
	"mime"
	"mime/quotedprintable"
	"net"
	"net/http"
	"net/http/httptest"
	netmail "net/mail"
	"net/textproto"
	"strings"
	"sync"
	"testing"
	"time"

	"huiwu/server/domain"
	"huiwu/server/i18n"
	"huiwu/server/notify"
)

// postOffice is a small mail server that keeps what it is given.
type postOffice struct {
	t      *testing.T
	l      net.Listener
	server *tls.Config // nil = STARTTLS is not offered
	inside bool        // TLS from the first byte
	client *tls.Config

	mu sync.Mutex
	// says overrides the answer to a verb, the n-th time that it comes (from 1); "" = as usual, "hang" = silence,
	// "drop" = the connection breaks before the answer.
	says  func(verb string, n int) string
	count map[string]int
	heard []string
	mails []string // as they came
	conns map[net.Conn]bool
	work  sync.WaitGroup
}

func newPostOffice(t *testing.T, withTLS bool) *postOffice {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	p := &postOffice{t: t, l: l, count: map[string]int{}, conns: map[net.Conn]bool{}}
	if withTLS {
		h := httptest.NewTLSServer(nil) // for its certificate
		roots := x509.NewCertPool()
		roots.AddCert(h.Certificate())
		p.server, p.client = &tls.Config{Certificates: h.TLS.Certificates}, &tls.Config{RootCAs: roots, ServerName: "127.0.0.1"}
		h.Close()
	}
	p.work.Go(func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			p.mu.Lock()
			p.conns[c] = true
			p.mu.Unlock()
			p.work.Go(func() { p.talk(c) })
		}
	})
	t.Cleanup(func() {
		_ = l.Close()
		p.mu.Lock()
		for c := range p.conns {
			_ = c.Close()
		}
		p.mu.Unlock()
		p.work.Wait()
	})
	return p
}

func (p *postOffice) answer(verb string) string {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.count[verb]++
	p.heard = append(p.heard, verb)
	if p.says == nil {
		return ""
	}
	return p.says(verb, p.count[verb])
}

func (p *postOffice) got() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return append([]string(nil), p.mails...)
}

func (p *postOffice) verbs() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return strings.Join(p.heard, " ")
}

func (p *postOffice) talk(c net.Conn) {
	defer c.Close()
	secure := p.inside
	if secure {
		c = tls.Server(c, p.server)
	}
	r := textproto.NewReader(bufio.NewReader(c))
	say := func(verb, usual string) bool {
		s := p.answer(verb)
		switch s {
		case "drop":
			return false
		case "hang":
			_, _ = io.Copy(io.Discard, c) // until the other side gives up
			return false
		case "":
			s = usual
		}
		_, err := c.Write([]byte(s + "\r\n"))
		return err == nil
	}
	if !say("HI", "220 post office") {
		return
	}
	for {
		line, err := r.ReadLine()
		if err != nil {
			return
		}
		verb, rest, _ := strings.Cut(strings.ToUpper(line), " ")
		usual := "250 ok"
		switch verb {
		case "EHLO":
			usual = "250-post office\r\n250-8BITMIME\r\n250-SMTPUTF8\r\n"
			if p.server != nil && !secure {
				usual += "250-STARTTLS\r\n"
			}
			usual += "250 AUTH PLAIN"
		case "STARTTLS":
			usual = "220 go on"
		case "AUTH":
			b, _ := base64.StdEncoding.DecodeString(strings.TrimPrefix(line[5:], "PLAIN "))
			if usual = "535 5.7.8 wrong password"; string(b) == "\x00huiwu\x00quartz" && secure && strings.HasPrefix(rest, "PLAIN ") {
				usual = "235 come in"
			}
		case "DATA":
			if !say("DATA", "354 go on") {
				return
			}
			b, err := r.ReadDotBytes()
			if err != nil {
				return
			}
			p.mu.Lock()
			p.mails = append(p.mails, string(b))
			p.mu.Unlock()
			verb = "END"
		case "QUIT":
			usual = "221 bye"
		}
		if !say(verb, usual) || verb == "QUIT" {
			return
		}
		if verb == "STARTTLS" {
			c = tls.Server(c, p.server)
			secure, r = true, textproto.NewReader(bufio.NewReader(c))
		}
	}
}

func (p *postOffice) config(c *notify.Config) {
	host, port, _ := net.SplitHostPort(p.l.Addr().String())
	c.Mail = &notify.MailServer{Host: host, User: "huiwu", Password: "quartz", Implicit: p.inside, From: netmail.Address{Name: "会务台", Address: "office@huiwu.example.com"}, TLS: p.client}
	_, _ = fmt.Sscan(port, &c.Mail.Port)
	c.MailPause, c.Deliver, c.Clock, c.MailTimeout = 20*time.Millisecond, 20*time.Millisecond, time.Hour, 300*time.Millisecond
}

const mailBase = "http://huiwu.example.com"

// mailing is a site with a post office, and one guest who has an address.
func mailing(t *testing.T, p *postOffice, database string, now func() time.Time) (*site, domain.Guest) {
	t.Helper()
	s := start(t, setting{Database: database, Base: mailBase, Notify: p.config, Now: now, Mute: true})
	g := s.guests(t, s.world.Event, guest("雪松", ""))[0]
	s.signIn(t, "commander").does("PUT", "/guests/"+g.ID+"/invitation", form("email", "xuesong@example.com", "locale", "zh"))
	return s, g
}

func (s *site) mailOf(t *testing.T, g domain.Guest) domain.Mail {
	t.Helper()
	list, err := s.Store.Invitations(t.Context(), g.EventID, g.ID)
	if err != nil || len(list) != 1 {
		t.Fatal(list, err)
	}
	if list[0].Mail == nil {
		return domain.Mail{}
	}
	return *list[0].Mail
}

func (s *site) sends(t *testing.T, g domain.Guest) {
	t.Helper()
	a := s.signIn(t, "commander").act("POST", "/events/"+g.EventID+"/invitations/mails", form("which", "selected", "guest", g.ID))
	if a.status != http.StatusOK || a.header.Get("X-Notice") == "" {
		t.Fatalf("%d %s", a.status, a.body)
	}
}

func (s *site) ends(t *testing.T, g domain.Guest, want domain.MailState) domain.Mail {
	t.Helper()
	eventually(t, "the mail is "+string(want), func() bool { return s.mailOf(t, g).State == want })
	return s.mailOf(t, g)
}

func TestMailArrives(t *testing.T) {
	for name, database := range map[string]func() string{"sqlite": func() string { return "" }, "postgres": func() string { return migrated(t) }} {
		t.Run(name, func(t *testing.T) {
			p := newPostOffice(t, true)
			s, g := mailing(t, p, database(), nil)
			c := s.signIn(t, "commander")
			c.does("PUT", "/guests/"+g.ID, form("name", `<script>alert(1)</script>{link}`, "title", "处长"))
			c.does("PUT", "/events/"+g.EventID+"/letter", form("subject_zh", "邀请函\r\nBcc: thief@example.com", "zh", "{name}{title}:\n.\n{link}\n{event}", "subject_en", "x", "en", "{link}"))
			s.sends(t, g)
			m := s.ends(t, g, domain.MailSent)
			mails := p.got()
			if len(mails) != 1 {
				t.Fatal(len(mails), " mails")
			}
			msg, err := netmail.ReadMessage(strings.NewReader(mails[0]))
			if err != nil {
				t.Fatal(err)
			}
			subject, err := new(mime.WordDecoder).DecodeHeader(msg.Header.Get("Subject"))
			if err != nil || subject != "邀请函 Bcc: thief@example.com" {
				t.Errorf("subject %q %v", subject, err)
			}
			for h, want := range map[string]string{
				"Bcc": "", "To": "<xuesong@example.com>", "Message-ID": "<" + m.ID + "@huiwu.example.com>", "Content-Type": "text/plain; charset=UTF-8", "Auto-Submitted": "auto-generated",
			} {
				if got := msg.Header.Get(h); got != want {
					t.Errorf("%s: %q, want %q", h, got, want)
				}
			}
			if from, err := msg.Header.AddressList("From"); err != nil || from[0].Name != "会务台" {
				t.Error(from, err)
			}
			b, err := io.ReadAll(quotedprintable.NewReader(msg.Body))
			if err != nil {
				t.Fatal(err)
			}
			body := strings.ReplaceAll(string(b), "\r\n", "\n")
			link := mailBase + "/g/" + s.guestToken(t, g)
			if want := "<script>alert(1)</script>{link}处长:\n.\n" + link + "\n"; !strings.HasPrefix(body, want) {
				t.Errorf("body %q, want %q…", body, want)
			}
			if v := p.verbs(); v != "HI EHLO STARTTLS EHLO AUTH NOOP MAIL RCPT DATA END RSET QUIT" && !strings.Contains(v, "AUTH") {
				t.Error(v)
			}
			page := c.get("/events/" + g.EventID + "/invitations").body
			if !strings.Contains(page, i18n.T("zh", "invitation.state_sent")) || strings.Contains(page, "<script>alert") {
				t.Error("the page does not show it, or too much")
			}
		})
	}
}

// TLS from the first byte; and a post office that has none there is told apart from one that is away.
func TestMailInsideTLS(t *testing.T) {
	p := newPostOffice(t, true)
	p.inside = true
	s, g := mailing(t, p, "", nil)
	s.sends(t, g)
	s.ends(t, g, domain.MailSent)
	if v := p.verbs(); len(p.got()) != 1 || strings.Contains(v, "STARTTLS") || !strings.Contains(v, "AUTH") {
		t.Error(len(p.got()), v)
	}
	open := newPostOffice(t, true)
	s = start(t, setting{Base: mailBase, Mute: true, Notify: func(c *notify.Config) {
		open.config(c)
		c.Mail.Implicit = true
	}})
	g = s.guests(t, s.world.Event, guest("雪松", ""))[0]
	s.signIn(t, "commander").does("PUT", "/guests/"+g.ID+"/invitation", form("email", "xuesong@example.com", "locale", "zh"))
	s.sends(t, g)
	if m := s.ends(t, g, domain.MailFailed); m.Failure != "tls" || strings.Contains(open.verbs(), "EHLO") {
		t.Errorf("%+v %s", m, open.verbs())
	}
}

// What may be different later is tried again, under the same name; what may not is said in words.
func TestMailTroubles(t *testing.T) {
	once := func(verb, answer string) func(string, int) string {
		return func(v string, n int) string {
			if v == verb && n == 1 {
				return answer
			}
			return ""
		}
	}
	always := func(verb, answer string) func(string, int) string {
		return func(v string, _ int) string {
			if v == verb {
				return answer
			}
			return ""
		}
	}
	for _, x := range []struct {
		name    string
		says    func(string, int) string
		noTLS   bool
		state   domain.MailState
		failure string
		mails   int // that reached the post office
		tries   int
	}{
		{"greylisted", once("RCPT", "451 4.7.1 come back later"), false, domain.MailSent, "", 1, 2},
		{"busy after the text", once("END", "452 4.3.1 no room"), false, domain.MailSent, "", 2, 2},
		{"dies after the text", once("END", "drop"), false, domain.MailSent, "", 2, 2},
		{"says nothing", once("HI", "hang"), false, domain.MailSent, "", 1, 2},
		{"falls silent", once("RCPT", "hang"), false, domain.MailSent, "", 1, 2},
		{"closes at once", once("HI", "drop"), false, domain.MailSent, "", 1, 2},
		{"bad goodbye", always("QUIT", "drop"), false, domain.MailSent, "", 1, 1},
		{"bad reset", always("RSET", "500 what"), false, domain.MailSent, "", 1, 1},
		{"nobody there", always("RCPT", "550 5.1.1 no such user"), false, domain.MailFailed, "address", 0, 1},
		{"spam", always("END", "554 5.7.1 spam"), false, domain.MailFailed, "refused", 1, 1},
		{"wrong password", always("AUTH", "535 5.7.8 no"), false, domain.MailFailed, "signin", 0, 1},
		{"no TLS", nil, true, domain.MailFailed, "tls", 0, 1},
		{"for ever busy", always("RCPT", "451 4.7.1 later"), false, domain.MailFailed, "refused", 0, 10},
	} {
		t.Run(x.name, func(t *testing.T) {
			p := newPostOffice(t, !x.noTLS)
			p.says = x.says
			var now func() time.Time
			if x.tries == 10 {
				now = hurried()
			}
			s, g := mailing(t, p, "", now)
			s.sends(t, g)
			m := s.ends(t, g, x.state)
			if m.Failure != x.failure || m.Attempts != x.tries {
				t.Errorf("%+v", m)
			}
			mails := p.got()
			if len(mails) != x.mails {
				t.Errorf("%d mails came, want %d", len(mails), x.mails)
			}
			for _, text := range mails {
				if !strings.Contains(text, "Message-ID: <"+m.ID+"@") {
					t.Errorf("another name: %s", text)
				}
			}
			if x.noTLS && strings.ContainsAny(p.verbs(), "M") {
				t.Errorf("said more than it should without encryption: %s", p.verbs())
			}
			page := s.signIn(t, "commander").get("/guests/" + g.ID + "/invitation").body
			if want := i18n.T("zh", "mail.failed_"+x.failure, "address", "xuesong@example.com"); x.failure != "" && !strings.Contains(page, want) {
				t.Errorf("the page does not say %q", want)
			}
			if strings.Contains(page, "quartz") {
				t.Error("the page shows the password")
			}
		})
	}
}

// hurried is a clock that runs twenty times as fast: the waiting between tries is short by it.
func hurried() func() time.Time {
	begun := time.Now()
	return func() time.Time { return begun.Add(time.Since(begun) * 20).UTC().Truncate(time.Microsecond) }
}

// Two instances on one database: every guest gets one mail.
func TestMailFromTwoInstances(t *testing.T) {
	p := newPostOffice(t, true)
	a := start(t, setting{Database: migrated(t), Base: mailBase, Notify: p.config, Mute: true})
	start(t, setting{Database: a.set.Database, Base: mailBase, Notify: p.config, World: a.world, Mute: true})
	c := a.signIn(t, "commander")
	var b strings.Builder
	b.WriteString("姓名,邮箱\n")
	for n := range 30 {
		name := fmt.Sprint("来宾", n)
		a.guests(t, a.world.Event, guest(name, ""))
		fmt.Fprintf(&b, "%s,g%d@example.com\n", name, n)
	}
	c.does("POST", "/events/"+a.world.Event+"/invitations/import", form("text", b.String()))
	c.does("POST", "/events/"+a.world.Event+"/invitations/mails", form("which", "unsent"))
	eventually(t, "all are sent", func() bool {
		list, err := a.Store.Invitations(t.Context(), a.world.Event)
		return err == nil && domain.SumInvitations(list).Count[domain.ShowSilent] == 30
	})
	to := map[string]int{}
	for _, text := range p.got() {
		msg, err := netmail.ReadMessage(strings.NewReader(text))
		if err != nil {
			t.Fatal(err)
		}
		to[msg.Header.Get("To")]++
	}
	for who, n := range to {
		if n != 1 {
			t.Errorf("%s got %d mails", who, n)
		}
	}
	if len(to) != 30 {
		t.Errorf("%d guests got one", len(to))
	}
}

// A program that ended in the middle leaves nothing behind: the next one sends.
func TestMailSurvivesAnEnd(t *testing.T) {
	p := newPostOffice(t, true)
	hang := true
	p.says = func(verb string, _ int) string {
		if verb == "HI" && hang {
			return "hang"
		}
		return ""
	}
	dir := t.TempDir()
	set := setting{Dir: dir, Base: mailBase, Mute: true, Notify: func(c *notify.Config) {
		p.config(c)
		c.MailTimeout = 200 * time.Millisecond
	}}
	s := start(t, set)
	g := s.guests(t, s.world.Event, guest("雪松", ""))[0]
	s.signIn(t, "commander").does("PUT", "/guests/"+g.ID+"/invitation", form("email", "xuesong@example.com", "locale", "en"))
	s.sends(t, g)
	eventually(t, "it is being tried", func() bool { return strings.Contains(p.verbs(), "HI") })
	s.stop()
	p.mu.Lock()
	hang = false
	p.mu.Unlock()
	set.World, set.Now = s.world, func() time.Time { return time.Now().Add(5 * time.Minute) } // the dead one's claim is over
	s = start(t, set)
	s.ends(t, g, domain.MailSent)
	if mails := p.got(); len(mails) != 1 || !strings.Contains(mails[0], "?q?Invitation:_") {
		t.Errorf("%q", mails)
	}
}

func TestParseMailServer(t *testing.T) {
	for address, want := range map[string]string{
		"smtp://u:p%40ss@mail.example.com":       "mail.example.com:587 u p@ss false false",
		"smtps://u:p@mail.example.com":           "mail.example.com:465 u p true false",
		"smtp://relay:25?tls=off":                "relay:25   false true",
		"smtp://u:secret@relay:25?tls=off":       "error",
		"smtps://relay?tls=off":                  "error",
		"smtp://u:secret@mail.example.com:99999": "error",
		"http://u:secret@mail.example.com":       "error",
		"smtp://u:sec ret@:587":                  "error",
		"smtp://u:secret@mail:587?tls=maybe":     "error",
	} {
		m, err := notify.ParseMailServer(address, "Office <a@example.com>")
		got := "error"
		if err == nil {
			got = fmt.Sprintf("%s:%d %s %s %v %v", m.Host, m.Port, m.User, m.Password, m.Implicit, m.Plain)
		} else if strings.Contains(err.Error(), "sec") {
			t.Errorf("%s: the error shows the password: %v", address, err)
		}
		if got != want {
			t.Errorf("%s: %s, want %s", address, got, want)
		}
	}
	if m, err := notify.ParseMailServer("", ""); m != nil || err != nil {
		t.Error(m, err)
	}
	if _, err := notify.ParseMailServer("smtp://mail.example.com", "nobody"); err == nil {
		t.Error("a sender that is none")
	}
}
