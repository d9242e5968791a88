package demo

import (
	"crypto/sha256"
	_ "embed"
	"encoding/json"
	"fmt"
	"hash/fnv"
	"sync"
	"time"

	"github.com/google/uuid"

	"huiwu/server/domain"
)

//go:embed demo.json
var demoJSON []byte

// data is demo.json: everybody and everything in it is invented.
type data struct {
	Site  domain.Site
	Rooms []struct {
		ID, Name, En string
		Floor, Cap   int
		Has          map[string]int        // equipment, and how many
		Set          map[domain.Layout]int // layouts, and for how many
	}
	People []struct {
		No, Name string
		Role     domain.Role
		Crew     domain.Crew
	}
	Week   []weekEvent
	Visit  visitData
	Weekly weeklyData
}

// weekEvent is one of the other events: Day counts from the day of the visit,
// Reception is how many minutes before the start guests arrive (0 = none).
type weekEvent struct {
	Key                string
	Day                int
	Room, Start, End   string
	Name, Type         string
	Level, Heads       int
	Secrecy            domain.Secrecy
	Organiser, Contact string
	Reason             string
	Reception          int
	Photo, Recording   bool
	Status             domain.EventStatus // empty = confirmed
	Unmanned           bool               // nobody is assigned yet
}

type visitData struct {
	Name, Organiser, Contact, Principal, Reason, Delegation string
	Heads                                                   int
	Arrival, Start, Break, End                              string
	Rooms                                                   []string
	Functions                                               []struct{ Name, Start, End, Place string }
	Agenda                                                  []agendaPoint
	Dais                                                    []string // as the audience sees it
	Signers                                                 []string
	Hosts                                                   []struct{ ID, Name, Title string }
	Cars                                                    []struct{ Party, Plate, Bay string }
	Guests                                                  []struct{ ID, Name, Title, Plate, Needs string }
	Posts                                                   []struct {
		Post   string
		People []string
	}
	Supplies map[string]int
}

type weeklyData struct {
	Name, Organiser, Contact string
	Heads, Minutes           int
	Room                     string
	Agenda                   []agendaPoint
	Commander                string
	People                   []string
	Supplies                 map[string]int
}

type agendaPoint struct {
	Start   string
	Minutes int
	Name    string
}

var load = sync.OnceValue(func() *data {
	d := new(data)
	if err := json.Unmarshal(demoJSON, d); err != nil {
		panic(fmt.Sprintf("demo.json: %v", err))
	}
	d.Site.ID = "site"
	return d
})

// The two events of today that the run is about.
const (
	visitKey  = "visit"
	weeklyKey = "weekly"
)

// fixedID gives the same id for the same thing in every demo. It has the form
// of the others and sorts before all that are made while the program runs.
func fixedID(kind, key string) string {
	sum := sha256.Sum256([]byte("huiwu demo " + kind + " " + key))
	var u uuid.UUID
	ms := time.Date(2026, 3, 16, 0, 0, 0, 0, time.UTC).UnixMilli()
	for k := range 6 {
		u[k] = byte(ms >> (40 - 8*k))
	}
	copy(u[6:], sum[:])
	u[6] = u[6]&0x0f | 0x70
	u[8] = u[8]&0x3f | 0x80
	return u.String()
}

// chance is a number in [0, n) that is always the same for the same words:
// nobody is punctual to the second, and still every demo is alike.
func chance(n int, words ...string) int {
	h := fnv.New32a()
	for _, w := range words {
		_, _ = h.Write([]byte(w + "\x1f"))
	}
	return int(h.Sum32() % uint32(n))
}
