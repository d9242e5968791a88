package photos_test

import (
	"bytes"
	"compress/zlib"
	"context"
	"encoding/binary"
	"hash/crc32"
	"image"
	"image/color"
	"image/gif"
	"image/jpeg"
	"image/png"
	"strings"
	"sync"
	"testing"
	"time"

	"huiwu/server/domain"
	"huiwu/server/photos"
)

// drawn is a picture whose top left quarter is red and whose rest is blue.
func drawn(w, h int) *image.RGBA {
	img := image.NewRGBA(image.Rect(0, 0, w, h))
	for y := range h {
		for x := range w {
			c := color.RGBA{B: 255, A: 255}
			if x < w/2 && y < h/2 {
				c = color.RGBA{R: 255, A: 255}
			}
			img.SetRGBA(x, y, c)
		}
	}
	return img
}

func asJPEG(t testing.TB, img image.Image) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := jpeg.Encode(&b, img, nil); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// withExif puts an APP1 segment behind the start of a JPEG: an orientation, a
// place and the name of the camera's owner.
func withExif(body []byte, turn int, order binary.ByteOrder) []byte {
	tiff := []byte("II*\x00")
	if order == binary.BigEndian {
		tiff = []byte("MM\x00*")
	}
	put16 := func(v int) { tiff = append(tiff, 0, 0); order.PutUint16(tiff[len(tiff)-2:], uint16(v)) }
	put32 := func(v int) { tiff = append(tiff, 0, 0, 0, 0); order.PutUint32(tiff[len(tiff)-4:], uint32(v)) }
	put32(8)
	put16(3) // entries of IFD0
	put16(0x0112)
	put16(3)
	put32(1)
	put16(turn)
	put16(0)
	put16(0x013b) // artist
	put16(2)
	put32(12)
	put32(50)
	put16(0x8825) // GPS
	put16(4)
	put32(1)
	put32(62)
	put32(0)
	tiff = append(tiff, "SECRETOWNER\x00"...)
	put16(1)
	put16(2) // latitude
	put16(5)
	put32(3)
	put32(80)
	put32(0)
	tiff = append(tiff, "GPSPOSITION-GPSPOSITION-"...)
	segment := append([]byte("Exif\x00\x00"), tiff...)
	out := append([]byte{0xff, 0xd8, 0xff, 0xe1}, binary.BigEndian.AppendUint16(nil, uint16(len(segment)+2))...)
	return append(append(out, segment...), body[2:]...)
}

func read(t *testing.T, body []byte) photos.Picture {
	t.Helper()
	p, err := photos.Read(t.Context(), body)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func refused(t *testing.T, body []byte) string {
	t.Helper()
	_, err := photos.Read(t.Context(), body)
	e, ok := domain.AsError(err)
	if !ok {
		t.Fatalf("no refusal: %v", err)
	}
	if len(e.Fields) > 0 {
		return e.Fields[0].Key
	}
	return e.Key
}

func size(t *testing.T, body []byte) (int, int) {
	t.Helper()
	cfg, format, err := image.DecodeConfig(bytes.NewReader(body))
	if err != nil || format != "jpeg" {
		t.Fatal(format, err)
	}
	return cfg.Width, cfg.Height
}

// Nothing of what a camera wrote into the file is left, and the picture stands upright all the same.
func TestMetadataIsGone(t *testing.T) {
	for _, order := range []binary.ByteOrder{binary.BigEndian, binary.LittleEndian} {
		for turn, corner := range map[int]image.Point{1: {0, 0}, 2: {1, 0}, 3: {1, 1}, 4: {0, 1}, 5: {0, 0}, 6: {1, 0}, 7: {1, 1}, 8: {0, 1}} {
			body := withExif(asJPEG(t, drawn(400, 200)), turn, order)
			for _, word := range []string{"SECRETOWNER", "GPSPOSITION", "Exif"} {
				if !bytes.Contains(body, []byte(word)) {
					t.Fatal("the test's own file holds no ", word)
				}
			}
			p := read(t, body)
			for name, out := range map[string][]byte{"full": p.Full, "thumb": p.Thumb} {
				for _, word := range []string{"SECRETOWNER", "GPSPOSITION", "Exif", "JFIF", "\xff\xe1", "\xff\xfe"} {
					if bytes.Contains(out, []byte(word)) {
						t.Errorf("turn %d, %s: %q is still there", turn, name, word)
					}
				}
				img, err := jpeg.Decode(bytes.NewReader(out))
				if err != nil {
					t.Fatal(err)
				}
				b := img.Bounds()
				if turn >= 5 != (b.Dx() < b.Dy()) {
					t.Errorf("turn %d, %s: %v", turn, name, b)
				}
				for x := range 2 {
					for y := range 2 {
						r, _, blue, _ := img.At(b.Dx()/4+x*b.Dx()/2, b.Dy()/4+y*b.Dy()/2).RGBA()
						if red := r > blue; red != (corner == image.Pt(x, y)) {
							t.Errorf("turn %d, %s: quarter %d,%d is red %v", turn, name, x, y, red)
						}
					}
				}
			}
		}
	}
}

// An orientation that lies, or a segment that ends too soon, costs nothing.
func TestBrokenExif(t *testing.T) {
	good := asJPEG(t, drawn(40, 20))
	for _, turn := range []int{0, 9, 0xffff} {
		if p := read(t, withExif(good, turn, binary.BigEndian)); p.Width != 40 {
			t.Errorf("turn %d: %d×%d", turn, p.Width, p.Height)
		}
	}
	for _, tiff := range []string{"", "MM", "MM\x00*\xff\xff\xff\xff", "MM\x00*\x00\x00\x00\x08", "MM\x00*\x00\x00\x00\x08\xff\xff\x01\x12", "II*\x00\x06\x00\x00\x00\x00\x00"} {
		segment := "Exif\x00\x00" + tiff
		body := append([]byte{0xff, 0xd8, 0xff, 0xe1, 0, byte(len(segment) + 2)}, segment...)
		if p := read(t, append(body, good[2:]...)); p.Width != 40 || p.Height != 20 {
			t.Errorf("%q: %d×%d", tiff, p.Width, p.Height)
		}
	}
}

func TestSizes(t *testing.T) {
	for _, x := range []struct{ w, h, fw, fh, tw, th int }{
		{3000, 2000, 1600, 1067, 320, 213},
		{2000, 3000, 1067, 1600, 213, 320},
		{1600, 1200, 1600, 1200, 320, 240},
		{100, 50, 100, 50, 100, 50}, // never enlarged
		{1, 1, 1, 1, 1, 1},
		{5000, 1, 1600, 1, 320, 1},
	} {
		p := read(t, asJPEG(t, drawn(x.w, x.h)))
		fw, fh := size(t, p.Full)
		tw, th := size(t, p.Thumb)
		if got := [...]int{fw, fh, tw, th, p.Width, p.Height}; got != [...]int{x.fw, x.fh, x.tw, x.th, x.fw, x.fh} {
			t.Errorf("%d×%d: %v", x.w, x.h, got)
		}
	}
}

// A 40-megapixel photo, straight from a camera.
func TestFortyMegapixels(t *testing.T) {
	img := image.NewGray(image.Rect(0, 0, 7752, 5178)) // 40.1
	for k := range img.Pix {
		img.Pix[k] = uint8(k / 7752)
	}
	begun := time.Now()
	p := read(t, asJPEG(t, img))
	if p.Width != 1600 || p.Height != 1069 || len(p.Full) > 1<<20 {
		t.Errorf("%d×%d, %d bytes", p.Width, p.Height, len(p.Full))
	}
	t.Logf("40 MP: %v with its encoding", time.Since(begun))
}

func TestOtherFormats(t *testing.T) {
	var b bytes.Buffer
	clear := image.NewNRGBA(image.Rect(0, 0, 8, 8)) // transparent all over
	if err := png.Encode(&b, clear); err != nil {
		t.Fatal(err)
	}
	img, err := jpeg.Decode(bytes.NewReader(read(t, b.Bytes()).Full))
	if err != nil {
		t.Fatal(err)
	}
	if r, g, bl, _ := img.At(4, 4).RGBA(); r < 0xf000 || g < 0xf000 || bl < 0xf000 {
		t.Error("what was transparent is not white")
	}
	b.Reset()
	if err := gif.Encode(&b, drawn(20, 10), nil); err != nil {
		t.Fatal(err)
	}
	if p := read(t, b.Bytes()); p.Width != 20 {
		t.Error("GIF: ", p.Width)
	}
	if p := read(t, extended(webp, 9999, 1)); p.Width != 1 || p.Height != 1 {
		t.Errorf("WebP: %d×%d", p.Width, p.Height)
	}
}

// webp is a lossless picture of one pixel.
var webp = []byte("RIFF\x1a\x00\x00\x00WEBPVP8L\x0d\x00\x00\x00\x2f\x00\x00\x00\x10\x07\x10\x11\x11\x88\x88\xfe\x07\x00")

// extended puts a WebP into the container that may say another size, with EXIF.
func extended(plain []byte, w, h int) []byte {
	out := []byte("RIFF\x00\x00\x00\x00WEBPVP8X\x0a\x00\x00\x00\x08\x00\x00\x00")
	for _, v := range []int{w - 1, h - 1} {
		out = append(out, byte(v), byte(v>>8), byte(v>>16))
	}
	out = append(out, plain[12:]...)
	out = append(out, "EXIF\x04\x00\x00\x00GPS!"...)
	binary.LittleEndian.PutUint32(out[4:], uint32(len(out)-8))
	return out
}

// pngBomb says a size and brings as many zeros, packed.
func pngBomb(t *testing.T, w, h uint32, zeros int) []byte {
	t.Helper()
	out := []byte("\x89PNG\r\n\x1a\n")
	chunk := func(name string, data []byte) {
		out = binary.BigEndian.AppendUint32(out, uint32(len(data)))
		body := append([]byte(name), data...)
		out = binary.BigEndian.AppendUint32(append(out, body...), crc32.ChecksumIEEE(body))
	}
	head := binary.BigEndian.AppendUint32(binary.BigEndian.AppendUint32(nil, w), h)
	chunk("IHDR", append(head, 8, 2, 0, 0, 0))
	var z bytes.Buffer
	zw := zlib.NewWriter(&z)
	_, _ = zw.Write(make([]byte, zeros))
	_ = zw.Close()
	chunk("IDAT", z.Bytes())
	chunk("IEND", nil)
	return out
}

func TestRefusals(t *testing.T) {
	good := asJPEG(t, drawn(64, 64))
	var animated bytes.Buffer
	if err := gif.Encode(&animated, drawn(4, 4), nil); err != nil {
		t.Fatal(err)
	}
	wide := bytes.Clone(animated.Bytes())
	copy(wide[6:], "\xff\xff\xff\xff") // the screen of 65535×65535
	for name, x := range map[string]struct {
		body []byte
		want string
	}{
		"nothing":               {nil, "photo.not_image"},
		"text":                  {[]byte("hello"), "photo.not_image"},
		"a program, renamed":    {append([]byte("MZ\x90\x00"), bytes.Repeat([]byte{0}, 4000)...), "photo.not_image"},
		"an ELF program":        {[]byte("\x7fELF\x02\x01\x01"), "photo.not_image"},
		"a page":                {[]byte("<html><script>alert(1)</script>"), "photo.not_image"},
		"an SVG":                {[]byte(`<svg xmlns="http://www.w3.org/2000/svg" onload="x()"/>`), "photo.not_image"},
		"a PDF":                 {[]byte("%PDF-1.7\n"), "photo.not_image"},
		"HEIC":                  {[]byte("\x00\x00\x00\x18ftypheic\x00\x00\x00\x00mif1heic"), "photo.heic"},
		"AVIF":                  {[]byte("\x00\x00\x00\x18ftypavif\x00\x00\x00\x00"), "photo.heic"},
		"a film":                {[]byte("\x00\x00\x00\x18ftypisom\x00\x00\x00\x00"), "photo.not_image"},
		"half a JPEG":           {good[:len(good)/2], "photo.broken"},
		"the head of a JPEG":    {good[:12], "photo.broken"},
		"a JPEG of scans":       {append(bytes.Clone(good), bytes.Repeat([]byte{0xff, 0xda, 0, 3}, 100)...), "photo.broken"},
		"too many bytes":        {append(bytes.Clone(good), make([]byte, photos.MaxBytes)...), "photo.too_large"},
		"a PNG bomb":            {pngBomb(t, 30000, 30000, 1<<20), "photo.too_many_pixels"},
		"a PNG of 2^31":         {pngBomb(t, 1<<31-1, 1<<31-1, 10), "photo.broken"},
		"a long PNG":            {pngBomb(t, 1, 48_000_001, 10), "photo.too_many_pixels"},
		"a PNG with less in it": {pngBomb(t, 100, 100, 10), "photo.broken"},
		"a PNG with more":       {pngBomb(t, 10, 10, 64<<20), "photo.broken"}, // packed, it is small
		"a PNG with nothing":    {pngBomb(t, 0, 0, 10), "photo.broken"},
		"a GIF bomb":            {wide, "photo.too_many_pixels"},
		"a WebP that lies":      {extended([]byte("RIFF\x00\x00\x00\x00WEBPVP8 \x0a\x00\x00\x00\x10\x00\x00\x9d\x01\x2a\xff\x3f\xff\x3f"), 10, 10), "photo.too_many_pixels"},
		"a WebP without pixels": {[]byte("RIFF\x16\x00\x00\x00WEBPVP8X\x0a\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00"), "photo.broken"},
	} {
		if got := refused(t, x.body); got != x.want {
			t.Errorf("%s: %s, want %s", name, got, x.want)
		}
	}
}

// Who waits for his turn longer than his request lives is told to try again.
func TestTurns(t *testing.T) {
	big := pngBomb(t, 6900, 6900, 6900*(1+3*6900))
	var work sync.WaitGroup
	for range 2 {
		work.Go(func() {
			if _, err := photos.Read(t.Context(), big); err != nil {
				t.Error(err)
			}
		})
	}
	time.Sleep(20 * time.Millisecond)
	ctx, cancel := context.WithTimeout(t.Context(), time.Millisecond)
	defer cancel()
	_, err := photos.Read(ctx, big)
	if e, ok := domain.AsError(err); !ok || e.Code != domain.CodeUnavailable || !strings.Contains(err.Error(), "deadline") {
		t.Error(err)
	}
	work.Wait()
}

func FuzzRead(f *testing.F) {
	good := asJPEG(f, drawn(16, 8))
	for _, seed := range [][]byte{good, withExif(good, 6, binary.BigEndian), withExif(good, 8, binary.LittleEndian), webp, extended(webp, 3, 3), good[:40], []byte("GIF89a"), []byte("\x89PNG\r\n\x1a\n")} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		p, err := photos.Read(t.Context(), body)
		if err != nil {
			if _, ok := domain.AsError(err); !ok {
				t.Fatalf("not a refusal: %v", err)
			}
			return
		}
		if w, h := size(t, p.Full); w != p.Width || h != p.Height || max(w, h) > 1600 || bytes.Contains(p.Full, []byte("Exif")) {
			t.Errorf("%d×%d, said %d×%d", w, h, p.Width, p.Height)
		}
		if w, h := size(t, p.Thumb); max(w, h) > 320 {
			t.Errorf("thumb of %d×%d", w, h)
		}
	})
}
