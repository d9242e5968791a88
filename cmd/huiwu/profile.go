package main

import (
	"net/http"
	"net/http/pprof"
	"time"
)

// serveProfiles answers "go tool pprof" on an address of this machine alone,
// apart from the product's own URLs.
func serveProfiles(addr string) error {
	mux := http.NewServeMux()
	mux.HandleFunc("/debug/pprof/", pprof.Index)
	mux.HandleFunc("/debug/pprof/profile", pprof.Profile)
	mux.HandleFunc("/debug/pprof/trace", pprof.Trace)
	s := &http.Server{Addr: addr, Handler: mux, ReadHeaderTimeout: 5 * time.Second}
	return s.ListenAndServe()
}
