package demo

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"huiwu/server/domain"
)

// heldLift is the lift that the visit has for itself.
const heldLift = "3号梯"

// stock is what the house has: of 纸笔 too few for the visit and the meeting beside it.
var stock = []domain.Supply{
	{Name: "席位卡", NameEn: "Name cards", Stock: 300},
	{Name: "盖杯", NameEn: "Lidded cups", Stock: 120},
	{Name: "茶叶", NameEn: "Tea leaves", Stock: 2000, Consumed: true},
	{Name: "热水", NameEn: "Hot water", Stock: 200, Consumed: true},
	{Name: "矿泉水", NameEn: "Mineral water", Stock: 480, Consumed: true},
	{Name: "方巾", NameEn: "Hand towels", Stock: 150},
	{Name: "纸笔", NameEn: "Paper and pens", Stock: 70},
	{Name: "资料袋", NameEn: "Folders", Stock: 90, Consumed: true},
	{Name: "证件", NameEn: "Badges", Stock: 120},
	{Name: "话筒", NameEn: "Microphones", Stock: 16},
	{Name: "电池", NameEn: "Batteries", Stock: 60, Consumed: true},
	{Name: "鲜花", NameEn: "Flower arrangements", Stock: 6, Consumed: true},
	{Name: "果盘", NameEn: "Fruit plates", Stock: 8},
	{Name: "点心", NameEn: "Pastries", Stock: 80, Consumed: true},
	{Name: "电子屏", NameEn: "Electronic signs", Stock: 4},
	{Name: "指示牌", NameEn: "Direction signs", Stock: 20},
	{Name: "锥桶", NameEn: "Cones", Stock: 24},
	{Name: "对讲机", NameEn: "Radios", Stock: 30},
	{Name: "雨伞", NameEn: "Umbrellas", Stock: 40},
	{Name: "急救箱", NameEn: "First-aid kits", Stock: 3},
}

// furnish gives the building its lifts and supplies; it returns the lift that is held
// for the visit.
func (t *troupe) furnish(ctx context.Context) (held string, err error) {
	by := domain.Act{Person: t.people[supervisor]}
	for _, name := range []string{"1号梯", "2号梯", heldLift, "4号梯"} {
		r, err := t.s.AddLift(ctx, by, name)
		if err != nil {
			return "", err
		}
		if name == heldLift {
			held = r.Created
		}
	}
	for _, x := range stock {
		if _, err := t.s.AddSupply(ctx, by, x); err != nil {
			return "", err
		}
	}
	return held, nil
}

// units end the names of what is not counted by the piece.
var units = []string{"g", "L", "份"}

// supplies are what an event needs, as a planner types it.
func supplies(m map[string]int) string {
	list := make([]string, 0, len(m))
	for name, n := range m {
		unit := ""
		for _, u := range units {
			if short, cut := strings.CutSuffix(name, u); cut {
				name, unit = short, u
			}
		}
		list = append(list, fmt.Sprintf("%s %d%s", name, n, unit))
	}
	slices.Sort(list)
	return strings.Join(list, "、")
}
