// Package live tells open pages that something changed.
//
//	store commits ──Announce──► Hub ──► rooms here ──► one frame per Key ──► queue of each socket
//	                             └────► Bus ──► hubs of the other instances, which do the same
//
// A message on the bus is only a hint: it says that a topic moved on and may be
// lost, doubled or late. What is true stands in the log behind [Source], where
// every change of a topic has the next number (seq). Three things make a lost
// hint harmless: each hub asks for the heads of its topics every two seconds, a
// bus that was away says so (gap), and a socket that comes back names the last
// seq it has seen.
//
// # What a page receives
//
// Each websocket message holds one or more frames, JSON objects separated by "\n":
//
//	{"topic":"event:…","seq":12,"html":"…"}     show these fragments; the page is now at 12
//	{"topic":"event:…","seq":12}                nothing here for you; the page is now at 12
//	{"topic":"event:…","seq":12,"reset":true}   too much was missed: fetch the page again
//	{"topic":"board","html":"…"}                the board has no counter
//	{"hb":{"event:…":12},"now":"2026-11-23T01:30:15.123Z"}   heartbeat: heads, server clock
//
// What a page has missed comes first, then a heartbeat. A page applies every
// frame whose seq is not below its own (equal: fragments that change with time
// alone), and never replaces a newer element with an older one. A head in a
// heartbeat above the page's own seq means that something was lost: come back
// with since. A page may send {"ping":1}, not more often than every second, and
// is answered by a heartbeat. What each close code asks of the page stands in
// codes.go.
//
// # Concurrency
//
// All exported methods may be called by any goroutine. Locks are taken in the
// order Hub, room, Conn, and never held while [Source] or [Bus.Start] callbacks
// work. Rooms and sockets have no goroutine while they have nothing to do. The
// websocket itself is known to Serve in socket.go alone: a handle kept after its
// handler returned would write to another person's socket, because the layers
// below put connections back into pools.
package live
