package web

import (
	"slices"
	"strconv"
	"strings"

	"github.com/gofiber/fiber/v2"

	"huiwu/server/domain"
	"huiwu/server/i18n"
	"huiwu/server/sheet"
	"huiwu/views"
)

// roomLimits are those of a workbook of rooms: no building has more.
var roomLimits = func() sheet.Limits {
	l := sheet.Usual
	l.Rows = 500
	return l
}()

var roomsNeeded = []string{"name", "name_en", "floor", "capacity"}

// roomTick tells of a fact of a room whether it is a tick.
func roomTick(key string) bool {
	return key == "out_of_use" || slices.Contains(domain.EquipmentKinds, key) && !domain.EquipmentCounted(key)
}

func roomColumns(l string) []sheet.Column {
	examples := map[string]string{"name": "竹厅", "name_en": "Bamboo hall", "floor": "3", "capacity": "60", "setup_min": "30", "projector": i18n.T(l, "workbook.yes"), "mics": "4", "layout_theatre": "60", "layout_u": "24"}
	list := make([]sheet.Column, 0, len(domain.RoomFacts))
	for _, key := range domain.RoomFacts {
		c := sheet.Column{
			Key: key, Zh: views.RoomFactName(views.Ctx{Locale: "zh"}, key), En: views.RoomFactName(views.Ctx{Locale: "en"}, key), Example: examples[key],
			Required: slices.Contains(roomsNeeded, key), Figures: !roomTick(key) && !strings.HasPrefix(key, "name"),
		}
		if strings.HasPrefix(key, "name") {
			c.Width = 20
		}
		if roomTick(key) {
			c.Values = choiceNames(yesOrNo(), l)
		}
		c.Note = i18n.T(l, "workbook.room_note_"+roomNote(key))
		list = append(list, c)
	}
	return list
}

// roomNote is which sentence says what belongs under a heading.
func roomNote(key string) string {
	switch {
	case strings.HasPrefix(key, "layout_"):
		return "layout"
	case strings.HasSuffix(key, "_min"):
		return "minutes"
	case slices.Contains(domain.EquipmentKinds, key) && !domain.EquipmentCounted(key):
		return "thing"
	}
	return key
}

// ExportRooms is GET /rooms/export: all rooms as a workbook that can be taken back.
func (a *App) ExportRooms(c *fiber.Ctx) error {
	rooms, err := a.Store.RoomList(c.UserContext())
	if err != nil {
		return err
	}
	l := locale(c)
	p := sheet.Page{Name: i18n.T(l, "rooms.title"), Locale: l, Columns: roomColumns(l), Notes: i18n.T(l, "workbook.notes"), Blank: 50}
	for k := range rooms {
		row := make([]string, len(domain.RoomFacts))
		for n, key := range domain.RoomFacts {
			row[n] = rooms[k].Fact(key)
			if roomTick(key) {
				row[n] = choiceName(yesOrNo(), row[n], l)
			}
		}
		p.Rows = append(p.Rows, row)
	}
	return sendSheet(c, p.Name, p)
}

// readRooms reads a workbook of rooms. Of what it has no column for, a room keeps what it
// has.
func readRooms(body []byte, have []domain.Room) ([]domain.Room, int, error) {
	t, err := sheet.Read(body, roomColumns("zh"), roomLimits)
	if err != nil {
		return nil, 0, err
	}
	var list []domain.Room
	seen := map[string]bool{}
	for _, row := range t.Rows {
		r := domain.Room{}
		if k := slices.IndexFunc(have, func(h domain.Room) bool { return h.Name == domain.Clean(row.Text("name"), false) }); k >= 0 {
			r = have[k].With(&have[k]) // a copy
		}
		for _, key := range t.Keys {
			readRoomFact(row, key, &r)
		}
		for _, key := range roomsNeeded {
			if row.Text(key) == "" {
				row.Fail(key, "field.required")
			}
		}
		failFields(row, r.Validate())
		if r.Name != "" && seen[r.Name] {
			row.Fail("name", "room.name_twice")
		}
		seen[r.Name] = true
		list = append(list, r)
	}
	return list, len(list), t.Err()
}

// readRoomFact puts what stands under a heading into the room.
func readRoomFact(row *sheet.Row, key string, r *domain.Room) {
	minutes := func() *int {
		if row.Text(key) == "" {
			return nil
		}
		n := row.Number(key)
		return &n
	}
	switch key {
	case "name":
		r.Name = row.Text(key)
	case "name_en":
		r.NameEn = row.Text(key)
	case "floor":
		r.Floor = row.Number(key)
	case "capacity":
		r.Capacity = row.Number(key)
	case "setup_min":
		r.SetupMin = minutes()
	case "clear_min":
		r.ClearMin = minutes()
	case "out_of_use":
		r.OutOfUse = row.Choice(key, yesOrNo()) == "yes"
	default:
		if l, is := strings.CutPrefix(key, "layout_"); is {
			setLayout(r, domain.Layout(l), row.Number(key))
			return
		}
		n := 0
		if domain.EquipmentCounted(key) {
			n = row.Number(key)
		} else if row.Choice(key, yesOrNo()) == "yes" {
			n = 1
		}
		setFixture(r, key, n)
	}
}

// setLayout says for how many the room can be set so; 0: not at all.
func setLayout(r *domain.Room, l domain.Layout, heads int) {
	r.Layouts = slices.DeleteFunc(r.Layouts, func(x domain.RoomLayout) bool { return x.Layout == l })
	if heads != 0 {
		r.Layouts = append(r.Layouts, domain.RoomLayout{Layout: l, Heads: heads})
	}
}

func setFixture(r *domain.Room, kind string, n int) {
	r.Equipment = slices.DeleteFunc(r.Equipment, func(q domain.RoomFixture) bool { return q.Kind == kind })
	if n != 0 {
		r.Equipment = append(r.Equipment, domain.RoomFixture{Kind: kind, N: n})
	}
}

// ImportRoomsPage is GET /rooms/import.
func (a *App) ImportRoomsPage(c *fiber.Ctx) error { return a.roomsImport(c, views.RoomsImportPage{}) }

func (a *App) roomsImport(c *fiber.Ctx, x views.RoomsImportPage) (err error) {
	if x.Page, err = a.importPage(c, "events", "workbook.rooms_title", &x.SheetLook); err != nil {
		return err
	}
	return show(c, fiber.Map{"changes": x.Changes, "faults": x.Faults, "error": x.Error, "data": x.Data}, views.RoomsImport(x))
}

// ImportRooms is POST /rooms/import: a workbook is read and what it would change is shown;
// sent again as data, it is done in one act.
func (a *App) ImportRooms(c *fiber.Ctx) error {
	ctx, x := c.UserContext(), views.RoomsImportPage{}
	if data := c.FormValue("data"); data != "" {
		return a.takeSheet(c, "/rooms", func(act domain.Act) (domain.Receipt, error) {
			list, err := givenRooms(data)
			if err != nil {
				return domain.Receipt{}, err
			}
			return a.Store.ImportRooms(ctx, act, list)
		}, func(l views.SheetLook) error {
			x.SheetLook = l
			return a.roomsImport(c, x)
		})
	}
	have, err := a.Store.RoomList(ctx)
	if err != nil {
		return err
	}
	x.SheetLook, err = lookAt(c, func(body []byte) ([]domain.Room, int, error) { return readRooms(body, have) }, func(list []domain.Room) error {
		x.Changes = domain.PlanRooms(have, list)
		return nil
	})
	if err != nil {
		return err
	}
	return a.roomsImport(c, x)
}

// givenRooms are rooms that come back from a look, with nothing but what a workbook says.
func givenRooms(data string) ([]domain.Room, error) {
	list, err := sheetData[domain.Room](data, roomLimits.Rows)
	if err != nil {
		return nil, err
	}
	seen := map[string]bool{}
	for k := range list {
		none := domain.Room{}
		list[k] = none.With(&list[k])
		if err := list[k].Validate(); err != nil {
			return nil, err
		}
		if seen[list[k].Name] {
			return nil, domain.InvalidField("file", "room.name_twice")
		}
		seen[list[k].Name] = true
		if twice(list[k].Equipment, func(q domain.RoomFixture) string { return q.Kind }) || twice(list[k].Layouts, func(l domain.RoomLayout) string { return string(l.Layout) }) {
			return nil, errBadRequest
		}
	}
	return list, nil
}

// twice tells whether two of a list go by the same name.
func twice[T any](list []T, name func(T) string) bool {
	seen := map[string]bool{}
	for _, x := range list {
		if seen[name(x)] {
			return true
		}
		seen[name(x)] = true
	}
	return false
}

// columnOf a cell such as "C7" is "C": what the cells of a column have in common.
func columnOf(cell string) string { return strings.TrimRight(cell, "0123456789") }

// cellAt is the cell of a row under a column; its first one where the column is not there.
func cellAt(column string, row int) string {
	if column == "" {
		column = "A"
	}
	return column + strconv.Itoa(row)
}
