package web

import (
	"time"

	"github.com/gofiber/fiber/v2"

	"huiwu/server/domain"
	"huiwu/views"
)

// supplyDays is how far ahead the page of supplies looks.
const supplyDays = 7

// Supplies is GET /supplies: how many the house has, how many today and tomorrow need,
// and what is short within a week (C.7.3, H.4.4).
func (a *App) Supplies(c *fiber.Ctx) error {
	ctx := c.UserContext()
	heads, err := a.Store.Heads(ctx, []domain.Topic{domain.TopicFloor})
	if err != nil {
		return err
	}
	p, err := a.page(c, "events", "supply.title")
	if err != nil {
		return err
	}
	watch(&p, ViewCalendar, heads, domain.TopicBoard, domain.TopicFloor)
	page := views.SuppliesPage{Page: p}
	if page.Supplies, err = a.Store.Supplies(ctx); err != nil {
		return err
	}
	today, tomorrow := a.Store.Today()
	till := tomorrow.In(a.Loc).AddDate(0, 0, supplyDays-1).UTC()
	uses, others, err := a.Store.SupplyUses(ctx, page.Supplies, today, till)
	if err != nil {
		return err
	}
	page.Short, page.Others = domain.Shortages(page.Supplies, uses, a.Loc), others
	ends := tomorrow.In(a.Loc).AddDate(0, 0, 1)
	for k := range page.Supplies {
		s := &page.Supplies[k]
		day := func(from, to time.Time) int {
			var list []domain.SupplyUse
			for _, u := range uses[s.ID] {
				if u.From.Before(to) && u.To.After(from) {
					list = append(list, u)
				}
			}
			n, _ := s.Peak(list)
			return n
		}
		page.Today, page.Tomorrow = append(page.Today, day(today, tomorrow)), append(page.Tomorrow, day(tomorrow, ends))
	}
	return show(c, fiber.Map{"supplies": page.Supplies, "today": page.Today, "tomorrow": page.Tomorrow, "short": len(page.Short), "others": page.Others}, views.Supplies(page))
}

func supplyForm(c *fiber.Ctx) domain.Supply {
	x := domain.Supply{Name: c.FormValue("name"), NameEn: c.FormValue("name_en"), Consumed: c.FormValue("consumed") != ""}
	var err error
	if x.Stock, err = wholeNumber(c.FormValue("stock")); err != nil {
		x.Stock = -1 // told beside the field, with what else is wrong
	}
	return x
}

// AddSupply is POST /supplies.
func (a *App) AddSupply(c *fiber.Ctx) error {
	return a.itemAct(c, func(act domain.Act, _ string) (domain.Receipt, error) {
		return a.Store.AddSupply(c.UserContext(), act, supplyForm(c))
	})
}

// ChangeSupply is PUT /supplies/{id}; was is the stock that the form showed.
func (a *App) ChangeSupply(c *fiber.Ctx) error {
	return a.itemAct(c, func(act domain.Act, id string) (domain.Receipt, error) {
		was, err := wholeNumber(c.FormValue("was"))
		if err != nil {
			return domain.Receipt{}, errBadRequest
		}
		return a.Store.ChangeSupply(c.UserContext(), act, id, supplyForm(c), was)
	})
}

// DeleteSupply is DELETE /supplies/{id}.
func (a *App) DeleteSupply(c *fiber.Ctx) error {
	return a.itemAct(c, func(act domain.Act, id string) (domain.Receipt, error) {
		return a.Store.DeleteSupply(c.UserContext(), act, id)
	})
}
