package gallery

import (
	"fmt"

	"huiwu/server/domain"
	"huiwu/views"
)

// seating is a dais on which something is wrong, and talks at which nobody sits yet.
func (s set) seating() *views.Seating {
	var people []domain.Seatable
	for k := range 9 {
		people = append(people, domain.Seatable{Key: domain.GuestKey(fmt.Sprint(k)), Side: domain.SideGuest, Name: s.guest(k % 7).Name, Title: s.guest(k % 7).Title, Rank: k + 1, Struck: k == 2})
		people = append(people, domain.Seatable{Key: domain.HostKey(fmt.Sprint(k)), Side: domain.SideHost, Name: s.Names[supervisor], Title: s.T("role.commander"), Rank: k + 1})
	}
	dais := domain.SeatPlan{ID: "dais", EventID: s.event.ID, Name: s.T("layout.dais"), Layout: domain.LayoutDais, Seats: 7, Function: "A", ChangedBy: supervisor, CardsAt: s.inP(-5), Room: &s.event.Rooms[0], Sort: 1}
	talks := domain.SeatPlan{ID: "talks", EventID: s.event.ID, Name: s.T("layout.talks"), Layout: domain.LayoutTalks, Seats: 5, Variant: domain.VariantBroadside, Place: s.long(), Sort: 2}
	for _, p := range []*domain.SeatPlan{&dais, &talks} {
		p.Chairs, _ = p.Lay()
		for k := range p.Chairs {
			p.Chairs[k].ID, p.Chairs[k].Seq = fmt.Sprint(p.ID, k), 1
		}
	}
	for k := range 6 {
		c := &dais.Chairs[k]
		if k%2 == 0 {
			c.GuestID, c.Card = fmt.Sprint(k), people[2*k].Name
		} else {
			c.HostID = fmt.Sprint(k)
		}
	}
	return views.NewSeating(&s.event, []domain.SeatPlan{dais, talks}, people)
}

// nobody is the same event without hosts.
func (s set) nobody() *views.Seating { return views.NewSeating(&s.event, nil, nil) }
