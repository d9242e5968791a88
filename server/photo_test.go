package server_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"fmt"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/johannesboyne/gofakes3"
	"github.com/johannesboyne/gofakes3/backend/s3mem"

	"huiwu/server/domain"
	"huiwu/server/notify"
	"huiwu/server/photos"
	"huiwu/server/store"
)

// picture is a JPEG of that size.
func picture(t testing.TB, w, h int) []byte {
	t.Helper()
	img := image.NewRGBA(image.Rect(0, 0, w, h))
	for k := range img.Pix {
		img.Pix[k] = uint8(k * 7)
	}
	img.Set(0, 0, color.White)
	var b bytes.Buffer
	if err := jpeg.Encode(&b, img, nil); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// bare takes the photo away that every item of the test world has.
func (s *site) bare(t testing.TB, event, template string) domain.Item {
	t.Helper()
	for _, p := range s.world.Item(t, event, template).Photos {
		if _, err := s.Store.StrikePhoto(t.Context(), s.world.Act("supervisor"), p.ItemID, p.ID); err != nil {
			t.Fatal(err)
		}
	}
	return s.world.Item(t, event, template)
}

// shoot sends a photo as a phone does and gives its id.
func (c *client) shoot(item string, body []byte, more ...string) (string, *answer) {
	c.t.Helper()
	id := store.NewID()
	return id, c.raw("PUT", "/items/"+item+"/photos/"+id, bytes.NewReader(body),
		append([]string{"Content-Type", "image/jpeg", "HX-Request", "true", "Idempotency-Key", store.NewID()}, more...)...)
}

// One tap: the photo goes up, the tick follows, everybody sees both, and the judge looks at the picture.
func TestPhoto(t *testing.T) {
	both(t, func(t *testing.T, s *site) {
		item := s.bare(t, s.world.Event, "S4")
		service, commander := s.signIn(t, "service"), s.signIn(t, "commander")
		wall := commander.watch("topic=event:" + s.world.Event + "&since=" + fmt.Sprint(s.head(t, "event:"+s.world.Event)) + "&view=items")

		page := service.get("/events/" + s.world.Event + "/items")
		if el := element(t, page.body, "tick-"+item.ID); !has(el, "data-photo") {
			t.Error("the tick does not ask for a photo")
		}
		if a := service.act("PUT", "/items/"+item.ID+"/done", nil); a.status != 422 || !strings.Contains(a.body, "照片") {
			t.Errorf("a tick without: %d %s", a.status, a.body)
		}

		id, a := service.shoot(item.ID, picture(t, 2000, 1500))
		if a.status != 200 || a.header.Get("X-Ack") == "" || !strings.Contains(a.body, "/photos/"+id+"/thumb") {
			t.Fatalf("photo: %d %v %s", a.status, a.header, a.body)
		}
		wall.wait("the photo", func(f frame) bool { return strings.Contains(f.HTML, "/photos/"+id+"/thumb") })
		service.does("PUT", "/items/"+item.ID+"/done", nil)
		f := wall.wait("the tick", func(f frame) bool {
			return strings.Contains(f.HTML, `data-state="submitted"`) && strings.Contains(f.HTML, "/photos/"+id)
		})
		if el := element(t, f.HTML, "tick-"+item.ID); has(el, "data-photo") {
			t.Error("it is asked for again")
		}

		for path, long := range map[string]int{"/photos/" + id: 1600, "/photos/" + id + "/thumb": 320} {
			a := commander.get(path)
			cfg, format, err := image.DecodeConfig(strings.NewReader(a.body))
			if err != nil || format != "jpeg" || cfg.Width != long || cfg.Height != long*3/4 {
				t.Errorf("%s: %s %d×%d %v", path, format, cfg.Width, cfg.Height, err)
			}
			for name, want := range map[string]string{
				"Content-Type": "image/jpeg", "X-Content-Type-Options": "nosniff", "Cache-Control": "private, max-age=86400, immutable",
				"Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'; sandbox", "Content-Encoding": "",
			} {
				if got := a.header.Get(name); got != want {
					t.Errorf("%s: %s is %q", path, name, got)
				}
			}
			if a := s.nobody().send("GET", path, nil); a.status != http.StatusSeeOther {
				t.Errorf("%s for nobody: %d", path, a.status)
			}
		}

		var list struct{ Items []domain.Item }
		commander.json("GET", "/events/"+s.world.Event+"/items", nil, &list)
		for _, i := range list.Items {
			if i.ID == item.ID && (len(i.Photos) != 1 || i.Photos[0].ID != id || i.Photos[0].Width != 1600 || i.Photos[0].TakenBy != s.world.People["service"].ID) {
				t.Errorf("as JSON: %+v", i.Photos)
			}
		}
		if strings.Contains(commander.get("/events/"+s.world.Event+"/items", "Accept", "application/json").body, `"file"`) {
			t.Error("where files lie is nobody's business")
		}
	})
}

// The same act again, also at the same time, is one photo in one pair of files.
func TestPhotoAgain(t *testing.T) {
	blobs := &counted{Blobs: openDisk(t)}
	s := start(t, setting{Photos: blobs})
	item, service := s.bare(t, s.world.Event, "S4"), s.signIn(t, "service")
	id, key, body := store.NewID(), store.NewID(), picture(t, 300, 200)
	var work sync.WaitGroup
	for range 4 {
		work.Go(func() {
			a, err := service.try("PUT", "/items/"+item.ID+"/photos/"+id, bytes.NewReader(body), "Idempotency-Key", key, "HX-Request", "true")
			if err != nil || a.status != 200 || a.header.Get("X-Ack") != key {
				t.Error(a, err)
			}
		})
	}
	work.Wait()
	if a := service.raw("PUT", "/items/"+item.ID+"/photos/"+id, bytes.NewReader(body), "Idempotency-Key", store.NewID()); a.status != 200 {
		t.Error("by another key: ", a.status, a.body)
	}
	if i := s.world.Item(t, s.world.Event, "S4"); len(i.Photos) != 1 {
		t.Errorf("%d photos", len(i.Photos))
	}
	if n := blobs.left(); n != 2 {
		t.Errorf("%d files", n)
	}
	service.get("/photos/" + id)
}

// What is no photo gets its sentence, settled; the item stays as it was.
func TestPhotoRefusals(t *testing.T) {
	blobs := &counted{Blobs: openDisk(t)}
	s := start(t, setting{Photos: blobs})
	item, service, cleaning := s.bare(t, s.world.Event, "S4"), s.signIn(t, "service"), s.signIn(t, "cleaning")
	var bomb, packed bytes.Buffer
	if err := png.Encode(&bomb, image.NewGray(image.Rect(0, 0, 9000, 9000))); err != nil {
		t.Fatal(err)
	}
	zip := gzip.NewWriter(&packed)
	_, _ = zip.Write(picture(t, 30, 20))
	_ = zip.Close()
	head := s.head(t, "event:"+s.world.Event)
	for name, x := range map[string]struct {
		by     *client
		body   []byte
		status int
		key    string
		more   []string
	}{
		"HEIC":              {by: service, body: []byte("\x00\x00\x00\x18ftypheic\x00\x00\x00\x00mif1heic"), status: 422, key: "photo.heic"},
		"a renamed program": {by: service, body: append([]byte("MZ\x90\x00"), make([]byte, 5000)...), status: 422, key: "photo.not_image"},
		"nothing":           {by: service, status: 422, key: "photo.not_image"},
		"half a photo":      {by: service, body: picture(t, 300, 200)[:2000], status: 422, key: "photo.broken"},
		"a bomb":            {by: service, body: bomb.Bytes(), status: 422, key: "photo.too_many_pixels"},
		"packed":            {by: service, body: packed.Bytes(), status: 422, key: "error.packed", more: []string{"Content-Encoding", "gzip"}},
		"too many bytes":    {by: service, body: append(picture(t, 30, 20), make([]byte, photos.MaxBytes)...), status: 413},
		"another crew's":    {by: cleaning, body: picture(t, 30, 20), status: 403, key: "error.forbidden"},
	} {
		key := store.NewID()
		a := x.by.raw("PUT", "/items/"+item.ID+"/photos/"+store.NewID(), bytes.NewReader(x.body),
			append([]string{"Content-Type", "image/jpeg", "Accept", "application/json", "Idempotency-Key", key}, x.more...)...)
		if a.status != x.status || a.header.Get("X-Ack") != key || !strings.Contains(a.body, x.key) || !strings.Contains(a.body, `"sentence"`) {
			t.Errorf("%s: %d %s", name, a.status, a.body)
		}
	}
	for _, bad := range []string{"a%20b", "..%2f..%2fetc", strings.Repeat("x", 65)} {
		if a := service.raw("PUT", "/items/"+item.ID+"/photos/"+bad, bytes.NewReader(picture(t, 30, 20)), "Idempotency-Key", store.NewID()); a.status != 404 {
			t.Errorf("%s: %d", bad, a.status)
		}
	}
	if now := s.head(t, "event:"+s.world.Event); now != head {
		t.Error("something changed")
	}
	if n := blobs.left(); n != 0 {
		t.Errorf("%d files", n)
	}
}

// Secret events take no photo, whatever is sent, and their items ask for none.
func TestNoPhotoOfSecret(t *testing.T) {
	blobs := &counted{Blobs: openDisk(t)}
	s := start(t, setting{Photos: blobs})
	service := s.signIn(t, "service")
	item := s.world.Item(t, s.world.Secret, "S4")
	if _, a := service.shoot(item.ID, picture(t, 30, 20)); a.status != 409 || !strings.Contains(a.body, "涉密") {
		t.Errorf("%d %s", a.status, a.body)
	}
	if blobs.left() != 0 {
		t.Error("it was stored")
	}
	page := service.get("/events/" + s.world.Secret + "/items").body
	if strings.Contains(page, "data-photo") || !strings.Contains(page, "tick-"+item.ID) {
		t.Error("photos are offered")
	}
	service.does("PUT", "/items/"+item.ID+"/done", nil)
}

// A full disk: a clear sentence, not settled, so the phone keeps the photo; when there is room, the same act succeeds.
func TestNoRoomForPhoto(t *testing.T) {
	blobs := &counted{Blobs: openDisk(t)}
	s := start(t, setting{Photos: blobs, Mute: true})
	item, service := s.bare(t, s.world.Event, "S4"), s.signIn(t, "service")
	id, key := store.NewID(), store.NewID()
	send := func() *answer {
		return service.raw("PUT", "/items/"+item.ID+"/photos/"+id, bytes.NewReader(picture(t, 300, 200)), "HX-Request", "true", "Idempotency-Key", key)
	}
	for trouble, want := range map[error]int{photos.ErrFull: 507, fmt.Errorf("input/output error"): 500} {
		blobs.fail(trouble)
		a := send()
		if a.status != want || a.header.Get("X-Ack") != "" {
			t.Errorf("%v: %d %v", trouble, a.status, a.header)
		}
		if want == 507 && (!strings.Contains(a.body, "管理员") || !strings.Contains(a.body, "存储空间")) {
			t.Error(a.body)
		}
	}
	blobs.fail(nil)
	if a := send(); a.status != 200 || a.header.Get("X-Ack") != key {
		t.Errorf("with room: %d %s", a.status, a.body)
	}
	service.get("/photos/" + id)
}

// A week after a photo was struck its files go, and nothing else does.
func TestStruckPhotoIsErased(t *testing.T) {
	blobs := &counted{Blobs: openDisk(t)}
	now := time.Now().UTC().Truncate(time.Microsecond)
	s := start(t, setting{Photos: blobs, Now: func() time.Time { return now }})
	item, service := s.bare(t, s.world.Event, "S4"), s.signIn(t, "service")
	kept, _ := service.shoot(item.ID, picture(t, 30, 20))
	gone, _ := service.shoot(item.ID, picture(t, 40, 20))
	service.does("DELETE", "/items/"+item.ID+"/photos/"+gone, nil)
	if a := service.send("GET", "/photos/"+gone, nil); a.status != 404 {
		t.Errorf("a struck photo: %d", a.status)
	}
	for _, x := range []struct {
		after time.Duration
		files int
	}{{6 * 24 * time.Hour, 4}, {25 * time.Hour, 2}, {time.Hour, 2}} {
		now = now.Add(x.after)
		if _, err := s.Web.ErasePhotos(t.Context()); err != nil {
			t.Fatal(err)
		}
		if n := blobs.left(); n != x.files {
			t.Errorf("%v later: %d files", x.after, n)
		}
	}
	if _, err := photos.Load(t.Context(), blobs, s.world.Item(t, s.world.Event, "S4").Photos[0].File, false); err != nil {
		t.Error(kept, err)
	}
}

// A crash between storing a picture and its row leaves files that nobody knows: they go a day later, and nothing else
// does. Where most are unknown it is another database, and all of them stay.
func TestPhotoWithoutRowIsErased(t *testing.T) {
	for name, storage := range map[string]func(t *testing.T) photos.Blobs{
		"disk": func(t *testing.T) photos.Blobs { return openDisk(t) },
		"s3": func(t *testing.T) photos.Blobs {
			back := s3mem.New()
			if err := back.CreateBucket("huiwu"); err != nil {
				t.Fatal(err)
			}
			server := httptest.NewServer(gofakes3.New(back).Server())
			t.Cleanup(server.Close)
			b, err := photos.Open("s3+http://key:geheim@"+strings.TrimPrefix(server.URL, "http://")+"/huiwu?region=us-east-1&style=path", "")
			if err != nil {
				t.Fatal(err)
			}
			return b
		},
	} {
		t.Run(name, func(t *testing.T) {
			blobs := &counted{Blobs: storage(t)}
			s := start(t, setting{Photos: blobs})
			item, service := s.bare(t, s.world.Event, "S4"), s.signIn(t, "service")
			kept, _ := service.shoot(item.ID, picture(t, 30, 20))
			struck, _ := service.shoot(item.ID, picture(t, 40, 20))
			service.does("DELETE", "/items/"+item.ID+"/photos/"+struck, nil)
			orphans := func(n int) {
				for range n {
					if err := photos.Save(t.Context(), blobs, store.NewID(), photos.Picture{Full: []byte("x"), Thumb: []byte("x")}); err != nil {
						t.Fatal(err)
					}
				}
			}
			sweep := func(what string, erased, left int) {
				t.Helper()
				n, err := s.Web.SweepPhotos(t.Context())
				if n != erased || blobs.left() != left {
					t.Errorf("%s: %d erased, %d files left, %v", what, n, blobs.left(), err)
				}
				if refused := erased == 0 && left > 2*20; refused != (err != nil) {
					t.Errorf("%s: %v", what, err)
				}
			}
			orphans(1)
			sweep("too young", 0, 6)
			blobs.age = 25 * time.Hour
			sweep("a day later", 1, 4)
			sweep("again", 0, 4)
			service.get("/photos/" + kept)
			orphans(21)
			sweep("of another database", 0, 46)
		})
	}
}

// counted is a storage that counts what lies in it, fails when told to, and whose files are as old as it says.
type counted struct {
	photos.Blobs
	age   time.Duration
	mu    sync.Mutex
	names map[string]bool
	err   error
}

func openDisk(t testing.TB) photos.Blobs {
	t.Helper()
	b, err := photos.Open("", t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func (c *counted) fail(err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.err = err
}

func (c *counted) left() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return len(c.names)
}

func (c *counted) List(ctx context.Context, fn func(name string, at time.Time)) error {
	return c.Blobs.List(ctx, func(name string, at time.Time) { fn(name, at.Add(-c.age)) })
}

func (c *counted) Put(ctx context.Context, name string, body []byte) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.err != nil {
		return c.err
	}
	if c.names == nil {
		c.names = map[string]bool{}
	}
	c.names[name] = true
	return c.Blobs.Put(ctx, name, body)
}

func (c *counted) Delete(ctx context.Context, name string) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.names, name)
	return c.Blobs.Delete(ctx, name)
}

// smallPicture is a JPEG of one pixel.
var smallPicture = func() string {
	var b bytes.Buffer
	if err := jpeg.Encode(&b, image.NewGray(image.Rect(0, 0, 1, 1)), nil); err != nil {
		panic(err)
	}
	return b.String()
}()

// What a guest looks like: given on the list, shown at the posts, at the door and beside the warning of the next
// post; never in what a phone is woken with; a picture without what the camera wrote.
func TestGuestPhoto(t *testing.T) {
	both(t, func(t *testing.T, s *site) {
		g := s.guests(t, s.world.Event, store.GuestDraft{Guest: domain.Guest{Name: "白术"}})[0]
		commander, security := s.signIn(t, "commander"), s.signIn(t, "security")
		shoot := func(c *client, id string, body []byte) *answer {
			return c.raw("PUT", "/guests/"+g.ID+"/photos/"+id, bytes.NewReader(body), "Content-Type", "image/jpeg", "HX-Request", "true", "Idempotency-Key", store.NewID())
		}
		id := store.NewID()
		exif := append([]byte{0xff, 0xd8, 0xff, 0xe1, 0, 19}, []byte("Exif\x00\x00SECRETOWNER")...)
		a := shoot(commander, id, append(exif, picture(t, 2000, 1500)[2:]...))
		url := "/guests/" + g.ID + "/photos/" + id
		if a.status != 200 || !strings.Contains(a.body, url+"/thumb") {
			t.Fatalf("%d %s", a.status, a.body)
		}
		if a := shoot(commander, store.NewID(), []byte("\x00\x00\x00\x18ftypheic\x00\x00\x00\x00mif1heic")); a.status != 422 {
			t.Errorf("HEIC: %d %s", a.status, a.body)
		}
		if a := shoot(security, store.NewID(), picture(t, 30, 20)); a.status != 403 {
			t.Errorf("a guard: %d", a.status)
		}
		for path, long := range map[string]int{url: 1600, url + "/thumb": 320} {
			a := security.get(path)
			cfg, format, err := image.DecodeConfig(strings.NewReader(a.body))
			if err != nil || format != "jpeg" || cfg.Width != long || strings.Contains(a.body, "SECRETOWNER") {
				t.Errorf("%s: %s %d %v", path, format, cfg.Width, err)
			}
			if a.header.Get("Cache-Control") != "private, max-age=600" || a.header.Get("Content-Security-Policy") != "default-src 'none'; frame-ancestors 'none'; sandbox" {
				t.Error(path, a.header)
			}
			if a := s.nobody().send("GET", path, nil); a.status != http.StatusSeeOther {
				t.Errorf("%s for nobody: %d", path, a.status)
			}
		}
		for _, path := range []string{"/lobby", "/door?guest=" + g.ID, "/events/" + s.world.Event + "/guests"} {
			if !strings.Contains(security.get(path).body, url+"/thumb") {
				t.Error(path, " does not show it")
			}
		}
		if strings.Contains(security.get("/door/list").body, id) {
			t.Error("it is on the list that phones keep for the day")
		}

		security.does(http.MethodPut, "/me/post", form("post", "drop-off"))
		commander.does(http.MethodPut, "/guests/"+g.ID+"/position", form("position", "gate"))
		if _, err := s.Store.ReadTopic(t.Context(), domain.EventTopic(s.world.Event)); err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(security.get("/notices").body, url+"/thumb") {
			t.Error("the next post's warning does not show it")
		}
		list, err := s.Store.Notices(t.Context(), s.world.People["security"].ID, 10)
		list = slices.DeleteFunc(list, func(n domain.Notice) bool { return n.Kind != domain.NoticeGuest })
		if err != nil || len(list) != 1 {
			t.Fatal(list, err)
		}
		e, v, err := s.Store.Event(t.Context(), s.world.People["security"], s.world.Event)
		if err != nil {
			t.Fatal(err)
		}
		for _, where := range []notify.Where{notify.Inside, notify.Outside, notify.Group} {
			text := notify.Compose(notify.Lang{Locale: "zh", Loc: s.Store.Loc}, &list[0], e, v, where, s.Store.Now())
			if strings.Contains(text.Title+text.Body, id) || strings.Contains(text.Title+text.Body, g.ID) || strings.Contains(text.Title+text.Body, g.Name) != (where != notify.Group) {
				t.Errorf("%v: %+v", where, text)
			}
			text = notify.Compose(notify.Lang{Locale: "zh", Loc: s.Store.Loc}, &list[0], e, v, where, e.EndAt.Add(domain.NamesStay+time.Minute))
			if strings.Contains(text.Title+text.Body, g.Name) {
				t.Errorf("%v, the event is over: %+v", where, text)
			}
		}
		if body := security.get("/notices", "Accept", "application/json").body; strings.Contains(body, `"file"`) {
			t.Error("where files lie is nobody's business")
		}
		commander.does(http.MethodDelete, url, nil)
		if a := security.send("GET", url, nil); a.status != 404 {
			t.Errorf("struck: %d", a.status)
		}
	})
}

// The files go with the rows: at once when another takes its place, and with the names.
func TestGuestPhotoIsErased(t *testing.T) {
	blobs := &counted{Blobs: openDisk(t)}
	now := time.Now().UTC().Truncate(time.Microsecond)
	s := start(t, setting{Photos: blobs, Now: func() time.Time { return now }})
	g, commander := s.guests(t, s.world.Event, store.GuestDraft{Guest: domain.Guest{Name: "白术"}})[0], s.signIn(t, "commander")
	key, id, body := store.NewID(), store.NewID(), picture(t, 30, 20)
	put := func(id, key string) {
		t.Helper()
		if a := commander.raw("PUT", "/guests/"+g.ID+"/photos/"+id, bytes.NewReader(body), "HX-Request", "true", "Idempotency-Key", key); a.status != 200 {
			t.Fatal(a.status, a.body)
		}
	}
	left := func(what string, want int) {
		t.Helper()
		if _, err := s.Web.ErasePhotos(t.Context()); err != nil {
			t.Fatal(err)
		}
		if n := blobs.left(); n != want {
			t.Errorf("%s: %d files, want %d", what, n, want)
		}
	}
	put(id, key)
	put(id, key)
	put(id, store.NewID())
	left("the same one thrice", 2)
	put(store.NewID(), store.NewID())
	if n := blobs.left(); n != 4 {
		t.Errorf("both: %d files", n)
	}
	left("another in its place", 2)
	if files, err := s.Store.PhotoFiles(t.Context()); err != nil || len(files) == 0 {
		t.Error("backup and sweep do not know them: ", files, err)
	}
	now = now.AddDate(0, 0, domain.GuestDaysUsual+30)
	left("the event is long over", 2)
	if n, err := s.Store.EraseGuests(t.Context()); err != nil || n == 0 {
		t.Fatal(n, err)
	}
	left("erased", 0)
}
