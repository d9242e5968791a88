package web

import (
	"context"
	"strings"

	"huiwu/server/domain"
	"huiwu/server/notify"
	"huiwu/views"
)

// originMark stands for this program's own address in what is the same for all
// viewers and was configured with none: the page's script puts it in.
const originMark = "{origin}"

// passLink is the guest's own link.
func (a *App) passLink(ctx context.Context, g *domain.Guest) (string, error) {
	token, err := a.Store.Token(ctx, domain.Pass{Kind: domain.PassGuest, ID: g.ID, No: g.PassNo})
	base := strings.TrimSuffix(a.Base, "/")
	if base == "" {
		base = originMark
	}
	return base + "/g/" + token, err
}

func (a *App) invitationLine(ctx context.Context, e *domain.Event, letter *domain.Letter, x *domain.Invited) (views.InvitationLine, error) {
	link, err := a.passLink(ctx, &x.Guest)
	if err != nil {
		return views.InvitationLine{}, err
	}
	line := views.InvitationLine{Invited: *x, Link: link, Food: staffNeeds(&x.Invitation.Reply)}
	_, line.Text = notify.Letter(notify.Lang{Locale: x.Invitation.Locale, Loc: a.Loc}, letter, &x.Guest, e, link)
	return line, nil
}

// invitations: the changed rows and the sums, or the sheet of one guest.
func (f *eventView) invitations(view string, ids []string, changed bool) error {
	if changed { // the letter, the time, the room: every text is another
		f.parts = append(f.parts, stale)
		return nil
	}
	if len(ids) == 0 {
		return nil
	}
	list, err := f.Store.Invitations(f.ctx, f.e.ID, ids...)
	if err != nil {
		return err
	}
	saved, err := f.Store.Letter(f.ctx, f.e.ID)
	if err != nil {
		return err
	}
	letter := notify.LetterOf(saved, f.e)
	var all []domain.Invited
	if view == ViewInvitations {
		if all, err = f.Store.Invitations(f.ctx, f.e.ID); err != nil {
			return err
		}
	}
	there := map[string]bool{}
	for k := range list {
		there[list[k].ID] = true
		line, err := f.invitationLine(f.ctx, f.e, &letter, &list[k])
		if err != nil {
			return err
		}
		if view == ViewInvitations {
			f.add(views.InvitationRow(f.v, f.e, &line, f.Notify.Mails()))
			continue
		}
		said, err := f.Store.Confirmations(f.ctx, line.ID)
		if err != nil {
			return err
		}
		f.add(views.InvitationSheet(f.v, f.e, &line, said, f.Notify.Mails()))
	}
	for _, id := range ids {
		if !there[id] && view == ViewInvitations {
			f.add(views.InvitationGone(f.v, id))
		}
	}
	if view == ViewInvitations {
		f.add(views.InvitationTotals(f.v, f.e, domain.SumInvitations(all)))
	}
	return nil
}
