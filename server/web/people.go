package web

import (
	"github.com/gofiber/fiber/v2"

	"huiwu/server/domain"
	"huiwu/server/search"
	"huiwu/views"
)

// People is GET /people: everybody who can sign in.
func (a *App) People(c *fiber.Ctx) error {
	p, err := a.page(c, "people", "people.title")
	if err != nil {
		return err
	}
	p.View = "people"
	list, err := a.Store.People(c.UserContext())
	if err != nil {
		return err
	}
	return show(c, fiber.Map{"people": list}, views.People(views.PeoplePage{Page: p, People: list, Keys: peopleKeys(list)}))
}

// peopleKeys is what a search for people looks in, by person id.
func peopleKeys(list []domain.Person) map[string]string {
	keys := make(map[string]string, len(list))
	for k := range list {
		keys[list[k].ID] = search.Key(list[k].Name, list[k].StaffNo, list[k].Phone)
	}
	return keys
}

// NewPerson is GET /people/new.
func (a *App) NewPerson(c *fiber.Ctx) error {
	return a.personForm(c, "", views.PersonInput{Role: string(domain.RoleCrewMember), Locale: "zh"}, nil, "")
}

// Person is GET /people/{id}.
func (a *App) Person(c *fiber.Ctx) error {
	x, err := a.Store.Person(c.UserContext(), c.Params("id"))
	if err != nil {
		return err
	}
	return a.personForm(c, x.ID, personInput(x), nil, "")
}

func personInput(x *domain.Person) views.PersonInput {
	return views.PersonInput{StaffNo: x.StaffNo, Phone: x.Phone, Name: x.Name, Role: string(x.Role), Crew: string(x.Crew), Locale: x.Locale}
}

func (a *App) personForm(c *fiber.Ctx, id string, in views.PersonInput, fields views.Errors, general string) error {
	title := "people.new_title"
	form := views.PersonForm{ID: id, In: in, Errors: fields}
	if id != "" {
		title = "people.edit_title"
		x, err := a.Store.Person(c.UserContext(), id)
		if err != nil {
			return err
		}
		form.Disabled = x.Disabled
		if form.Sessions, err = a.Store.Sessions(c.UserContext(), id); err != nil {
			return err
		}
	}
	p, err := a.page(c, "people", title)
	if err != nil {
		return err
	}
	p.Flash = general
	form.Page = p
	if len(fields) > 0 || general != "" {
		c.Status(fiber.StatusUnprocessableEntity)
	}
	return show(c, fiber.Map{"id": id, "person": in, "disabled": form.Disabled, "sessions": form.Sessions}, views.PersonFormView(form))
}

// CreatePerson is POST /people.
func (a *App) CreatePerson(c *fiber.Ctx) error {
	return a.savePerson(c, "", func(act domain.Act, in views.PersonInput, x *domain.Person) (domain.Receipt, error) {
		pinErr := domain.ValidatePin(in.Pin)
		if err := x.Validate(); err != nil || pinErr != nil {
			return domain.Receipt{}, together(err, pinErr)
		}
		hash, err := a.Pins.Hash(c.UserContext(), in.Pin)
		if err != nil {
			return domain.Receipt{}, err
		}
		x.PinHash = hash
		return a.Store.CreatePerson(c.UserContext(), act, x)
	})
}

// together puts the field errors of two refusals into one.
func together(x, y error) error {
	var all domain.Invalid
	for _, err := range []error{x, y} {
		if e, ok := domain.AsError(err); ok {
			all = append(all, e.Fields...)
		} else if err != nil {
			return err
		}
	}
	return all.Err()
}

// UpdatePerson is PUT /people/{id}.
func (a *App) UpdatePerson(c *fiber.Ctx) error {
	return a.savePerson(c, c.Params("id"), func(act domain.Act, _ views.PersonInput, x *domain.Person) (domain.Receipt, error) {
		r, err := a.Store.UpdatePerson(c.UserContext(), act, x)
		if err == nil {
			a.personChanged(x.ID)
		}
		return r, err
	})
}

func (a *App) savePerson(c *fiber.Ctx, id string, save func(domain.Act, views.PersonInput, *domain.Person) (domain.Receipt, error)) error {
	act, err := a.act(c)
	if err != nil {
		return err
	}
	var in views.PersonInput
	if err := c.BodyParser(&in); err != nil {
		return &domain.Error{Code: domain.CodeInvalid, Key: "error.bad_request"}
	}
	x := &domain.Person{ID: id, StaffNo: in.StaffNo, Phone: in.Phone, Name: in.Name, Role: domain.Role(in.Role), Crew: domain.Crew(in.Crew), Locale: in.Locale}
	r, err := save(act, in, x)
	a.forgetNames()
	if fields, general, rest := fieldErrors(err, locale(c)); err != nil && rest == nil && !wantsJSON(c) {
		ack(c)
		in.Pin = ""
		return a.personForm(c, id, in, fields, general)
	}
	if err != nil || wantsJSON(c) {
		return a.reply(c, r, err)
	}
	return redirect(c, "/people")
}

// personChanged makes a new role or a new PIN count at once, everywhere: the
// sockets come back and are judged anew.
func (a *App) personChanged(id string) {
	a.ForgetSessions("person:" + id)
	a.Hub.ClosePerson(id)
}

// SetPin is PUT /people/{id}/pin.
func (a *App) SetPin(c *fiber.Ctx) error {
	return a.itemAct(c, func(act domain.Act, id string) (domain.Receipt, error) {
		pin := c.FormValue("pin")
		if err := domain.ValidatePin(pin); err != nil {
			return domain.Receipt{}, err
		}
		hash, err := a.Pins.Hash(c.UserContext(), pin)
		if err != nil {
			return domain.Receipt{}, err
		}
		r, err := a.Store.SetPin(c.UserContext(), act, id, hash)
		if err == nil {
			a.personChanged(id)
		}
		return r, err
	})
}

// DisablePerson is PUT /people/{id}/disabled; EnablePerson is DELETE.
func (a *App) DisablePerson(c *fiber.Ctx) error { return a.setDisabled(c, true) }

// EnablePerson is DELETE /people/{id}/disabled.
func (a *App) EnablePerson(c *fiber.Ctx) error { return a.setDisabled(c, false) }

func (a *App) setDisabled(c *fiber.Ctx, disabled bool) error {
	act, err := a.act(c)
	if err != nil {
		return err
	}
	id := c.Params("id")
	r, err := a.Store.SetDisabled(c.UserContext(), act, id, disabled)
	if err != nil {
		return a.reply(c, r, err)
	}
	a.personChanged(id)
	if wantsJSON(c) {
		return a.reply(c, r, nil)
	}
	return redirect(c, "/people/"+id)
}
