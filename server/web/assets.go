package web

import (
	"strings"

	"github.com/gofiber/fiber/v2"

	"huiwu/static"
)

// Asset is GET /static/*, GET /sw.js and GET /manifest.webmanifest: what the
// asset builder made, already compressed. Hashed names may be kept for ever.
func (a *App) Asset(c *fiber.Ctx) error {
	name := c.Path()
	if !strings.HasPrefix(name, "/static/") {
		name = strings.TrimPrefix(name, "/")
	}
	asset, ok := static.Get(name)
	if !ok {
		return fiber.ErrNotFound
	}
	c.Set(fiber.HeaderContentType, asset.Type)
	c.Set(fiber.HeaderETag, asset.ETag)
	c.Vary(fiber.HeaderAcceptEncoding)
	if asset.Immutable {
		c.Set(fiber.HeaderCacheControl, "public, max-age=31536000, immutable")
	} else {
		c.Set(fiber.HeaderCacheControl, "no-cache")
	}
	if c.Get(fiber.HeaderIfNoneMatch) == asset.ETag {
		return c.SendStatus(fiber.StatusNotModified)
	}
	accepts := c.Get(fiber.HeaderAcceptEncoding)
	switch {
	case asset.Br != nil && strings.Contains(accepts, "br"):
		c.Set(fiber.HeaderContentEncoding, "br")
		return c.Send(asset.Br)
	case asset.Gz != nil && strings.Contains(accepts, "gzip"):
		c.Set(fiber.HeaderContentEncoding, "gzip")
		return c.Send(asset.Gz)
	}
	return c.Send(asset.Body)
}
