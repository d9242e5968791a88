package web

import (
	"bytes"
	"context"
	"encoding/binary"
	"hash/crc32"
	"io"
	"sync"

	"github.com/a-h/templ"
	"github.com/gofiber/fiber/v2"
	"github.com/klauspost/compress/flate"

	"huiwu/views"
)

// part is a piece of pages that many are shown: rendered once, and compressed
// once for all who ask for it compressed.
type part struct {
	html []byte

	once   sync.Once
	packed []byte // deflate, ends on a whole byte, refers to nothing before it
}

func (p *part) deflated() []byte {
	p.once.Do(func() { p.packed = deflate(nil, p.html) })
	return p.packed
}

// sameParts are those that stand in every page, by their hole's name.
var sameParts sync.Map

func samePart(ctx context.Context, name string) (*part, error) {
	if p, ok := sameParts.Load(name); ok {
		return p.(*part), nil //nolint:forcetypeassert // only these are put into it
	}
	var b bytes.Buffer
	if err := views.Same(name).Render(ctx, &b); err != nil {
		return nil, err
	}
	p, _ := sameParts.LoadOrStore(name, &part{html: b.Bytes()})
	return p.(*part), nil //nolint:forcetypeassert // only these are put into it
}

// deflaters are reused: one holds some hundred kB.
var deflaters = sync.Pool{New: func() any {
	w, err := flate.NewWriter(io.Discard, flate.BestSpeed)
	if err != nil {
		panic(err) // the level is a constant
	}
	return w
}}

// deflate appends data to out, compressed, as blocks that end on a whole byte and
// are not the last ones: such pieces may follow each other in any order.
func deflate(out, data []byte) []byte {
	b := bytes.NewBuffer(out)
	w := deflaters.Get().(*flate.Writer) //nolint:forcetypeassert // only these are put into it
	defer deflaters.Put(w)
	w.Reset(b)
	_, _ = w.Write(data) // to memory
	_ = w.Flush()
	return b.Bytes()
}

// The frame of gzip around the pieces: no name, no time (RFC 1952), and the empty
// last block that ends them (RFC 1951).
var (
	gzipHead = []byte{0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 4, 255}
	gzipEnd  = []byte{1, 0, 0, 0xff, 0xff}
)

// pieces puts an answer together, compressed or not.
type pieces struct {
	gzip bool
	out  []byte
	sum  uint32
	size int
}

func newSheet(gzip bool, room int) *pieces {
	s := &pieces{gzip: gzip}
	if gzip {
		s.out = append(make([]byte, 0, room/4), gzipHead...)
	} else {
		s.out = make([]byte, 0, room)
	}
	return s
}

// write adds what only this answer has.
func (s *pieces) write(b []byte) {
	if !s.gzip {
		s.out = append(s.out, b...)
		return
	}
	s.out = deflate(s.out, b)
	s.count(b)
}

// add adds what others were sent as well.
func (s *pieces) add(p *part) {
	if !s.gzip {
		s.out = append(s.out, p.html...)
		return
	}
	s.out = append(s.out, p.deflated()...)
	s.count(p.html)
}

func (s *pieces) count(b []byte) {
	s.sum = crc32.Update(s.sum, crc32.IEEETable, b)
	s.size += len(b)
}

func (s *pieces) end() []byte {
	if s.gzip {
		s.out = append(s.out, gzipEnd...)
		s.out = binary.LittleEndian.AppendUint32(s.out, s.sum)
		s.out = binary.LittleEndian.AppendUint32(s.out, uint32(s.size)) //nolint:gosec // modulo 2³², as the format says
	}
	return s.out
}

// pages are what pages are rendered into before they are put together.
var pages = sync.Pool{New: func() any { return new(bytes.Buffer) }}

// renderAround renders a page whose holes are filled with body and with what is
// the same in every page. What others were sent is not compressed again. The
// answer is bytes of its own: c.Send keeps them without a copy, and with bytes
// from a pool the next request would write over an answer still on its way.
func renderAround(c *fiber.Ctx, page templ.Component, body *part) error {
	b := pages.Get().(*bytes.Buffer) //nolint:forcetypeassert // only these are put into it
	defer pages.Put(b)
	b.Reset()
	if err := page.Render(c.UserContext(), b); err != nil {
		return err
	}
	room := b.Len() + partsRoom
	if body != nil {
		room += len(body.html)
	}
	packed := c.Context().Request.Header.HasAcceptEncoding("gzip") //nolint:forbidigo // the header's own grammar
	s := newSheet(packed, room)
	rest := b.Bytes()
	for {
		before, after, found := bytes.Cut(rest, []byte(views.HoleStart))
		s.write(before)
		if !found {
			break
		}
		name, after, _ := bytes.Cut(after, []byte(views.HoleEnd))
		rest = after
		fill := body
		if string(name) != bodyHole {
			var err error
			if fill, err = samePart(c.UserContext(), string(name)); err != nil {
				return err
			}
		}
		s.add(fill)
	}
	c.Type("html", "utf-8")
	pageHeaders(c)
	if packed {
		c.Set(fiber.HeaderContentEncoding, "gzip")
		c.Vary(fiber.HeaderAcceptEncoding)
	}
	return c.Send(s.end())
}

// render renders a page of which nothing else is shared.
func render(c *fiber.Ctx, page templ.Component) error { return renderAround(c, page, nil) }

// bodyHole is the hole for what stands in <main>.
const bodyHole = "body"

// partsRoom is about what the parts of every page need.
const partsRoom = 20 << 10
