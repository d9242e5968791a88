package domain_test

import (
	"strings"
	"testing"
	"time"

	"huiwu/server/domain"
)

func letter(text string) domain.Letter {
	return domain.Letter{SubjectZh: "邀请函", SubjectEn: "Invitation", Zh: text, En: "Dear {name}, {link}"}
}

func TestLetter(t *testing.T) {
	for text, want := range map[string]string{
		"尊敬的{name}{title}:{event} {time} {room} {organiser} {link}": "",
		"{link} { name } 花括号 {}":                                    "invitation.placeholder", // a near miss is no text: it would go out as it stands
		"{link} {nmae}":                                             "invitation.placeholder",
		"{link} {<b>}":                                              "invitation.placeholder",
		"尊敬的{name}":                                                 "invitation.link_needed",
		"":                                                          "field.required",
		"{link}" + strings.Repeat("汉", 1500):                        "field.too_long",
		"{link} { 没有合上":                                             "",
		"{link} {这是一段很长很长的话,长到不可能是一个占位词,所以花括号在这里只是花括号而已,不会被当成占位词来看}": "",
	} {
		l := letter(text)
		err := l.Validate()
		got := ""
		if e, ok := domain.AsError(err); ok {
			if len(e.Fields) != 1 || e.Fields[0].Field != "zh" {
				t.Errorf("%q: %v", text, err)
			}
			got = e.Fields[0].Key
		}
		if got != want {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
	l := letter("{link}")
	l.SubjectEn = "See {link}"
	if e, ok := domain.AsError(l.Validate()); !ok || e.Fields[0].Key != "invitation.link_in_subject" {
		t.Errorf("a link in the subject: %v", e)
	}
	l = letter("{link}")
	if l.SubjectZh = "a\r\nBcc: x@example.com"; l.Validate() != nil || strings.ContainsAny(l.SubjectZh, "\r\n") {
		t.Errorf("a subject of two lines: %q", l.SubjectZh)
	}
}

// What a value says in braces stays a word.
func TestFillLetter(t *testing.T) {
	got := domain.FillLetter("{name}|{event}|{link}|{other}", map[string]string{"name": "{link}", "event": "<b>", "link": "L"})
	if got != "{link}|<b>|L|{other}" {
		t.Error(got)
	}
	if got := domain.WithoutLink("a\n\nopen:\n{link}\n\nb"); got != "a\n\nb" {
		t.Errorf("%q", got)
	}
}

func TestCleanEmail(t *testing.T) {
	for _, good := range []string{"a@example.com", "first.last+tag@sub.example.co.uk", "用户@例子.公司", " a@example.com "} {
		if got, ok := domain.CleanEmail(good); !ok || got != strings.TrimSpace(good) {
			t.Errorf("%q: %q %v", good, got, ok)
		}
	}
	for _, bad := range []string{
		"a", "a@", "@b.com", "a@b", "a@b.", "a@.b", "a@b..c", "a b@c.de", "A <a@b.de>", "a@b.de,c@d.ef", "a@b.de\r\nBcc: c@d.ef", `"a b"@c.de`, "a@[127.0.0.1]", "a@b.de;c", "a@b.de>", strings.Repeat("a", 200) + "@b.de",
	} {
		if got, ok := domain.CleanEmail(bad); ok {
			t.Errorf("%q passes for %q", bad, got)
		}
	}
	if got, ok := domain.CleanEmail("  "); !ok || got != "" {
		t.Error("no address is no mistake")
	}
}

func FuzzCleanEmail(f *testing.F) {
	for _, s := range []string{"a@example.com", "a@b.c\r\nX: y", "<a@b.c>"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if got, ok := domain.CleanEmail(s); ok && (strings.ContainsAny(got, "\r\n\x00 <>,;") || strings.Count(got, "\x7f") > 0) {
			t.Errorf("%q becomes %q", s, got)
		}
	})
}

func TestReply(t *testing.T) {
	at := time.Now()
	full := domain.Reply{Answer: "accepted", Companions: 2, CompanionNames: "甲、乙", Diets: "no_spicy,vegetarian,vegetarian", DietNote: "x", Transport: "G1", ArriveAt: &at, Plate: "测A", Message: "行1\n行2"}
	r := full
	if err := r.Validate(); err != nil || r.Diets != "vegetarian,no_spicy" || r.Message != "行1\n行2" {
		t.Errorf("%v %+v", err, r)
	}
	r = full
	r.Answer = "declined"
	if err := r.Validate(); err != nil || r.Companions != 0 || r.Diets != "" || r.ArriveAt != nil || r.Message == "" {
		t.Errorf("who does not come brings nobody: %v %+v", err, r)
	}
	for field, change := range map[string]func(*domain.Reply){
		"answer":     func(r *domain.Reply) { r.Answer = "maybe" },
		"companions": func(r *domain.Reply) { r.Companions = -1 },
		"diets":      func(r *domain.Reply) { r.Diets = "vegetarian,caviar" },
		"plate":      func(r *domain.Reply) { r.Plate = strings.Repeat("A", 17) },
		"message":    func(r *domain.Reply) { r.Message = strings.Repeat("汉", 301) },
	} {
		r := full
		change(&r)
		if e, ok := domain.AsError(r.Validate()); !ok || len(e.Fields) != 1 || e.Fields[0].Field != field {
			t.Errorf("%s: %v", field, e)
		}
	}
	for n, ok := range map[int]bool{0: true, 20: true, 21: false, 100: false} {
		r := full
		if r.Companions = n; (r.Validate() == nil) != ok {
			t.Errorf("%d companions", n)
		}
	}
}

func TestInvitationStatesAndSums(t *testing.T) {
	at := time.Now()
	mail := func(s domain.MailState) *domain.Mail { return &domain.Mail{State: s} }
	list := []domain.Invited{
		{Invitation: domain.Invitation{Email: "a@b.cd"}},
		{Invitation: domain.Invitation{Email: "a@b.cd"}, Mail: mail(domain.MailWaiting)},
		{Invitation: domain.Invitation{Email: "a@b.cd", SentAt: &at}, Mail: mail(domain.MailFailed)},
		{Invitation: domain.Invitation{OpenedAt: &at}},
		{Invitation: domain.Invitation{AnsweredAt: &at, Reply: domain.Reply{Answer: "accepted", Companions: 3, Diets: "halal,no_spicy", DietNote: "粥"}, ConfirmedAt: &at}},
		{Invitation: domain.Invitation{AnsweredAt: &at, Reply: domain.Reply{Answer: "accepted", Diets: "halal"}}},
		{Invitation: domain.Invitation{AnsweredAt: &at, Reply: domain.Reply{Answer: "declined", Companions: 5, Diets: "halal"}}},
	}
	var states []string
	for k := range list {
		states = append(states, string(list[k].Invitation.State()))
	}
	if got := strings.Join(states, " "); got != "prepared prepared sent opened accepted accepted declined" {
		t.Error(got)
	}
	s := domain.SumInvitations(list)
	if s.Heads() != 5 || s.Companions != 3 || s.Diets["halal"] != 2 || s.Diets["no_spicy"] != 1 || s.Notes != 1 || s.Waiting != 1 || s.Confirmed != 1 {
		t.Errorf("%+v", s)
	}
	want := map[domain.InvitationFilter]int{"": 7, "unsent": 2, "silent": 2, "accepted": 2, "declined": 1, "failed": 1}
	for f, n := range want {
		if s.Count[f] != n {
			t.Errorf("%q: %d, want %d", f, s.Count[f], n)
		}
	}
	if s.Mailable["unsent"] != 1 || s.Mailable["silent"] != 1 {
		t.Errorf("with an address: %v", s.Mailable)
	}
}

func TestWhenGuestsMayAnswer(t *testing.T) {
	now := time.Now()
	for _, x := range []struct {
		status    domain.EventStatus
		start     time.Duration
		may, past bool
	}{
		{domain.EventConfirmed, time.Hour, true, false},
		{domain.EventReady, 0, false, false},
		{domain.EventLive, time.Hour, false, false}, // begun early
		{domain.EventReady, -3 * time.Hour, false, true},
		{domain.EventClearing, -time.Hour, false, true},
		{domain.EventCancelled, time.Hour, false, false},
	} {
		e := domain.Event{Status: x.status, StartAt: now.Add(x.start), EndAt: now.Add(x.start + 2*time.Hour)}
		if e.MayAnswer(now) != x.may || e.Past(now) != x.past {
			t.Errorf("%s %v: may %v, past %v", x.status, x.start, e.MayAnswer(now), e.Past(now))
		}
	}
}
