package web

import (
	"context"
	"slices"
	"time"

	"github.com/gofiber/fiber/v2"

	"huiwu/server/domain"
	"huiwu/views"
)

// Posts is GET /events/{id}/posts: who stands where.
func (a *App) Posts(c *fiber.Ctx) error {
	e, v := event(c)
	ctx := c.UserContext()
	p, err := a.page(c, "events", "posts.title", "event", e.Name)
	if err != nil {
		return err
	}
	watch(&p, ViewPosts, lookOf(c), domain.EventTopic(e.ID))
	p.Caps = capabilities(v, e.Secrecy)
	page := views.PostsPage{Page: p, Event: *e, In: views.PostInput{Crew: string(v.Crew)}}
	if page.Boards, err = a.Store.PostBoards(ctx, e.ID); err != nil {
		return err
	}
	if page.Patrols, err = a.Store.Patrols(ctx, e.ID); err != nil {
		return err
	}
	items, err := a.Store.Items(ctx, e.ID)
	if err != nil {
		return err
	}
	page.Missing = domain.ReleaseMissing(items)
	if page.People, err = a.staff(ctx, v, e); err != nil {
		return err
	}
	return show(c, fiber.Map{"event": e, "posts": page.Boards, "patrols": page.Patrols, "missing": page.Missing}, views.Posts(page))
}

// staff are the people who can be put on duty: for who plans, everybody, the
// event's own first; for the others, who could relieve them.
func (a *App) staff(ctx context.Context, v domain.Viewer, e *domain.Event) ([]domain.Person, error) {
	people, err := a.Store.People(ctx)
	if err != nil {
		return nil, err
	}
	assigned, err := a.Store.Assignments(ctx, e.ID)
	if err != nil {
		return nil, err
	}
	named := map[string]bool{}
	for _, as := range assigned {
		named[as.PersonID] = true
	}
	all := v.Can(domain.RightPostsEdit, e.Secrecy)
	people = slices.DeleteFunc(people, func(p domain.Person) bool {
		return p.Disabled || p.Role == domain.RoleBoard || !all && !named[p.ID]
	})
	slices.SortStableFunc(people, func(x, y domain.Person) int {
		if named[x.ID] != named[y.ID] {
			if named[x.ID] {
				return -1
			}
			return 1
		}
		return x.Crew.Index() - y.Crew.Index()
	})
	return people, nil
}

// PostSigns is GET /events/{id}/posts/signs: a code for each post, to hang there.
func (a *App) PostSigns(c *fiber.Ctx) error {
	e, _ := event(c)
	p, err := a.page(c, "events", "posts.signs")
	if err != nil {
		return err
	}
	posts, err := a.Store.Posts(c.UserContext(), e.ID)
	if err != nil {
		return err
	}
	patrols, err := a.Store.Patrols(c.UserContext(), e.ID)
	if err != nil {
		return err
	}
	var signs []views.PostSign
	add := func(kind domain.PassKind, path, id, name, task string) error {
		token, err := a.Store.Token(c.UserContext(), domain.Pass{Kind: kind, ID: id})
		if err != nil {
			return err
		}
		code, err := drawQR(a.base(c) + path + id + "/here?code=" + token)
		signs = append(signs, views.PostSign{Name: name, Task: task, QR: code})
		return err
	}
	for _, post := range posts {
		if err := add(domain.PassPost, "/posts/", post.ID, post.Code+" "+post.Name, post.Task); err != nil {
			return err
		}
	}
	for _, patrol := range patrols {
		for _, x := range patrol.Checkpoints {
			if err := add(domain.PassCheckpoint, "/checkpoints/", x.ID, x.Name, patrol.Name); err != nil {
				return err
			}
		}
	}
	err = render(c, views.PostSigns(p, e, signs))
	noStore(c)
	return err
}

// PostHere is GET /posts/{id}/here: what the code at a post opens.
func (a *App) PostHere(c *fiber.Ctx) error {
	ctx := c.UserContext()
	post, err := a.Store.Post(ctx, c.Params("id"))
	if err != nil {
		return err
	}
	e, _, err := a.Store.Event(ctx, person(c), post.EventID)
	if err != nil {
		return err
	}
	p, err := a.page(c, "today", "posts.here")
	if err != nil {
		return err
	}
	p.View = "post"
	boards, err := a.Store.MyDuties(ctx, p.Person.ID, []string{e.ID})
	if err != nil {
		return err
	}
	var mine *domain.Duty
	for k := range boards {
		if boards[k].Post.ID == post.ID && len(boards[k].Duties) > 0 {
			mine = &boards[k].Duties[0]
		}
	}
	return render(c, views.PostHere(p, e, post, mine, c.Query("code")))
}

func (a *App) postDraft(c *fiber.Ctx) (domain.Post, error) {
	var in views.PostInput
	if err := c.BodyParser(&in); err != nil {
		return domain.Post{}, errBadRequest
	}
	p := domain.Post{Code: in.Code, Name: in.Name, Crew: domain.Crew(in.Crew), Task: in.Task, Gesture: in.Gesture, Channel: in.Channel, Position: domain.Position(in.Position)}
	var bad domain.Invalid
	var err error
	if p.Minutes, err = wholeNumber(in.Minutes); err != nil {
		bad.Add("minutes", "post.minutes_range")
	}
	if s := domain.Clean(in.FromAt, false); s != "" {
		t, err := a.parseLocal(s)
		if err != nil {
			bad.Add("from_at", "field.time")
		}
		p.FromAt = &t
	}
	return p, bad.Err()
}

// AddPost is POST /events/{id}/posts.
func (a *App) AddPost(c *fiber.Ctx) error {
	e, _ := event(c)
	act, err := a.act(c)
	if err != nil {
		return err
	}
	p, err := a.postDraft(c)
	if err != nil {
		return err
	}
	r, err := a.Store.AddPost(c.UserContext(), act, e.ID, p)
	return a.reply(c, r, err)
}

// UpdatePost is PUT /posts/{id}.
func (a *App) UpdatePost(c *fiber.Ctx) error {
	return a.itemAct(c, func(act domain.Act, id string) (domain.Receipt, error) {
		p, err := a.postDraft(c)
		if err != nil {
			return domain.Receipt{}, err
		}
		return a.Store.UpdatePost(c.UserContext(), act, id, p)
	})
}

// StrikePost is DELETE /posts/{id}.
func (a *App) StrikePost(c *fiber.Ctx) error {
	return a.itemAct(c, func(act domain.Act, id string) (domain.Receipt, error) {
		return a.Store.StrikePost(c.UserContext(), act, id)
	})
}

// KeyPost is PUT /posts/{id}/key: it must never be empty.
func (a *App) KeyPost(c *fiber.Ctx) error { return a.keyPost(c, true) }

// UnkeyPost is DELETE /posts/{id}/key.
func (a *App) UnkeyPost(c *fiber.Ctx) error { return a.keyPost(c, false) }

func (a *App) keyPost(c *fiber.Ctx, key bool) error {
	return a.itemAct(c, func(act domain.Act, id string) (domain.Receipt, error) {
		return a.Store.SetKeyPost(c.UserContext(), act, id, key)
	})
}

// AddDuty is POST /posts/{id}/duties.
func (a *App) AddDuty(c *fiber.Ctx) error {
	return a.itemAct(c, func(act domain.Act, id string) (domain.Receipt, error) {
		return a.Store.AddDuty(c.UserContext(), act, id, c.FormValue("person"), c.FormValue("backup") != "")
	})
}

// StrikeDuty is DELETE /duties/{id}.
func (a *App) StrikeDuty(c *fiber.Ctx) error {
	return a.itemAct(c, func(act domain.Act, id string) (domain.Receipt, error) {
		return a.Store.StrikeDuty(c.UserContext(), act, id)
	})
}

// Report is PUT /duties/{id}/report.
func (a *App) Report(c *fiber.Ctx) error {
	return a.itemAct(c, func(act domain.Act, id string) (domain.Receipt, error) {
		return a.Store.Report(c.UserContext(), act, id, c.FormValue("code"))
	})
}

// Unreport is DELETE /duties/{id}/report.
func (a *App) Unreport(c *fiber.Ctx) error {
	return a.itemAct(c, func(act domain.Act, id string) (domain.Receipt, error) {
		return a.Store.Unreport(c.UserContext(), act, id)
	})
}

// StandIn is PUT /duties/{id}/stand-in.
func (a *App) StandIn(c *fiber.Ctx) error {
	return a.itemAct(c, func(act domain.Act, id string) (domain.Receipt, error) {
		return a.Store.StandIn(c.UserContext(), act, id, c.FormValue("person"))
	})
}

// AskRelief is PUT /duties/{id}/relief.
func (a *App) AskRelief(c *fiber.Ctx) error {
	return a.itemAct(c, func(act domain.Act, id string) (domain.Receipt, error) {
		minutes, err := wholeNumber(c.FormValue("away"))
		if err != nil {
			return domain.Receipt{}, domain.InvalidField("away", "duty.return_range")
		}
		return a.Store.AskRelief(c.UserContext(), act, id, c.FormValue("relief"), c.FormValue("reason"), minutes, c.FormValue("handover"))
	})
}

// Relieve is PUT /duties/{id}/relief/approval.
func (a *App) Relieve(c *fiber.Ctx) error {
	return a.itemAct(c, func(act domain.Act, id string) (domain.Receipt, error) {
		return a.Store.Relieve(c.UserContext(), act, id)
	})
}

// Return is DELETE /duties/{id}/relief.
func (a *App) Return(c *fiber.Ctx) error {
	return a.itemAct(c, func(act domain.Act, id string) (domain.Receipt, error) {
		return a.Store.Return(c.UserContext(), act, id, c.FormValue("handover"))
	})
}

// Release is PUT /duties/{id}/release.
func (a *App) Release(c *fiber.Ctx) error {
	return a.itemAct(c, func(act domain.Act, id string) (domain.Receipt, error) {
		return a.Store.Release(c.UserContext(), act, id, c.FormValue("reason"))
	})
}

// Recall is DELETE /duties/{id}/release.
func (a *App) Recall(c *fiber.Ctx) error {
	return a.itemAct(c, func(act domain.Act, id string) (domain.Receipt, error) {
		return a.Store.Recall(c.UserContext(), act, id)
	})
}

// BackAtWork is PUT /duties/{id}/back.
func (a *App) BackAtWork(c *fiber.Ctx) error {
	return a.itemAct(c, func(act domain.Act, id string) (domain.Receipt, error) {
		return a.Store.BackAtWork(c.UserContext(), act, id)
	})
}

// ReleaseCrew is PUT /events/{id}/release: everybody, or one crew.
func (a *App) ReleaseCrew(c *fiber.Ctx) error {
	return a.itemAct(c, func(act domain.Act, id string) (domain.Receipt, error) {
		return a.Store.ReleaseCrew(c.UserContext(), act, id, domain.Crew(c.FormValue("crew")), c.FormValue("reason"))
	})
}

// posts renders those posts of an event and the sums; nil: all that are not held,
// which time alone may have turned.
func (f *eventView) posts(ids []string, turned bool) error {
	boards, err := f.Store.PostBoards(f.ctx, f.e.ID)
	if err != nil {
		return err
	}
	reserve := domain.Reserve(boards)
	for k := range boards {
		state := boards[k].State(f.e, f.v.Now)
		late := state == domain.DutyLate || state == domain.DutyAbsent
		if slices.Contains(ids, boards[k].Post.ID) || turned && late || len(ids) > 0 && late {
			f.add(views.PostCard(f.v, f.e, &boards[k], reserve))
		}
	}
	f.gone("post", ids, func(id string) bool {
		return slices.ContainsFunc(boards, func(b domain.PostBoard) bool { return b.Post.ID == id })
	})
	f.add(views.DutySums(f.v, f.e, boards))
	return nil
}

// lock is what still keeps everybody at his post.
func (f *eventView) lock() error {
	items, err := f.snapshot.allItems(f.ctx)
	if err != nil {
		return err
	}
	f.add(views.ReleaseLock(f.v, f.e, domain.ReleaseMissing(items)))
	return nil
}

// myDuties are a person's posts of today, for his own page.
func (a *App) myDuties(ctx context.Context, personID string, working []string) ([]domain.PostBoard, error) {
	boards, err := a.Store.MyDuties(ctx, personID, working)
	now := a.Store.Now()
	return slices.DeleteFunc(boards, func(b domain.PostBoard) bool {
		return !slices.ContainsFunc(b.Duties, func(d domain.Duty) bool { return d.State != domain.DutyBack && now.Sub(d.StateAt) < 14*24*time.Hour })
	}), err
}
