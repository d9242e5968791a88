package server_test

import (
	"archive/zip"
	"bytes"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"huiwu/server/domain"
	"huiwu/server/i18n"
)

// attached is a form with files in it.
func attached(t testing.TB, v url.Values, files map[string][]byte) (io.Reader, string) {
	t.Helper()
	var b bytes.Buffer
	w := multipart.NewWriter(&b)
	for name, list := range v {
		for _, x := range list {
			if err := w.WriteField(name, x); err != nil {
				t.Fatal(err)
			}
		}
	}
	for name, body := range files {
		f, err := w.CreateFormFile("files", name)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := f.Write(body); err != nil {
			t.Fatal(err)
		}
	}
	_ = w.Close()
	return &b, w.FormDataContentType()
}

func office(t testing.TB, parts ...string) []byte {
	t.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for _, p := range append(parts, "[Content_Types].xml") {
		if _, err := z.Create(p); err != nil {
			t.Fatal(err)
		}
	}
	_ = z.Close()
	return b.Bytes()
}

func (s *site) requests(t testing.TB) int {
	t.Helper()
	list, err := s.Store.Requests(t.Context(), s.world.People["supervisor"], false, 500)
	if err != nil {
		t.Fatal(err)
	}
	return len(list)
}

// Anybody asks without signing in; what cannot be taken comes back with its sentence and all that was typed.
func TestBook(t *testing.T) {
	both(t, func(t *testing.T, s *site) {
		c := s.nobody()
		page := c.get("/book", "Accept-Language", "zh")
		for _, want := range []string{`name="begun"`, `name="tap"`, `enctype="multipart/form-data"`, "noindex", i18n.T("zh", "book.send"), "book-trap"} {
			if !strings.Contains(page.body, want) {
				t.Errorf("the form lacks %s", want)
			}
		}
		send := func(v url.Values, files map[string][]byte) *answer {
			body, typ := attached(t, v, files)
			return c.raw("POST", "/book?lang=zh", body, "Content-Type", typ, "Sec-Fetch-Site", "same-origin")
		}
		refuses := func(what string, a *answer, status int, key string, args ...string) {
			t.Helper()
			if a.status != status || !strings.Contains(a.body, i18n.T("zh", key, args...)) {
				t.Errorf("%s: %d, without %q", what, a.status, i18n.T("zh", key, args...))
			}
			if !strings.Contains(a.body, `value="采购例会"`) || !strings.Contains(a.body, `value="石燕"`) {
				t.Errorf("%s: what was typed is gone", what)
			}
			if n := s.requests(t); n != 0 {
				t.Fatalf("%s: %d requests", what, n)
			}
		}
		with := func(pairs ...string) url.Values {
			v := s.booking()
			for k := 0; k < len(pairs); k += 2 {
				v.Set(pairs[k], pairs[k+1])
			}
			return v
		}
		now, err := s.Store.FormStamp(t.Context(), s.Store.Now())
		if err != nil {
			t.Fatal(err)
		}
		old, err := s.Store.FormStamp(t.Context(), s.Store.Now().AddDate(0, 0, -3))
		if err != nil {
			t.Fatal(err)
		}
		refuses("no heads", send(with("heads", ""), nil), 422, "event.heads_needed")
		refuses("heads in words", send(with("heads", "九"), nil), 422, "event.heads_range")
		refuses("nobody to answer", send(with("phone", ""), nil), 422, "request.reach")
		refuses("a mail address that is none", send(with("email", "x@y"), nil), 422, "invitation.email")
		refuses("yesterday", send(with("start_1", "2020-01-01T09:00", "end_1", "2020-01-01T10:00"), nil), 422, "request.past")
		refuses("in ten years", send(with("start_1", "2099-01-01T09:00", "end_1", "2099-01-01T10:00"), nil), 422, "request.far")
		refuses("end before start", send(with("end_1", with().Get("start_1")), nil), 422, "event.end_before_start")
		refuses("no time", send(with("start_1", "", "end_1", ""), nil), 422, "field.time")
		refuses("half of a second time", send(with("start_2", with().Get("start_1")), nil), 422, "field.time")
		refuses("a room that is none", send(with("rooms", "R99"), nil), 422, "field.choose")
		refuses("the trap", send(with("website", "http://x"), nil), 422, "book.leave_empty")
		refuses("at once", send(with("begun", now), nil), 409, "book.quick")
		refuses("of another day", send(with("begun", old), nil), 409, "book.stale")
		refuses("without a stamp", send(with("begun", ""), nil), 409, "book.stale")
		refuses("a program", send(with(), map[string][]byte{"议程.exe": []byte("MZ")}), 422, "book.files_kind", "name", "议程.exe")
		refuses("another name", send(with(), map[string][]byte{"议程.pdf": []byte("<html>")}), 422, "book.files_kind", "name", "议程.pdf")
		refuses("macros", send(with(), map[string][]byte{"议程.docx": office(t, "word/document.xml", "word/vbaProject.bin")}), 422, "book.files_kind", "name", "议程.docx")
		refuses("too many", send(with(), map[string][]byte{"1.pdf": []byte("%PDF-1"), "2.pdf": []byte("%PDF-1"), "3.pdf": []byte("%PDF-1"), "4.pdf": []byte("%PDF-1")}), 422, "book.files_many", "max", "3")
		refuses("too large", send(with(), map[string][]byte{"1.pdf": append([]byte("%PDF-1"), make([]byte, 3<<20)...), "2.pdf": append([]byte("%PDF-1"), make([]byte, 3<<20)...)}), 422, "book.files_large", "mb", "6")

		// Taken: to the page of his own, twice the same tap once.
		v := with("tap", "abcdef", "needs", "tea", "detail_tea", "绿茶")
		a := send(v, map[string][]byte{"../议 程?.pdf": []byte("%PDF-1.7 x"), "表.xlsx": office(t, "xl/workbook.xml")})
		if a.status != http.StatusSeeOther {
			t.Fatalf("%d %s", a.status, a.body)
		}
		link := a.header.Get("Location")
		if b := send(v, nil); b.header.Get("Location") != link || s.requests(t) != 1 {
			t.Errorf("a second tap: %s and %s, %d requests", link, b.header.Get("Location"), s.requests(t))
		}
		mine := c.get(link)
		for _, want := range []string{"采购例会", "绿茶", i18n.T("zh", "link.done_made"), i18n.T("zh", "link.state_waiting"), "议 程_.pdf"} {
			if !strings.Contains(mine.body, want) {
				t.Errorf("his page lacks %q", want)
			}
		}
		for h, want := range map[string]string{"Cache-Control": "no-store", "Referrer-Policy": "no-referrer", "X-Robots-Tag": "noindex, nofollow"} {
			if got := mine.header.Get(h); got != want {
				t.Errorf("%s: %q", h, got)
			}
		}
		// His file comes as one to keep; not with another request's link, nor for who may not see requests.
		list, err := s.Store.Requests(t.Context(), s.world.People["supervisor"], false, 5)
		if err != nil {
			t.Fatal(err)
		}
		r := list[0].Request
		token := strings.TrimPrefix(strings.Split(link, "?")[0], "/r/")
		for _, f := range r.Files {
			for _, x := range []struct {
				c    *client
				path string
				want int
			}{
				{c, "/r/" + token + "/files/" + f.ID, 200},
				{s.signIn(t, "supervisor"), "/requests/" + r.ID + "/files/" + f.ID, 200},
				{c, "/r/" + token + "/files/none", 404},
				{s.signIn(t, "service"), "/requests/" + r.ID + "/files/" + f.ID, 404},
			} {
				got := x.c.send("GET", x.path, nil)
				if got.status != x.want {
					t.Errorf("%s: %d", x.path, got.status)
				}
				if x.want != 200 {
					continue
				}
				if d := got.header.Get("Content-Disposition"); !strings.HasPrefix(d, "attachment") || got.header.Get("X-Content-Type-Options") != "nosniff" || !strings.Contains(got.header.Get("Content-Security-Policy"), "sandbox") {
					t.Errorf("%s: %s %v", x.path, d, got.header)
				}
			}
		}
		other, stranger := s.booked(t, 40)
		if got := c.send("GET", "/r/"+stranger+"/files/"+r.Files[0].ID, nil).status; got != 404 {
			t.Errorf("with another's link: %d", got)
		}
		if other.ID == r.ID {
			t.Fatal("the same request")
		}
	})
}

// Whoever sends too many reads when to come again, and his form is still filled; others are not kept out by the rest of the site.
func TestBookLimits(t *testing.T) {
	s := start(t, setting{})
	c := s.nobody()
	last := 0
	for n := range 25 {
		v := s.booking()
		v.Set("tap", fmt.Sprint("tap", n))
		a := c.send("POST", "/book?lang=zh", v)
		if last = a.status; last == http.StatusTooManyRequests {
			if !strings.Contains(a.body, `value="采购例会"`) || a.header.Get("Retry-After") == "" || !strings.Contains(a.body, "填的内容都在") {
				t.Errorf("%v %.200s", a.header, a.body)
			}
			break
		}
	}
	if n := s.requests(t); last != http.StatusTooManyRequests || n != 20 {
		t.Errorf("%d after %d", last, n)
	}
}

// The demo's moment: what one unit asked for another has; another room is offered, and one tap of the organiser makes the event.
func TestRequestOffered(t *testing.T) {
	both(t, func(t *testing.T, s *site) {
		supervisor, nobody := s.signIn(t, "supervisor"), s.nobody()
		r, link := s.booked(t, 3)
		k := supervisor.watch("topic=requests&view=requests")
		if _, err := s.signIn(t, "service").socket("topic=requests&view=requests"); err == nil {
			t.Error("an attendant follows the requests")
		}
		page := supervisor.get("/requests/" + r.ID)
		for _, want := range []string{`data-room="R1"`, `data-quick=`, "石燕", "6001", "/r/" + link} {
			if !strings.Contains(page.body, want) {
				t.Errorf("the page lacks %s", want)
			}
		}
		if !strings.Contains(page.header.Get("Cache-Control"), "no-store") {
			t.Error("a page with a key in it may be kept")
		}
		mine := nobody.get("/r/" + link)
		if !strings.Contains(mine.body, `id="offer-`+r.Offers[0].ID) || !strings.Contains(mine.body, "几支话筒？") {
			t.Error("no offer or no question on his page")
		}
		a := nobody.send("POST", "/r/"+link+"/answer?lang=zh", form("id", r.Questions[0].ID, "text", ""))
		if a.status != 422 || !strings.Contains(a.body, i18n.T("zh", "field.required")) {
			t.Errorf("an empty answer: %d", a.status)
		}
		if a := nobody.send("POST", "/r/"+link+"/offer", form("id", r.Offers[0].ID), "Sec-Fetch-Site", "cross-site"); a.status != http.StatusForbidden {
			t.Errorf("from another site: %d", a.status)
		}
		if a := nobody.send("POST", "/r/"+link+"/offer", form("id", r.Offers[0].ID, "tap", "once")); a.status != http.StatusSeeOther {
			t.Fatalf("%d %s", a.status, a.body)
		}
		k.wait("the request", func(f frame) bool { return strings.Contains(f.HTML, "data-refetch") })
		x, err := s.Store.Request(t.Context(), s.world.People["supervisor"], r.ID)
		if err != nil {
			t.Fatal(err)
		}
		if x.State != domain.RequestAccepted {
			t.Fatal(x.State)
		}
		if page := supervisor.get("/requests/" + r.ID); !strings.Contains(page.body, "/events/"+x.EventID) {
			t.Error("no way to the event")
		}
		if a := nobody.send("POST", "/r/"+link+"/offer?lang=zh", form("id", r.Offers[0].ID)); a.status != http.StatusConflict || !strings.Contains(a.body, i18n.T("zh", "request.offer_gone")) {
			t.Errorf("again: %d", a.status)
		}
		if a := nobody.send("GET", "/r/"+strings.Repeat("x", len(link)), nil); a.status != 404 {
			t.Errorf("a made-up link: %d", a.status)
		}
	})
}
