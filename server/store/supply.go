package store

import (
	"context"
	"strconv"
	"time"

	"github.com/uptrace/bun"

	"huiwu/server/domain"
)

func suppliesOf(ctx context.Context, db bun.IDB) ([]domain.Supply, error) {
	var list []domain.Supply
	err := db.NewSelect().Model(&list).OrderExpr("sort, id").Scan(ctx)
	return list, err
}

// Supplies are what the house hands out, in the order in which they were added.
func (s *Store) Supplies(ctx context.Context) ([]domain.Supply, error) {
	list, err := suppliesOf(ctx, s.read)
	return list, asPerson(err)
}

// supplyMargin is how long before or after its own hours an event has supplies, at most.
const supplyMargin = 3 * time.Hour

// SupplyUses are what the events between from and to take of each supply, by its id,
// and what they ask for and the list of supplies does not know.
func (s *Store) SupplyUses(ctx context.Context, supplies []domain.Supply, from, to time.Time) (map[string][]domain.SupplyUse, []domain.SupplyNeed, error) {
	var events []domain.Event
	err := nearby(s.read.NewSelect().TableExpr("events AS e").ColumnExpr("e.*").Where("e.status NOT IN ('draft','cancelled','closed')"), from, to, supplyMargin).
		OrderExpr("e.start_at, e.id").Scan(ctx, &events)
	if err != nil {
		return nil, nil, asPerson(err)
	}
	uses, others := domain.SupplyUses(supplies, events, s.Now())
	return uses, others, nil
}

// Shortages are the supplies of which events need more than the house has between from
// and to; of those that are used up, day by day on site. With an event's id only those in
// which it has a part.
func (s *Store) Shortages(ctx context.Context, from, to time.Time, eventID string) ([]domain.Shortage, error) {
	supplies, err := s.Supplies(ctx)
	if err != nil || len(supplies) == 0 {
		return nil, err
	}
	uses, _, err := s.SupplyUses(ctx, supplies, from, to)
	list := domain.Shortages(supplies, uses, s.Loc)
	if eventID != "" {
		list = domain.ShortFor(list, eventID)
	}
	return list, err
}

func stockWords(x *domain.Supply) string { return x.Name + " " + strconv.Itoa(x.Stock) }

// AddSupply adds one to the list. Needs RightSupplies.
func (s *Store) AddSupply(ctx context.Context, act domain.Act, x domain.Supply) (domain.Receipt, error) {
	return s.onSite(ctx, act, domain.RightSupplies, func(ctx context.Context, tx *Tx, _ *domain.Site) (*domain.Change, error) {
		x := x // a retry begins anew
		if err := x.Check(); err != nil {
			return nil, err
		}
		list, err := suppliesOf(ctx, tx)
		if err != nil {
			return nil, err
		}
		if len(list) >= domain.SuppliesMost {
			return nil, domain.Conflict("supply.too_many")
		}
		if err := aloneIn(list, &x); err != nil {
			return nil, err
		}
		x.ID, x.Sort = NewID(), 1
		if n := len(list); n > 0 {
			x.Sort = list[n-1].Sort + 1
		}
		tx.Receipt.Created = x.ID
		_, err = tx.NewInsert().Model(&x).Exec(ctx)
		return &domain.Change{Verb: "supply.added", New: stockWords(&x)}, err
	})
}

// aloneIn refuses a name that another supply goes by: needs are found by it.
func aloneIn(list []domain.Supply, x *domain.Supply) error {
	for k := range list {
		if list[k].ID == x.ID {
			continue
		}
		if list[k].Is(x.Name) {
			return domain.InvalidField("name", "supply.taken")
		}
		if x.NameEn != "" && list[k].Is(x.NameEn) {
			return domain.InvalidField("name_en", "supply.taken")
		}
	}
	return nil
}

// ChangeSupply changes a supply's names and how many there are; was is the stock that
// the form showed: counts that somebody else wrote meanwhile are not overwritten.
// Needs RightSupplies.
func (s *Store) ChangeSupply(ctx context.Context, act domain.Act, id string, x domain.Supply, was int) (domain.Receipt, error) {
	return s.onSite(ctx, act, domain.RightSupplies, func(ctx context.Context, tx *Tx, _ *domain.Site) (*domain.Change, error) {
		x := x // a retry begins anew
		list, err := suppliesOf(ctx, tx)
		if err != nil {
			return nil, err
		}
		var old *domain.Supply
		for k := range list {
			if list[k].ID == id {
				old = &list[k]
			}
		}
		if old == nil {
			return nil, domain.ErrNotFound
		}
		x.ID, x.Sort = id, old.Sort
		if err := x.Check(); err != nil || x == *old {
			return nil, err
		}
		if x.Stock != old.Stock && old.Stock != was {
			return nil, domain.InvalidField("stock", "supply.counted", "n", strconv.Itoa(old.Stock))
		}
		if err := aloneIn(list, &x); err != nil {
			return nil, err
		}
		_, err = tx.NewUpdate().Model(&x).WherePK().Exec(ctx)
		return &domain.Change{Verb: "supply.changed", Old: stockWords(old), New: stockWords(&x)}, err
	})
}

// DeleteSupply takes one off the list. Needs RightSupplies.
func (s *Store) DeleteSupply(ctx context.Context, act domain.Act, id string) (domain.Receipt, error) {
	return s.onSite(ctx, act, domain.RightSupplies, func(ctx context.Context, tx *Tx, _ *domain.Site) (*domain.Change, error) {
		var x domain.Supply
		if err := tx.NewSelect().Model(&x).Where("id = ?", id).Scan(ctx); err != nil {
			return nil, noRows(err)
		}
		_, err := tx.NewDelete().Model(&x).WherePK().Exec(ctx)
		return &domain.Change{Verb: "supply.removed", Old: stockWords(&x)}, err
	})
}

// knowLift refuses a lift that the building does not have; "" is none.
func (tx *Tx) knowLift(ctx context.Context, id string) error {
	if id == "" {
		return nil
	}
	n, err := tx.NewSelect().Model((*domain.Lift)(nil)).Where("id = ?", id).Count(ctx)
	if err == nil && n == 0 {
		err = domain.InvalidField("lift_id", "event_form.lift_gone")
	}
	return err
}
