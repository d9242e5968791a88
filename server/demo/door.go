package demo

import (
	"context"

	"huiwu/server/domain"
)

// signIn receives a car's guests at the desk, with papers and badges.
func (t *troupe) signIn(ctx context.Context, act domain.Act, event, party string) (domain.Receipt, error) {
	list, err := t.s.Guests(ctx, event)
	if err != nil {
		return domain.Receipt{}, err
	}
	var ids []string
	for k := range list {
		if list[k].PartyID == party {
			ids = append(ids, list[k].ID)
		}
	}
	return t.s.SignInParty(ctx, act, party, ids, domain.SignIn{Pack: true, Badge: true, Venue: true})
}

// strays are the two guests of another meeting who came to the visit's door.
var strays = []string{"泽泻", "泽漆"}

// strayTo is where they belong.
const strayTo = "18-02"
