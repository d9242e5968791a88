package demo

import (
	"context"
	"strings"

	"huiwu/server/domain"
)

// posting is what a post of the visit is for: its crew, its step of the arrival
// relay with the minutes from the step before, its card and its task.
type posting struct {
	crew    domain.Crew
	step    domain.Position
	minutes int
	gesture string
	channel string
	task    string
}

var postings = map[string]posting{
	"Z01": {domain.CrewSEC, domain.PositionGate, 0, "stop", "1", "核对车牌，放行并报告到达"},
	"Z02": {domain.CrewSEC, "", 0, "direct", "1", "按车位引导停车"},
	"Z03": {domain.CrewSEC, domain.PositionDropOff, 2, "door", "1", "开车门，先主宾后随员"},
	"Z04": {domain.CrewSEC, domain.PositionLobby, 1, "direct", "2", "迎候并引导至专梯"},
	"Z05": {domain.CrewSEC, domain.PositionLift, 1, "lift", "2", "控梯，一层待命"},
	"Z06": {domain.CrewSVC, domain.PositionVenue, 2, "bow", "3", "贵宾厅口迎候"},
	"Z07": {domain.CrewSEC, "", 0, "stop", "2", "核验证件"},
	"Z08": {domain.CrewSVC, "", 0, "bow", "3", "主席台茶水"},
	"Z09": {domain.CrewSVC, "", 0, "", "3", "左区茶水"},
	"Z10": {domain.CrewSVC, "", 0, "", "3", "右区茶水"},
	"Z11": {domain.CrewSVC, "", 0, "bow", "3", "签到，发资料和胸卡"},
	"Z12": {domain.CrewENG, "", 0, "", "4", "音响、话筒"},
	"Z13": {domain.CrewCTL, "", 0, "", "1", "跟踪来宾，通报各岗"},
	"Z14": {domain.CrewCLN, "", 0, "", "5", "沿线保洁，来宾将到即回避"},
	"Z15": {domain.CrewCLN, "", 0, "", "5", "洗手间每半小时一巡"},
	"Z16": {domain.CrewSEC, "", 0, "", "1", "备岗，谁没到就顶谁"},
}

// reserve is the post whose people stand by.
const reserve = "Z16"

// post gives the visit its posts, duties and cars.
func (t *troupe) post(ctx context.Context, v *visitData, event string) error {
	by := domain.Act{Person: t.people[supervisor]}
	for _, p := range v.Posts {
		code, name, _ := strings.Cut(p.Post, " ")
		as := postings[code]
		post := domain.Post{ID: fixedID("post", code), Code: code, Name: name, Crew: as.crew, Position: as.step, Minutes: as.minutes, Gesture: as.gesture, Channel: as.channel, Task: as.task}
		if _, err := t.s.AddPost(ctx, by, event, post); err != nil {
			return err
		}
		for _, no := range p.People {
			if _, err := t.s.AddDuty(ctx, by, post.ID, t.people[no].ID, code == reserve); err != nil {
				return err
			}
		}
	}
	route, err := domain.NewPatrol("外圈", domain.CrewSEC, 30, "东门\n停车场\n落客区\n消防通道\n1F电梯厅")
	if err != nil {
		return err
	}
	if _, err := t.s.AddPatrol(ctx, by, event, *route); err != nil {
		return err
	}
	for k, car := range v.Cars {
		in := domain.Vehicle{ID: fixedID("vehicle", car.Plate), Plate: car.Plate, Kind: kinds[min(k, len(kinds)-1)], Bay: car.Bay, Arrives: k + 1, Leaves: k + 1}
		if _, err := t.s.AddVehicle(ctx, by, event, in); err != nil {
			return err
		}
	}
	return nil
}

// kinds are what the visit's cars are, in the order of their arrival.
var kinds = []string{"轿车", "考斯特"}
