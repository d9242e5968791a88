package demo

import (
	"context"
	"strings"

	"huiwu/server/domain"
)

// seat gives the visit its hosts and its seat plans: the talks in R5, dais and hall
// of the plenary, signing, and the group photo on the stairs. The cards of the dais
// are printed: what is changed from now on is work for the attendants.
func (t *troupe) seat(ctx context.Context, v *visitData, event string) error {
	by := domain.Act{Person: t.people[supervisor]}
	var hosts []domain.Host
	for _, h := range v.Hosts {
		hosts = append(hosts, domain.Host{ID: fixedID("host", h.ID), Name: h.Name, Title: h.Title})
	}
	if _, err := t.s.AddHosts(ctx, by, event, hosts); err != nil {
		return err
	}
	for _, p := range []domain.SeatPlan{
		{Name: "主席台", Function: "全体会", RoomID: "R2", Layout: domain.LayoutDais, Seats: len(v.Dais)},
		{Name: "会场", Function: "全体会", RoomID: "R2", Layout: domain.LayoutTheatre, Seats: 56, Split: 7},
		{Name: "会见", Function: "会见", RoomID: "R5", Layout: domain.LayoutTalks, Seats: 8},
		{Name: "签字", Function: "签字", RoomID: "R2", Layout: domain.LayoutSigning, Seats: 4},
		{Name: "合影", Function: "合影", Place: "2F台阶", Layout: domain.LayoutPhoto, Seats: 60, Split: 3},
	} {
		p.ID, p.EventID = fixedID("plan", p.Name), event
		if _, err := t.s.AddSeatPlan(ctx, by, p); err != nil {
			return err
		}
		if p.Layout == domain.LayoutSigning {
			if err := t.sign(ctx, by, event, p.ID, v.Signers); err != nil {
				return err
			}
		}
		if _, err := t.s.FillSeats(ctx, by, p.ID); err != nil {
			return err
		}
	}
	head, err := t.s.Head(ctx, domain.EventTopic(event))
	if err != nil {
		return err
	}
	_, err = t.s.PrintCards(ctx, by, fixedID("plan", "主席台"), head)
	return err
}

// sign puts the two who sign onto their seats; the others stand behind them by rank.
func (t *troupe) sign(ctx context.Context, by domain.Act, event, plan string, signers []string) error {
	plans, err := t.s.SeatPlans(ctx, event)
	if err != nil {
		return err
	}
	people, err := t.s.Seatables(ctx, event)
	if err != nil {
		return err
	}
	for _, p := range plans {
		for _, s := range p.Chairs {
			for _, x := range people {
				if p.ID == plan && s.Row == 1 && strings.Contains(strings.Join(signers, " "), x.Name) && s.Side == x.Side {
					if _, err := t.s.OccupySeat(ctx, by, s.ID, x.Key, "", 0); err != nil {
						return err
					}
				}
			}
		}
	}
	return nil
}
