package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"

	"huiwu/server/i18n"
	"huiwu/server/web"
	"huiwu/static"
	"huiwu/views/gallery"
)

type galleryCmd struct {
	Addr string `default:"127.0.0.1:8090" help:"Loopback address to listen on."`
}

// Run serves the gallery, apart from the product's own URLs, until it is interrupted.
func (g galleryCmd) Run(ctx context.Context) error {
	host, _, err := net.SplitHostPort(g.Addr)
	if ip := net.ParseIP(host); err != nil || ip == nil || !ip.IsLoopback() {
		return fmt.Errorf("--addr %q is not a loopback address with a port", g.Addr)
	}
	if err := static.Check(); err != nil {
		return err
	}
	l, err := net.Listen("tcp", g.Addr)
	if err != nil {
		return err
	}
	s := &http.Server{Handler: galleryHandler(), ReadHeaderTimeout: 5 * time.Second}
	go func() {
		<-ctx.Done()
		_ = s.Close()
	}()
	fmt.Printf("Huiwu 会务台 gallery: http://%s\n", l.Addr())
	if err := s.Serve(l); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}

func galleryHandler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /readyz", func(http.ResponseWriter, *http.Request) {})
	mux.HandleFunc("GET /gallery.css", galleryFile("text/css; charset=utf-8", gallery.Style))
	mux.HandleFunc("GET /gallery.js", galleryFile("text/javascript; charset=utf-8", gallery.Script))
	mux.HandleFunc("GET /static/", func(w http.ResponseWriter, r *http.Request) { galleryAsset(w, r, r.URL.Path) })
	mux.HandleFunc("GET /manifest.webmanifest", func(w http.ResponseWriter, r *http.Request) { galleryAsset(w, r, "manifest.webmanifest") })
	for _, where := range []string{"GET /photos/", "GET /guests/"} {
		mux.HandleFunc(where, func(w http.ResponseWriter, r *http.Request) { galleryAsset(w, r, static.URL("icon-192.png")) })
	}
	mux.HandleFunc("GET /sw.js", http.NotFound) // nothing of the gallery is kept on the device
	mux.HandleFunc("GET /{group}", galleryPage)
	mux.HandleFunc("GET /", func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, "/"+gallery.Groups()[0], http.StatusSeeOther) // links of the parts lead nowhere else
	})
	mux.HandleFunc("/", galleryAct)
	return mux
}

func galleryPage(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	page := gallery.Page(gallery.Options{
		Group: r.PathValue("group"), Locale: cmp.Or(q.Get("lang"), i18n.Match(r.Header.Get("Accept-Language"))), Theme: q.Get("theme"), Now: time.Now(),
	})
	if page == nil {
		http.Redirect(w, r, "/", http.StatusSeeOther)
		return
	}
	policy := strings.Replace(web.Policy, "frame-ancestors 'none'", "frame-ancestors 'self'; frame-src 'self'", 1)
	w.Header().Set("Content-Security-Policy", policy)
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	_ = page.Render(r.Context(), w)
}

// galleryAct takes every act and does nothing; the choice of language is one.
func galleryAct(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("X-Ack", r.Header.Get("Idempotency-Key"))
	if locale := r.FormValue("locale"); locale != "" {
		from, err := url.Parse(r.Referer())
		if err != nil {
			from = &url.URL{}
		}
		q := from.Query()
		q.Set("lang", locale)
		w.Header().Set("HX-Redirect", (&url.URL{Path: cmp.Or(from.Path, "/"), RawQuery: q.Encode()}).String())
	}
}

func galleryFile(kind string, body []byte) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", kind)
		w.Header().Set("Cache-Control", "no-store")
		_, _ = w.Write(body)
	}
}

func galleryAsset(w http.ResponseWriter, r *http.Request, name string) {
	asset, ok := static.Get(name)
	if !ok {
		http.NotFound(w, r)
		return
	}
	w.Header().Set("Content-Type", asset.Type)
	_, _ = w.Write(asset.Body)
}
