package demo

import (
	"context"
	"fmt"
	"time"

	"huiwu/server/domain"
)

// letters invites the delegation of the visit and lets some of it answer: every
// state is there to be seen. later moves the demo's clock on.
func (t *troupe) letters(ctx context.Context, v *visitData, event string, later func(time.Duration)) error {
	by := domain.Act{Person: t.people[supervisor]}
	invitations, err := t.s.Invitations(ctx, event)
	if err != nil {
		return err
	}
	at := map[string]domain.Guest{}
	for k := range invitations {
		at[invitations[k].ID] = invitations[k].Guest
	}
	last := len(v.Guests) - 1
	for n := range v.Guests {
		g := at[fixedID("guest", v.Guests[n].ID)]
		if _, err := t.s.SaveInvitation(ctx, by, g.ID, fmt.Sprintf("guest%02d@yuanlan.example.com", n+1), "zh"); err != nil {
			return err
		}
		if n > last-3 { // not yet
			continue
		}
		later(time.Minute)
		if _, err := t.s.MarkSent(ctx, by, g.ID, domain.ByMessage); err != nil {
			return err
		}
		if err := t.reply(ctx, by, &g, n, last, later); err != nil {
			return err
		}
	}
	return nil
}

// reply is what the n-th of the delegation does with his letter.
func (t *troupe) reply(ctx context.Context, by domain.Act, g *domain.Guest, n, last int, later func(time.Duration)) error {
	token, err := t.s.Token(ctx, domain.Pass{Kind: domain.PassGuest, ID: g.ID, No: g.PassNo})
	if err != nil {
		return err
	}
	later(7 * time.Minute)
	if n > last-6 { // no sign of him
		return nil
	}
	if _, err := t.s.OpenInvitation(ctx, domain.Act{}, token); err != nil {
		return err
	}
	if n > last-9 {
		return nil
	}
	r := domain.Reply{Answer: domain.AnswerAccepted, Diets: []string{"", "", "vegetarian", "no_spicy", "", "halal"}[n%6]}
	switch n {
	case 0:
		r.Companions, r.CompanionNames = 1, "茯苓"
	case 3:
		r.Transport, r.Message = "G7105", "会前想借用投影仪看一下材料"
	case last - 9:
		r = domain.Reply{Answer: domain.AnswerDeclined, Message: "当日另有会议,请代为致意"}
	}
	later(3 * time.Minute)
	if _, err := t.s.AnswerInvitation(ctx, domain.Act{}, token, r, func(*domain.Reply) string { return "" }); err != nil {
		return err
	}
	if n > 2 {
		return nil
	}
	_, err = t.s.Confirm(ctx, by, g.ID, domain.Confirmation{Way: "phone", Result: "accepted", SpokeTo: "办公室"})
	return err
}
