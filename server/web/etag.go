package web

import (
	"encoding/binary"
	"encoding/hex"
	"hash/fnv"
	"os"
	"runtime/debug"
	"strconv"
	"strings"
	"sync"

	"github.com/gofiber/fiber/v2"

	"huiwu/views"
)

// unchanged answers 304 to a browser that has the page as it is now, and reports
// whether it did. It is for pages that show nothing but what moves their topics
// forward, and time, which the page's own clock moves: names, language, theme and
// rights are in the tag too, and so is the build, which may render differently.
func (a *App) unchanged(c *fiber.Ctx, p *views.Page) bool {
	h := fnv.New128a()
	word := func(s string) {
		h.Write([]byte(s)) //nolint:errcheck // a hash takes everything
		h.Write([]byte{0}) //nolint:errcheck // likewise
	}
	word(build())
	word(c.OriginalURL())
	word(p.View)
	word(p.Locale)
	word(p.Theme)
	word(p.Person.ID)
	word(strconv.FormatInt(p.Person.Seq, 10))
	word(strings.Join(p.Caps, " "))
	word(strconv.Itoa(p.Bell.Open))
	for _, t := range p.Topics {
		word(t.Topic)
		word(strconv.FormatInt(t.Seq, 10))
	}
	word(strconv.FormatUint(a.namesSum(), 36))
	tag := `W/"` + hex.EncodeToString(h.Sum(nil)) + `"`
	c.Set(fiber.HeaderETag, tag)
	if wantsJSON(c) || !strings.Contains(c.Get(fiber.HeaderIfNoneMatch), tag) {
		return false
	}
	pageHeaders(c)
	c.Status(fiber.StatusNotModified)
	return true
}

// build tells this program from its other versions: where instances differ,
// browsers only fetch a page once more.
var build = sync.OnceValue(func() string {
	id := ""
	if info, ok := debug.ReadBuildInfo(); ok {
		for _, s := range info.Settings {
			if s.Key == "vcs.revision" {
				id = s.Value
			}
		}
	}
	if path, err := os.Executable(); err == nil {
		if file, err := os.Stat(path); err == nil {
			id += " " + strconv.FormatInt(file.Size(), 36) + " " + strconv.FormatInt(file.ModTime().UnixNano(), 36)
		}
	}
	return id
})

// sumOf is a number for what a map of names says, the same on all instances.
func sumOf(names map[string]string) uint64 {
	var sum uint64 // of the entries' hashes, which come in any order
	for id, name := range names {
		h := fnv.New128a()
		h.Write([]byte(id + "\x00" + name)) //nolint:errcheck // a hash takes everything
		sum += binary.BigEndian.Uint64(h.Sum(nil))
	}
	return sum
}
