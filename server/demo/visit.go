package demo

import (
	"time"

	"huiwu/server/domain"
)

// cue is one item of the visit as it went: who did it when, and when it was
// checked and accepted. Moments hang on the arrival, start and end. What lies
// before A-45 has happened when the demo begins.
type cue struct {
	item, by, at, reading string
	check, accept         string
}

var visitCues = []cue{
	// The day before.
	{"E1", "tonglv", "D-1 15:52", "42", "", "D-1 16:45"},
	{"M5", "commander", "D-1 16:01", "", "", "D-1 16:40"},
	{"M1", supervisor, "D-1 17:00", "5", "", ""},
	{"M2", supervisor, "D-1 17:12", "", "", "D-1 17:20"},
	{"M3", supervisor, "D-1 17:28", "", "", "D-1 17:36"},
	{"G1", "supplies", "D-1 17:38", "22", "", "D-1 18:42"},
	{"M4", supervisor, "D-1 17:55", "玉髓、丹砂、滑石、铜绿", "", ""},
	{"C1", "huashi", "D-1 17:58", "", "D-1 18:15", "D-1 18:44"},
	{"G2", "supplies", "D-1 18:26", "", "D-1 18:35", "D-1 18:46"},

	// Before the demo begins. The commander's walk is on; 13 of 22 ★ are accepted.
	{"C2", "cleaning", "A-124", "", "A-94", "A-60"},
	{"G3", "supplies", "A-96", "玉髓", "", "A-59"},
	{"S1", "yusui", "A-92", "", "A-88", "A-58"},
	{"S2", "service", "A-91", "金箔", "", "A-58:20"},
	{"X1", "dansha", "A-90:40", "", "", "A-57"},
	{"S3", "manao", "A-82", "", "", "A-55:30"},
	{"X2", "cishi", "A-81", "", "", "A-54"},
	{"S4", "bixi", "A-77", "", "", "A-53:10"},
	{"C3", "yunshi", "A-76", "", "", "A-52"},
	{"X3", "dansha", "A-72", "", "", "A-51:30"},
	{"G4", "supplies", "A-71", "", "", "A-50:40"},
	{"S6", "yueguang", "A-66", "", "", "A-50"},
	{"E2", "engineering", "A-62", "18", "", "A-49:20"},
	{"V1", "control", "A-61:30", "", "", "A-48:40"},
	{"E4", "wusha", "A-57", "", "", "A-47"},

	// Done by then and waiting; accepted while the demo runs.
	{"P1", "yinzhu", "A-61", "", "", "A-42:30"},
	{"S7", "yueguang", "A-60:30", "", "", "A-41"},
	{"X4", "danxia", "A-62", "丹霞", "", "A-40"},
	{"E5", "tonglv", "A-61", "25", "", "A-39:20"},
	{"C5", "cleaning", "A-60", "", "", "A-38:40"},
	{"S8", "qingjin", "A-52", "", "", "A-39"},
	{"E6", "wusha", "A-52:30", "", "", "A-38"},
	{"E3", "engineering", "A-57:30", "10", "", "A-36"}, // two minutes late
	{"S9", "yusui", "A-47", "", "A-43", "A-34:20"},

	// Still to do. The toilets are late: the cleaner came late.
	{"C4", "shigao", "A-43:30", "", "", "A-38:20"},
	{"E7", "tonglv", "A-44:10", "", "", "A-37:20"},
	{"P2", "yinzhu", "A-41:20", "", "", "A-35:40"},
	{"M6", "commander", "A-39:40", "", "", ""},
	{"D1", "leaderfloor", "A-36:10", "", "A-34", "A-33:20"},
	{"S10", "service", "A-36:20", "48", "", "A-33"},
	{"X5", "dansha", "A-20:20", "", "", "A-17"},
	{"S11", "service", "A-20:40", "", "", ""},
	{"V2", "control", "A-20:10", "", "", ""},
	{"E8", "engineering", "S-15", "", "", ""},
	{"S12", "bixi", "S-15:30", "", "", ""},

	// Guests are twelve minutes early: cleaners withdraw, doors open.
	{"C6", "cleaning", "A-11", "", "", ""},
	{"X6", "heiyao", "A-7", "", "", ""},
	{"S13", "yueguang", "A-4", "", "", ""},
	{"P3", "yinzhu", "S-4", "", "", ""},
	{"V3", "control", "S-1", "6", "", ""},
	{"S14", "yueguang", "S+0:20", "", "", ""},
	{"S17", "manao", "B-16", "", "", "B-13"},
	{"S18", "yusui", "E-10", "", "", ""},
	{"X8", "cishi", "E-5", "", "", ""},

	// After the end.
	{"S19", "yusui", "E+0:40", "", "", ""},
	{"S20", "manao", "E+5", "", "", "E+9"},
	{"S21", "yueguang", "E+10", "66", "", ""},
	{"C8", "shigao", "E+15", "", "", "E+24"},
	{"X9", "cishi", "E+16", "3", "", ""},
	{"E10", "engineering", "E+20", "", "", "E+25"},
	{"V5", "control", "E+21", "水晶", "", "E+22"},
	{"M13", supervisor, "E+23", "云母", "", "E+25:30"},
	{"S22", "service", "E+28", "66", "", "E+31"},
	{"S23", "yusui", "E+29:30", "", "", "E+32"},
	{"X10", "dansha", "E+33", "", "", ""},
	{"M10", supervisor, "E+34", "", "", "E+35"},
	{"S24", "bixi", "E+35:10", "187", "", ""},
	{"S25", "yusui", "E+37", "鹧鸪", "", ""},
	{"G5", "supplies", "E+44", "186", "", "E+52"}, // one cup broken
	{"P4", "yinzhu", "E+75", "", "", "E+84"},
	{"M11", supervisor, "E+82", "", "", ""},
	{"M12", supervisor, "E+100", "12", "", "E+106"}, // the call of the next day, so that the event can be closed
}

// extraTime is what is left to do an ad-hoc item in.
const extraTime = 25 * time.Minute

// extraItems are the ad-hoc items of the visit, by name.
var extraItems = map[string]domain.Item{
	"mic": {
		Crew: domain.CrewENG, Phase: domain.PhasePre, Flag: domain.FlagBlocksReady, Evidence: domain.EvidenceNumber, UnitZh: "%", UnitEn: "%",
		Zh: "3号无线话筒电量18%,换电池后报读数", En: "Wireless microphone 3 is at 18 %: change the batteries and report the reading",
	},
	"lost": {
		Crew: domain.CrewSVC, Phase: domain.PhasePost, Evidence: domain.EvidenceSignature,
		Zh: "遗留物品:笔记本一本(座位C4),交远岚集团办公室", En: "Lost item: a notebook at seat C4, hand it over to the group office",
	},
}

// arrivals: the three cars pass the gate one after the other, each is led from
// post to post at the route's minutes.
var arrivals = []struct {
	party string
	gate  time.Duration // before the planned arrival
	door  string        // who opens the car door
	venue string        // who stands at the hall
}{
	{"1号车", 12 * time.Minute, "heiyao", "fangjie"},
	{"2号车", 11*time.Minute + 20*time.Second, "xuanwu", "danxia"},
	{"3号车", 10*time.Minute + 30*time.Second, "heiyao", "danxia"},
}

// visitRun is the recorded run of the level-1 visit.
func (st *stage) visitRun(loc *time.Location) {
	e := st.event
	m := func(s string) time.Time { return st.moment(s, loc) }
	for _, c := range visitCues {
		i, ok := st.items[c.item]
		if !ok || c.at[0] == 'B' && e.BreakAt == nil {
			continue
		}
		st.add(m(c.at), c.by, opDo, c.item, c.reading, 0)
		if c.accept == "" {
			continue
		}
		check := c.check
		if check == "" {
			check = c.accept
		}
		if c.item != "S5" {
			st.accept(&i, c.by, m(check), m(c.accept))
		}
	}
	// The banner says “座淡会”: sent back, made again, accepted.
	if i, ok := st.items["S5"]; ok {
		st.add(m("A-71"), "qingjin", opDo, "S5", "", 0)
		st.add(m("A-48"), "commander", opReject, "S5", "条幅错字:“座淡会”应为“座谈会”,重做", 0)
		st.add(m("A-37"), "qingjin", opDo, "S5", "", 1)
		st.accept(&i, "qingjin", m("A-35"), m("A-35"))
	}
	// A microphone is nearly empty.
	st.add(m("A-32"), "tonglv", opAdd, "mic", "", 0)
	st.add(m("A-30"), "engineering", opDo, "mic", "100", 0)
	st.add(m("A-29"), "commander", opAccept, "mic", "", 0)
	st.add(m("A-28"), "commander", opReady, "", "", 0)

	for _, a := range arrivals {
		gate := e.Arrival().Add(-a.gate)
		for _, x := range []struct {
			after time.Duration
			by    string
			to    domain.Position
		}{
			{0, "xionghuang", domain.PositionGate},
			{2 * time.Minute, a.door, domain.PositionDropOff},
			{3 * time.Minute, "security", domain.PositionLobby},
			{4 * time.Minute, "tieying", domain.PositionLift},
			{5 * time.Minute, a.venue, domain.PositionVenue},
		} {
			st.add(gate.Add(x.after), x.by, opParty, a.party, string(x.to), 0)
		}
		st.add(gate.Add(6*time.Minute), "yueguang", opSign, a.party, "", 0)
	}

	st.add(m("S+0"), "commander", opStatus, string(domain.EventLive), "", 0)
	// Tea: the break is on its own table, and nobody pours while the leaders speak.
	for _, r := range []struct {
		at, by, deferred string
		n                int
	}{
		{"S+20", "manao", "", 1},
		{"S+40", "bixi", "", 2},
		{"S+61", "manao", "茶歇,来宾在茶歇台自取", 3},
		{"S+80", "bixi", "", 4},
		{"S+95", "manao", "", 5},
		{"S+115", "yusui", "双方领导讲话,讲完再续", 6},
	} {
		o := opDo
		if r.deferred != "" {
			o = opDefer
		}
		st.add(m(r.at), r.by, o, "S15", r.deferred, r.n)
	}
	// Two people who are not on the list are turned away at the door: guests of another meeting.
	for n, name := range strays {
		st.add(m("S+52").Add(time.Duration(n)*20*time.Second), "danxia", opStray, name, strayTo, 0)
	}
	for n, stopped := range []string{"0", "2", "0", "0"} {
		st.add(m("S+29:40").Add(time.Duration(n)*30*time.Minute), "danxia", opDo, "X7", stopped, n+1)
	}
	// One guest leaves early.
	st.add(m("S+88"), "danxia", opGuest, "G10", string(domain.PositionLobby), 0)
	st.add(m("S+90"), "security", opGuest, "G10", string(domain.PositionLeft), 0)

	st.add(m("E+0"), "commander", opStatus, string(domain.EventClearing), "", 0)
	st.add(m("E+6"), "yusui", opAdd, "lost", "", 0)
	for n, at := range []string{"E+10", "E+13", "E+15:40"} {
		st.add(m(at), "xionghuang", opParty, arrivals[n].party, string(domain.PositionLeft), 1)
	}
	st.add(m("E+30"), "manao", opDo, "lost", "鹧鸪", 0)
	st.add(m("E+36"), "commander", opStatus, string(domain.EventReleased), "", 0)
	st.add(m("E+118"), "commander", opStatus, string(domain.EventClosed), "", 0)
}
