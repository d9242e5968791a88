package web

import (
	"encoding/json"

	"github.com/gofiber/fiber/v2"

	"huiwu/server/domain"
	"huiwu/server/i18n"
	"huiwu/static"
	"huiwu/views"
)

// webManifest is static/manifest.webmanifest: icons, colours and pictures are
// the file's, words and shortcuts the reader's.
type webManifest struct {
	ID              string             `json:"id"`
	Lang            string             `json:"lang"`
	Dir             string             `json:"dir"`
	Name            string             `json:"name"`
	ShortName       string             `json:"short_name"`
	Description     string             `json:"description"`
	StartURL        string             `json:"start_url"`
	Scope           string             `json:"scope"`
	Display         string             `json:"display"`
	Orientation     string             `json:"orientation"`
	BackgroundColor string             `json:"background_color"`
	ThemeColor      string             `json:"theme_color"`
	Categories      []string           `json:"categories"`
	Icons           []manifestImage    `json:"icons"`
	Screenshots     []manifestImage    `json:"screenshots,omitempty"`
	Shortcuts       []manifestShortcut `json:"shortcuts,omitempty"`
}

type manifestImage struct {
	Src        string `json:"src"`
	Type       string `json:"type"`
	Sizes      string `json:"sizes"`
	Purpose    string `json:"purpose,omitempty"`
	FormFactor string `json:"form_factor,omitempty"`
	Label      string `json:"label,omitempty"`
	Lang       string `json:"lang,omitempty"` // of a screenshot: which readers see it
}

type manifestShortcut struct {
	Name  string          `json:"name"`
	URL   string          `json:"url"`
	Icons []manifestImage `json:"icons"`
}

// shortcutsShown is how many a launcher shows.
const shortcutsShown = 4

// Manifest is GET /manifest.webmanifest?lang=…&role=…&crew=…: browsers ask for
// it without a cookie, so the page's address says for whom.
func (a *App) Manifest(c *fiber.Ctx) error {
	asset, ok := static.Get("manifest.webmanifest")
	if !ok {
		return fiber.ErrNotFound
	}
	var m webManifest
	if err := json.Unmarshal(asset.Body, &m); err != nil {
		return err
	}
	l := locale(c)
	m.Lang, m.Name, m.ShortName = views.LangTag(l), i18n.T(l, "app.name"), i18n.T(l, "app.name")
	m.Description = i18n.T(l, "install.description")
	m.shoot(l)
	p := &domain.Person{Role: domain.Role(c.Query("role")), Crew: domain.Crew(c.Query("crew"))}
	m.StartURL = startPage(p.Role) // not "/": a redirect cannot be kept for offline
	m.lead(l, p)
	c.Set(fiber.HeaderCacheControl, "no-cache")
	c.Vary("Accept-Language", "Cookie")
	return c.JSON(m, asset.Type)
}

// shoot keeps the pictures in the reader's language and puts their labels in words.
func (m *webManifest) shoot(l string) {
	all := m.Screenshots
	m.Screenshots = nil
	for _, s := range all {
		if s.Lang == l {
			s.Label, s.Lang = i18n.T(l, "nav."+s.Label), ""
			m.Screenshots = append(m.Screenshots, s)
		}
	}
}

// lead gives the launcher the places of the role; the first is the start page anyway.
func (m *webManifest) lead(l string, p *domain.Person) {
	names, hrefs := views.Entries(p)
	for k := range min(len(names), shortcutsShown) {
		m.Shortcuts = append(m.Shortcuts, manifestShortcut{Name: i18n.T(l, "nav."+names[k]), URL: hrefs[k], Icons: m.Icons[1:2]})
	}
}
