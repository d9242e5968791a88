package demo

import (
	"bytes"
	"context"
	"hash/fnv"
	"image"
	"image/color"
	"image/jpeg"
	"strconv"

	"golang.org/x/image/draw"
	"golang.org/x/image/font"
	"golang.org/x/image/font/basicfont"
	"golang.org/x/image/math/fixed"

	"huiwu/server/domain"
	"huiwu/server/photos"
)

// photograph gives an item the photo that its tick needs. All photos of one
// template show the same drawing, in the same files: it says that it is a demo.
func (t *troupe) photograph(ctx context.Context, act domain.Act, id string) error {
	list, err := t.s.ItemsByID(ctx, []string{id})
	if err != nil || len(list) == 0 || !list[0].PhotoMissing() {
		return err // whoever ticks what is not there is told by the tick
	}
	i := &list[0]
	file := "demo-" + i.TemplateID
	if !t.drawn[file] {
		picture, err := photos.Read(ctx, drawing(i.TemplateID))
		if err != nil {
			return err
		}
		if err := photos.Save(ctx, t.photos, file, picture); err != nil {
			return err
		}
		t.drawn[file] = true
	}
	if act.Key != "" {
		act.Key += "-photo"
	}
	_, err = t.s.AddPhoto(ctx, act, domain.Photo{
		ID: fixedID("photo", i.ID+"-"+strconv.Itoa(i.Redo)), ItemID: i.ID, File: file, Width: drawnWidth, Height: drawnHeight,
	})
	return err
}

const drawnWidth, drawnHeight = 640, 480

// drawing is a room with a table, in colours of its own, and the words "DEMO S4".
func drawing(template string) []byte {
	h := fnv.New32a()
	_, _ = h.Write([]byte(template))
	hue := h.Sum32()
	tone := func(shift, low, span uint32) uint8 { return uint8(low + hue>>shift%span) } //nolint:gosec // below 256
	img := image.NewRGBA(image.Rect(0, 0, drawnWidth, drawnHeight))
	fill := func(r image.Rectangle, c color.RGBA) { draw.Draw(img, r, image.NewUniform(c), image.Point{}, draw.Src) }
	wall := color.RGBA{tone(0, 170, 50), tone(5, 180, 40), tone(10, 170, 50), 255}
	wood := color.RGBA{tone(3, 120, 40), tone(8, 84, 30), tone(13, 50, 30), 255}
	fill(img.Bounds(), wall)
	for k := range 4 {
		fill(image.Rect(40+150*k, 50, 150+150*k, 190), color.RGBA{225, 236, 242, 255})
	}
	fill(image.Rect(0, 320, drawnWidth, drawnHeight), color.RGBA{wall.R - 70, wall.G - 70, wall.B - 70, 255})
	fill(image.Rect(60, 290, 580, 350), wood)
	fill(image.Rect(90, 350, 110, 440), wood)
	fill(image.Rect(530, 350, 550, 440), wood)
	for k := range 6 {
		fill(image.Rect(90+82*k, 262, 118+82*k, 290), color.RGBA{250, 250, 248, 255})
	}
	write(img, "DEMO "+template, image.Pt(150, 90))
	var b bytes.Buffer
	_ = jpeg.Encode(&b, img, nil) // into memory, from memory
	return b.Bytes()
}

// write puts words on a picture, five times as large as the letters are drawn.
func write(img draw.Image, text string, at image.Point) {
	small := image.NewAlpha(image.Rect(0, 0, 7*len(text), 13))
	pen := font.Drawer{Dst: small, Src: image.Opaque, Face: basicfont.Face7x13, Dot: fixed.P(0, 11)}
	pen.DrawString(text)
	large := image.NewAlpha(image.Rect(0, 0, 5*small.Rect.Dx(), 5*small.Rect.Dy()))
	draw.NearestNeighbor.Scale(large, large.Rect, small, small.Rect, draw.Src, nil)
	draw.DrawMask(img, large.Rect.Add(at), image.NewUniform(color.RGBA{30, 60, 70, 255}), image.Point{}, large, image.Point{}, draw.Over)
}
