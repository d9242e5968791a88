package domain

import (
	"testing"
	"time"
)

func TestMaskName(t *testing.T) {
	for name, want := range map[string]string{
		"": "", "王": "＊", "王建": "王＊", "欧阳若兰": "欧＊＊＊", "John Smith": "J＊ S＊", "Li": "L＊", "J Smith": "J S＊", "  ": "",
	} {
		if got := MaskName(name); got != want {
			t.Errorf("%q: %q, not %q", name, got, want)
		}
	}
}

func TestMaskNumbers(t *testing.T) {
	for _, x := range [][2]string{{maskEnd("海A12345", 2), "＊45"}, {maskEnd("45", 2), "＊"}, {maskEnd("", 2), ""}, {maskEmail("anna@example.com"), "a＊@example.com"}, {maskEmail("anna"), ""}, {maskEmail("@x"), ""}, {maskEmail("白@x"), "白＊@x"}} {
		if x[0] != x[1] {
			t.Errorf("%q, not %q", x[0], x[1])
		}
	}
}

func TestNamesHidden(t *testing.T) {
	end := time.Date(2026, 3, 2, 10, 0, 0, 0, time.UTC)
	for _, x := range []struct {
		status EventStatus
		after  time.Duration
		want   bool
	}{
		{EventLive, 23 * time.Hour, false}, {EventLive, 25 * time.Hour, true}, // nobody said that it is over
		{EventClearing, time.Hour, false}, {EventReleased, time.Hour, true}, {EventClosed, time.Hour, true}, {EventCancelled, -time.Hour, true},
	} {
		e := Event{Status: x.status, EndAt: end}
		if got := e.NamesHidden(end.Add(x.after)); got != x.want {
			t.Errorf("%s %s: %v", x.status, x.after, got)
		}
	}
}

// What a mask leaves must not tell who it was.
func TestMasksLeaveNothing(t *testing.T) {
	g := Guest{Name: "王建国", Title: "总裁", Plate: "海A12345", Phone: "13800001234", Needs: "轮椅", Search: "王建国 wangjianguo wjg"}
	x := Invited{Guest: g, Invitation: Invitation{Email: "wang@example.com", Reply: Reply{CompanionNames: "王夫人", DietNote: "花生", Message: "您好", Plate: "海A12345"}}, Mail: &Mail{Address: "wang@example.com"}}
	x.Mask()
	if got := x.Name + "|" + x.Title + "|" + x.Plate + "|" + x.Phone + "|" + x.Needs + "|" + x.Search; got != "王＊＊||＊45|＊34||王＊＊" {
		t.Error(got)
	}
	if i := x.Invitation; i.CompanionNames+i.DietNote+i.Message != "" || i.Email != "w＊@example.com" || i.Plate != "＊45" || x.Mail.Address != "w＊@example.com" {
		t.Errorf("%+v %+v", i, x.Mail)
	}
	people, plans := []Seatable{{Name: "王建国", Title: "总裁", Search: "x"}}, []SeatPlan{{Chairs: []Seat{{Card: "王建国"}}}}
	MaskSeating(plans, people)
	if people[0].Name != "王＊＊" || people[0].Title+people[0].Search != "" || plans[0].Chairs[0].Card != people[0].Name {
		t.Errorf("%+v %+v", people, plans)
	}
	stray := Stray{Name: "李四", Host: "王建国"}
	stray.Mask()
	c := Confirmation{SpokeTo: "秘书小赵", Note: "王总不吃辣"}
	c.Mask()
	if stray.Name != "李＊" || stray.Host != "王＊＊" || c.SpokeTo != "秘＊＊＊" || c.Note != "" {
		t.Errorf("%+v %+v", stray, c)
	}
}
