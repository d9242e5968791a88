// Package photos turns what a phone sends into small pictures without any
// metadata, and keeps them on disk or in S3-compatible storage.
package photos

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"image"
	"image/color"
	_ "image/gif" // read, never written
	"image/jpeg"
	_ "image/png"
	"strconv"

	"golang.org/x/image/draw"
	_ "golang.org/x/image/webp"
	"golang.org/x/sync/semaphore"

	"huiwu/server/domain"
)

// Limits of what is read, and sizes of what is kept.
const (
	MaxBytes  = 12 << 20
	maxPixels = 48_000_000
	maxScans  = 64 // of a progressive JPEG: each costs a walk over all pixels
	edge      = 1600
	thumbEdge = 320
	quality   = 80
)

// Picture is a photo as it is kept: two JPEGs that hold pixels and nothing else.
type Picture struct {
	Full, Thumb   []byte
	Width, Height int
}

// opened bounds the pixels that are open at the same time, so that phones that
// come back to the network together cannot take all memory: one large photo or
// some twenty of the size that phones send.
var opened = semaphore.NewWeighted(maxPixels)

// Read makes a picture of the body of a request. What it is decides the
// content, never a name or a header. Refusals are sentences for people.
func Read(ctx context.Context, body []byte) (Picture, error) {
	if len(body) > MaxBytes {
		return Picture{}, TooLarge()
	}
	body, err := plain(body)
	if err != nil {
		return Picture{}, err
	}
	cfg, format, err := image.DecodeConfig(bytes.NewReader(body))
	switch {
	case errors.Is(err, image.ErrFormat):
		return Picture{}, domain.InvalidField("photo", "photo.not_image")
	case err != nil:
		return Picture{}, domain.InvalidField("photo", "photo.broken")
	case cfg.Width < 1 || cfg.Height < 1:
		return Picture{}, domain.InvalidField("photo", "photo.broken")
	case cfg.Width > maxPixels/cfg.Height:
		return Picture{}, domain.InvalidField("photo", "photo.too_many_pixels", "max", strconv.Itoa(maxPixels/1_000_000))
	}
	pixels := int64(cfg.Width) * int64(cfg.Height)
	if err := opened.Acquire(ctx, pixels); err != nil {
		return Picture{}, errors.Join(&domain.Error{Code: domain.CodeUnavailable, Key: "error.try_again"}, err)
	}
	defer opened.Release(pixels)
	img, _, err := image.Decode(bytes.NewReader(body))
	if err != nil {
		return Picture{}, domain.InvalidField("photo", "photo.broken")
	}
	turn := 1
	if format == "jpeg" {
		turn = orientation(body)
	}
	return keep(img, turn)
}

// TooLarge is the refusal of a body over the limit.
func TooLarge() error {
	return &domain.Error{Code: domain.CodeTooLarge, Key: "photo.too_large", Args: domain.Args{"max": strconv.Itoa(MaxBytes >> 20)}}
}

// plain refuses what no decoder should see, and takes a WebP out of the
// container whose header may lie about the picture's size.
func plain(body []byte) ([]byte, error) {
	switch {
	case len(body) == 0:
		return nil, domain.InvalidField("photo", "photo.not_image")
	case heic(body):
		return nil, domain.InvalidField("photo", "photo.heic")
	case bytes.HasPrefix(body, []byte{0xff, 0xd8}) && bytes.Count(body, []byte{0xff, 0xda}) > maxScans:
		return nil, domain.InvalidField("photo", "photo.broken")
	case bytes.HasPrefix(body, []byte("RIFF")) && len(body) >= 12 && string(body[8:12]) == "WEBP":
		return bareWebP(body)
	}
	return body, nil
}

// heic tells the files of iPhones (and AVIF) by their brand.
func heic(body []byte) bool {
	if len(body) < 12 || string(body[4:8]) != "ftyp" {
		return false
	}
	switch string(body[8:12]) {
	case "heic", "heix", "hevc", "hevx", "heim", "heis", "mif1", "msf1", "avif", "avis":
		return true
	}
	return false
}

// bareWebP keeps the one chunk with pixels: its own header says how large they are.
func bareWebP(body []byte) ([]byte, error) {
	for at := 12; at+8 <= len(body); {
		n := int(binary.LittleEndian.Uint32(body[at+4:]))
		end := at + 8 + n + n&1
		if n < 0 || end < at {
			break
		}
		if id := string(body[at : at+4]); id == "VP8 " || id == "VP8L" {
			chunk := body[at:min(end, len(body))]
			bare := append([]byte("RIFF\x00\x00\x00\x00WEBP"), chunk...)
			binary.LittleEndian.PutUint32(bare[4:], uint32(len(bare)-8)) //nolint:gosec // below MaxBytes
			return bare, nil
		}
		at = end
	}
	return nil, domain.InvalidField("photo", "photo.broken")
}

// keep scales, turns and encodes.
func keep(img image.Image, turn int) (Picture, error) {
	full := upright(scale(img, edge), turn)
	var p Picture
	p.Width, p.Height = full.Bounds().Dx(), full.Bounds().Dy()
	var err error
	if p.Full, err = encode(full); err != nil {
		return p, err
	}
	p.Thumb, err = encode(scale(full, thumbEdge))
	return p, err
}

// scale makes the longer edge at most that long; transparent pictures get a white ground.
func scale(img image.Image, longest int) *image.RGBA {
	b := img.Bounds()
	w, h := b.Dx(), b.Dy()
	if long := max(w, h); long > longest {
		w, h = max(1, (w*longest+long/2)/long), max(1, (h*longest+long/2)/long)
	}
	out := image.NewRGBA(image.Rect(0, 0, w, h))
	draw.Draw(out, out.Bounds(), image.NewUniform(color.White), image.Point{}, draw.Src)
	if w == b.Dx() && h == b.Dy() {
		draw.Draw(out, out.Bounds(), img, b.Min, draw.Over)
	} else {
		draw.BiLinear.Scale(out, out.Bounds(), img, b, draw.Over, nil)
	}
	return out
}

// upright undoes an EXIF orientation.
func upright(in *image.RGBA, turn int) *image.RGBA {
	if turn < 2 || turn > 8 {
		return in
	}
	w, h := in.Bounds().Dx(), in.Bounds().Dy()
	out := image.NewRGBA(image.Rect(0, 0, w, h))
	if turn >= 5 {
		out = image.NewRGBA(image.Rect(0, 0, h, w))
	}
	for y := range h {
		for x := range w {
			var tx, ty int
			switch turn {
			case 2:
				tx, ty = w-1-x, y
			case 3:
				tx, ty = w-1-x, h-1-y
			case 4:
				tx, ty = x, h-1-y
			case 5:
				tx, ty = y, x
			case 6:
				tx, ty = h-1-y, x
			case 7:
				tx, ty = h-1-y, w-1-x
			case 8:
				tx, ty = y, w-1-x
			}
			copy(out.Pix[out.PixOffset(tx, ty):][:4], in.Pix[in.PixOffset(x, y):][:4])
		}
	}
	return out
}

func encode(img image.Image) ([]byte, error) {
	var b bytes.Buffer
	err := jpeg.Encode(&b, img, &jpeg.Options{Quality: quality})
	return b.Bytes(), err
}

// orientation reads the one EXIF tag that changes what the picture shows, 1
// when there is none. Everything else of EXIF is left where it is: outside.
func orientation(body []byte) int {
	for at := 2; at+4 <= len(body) && body[at] == 0xff; {
		marker, n := body[at+1], int(binary.BigEndian.Uint16(body[at+2:]))
		if marker == 0xda || n < 2 || at+2+n > len(body) {
			break
		}
		if segment := body[at+4 : at+2+n]; marker == 0xe1 && bytes.HasPrefix(segment, []byte("Exif\x00\x00")) {
			return tiffOrientation(segment[6:])
		}
		at += 2 + n
	}
	return 1
}

func tiffOrientation(t []byte) int {
	if len(t) < 8 {
		return 1
	}
	var order binary.ByteOrder = binary.BigEndian
	if t[0] == 'I' {
		order = binary.LittleEndian
	}
	ifd := int64(order.Uint32(t[4:]))
	if ifd+2 > int64(len(t)) {
		return 1
	}
	entries := t[ifd+2:]
	for k := range int(order.Uint16(t[ifd:])) {
		if (k+1)*12 > len(entries) {
			break
		}
		entry := entries[k*12:]
		if order.Uint16(entry) == 0x0112 {
			return int(order.Uint16(entry[8:]))
		}
	}
	return 1
}
