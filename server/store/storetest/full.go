package storetest

import (
	"crypto/ecdh"
	"crypto/rand"
	"encoding/base64"
	"testing"
	"time"

	"huiwu/server/domain"
	"huiwu/server/store"
)

// Fill does a little of everything in a world, so that no table stays empty.
func (w *World) Fill(t testing.TB) {
	t.Helper()
	s, ctx := w.Store, t.Context()
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	did := func(_ domain.Receipt, err error) { t.Helper(); must(err) }

	_, _, err := s.PushKeys(ctx, func() (string, string, error) { return "private", "public", nil })
	must(err)
	did(s.AddChannel(ctx, w.Act("admin"), domain.Channel{Kind: domain.ChannelWeCom, Name: "保障群", URL: "https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=k", Topics: "blocked"}))
	did(s.MakeInvite(ctx, w.Act("admin"), w.People["head"].ID, "token", "code"))
	for _, who := range []string{"supervisor", "service"} {
		_, err := s.SignIn(ctx, w.People[who], store.Arrival{Token: who + "-token", Device: "Chrome · Android", Via: domain.ViaPin, Remember: who + "-device"})
		must(err)
		act := w.Act(who)
		act.Session, act.Device = store.SessionID(who+"-token"), "Chrome · Android"
		key, err := ecdh.P256().GenerateKey(rand.Reader)
		must(err)
		did(s.SavePushDevice(ctx, act, domain.PushDevice{
			Endpoint: "https://push.example.com/" + who, P256dh: base64.RawURLEncoding.EncodeToString(key.PublicKey().Bytes()),
			Auth: base64.RawURLEncoding.EncodeToString(make([]byte, 16)),
		}))
	}
	did(s.TakePost(ctx, w.Act("security"), domain.PositionGate))
	did(s.AddGuests(ctx, w.Act("commander"), w.Event, []store.GuestDraft{
		{Guest: domain.Guest{Name: "白术", Title: "局长", Plate: "海A·12345"}, Party: "考察团"}, {Guest: domain.Guest{Name: "O'Hara \"?\" \\ 😀"}},
	}))
	guests, err := s.Guests(ctx, w.Event)
	must(err)
	did(s.MoveGuest(ctx, w.Act("security"), guests[0].ID, domain.PositionGate))
	did(s.MoveGuest(ctx, w.Act("security"), guests[0].ID, domain.PositionDropOff))
	did(s.UndoMove(ctx, w.Act("security"), guests[0].ID))
	for range 2 { // the second in place of the first
		did(s.AddGuestPhoto(ctx, w.Act("commander"), domain.GuestPhoto{ID: store.NewID(), GuestID: guests[0].ID, File: store.NewID()}))
	}
	did(s.SaveLetter(ctx, w.Act("commander"), w.Event, domain.Letter{SubjectZh: "邀请函", SubjectEn: "Invitation", Zh: "{name} {link}", En: "{name} {link}", Remind: true}))
	did(s.SaveInvitation(ctx, w.Act("commander"), guests[0].ID, "baizhu@example.com", "zh"))
	did(s.QueueMails(ctx, w.Act("commander"), w.Event, domain.ShowUnsent, nil))
	did(s.MarkSent(ctx, w.Act("commander"), guests[1].ID, domain.ByLetter))
	did(s.Confirm(ctx, w.Act("commander"), guests[1].ID, domain.Confirmation{Way: "phone", Result: "declined", SpokeTo: "秘书", Note: "出差"}))

	post, err := s.AddPost(ctx, w.Act("supervisor"), w.Event, domain.Post{Code: "Z01", Name: "东门岗", Crew: domain.CrewSEC, Position: domain.PositionGate, Minutes: 3})
	must(err)
	did(s.AddDuty(ctx, w.Act("supervisor"), post.Created, w.People["security"].ID, false))
	route, err := domain.NewPatrol("外圈", domain.CrewSEC, 30, "东门\n地库")
	must(err)
	did(s.AddPatrol(ctx, w.Act("supervisor"), w.Event, *route))
	routes, err := s.Patrols(ctx, w.Event)
	must(err)
	did(s.VisitCheckpoint(ctx, w.Act("security"), routes[0].Checkpoints[0].ID, ""))
	did(s.SkipCheckpoint(ctx, w.Act("security"), routes[0].Checkpoints[1].ID, "门锁着"))
	did(s.AddDuty(ctx, w.Act("supervisor"), post.Created, w.People["captain"].ID, true))
	did(s.AddVehicle(ctx, w.Act("supervisor"), w.Event, domain.Vehicle{Plate: "测A·00001", Bay: "B01", Arrives: 1, Driver: "远志", Phone: "13700005678"}))
	lift, err := s.AddLift(ctx, w.Act("supervisor"), "三号梯")
	must(err)
	cups, err := s.AddSupply(ctx, w.Act("supplies"), domain.Supply{Name: "盖杯", NameEn: "Lidded cups", Stock: 120})
	must(err)
	did(s.ChangeSupply(ctx, w.Act("supplies"), cups.Created, domain.Supply{Name: "盖杯", NameEn: "Lidded cups", Stock: 118}, 120))
	wishes, _, err := s.Event(ctx, nil, w.Event)
	must(err)
	wishes.Supplies, wishes.LiftID = "盖杯 60、矿泉水 132", lift.Created
	draft := store.EventDraft{Event: *wishes}
	for _, r := range wishes.Rooms {
		draft.Rooms = append(draft.Rooms, r.ID)
	}
	draft.People, err = s.Assignments(ctx, w.Event)
	must(err)
	did(s.UpdateEvent(ctx, w.Act("supervisor"), w.Event, draft))

	e, _, err := s.Event(ctx, nil, w.Event)
	must(err)
	part, err := s.AddFunction(ctx, w.Act("supervisor"), w.Event, domain.Function{Name: "签字", Kind: "signing", RoomID: "R3", StartAt: e.EndAt, EndAt: e.EndAt.Add(10 * time.Minute)})
	must(err)
	did(s.ChangeFunction(ctx, w.Act("commander"), part.Created, domain.Function{Name: "签字仪式", Kind: "signing", RoomID: "R3", StartAt: e.EndAt, EndAt: e.EndAt.Add(20 * time.Minute)}, 0))
	did(s.AddAgendaItem(ctx, w.Act("supervisor"), w.Event, domain.AgendaItem{Title: "主持开场", Speaker: "白鹭", Needs: "手持话筒", Minutes: 5}))
	did(s.AddKickoff(ctx, w.Act("supervisor"), w.Event, domain.Kickoff{Kind: "kickoff", HeldAt: s.Now().Add(-time.Hour), People: "云母、雷公藤", Notes: "先定会场"}))
	meetings, err := s.Kickoffs(ctx, w.Event)
	must(err)
	did(s.AddMilestone(ctx, w.Act("commander"), w.Event, domain.Milestone{KickoffID: meetings[0].ID, Zh: "联系酒店", Crew: domain.CrewADM, OwnerID: w.People["supervisor"].ID, DueAt: s.Now().AddDate(0, 0, 1)}))
	did(s.AddMilestoneRule(ctx, w.Act("admin"), domain.MilestoneRule{Zh: "踏勘路线", En: "Walk the route", Type: "visit", Levels: "12", Crew: domain.CrewSEC, Days: 4, Lead: 1}))
	did(s.ReplanTrack(ctx, w.Act("supervisor"), w.Event))
	did(s.AddLevelRule(ctx, w.Act("admin"), domain.LevelRule{Type: "ceremony", Gives: domain.LevelRaise}))

	ten := 10
	did(s.UpdateRoom(ctx, w.Act("supervisor"), "R2", domain.Room{
		Name: "第一会议室", NameEn: "Conference room 1", Floor: 2, Capacity: 80, SetupMin: &ten,
		Equipment: []domain.RoomFixture{{Kind: "sound", N: 1}, {Kind: "mics", N: 4}}, Layouts: []domain.RoomLayout{{Layout: domain.LayoutClassroom, Heads: 40}},
	}))
	did(s.BlockRoom(ctx, w.Act("supervisor"), domain.Blocking{RoomID: "R2", StartAt: s.Now().AddDate(0, 0, 3), EndAt: s.Now().AddDate(0, 0, 4), Reason: "检修"}))
	did(s.MakeCalendarLink(ctx, w.Act("service"), "R2"))
	did(s.MakeCalendarLink(ctx, w.Act("service"), ""))

	did(s.AddHosts(ctx, w.Act("supervisor"), w.Event, []domain.Host{{Name: "白鹭", Title: "董事长"}}))
	plan, err := s.AddSeatPlan(ctx, w.Act("supervisor"), domain.SeatPlan{EventID: w.Event, Name: "主席台", Function: "全体会", RoomID: "R2", Layout: domain.LayoutDais, Seats: 3})
	must(err)
	did(s.FillSeats(ctx, w.Act("supervisor"), plan.Created))
	did(s.PrintCards(ctx, w.Act("supervisor"), plan.Created, 1<<40))
	did(s.ClearSeats(ctx, w.Act("supervisor"), plan.Created))
	did(s.UndoSeats(ctx, w.Act("supervisor"), plan.Created, 3))

	did(s.SignInGuest(ctx, w.Act("security"), guests[1].ID, domain.SignIn{Pack: true, Badge: true, Phone: "139 0000 1234"}))
	did(s.MeetStray(ctx, w.Act("security"), domain.Stray{EventID: w.Event, Name: "泽漆", State: domain.StrayRedirected, ToEventID: w.Other}))
	asked, err := s.MeetStray(ctx, w.Act("service"), domain.Stray{EventID: w.Event, Name: "泽兰", Host: "云雀", State: domain.StrayAsked})
	must(err)
	did(s.JudgeStray(ctx, w.Act("commander"), asked.Created, domain.StrayAdmitted))

	soon := s.Now().AddDate(0, 0, 3)
	s.Mailing = true
	booked, err := s.MakeRequest(ctx, domain.Act{}, domain.Request{
		Purpose: "采购例会", Type: "meeting", Organiser: "采购部", Contact: "石燕", Phone: "6001", Email: "shiyan@example.com", Locale: "zh", Heads: 9, Secrecy: domain.SecrecyNormal, RoomID: "R2",
		Choices: []domain.RequestChoice{{No: 1, StartAt: soon, EndAt: soon.AddDate(0, 0, 1)}}, Needs: []domain.RequestNeed{{Kind: "banner", Detail: "欢迎"}},
		Files: []domain.RequestFile{{Name: "议程.pdf", Kind: "pdf", Size: 9, File: "019d0000-0000-7000-8000-000000000001.att"}},
	})
	must(err)
	s.Mailing = false
	did(s.AskOrganiser(ctx, w.Act("supervisor"), booked.Created, "几支话筒？"))
	did(s.OfferRoom(ctx, w.Act("supervisor"), booked.Created, domain.RequestOffer{RoomID: "R1", StartAt: soon, EndAt: soon.AddDate(0, 0, 1), Level: 4}))
	did(s.NoteRequest(ctx, w.Act("supervisor"), booked.Created, "电话约过"))

	items, err := s.Items(ctx, w.Event)
	must(err)
	done, blocked, round := 0, 0, 0
	for k := range items {
		i := &items[k]
		switch {
		case i.Crew != domain.CrewSVC:
		case i.IsRound() && round == 0:
			round++
			did(s.DoItem(ctx, w.Act("service"), i.ID, ""))
		case i.Phase != domain.PhasePre || i.ReadingRequired():
		case blocked == 0:
			blocked++
			did(s.BlockItem(ctx, w.Act("service"), i.ID, "停电"))
		case i.Acceptance == domain.AcceptCommander && done < 2:
			done++
			did(s.DoItem(ctx, w.Act("service"), i.ID, ""))
			did(s.AcceptItem(ctx, w.Act("commander"), i.ID))
			if done == 2 {
				did(s.RejectItem(ctx, w.Act("commander"), i.ID, "再擦一遍"))
			}
		}
	}
	w.publish(t)
	did(s.Propose(ctx, w.Act("service"), items[0].ID, "这一项请提前十分钟"))
	told, err := s.Propose(ctx, w.Act("cleaning"), items[0].ID, "请配一张照片")
	must(err)
	did(s.AnswerProposal(ctx, w.Act("supervisor"), told.Created, domain.ProposalDeclined, "已有说明"))
	struck := w.AddPhoto(t, items[0])
	did(s.StrikePhoto(ctx, w.Act("supervisor"), items[0].ID, struck))
	if _, err := s.ReadTopic(ctx, domain.EventTopic(w.Event)); err != nil {
		t.Fatal(err)
	}
	did(s.StartDrill(ctx, w.Act("commander"), w.Event))
	e, _, err = s.Event(ctx, nil, w.Event)
	must(err)
	day := domain.SiteDay(e.StartAt, s.Loc)
	did(s.Publish(ctx, w.Act("supervisor"), day))
	did(s.TakeIn(ctx, w.Act("supervisor"), day, domain.StepTaken, false))
	did(s.IssueWork(ctx, w.Act("supervisor"), w.Event))
	did(s.AddToCrew(ctx, w.Act("supervisor"), w.Event, w.People["service2"].ID, domain.CrewSVC))
	did(s.SetCrewLead(ctx, w.Act("supervisor"), w.Event, w.People["service2"].ID, true, nil))
	did(s.AddSkill(ctx, w.Act("supervisor"), w.People["engineering"].ID, domain.PersonSkill{Skill: "av", Certificate: "音响师 7", ExpiresOn: "2030-12-31"}))
	did(s.AddRosterEntry(ctx, w.Act("supervisor"), w.People["supplies"].ID, domain.RosterEntry{Kind: domain.EntryLeave, FromAt: e.StartAt, TillAt: e.EndAt, Note: "事假"}))
	did(s.MoveEvent(ctx, w.Act("supervisor"), w.Event, store.Move{StartAt: e.StartAt, EndAt: e.EndAt.Add(10 * time.Minute), Rooms: []string{"R2"}, Reason: "多谈十分钟"}))
	board, err := s.Board(ctx, day)
	must(err)
	did(s.SeeBulletin(ctx, w.Act("service"), board.ID))
	if done < 2 || blocked == 0 || round == 0 {
		t.Fatalf("the world's event has too few items: %d done, %d blocked, %d rounds", done, blocked, round)
	}
}

// publish makes version 2 of the templates, which no event runs, and begins a draft.
func (w *World) publish(t testing.TB) {
	t.Helper()
	s, ctx := w.Store, t.Context()
	draft, err := s.DraftTemplate(ctx, w.Act("supervisor"))
	if err != nil {
		t.Fatal(err)
	}
	_, list, err := s.TemplateVersion(ctx, draft.Created)
	if err != nil {
		t.Fatal(err)
	}
	item := list[0].Copy()
	item.GuidanceZh = "先到集团办公室,再回来登记。"
	if _, err := s.SaveTemplateItem(ctx, w.Act("supervisor"), draft.Created, item.Rev, item); err != nil {
		t.Fatal(err)
	}
	if _, err := s.PublishTemplate(ctx, w.Act("supervisor"), draft.Created, "加一条说明"); err != nil {
		t.Fatal(err)
	}
	if _, err := s.DraftTemplate(ctx, w.Act("admin")); err != nil {
		t.Fatal(err)
	}
}
