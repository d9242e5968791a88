package web

import (
	"strings"
	"time"

	"github.com/gofiber/fiber/v2"

	"huiwu/server/domain"
	"huiwu/views"
)

// testEvery is how often a test may be asked for: it makes this server send.
const testEvery = 4 * time.Second

// Channels is GET /settings/channels: the chat groups that the site talks to.
func (a *App) Channels(c *fiber.Ctx) error {
	p, err := a.page(c, "people", "channels.title")
	if err != nil {
		return err
	}
	p.View = "people"
	list, err := a.Store.Channels(c.UserContext())
	if err != nil {
		return err
	}
	return show(c, fiber.Map{"channels": list}, views.Channels(views.ChannelsPage{Page: p, Channels: list}))
}

func channelInput(c *fiber.Ctx) domain.Channel {
	return domain.Channel{
		Kind: domain.ChannelKind(c.FormValue("kind")), Name: c.FormValue("name"), URL: strings.TrimSpace(c.FormValue("url")), Secret: strings.TrimSpace(c.FormValue("secret")),
		Topics: strings.Join(formList(c, "topics"), "\n"), Locale: c.FormValue("locale"),
	}
}

// AddChannel is POST /settings/channels.
func (a *App) AddChannel(c *fiber.Ctx) error {
	act, err := a.act(c)
	if err != nil {
		return err
	}
	r, err := a.Store.AddChannel(c.UserContext(), act, channelInput(c))
	if err == nil && wantsJSON(c) {
		c.Status(fiber.StatusCreated)
	}
	return a.reply(c, domain.Receipt{Created: r.Created}, err)
}

// UpdateChannel is PUT /settings/channels/{id}.
func (a *App) UpdateChannel(c *fiber.Ctx) error {
	return a.itemAct(c, func(act domain.Act, id string) (domain.Receipt, error) {
		in := channelInput(c)
		in.ID = id
		_, err := a.Store.UpdateChannel(c.UserContext(), act, in)
		return domain.Receipt{}, err
	})
}

// DeleteChannel is DELETE /settings/channels/{id}.
func (a *App) DeleteChannel(c *fiber.Ctx) error {
	return a.itemAct(c, func(act domain.Act, id string) (domain.Receipt, error) {
		_, err := a.Store.DeleteChannel(c.UserContext(), act, id)
		return domain.Receipt{}, err
	})
}

// TestChannel is POST /settings/channels/{id}/test: says something in the group now.
func (a *App) TestChannel(c *fiber.Ctx) error {
	id := c.Params("id")
	channel, err := a.Store.Channel(c.UserContext(), id)
	if err != nil {
		return err
	}
	if err := a.limit(c, "channel:"+id, testsOfChannel, "push.slow_down"); err != nil {
		return &domain.Error{Code: domain.CodeTooMany, Key: "push.slow_down"}
	}
	err = a.Notify.TestChannel(c.UserContext(), channel)
	return a.reply(c, domain.Receipt{Notice: "channel.test_sent"}, err)
}
