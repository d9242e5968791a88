package domain

import (
	"slices"
	"strconv"
	"strings"
)

// RoomChange is a room that a workbook adds, or of which it says something else.
type RoomChange struct {
	Kind   string        `json:"kind"` // DiffAdded, DiffChanged
	Room   Room          `json:"room"` // as it would be
	Fields []FieldChange `json:"fields,omitempty"`
}

// factYes is a fact that is a tick.
const factYes = "yes"

// RoomFacts are the names of all that a form says about a room, in its order; the first
// is what rooms are told apart by.
var RoomFacts = roomFacts()

func roomFacts() []string {
	list := append([]string{"name", "name_en", "floor", "capacity", "setup_min", "clear_min", "out_of_use"}, EquipmentKinds...)
	for _, l := range RoomLayouts {
		list = append(list, "layout_"+string(l))
	}
	return list
}

// Fact is one of RoomFacts as text: "yes" for a tick, "" for what was not said.
func (r *Room) Fact(name string) string {
	minutes := func(n *int) string {
		if n == nil {
			return ""
		}
		return strconv.Itoa(*n)
	}
	switch name {
	case "name":
		return r.Name
	case "name_en":
		return r.NameEn
	case "floor":
		return strconv.Itoa(r.Floor)
	case "capacity":
		return strconv.Itoa(r.Capacity)
	case "setup_min":
		return minutes(r.SetupMin)
	case "clear_min":
		return minutes(r.ClearMin)
	case "out_of_use":
		if r.OutOfUse {
			return factYes
		}
		return ""
	}
	if l, is := strings.CutPrefix(name, "layout_"); is {
		for _, x := range r.Layouts {
			if string(x.Layout) == l {
				return strconv.Itoa(x.Heads)
			}
		}
		return ""
	}
	switch n := r.count(name); {
	case n == 0:
		return ""
	case EquipmentCounted(name):
		return strconv.Itoa(n)
	}
	return factYes
}

func (r *Room) count(kind string) int {
	k := slices.IndexFunc(r.Equipment, func(q RoomFixture) bool { return q.Kind == kind })
	if k < 0 {
		return 0
	}
	return r.Equipment[k].N
}

// With is the room with the typed facts of another row. How many there are of what a form
// only ticks stays as it is.
func (r *Room) With(in *Room) Room {
	now := *r
	now.Name, now.NameEn, now.Floor, now.Capacity, now.SetupMin, now.ClearMin, now.OutOfUse = in.Name, in.NameEn, in.Floor, in.Capacity, in.SetupMin, in.ClearMin, in.OutOfUse
	now.Equipment, now.Layouts = slices.Clone(in.Equipment), slices.Clone(in.Layouts)
	for k := range now.Equipment {
		q := &now.Equipment[k]
		if n := r.count(q.Kind); n > 0 && !EquipmentCounted(q.Kind) {
			q.N = n
		}
	}
	slices.SortFunc(now.Equipment, func(a, b RoomFixture) int {
		return slices.Index(EquipmentKinds, a.Kind) - slices.Index(EquipmentKinds, b.Kind)
	})
	slices.SortFunc(now.Layouts, func(a, b RoomLayout) int {
		return slices.Index(RoomLayouts, a.Layout) - slices.Index(RoomLayouts, b.Layout)
	})
	return now
}

// PlanRooms compares a list of rooms with those that are there, by name: which would be
// new, and which would have other facts. Others stay.
func PlanRooms(have, in []Room) []RoomChange {
	at := make(map[string]*Room, len(have))
	for k := range have {
		at[have[k].Name] = &have[k]
	}
	var list []RoomChange
	for k := range in {
		was := at[in[k].Name]
		if was == nil {
			none := Room{}
			list = append(list, RoomChange{Kind: DiffAdded, Room: none.With(&in[k])})
			continue
		}
		ch := RoomChange{Kind: DiffChanged, Room: was.With(&in[k])}
		for _, name := range RoomFacts {
			if before, after := was.Fact(name), ch.Room.Fact(name); before != after {
				ch.Fields = append(ch.Fields, FieldChange{name, before, after})
			}
		}
		if len(ch.Fields) > 0 {
			list = append(list, ch)
		}
	}
	return list
}
