package gallery

import (
	"strconv"

	"huiwu/server/domain"
	"huiwu/views"
)

// invited are guests in every state of an invitation, and of its mail.
func (s set) invited() []domain.Invited {
	reply := domain.Reply{Answer: domain.AnswerAccepted, Companions: 2, CompanionNames: "茯苓、当归", Diets: "vegetarian,no_spicy", Transport: "G7105", ArriveAt: s.inP(30), Plate: "测A·77777", Message: s.long()}
	no := domain.Reply{Answer: domain.AnswerDeclined}
	states := []domain.Invitation{
		{},
		{SentAt: s.inP(-90), SentBy: supervisor, Channel: domain.ByMessage},
		{SentAt: s.inP(-90), SentBy: supervisor, Channel: domain.ByEmail, OpenedAt: s.inP(-80), RemindedAt: s.inP(-20)},
		{SentAt: s.inP(-3000), SentBy: supervisor, Channel: domain.ByLetter, AnsweredAt: s.inP(-70), Reply: no},
		{SentAt: s.inP(-90), SentBy: supervisor, Channel: domain.ByEmail, OpenedAt: s.inP(-80), AnsweredAt: s.inP(-70), Reply: reply, ConfirmedAt: s.inP(-30), ConfirmedBy: supervisor},
		{},
	}
	mails := []*domain.Mail{nil, nil, {State: domain.MailSent}, nil, {State: domain.MailWaiting}, {State: domain.MailFailed, Failure: "address", Address: "nobody@example.com", Detail: "550 5.1.1 no such user"}}
	list := make([]domain.Invited, len(states))
	for k := range states {
		g := s.guest(k)
		g.ID = "invited-" + strconv.Itoa(k)
		i := states[k]
		i.GuestID, i.Locale = g.ID, "zh"
		if k%2 == 1 || mails[k] != nil {
			i.Email = "guest@example.com"
		}
		list[k] = domain.Invited{Guest: g, Invitation: i, Mail: mails[k]}
	}
	return list
}

// letter is a guest's line with its text.
func (s set) letter(x domain.Invited) *views.InvitationLine {
	food := x.Invitation.Needs(func(d string) string { return s.T("diet." + d) }, s.T("ui.comma"))
	return &views.InvitationLine{Invited: x, Text: s.T("letter.text", "name", x.Name, "title", x.Title, "event", s.event.Name, "time", "", "room", "", "organiser", s.event.Organiser, "link", "{origin}/g/x"), Link: "{origin}/g/x", Food: food}
}

func (s set) said() []domain.Confirmation {
	return []domain.Confirmation{
		{PersonID: supervisor, At: s.in(-30), Way: "phone", Result: "accepted", SpokeTo: "办公室", Note: s.long()},
		{PersonID: supervisor, At: s.in(-3000), Way: "email", Result: "open"},
	}
}
