package server

import (
	"github.com/gofiber/fiber/v2"

	"huiwu/server/domain"
	"huiwu/server/web"
)

// Scope says how a route's right is judged.
type Scope int

// By the person's role alone; on the event in the address, before the handler
// runs; or on the item, guest, party or photo in the address, when it is loaded
// (acts: inside their transaction).
const (
	ByRole Scope = iota
	OnEvent
	InAct
)

// Route is one address with the right it needs.
type Route struct {
	Method  string
	Path    string
	Right   domain.Right
	Scope   Scope
	Handler fiber.Handler
}

// Routes is every URL of the product, grouped by page. Start reading here.
func Routes(a *web.App, ops *Ops) []Route {
	const (
		get, post, put, del = fiber.MethodGet, fiber.MethodPost, fiber.MethodPut, fiber.MethodDelete
	)
	return []Route{
		// start, sign-in, me
		{get, "/", domain.RightPublic, ByRole, a.Start},
		{get, "/session/new", domain.RightPublic, ByRole, a.SignInPage},
		{post, "/session", domain.RightPublic, ByRole, a.SignIn},
		{del, "/session", domain.RightSelf, ByRole, a.SignOut},
		{put, "/session/lock", domain.RightSelf, ByRole, a.Lock},
		{get, "/session/oidc", domain.RightPublic, ByRole, a.SignInOIDC},
		{get, "/session/oidc/callback", domain.RightPublic, ByRole, a.OIDCCallback},
		{get, "/me", domain.RightSelf, ByRole, a.Me},
		{put, "/me/locale", domain.RightPublic, ByRole, a.SetLocale},
		{post, "/me/locale", domain.RightPublic, ByRole, a.SetLocale}, // plain form of the sign-in page
		{get, "/me/pin", domain.RightSelf, ByRole, a.MyPin},
		{put, "/me/pin", domain.RightSelf, ByRole, a.SetMyPin},
		{put, "/me/lock", domain.RightSelf, ByRole, a.SetLockAfter},
		{del, "/sessions/:id", domain.RightSelf, ByRole, a.RevokeSession},
		{del, "/devices/:id", domain.RightSelf, ByRole, a.ForgetDevice},

		// invites: a code on one screen binds a phone; whom one may invite: domain.MayInvite
		{get, "/invites", domain.RightPublic, ByRole, a.EnterCode},
		{get, "/invites/new", domain.RightInvite, ByRole, a.Invitees},
		{get, "/invites/:token", domain.RightPublic, ByRole, a.OpenInvite},
		{post, "/invites/:token", domain.RightPublic, ByRole, a.AcceptInvite}, // the token is the right: store.AcceptInvite
		{get, "/people/:id/invite", domain.RightInvite, ByRole, a.Invite},
		{post, "/people/:id/invite", domain.RightInvite, ByRole, a.MakeInvite},
		{del, "/people/:id/invite", domain.RightInvite, ByRole, a.RevokeInvite},

		// what I am told
		{get, "/notices", domain.RightSelf, ByRole, a.Notices},
		{put, "/notices/acknowledgement", domain.RightSelf, ByRole, a.AcknowledgeNotices},
		{put, "/notices/:id/acknowledgement", domain.RightSelf, ByRole, a.AcknowledgeNotice},
		{put, "/me/push", domain.RightSelf, ByRole, a.PushOn},
		{del, "/me/push", domain.RightSelf, ByRole, a.PushOff},
		{post, "/me/push/test", domain.RightSelf, ByRole, a.TestPush},
		{put, "/me/post", domain.RightLobby, ByRole, a.TakePost},

		// my day
		{get, "/today", domain.RightToday, ByRole, a.Today},

		// what happened
		{get, "/activity", domain.RightFeed, ByRole, a.Activity},

		// events
		{get, "/events", domain.RightEvents, ByRole, a.Events},
		{get, "/events/export", domain.RightEvents, ByRole, a.ExportEvents},
		{get, "/events/import", domain.RightCreate, ByRole, a.ImportEventsPage},
		{post, "/events/import", domain.RightCreate, ByRole, a.ImportEvents},
		{get, "/events/import/form", domain.RightCreate, ByRole, a.EventForm},
		{get, "/events/new", domain.RightCreate, ByRole, a.NewEvent},
		{post, "/events", domain.RightCreate, ByRole, a.CreateEvent},
		{get, "/events/suggestion", domain.RightEvents, ByRole, a.SuggestLevel},
		{get, "/events/:id", domain.RightEventSee, OnEvent, a.Event},
		{get, "/events/:id/edit", domain.RightEventEdit, OnEvent, a.EditEvent},
		{put, "/events/:id", domain.RightEventEdit, OnEvent, a.UpdateEvent},
		{put, "/events/:id/status", domain.RightEventSee, OnEvent, a.SetStatus}, // the status decides the right: store.SetStatus
		{put, "/events/:id/readiness", domain.RightEventReady, OnEvent, a.DeclareReady},
		{del, "/events/:id/readiness", domain.RightEventReady, OnEvent, a.WithdrawReady},
		{get, "/events/:id/log", domain.RightEventSee, OnEvent, a.EventLog},
		{get, "/events/:id/register", domain.RightGuestsSee, OnEvent, a.RegisterSheet},
		{put, "/events/:id/follow-up", domain.RightEventEdit, OnEvent, a.SaveFollowUp},
		{get, "/events/:id/drill", domain.RightEventRun, OnEvent, a.Drill},
		{post, "/events/:id/drill", domain.RightEventRun, OnEvent, a.StartDrill},

		// functions and agenda
		{get, "/events/:id/programme", domain.RightEventSee, OnEvent, a.Programme},
		{post, "/events/:id/functions", domain.RightEventEdit, OnEvent, a.AddFunction},
		{put, "/functions/:id", domain.RightEventEdit, InAct, a.ChangeFunction},
		{del, "/functions/:id", domain.RightEventEdit, InAct, a.StrikeFunction},
		{get, "/events/:id/agenda/print", domain.RightEventSee, OnEvent, a.PrintAgenda},
		{get, "/events/:id/agenda/export", domain.RightEventSee, OnEvent, a.ExportAgenda},
		{post, "/events/:id/agenda", domain.RightEventEdit, OnEvent, a.AddAgendaItem},
		{put, "/agenda/:id", domain.RightEventEdit, InAct, a.ChangeAgendaItem},
		{put, "/agenda/:id/position", domain.RightEventEdit, InAct, a.MoveAgendaItem},
		{del, "/agenda/:id", domain.RightEventEdit, InAct, a.StrikeAgendaItem},

		// who is in its crews
		{get, "/events/:id/crew", domain.RightEventEdit, OnEvent, a.Crew},
		{put, "/events/:id/crew/:person", domain.RightEventEdit, OnEvent, a.AddToCrew},
		{del, "/events/:id/crew/:person", domain.RightEventEdit, OnEvent, a.RemoveFromCrew},
		{put, "/events/:id/crew/:person/lead", domain.RightEventEdit, OnEvent, a.NameCrewLead},
		{del, "/events/:id/crew/:person/lead", domain.RightEventEdit, OnEvent, a.UnnameCrewLead},
		{post, "/events/:id/crew/copy", domain.RightEventEdit, OnEvent, a.CopyCrew},

		// what became of an event: moved, copied; and who has seen it
		{get, "/events/:id/changes", domain.RightEventSee, OnEvent, a.Changes},
		{get, "/events/:id/move", domain.RightEventEdit, OnEvent, a.MoveForm},
		{put, "/events/:id/schedule", domain.RightEventEdit, OnEvent, a.MoveEvent},
		{get, "/events/:id/copies", domain.RightEventEdit, OnEvent, a.Copies},
		{post, "/events/:id/copies", domain.RightEventEdit, OnEvent, a.CloneEvent}, // and RightCreate: store.CloneEvent
		{post, "/events/:id/series", domain.RightEventEdit, OnEvent, a.MakeSeries},
		{get, "/events/:id/work", domain.RightEventSee, OnEvent, a.WorkNotices},
		{post, "/events/:id/work", domain.RightEventRun, OnEvent, a.IssueWork},
		{get, "/events/:id/work/export", domain.RightEventSee, OnEvent, a.ExportWork},
		{get, "/events/:id/work/:crew", domain.RightEventSee, OnEvent, a.WorkNotice},
		{get, "/events/:id/work/:crew/print", domain.RightEventSee, OnEvent, a.PrintWork},

		// the board of a day, and what the supervisor does on the day before
		{get, "/publications/:day", domain.RightWall, ByRole, a.Publication},
		{post, "/publications/:day", domain.RightPublish, ByRole, a.Publish},
		{get, "/publications/:day/export", domain.RightWall, ByRole, a.ExportPublication},
		{get, "/publications/:day/print", domain.RightWall, ByRole, a.PrintPublication},
		{put, "/bulletins/:id/acknowledgement", domain.RightSelf, ByRole, a.SeeBulletin}, // who is asked: store.SeeBulletin
		{get, "/intake", domain.RightPublish, ByRole, a.Intake},
		{put, "/intake/:day/:step", domain.RightPublish, ByRole, a.TakeIn},
		{del, "/intake/:day/:step", domain.RightPublish, ByRole, a.TakeBack},

		// rooms: what is in them, which are free, what has them, and calendars elsewhere
		{get, "/calendar", domain.RightEvents, ByRole, a.Calendar},
		{get, "/calendar/links", domain.RightEvents, ByRole, a.CalendarLinks},
		{put, "/me/ical-link", domain.RightEvents, ByRole, a.MakeCalendarLink},
		{del, "/me/ical-link", domain.RightEvents, ByRole, a.RevokeCalendarLink},
		{put, "/rooms/:id/ical-link", domain.RightEvents, ByRole, a.MakeCalendarLink},
		{del, "/rooms/:id/ical-link", domain.RightEvents, ByRole, a.RevokeCalendarLink},
		{get, "/ical/:token", domain.RightPublic, ByRole, a.ICal}, // the token is the right: store.CalendarByPass
		{get, "/rooms", domain.RightRooms, ByRole, a.Rooms},
		{post, "/rooms", domain.RightRoomsEdit, ByRole, a.AddRoom},
		{get, "/rooms/export", domain.RightRooms, ByRole, a.ExportRooms},
		{get, "/rooms/import", domain.RightRoomsEdit, ByRole, a.ImportRoomsPage},
		{post, "/rooms/import", domain.RightRoomsEdit, ByRole, a.ImportRooms},
		{get, "/rooms/free", domain.RightCreate, ByRole, a.FreeRooms},
		{get, "/rooms/:id", domain.RightRooms, ByRole, a.Room},
		{put, "/rooms/:id", domain.RightRoomsEdit, ByRole, a.UpdateRoom},
		{get, "/rooms/:id/photo", domain.RightRooms, ByRole, a.RoomPhoto},
		{put, "/rooms/:id/photos/:photo", domain.RightRoomsEdit, ByRole, a.SetRoomPhoto},
		{del, "/rooms/:id/photo", domain.RightRoomsEdit, ByRole, a.RemoveRoomPhoto},
		{post, "/rooms/:id/blockings", domain.RightRoomsEdit, ByRole, a.BlockRoom},
		{del, "/blockings/:id", domain.RightRoomsEdit, ByRole, a.Unblock},
		{put, "/settings/rooms", domain.RightRoomsEdit, ByRole, a.SetRoomBuffers},

		// supplies: how many there are, and what is short
		{get, "/supplies", domain.RightSupplies, ByRole, a.Supplies},
		{post, "/supplies", domain.RightSupplies, ByRole, a.AddSupply},
		{put, "/supplies/:id", domain.RightSupplies, ByRole, a.ChangeSupply},
		{del, "/supplies/:id", domain.RightSupplies, ByRole, a.DeleteSupply},

		// the planned track, and the meetings that prepare an event
		{get, "/track", domain.RightCreate, ByRole, a.TrackMonth},
		{get, "/events/:id/track", domain.RightEventSee, OnEvent, a.Track},
		{post, "/events/:id/milestones", domain.RightEventEdit, OnEvent, a.AddMilestone},
		{put, "/events/:id/milestones", domain.RightEventEdit, OnEvent, a.ReplanTrack},
		{put, "/milestones/:id", domain.RightEventEdit, InAct, a.ChangeMilestone},
		{del, "/milestones/:id", domain.RightEventEdit, InAct, a.StrikeMilestone},
		{put, "/milestones/:id/done", domain.RightEventSee, InAct, a.FinishMilestone}, // planner, owner or crew: domain.Milestone.MayFinish
		{del, "/milestones/:id/done", domain.RightEventSee, InAct, a.ReopenMilestone},
		{put, "/milestones/:id/waiver", domain.RightEventEdit, InAct, a.WaiveMilestone},
		{post, "/events/:id/kickoffs", domain.RightEventEdit, OnEvent, a.AddKickoff},
		{put, "/kickoffs/:id", domain.RightEventEdit, InAct, a.ChangeKickoff},
		{del, "/kickoffs/:id", domain.RightEventEdit, InAct, a.StrikeKickoff},

		// checklist
		{get, "/events/:id/items", domain.RightEventSee, OnEvent, a.Items},
		{post, "/events/:id/items", domain.RightItemAdd, OnEvent, a.AddItem},
		{put, "/events/:id/acceptance", domain.RightEventSee, OnEvent, a.AcceptCrew}, // commander or supervisor: store.AcceptCrew
		{put, "/events/:id/done", domain.RightItemDo, OnEvent, a.DoBundle},
		{put, "/items/:id/done", domain.RightItemDo, InAct, a.DoItem},
		{del, "/items/:id/done", domain.RightItemDo, InAct, a.UndoItem},
		{put, "/items/:id/deferral", domain.RightItemDo, InAct, a.DeferRound},
		{put, "/items/:id/acceptance", domain.RightItemAccept, InAct, a.JudgeItem},
		{del, "/items/:id/acceptance", domain.RightItemAccept, InAct, a.UnacceptItem},
		{put, "/items/:id/exemption", domain.RightItemDo, InAct, a.ExemptItem},
		{del, "/items/:id/exemption", domain.RightItemDo, InAct, a.RequireItem},
		{put, "/items/:id/blocked", domain.RightItemDo, InAct, a.BlockItem},
		{del, "/items/:id/blocked", domain.RightItemDo, InAct, a.UnblockItem},
		{put, "/items/:id/photos/:photo", domain.RightItemDo, InAct, a.AddPhoto},
		{del, "/items/:id/photos/:photo", domain.RightItemDo, InAct, a.StrikePhoto},
		{get, "/photos/:id", domain.RightEventSee, InAct, a.Photo},
		{get, "/photos/:id/thumb", domain.RightEventSee, InAct, a.Thumb},

		{post, "/items/:id/proposal", domain.RightEventSee, InAct, a.Propose},

		// templates: what the items of new events are made of
		{get, "/templates", domain.RightTemplates, ByRole, a.Templates},
		{post, "/templates", domain.RightTemplates, ByRole, a.DraftTemplate},
		{get, "/templates/pictures/:file", domain.RightToday, ByRole, a.TemplatePicture},
		{get, "/templates/pictures/:file/thumb", domain.RightToday, ByRole, a.TemplateThumb},
		{get, "/templates/:id", domain.RightTemplates, ByRole, a.Template},
		{del, "/templates/:id", domain.RightTemplates, ByRole, a.DropTemplate},
		{put, "/templates/:id/publication", domain.RightTemplates, ByRole, a.PublishTemplate},
		{get, "/templates/:id/preview", domain.RightTemplates, ByRole, a.PreviewTemplate},
		{get, "/templates/:id/export", domain.RightTemplates, ByRole, a.ExportTemplate},
		{get, "/templates/:id/import", domain.RightTemplates, ByRole, a.ImportTemplatePage},
		{post, "/templates/:id/import", domain.RightTemplates, ByRole, a.ImportTemplate},
		{get, "/templates/:id/items/new", domain.RightTemplates, ByRole, a.NewTemplateItem},
		{post, "/templates/:id/items", domain.RightTemplates, ByRole, a.AddTemplateItem},
		{get, "/templates/:id/items/:code", domain.RightTemplates, ByRole, a.TemplateItem},
		{put, "/templates/:id/items/:code", domain.RightTemplates, ByRole, a.SaveTemplateItem},
		{put, "/templates/:id/items/:code/struck", domain.RightTemplates, ByRole, a.StrikeTemplateItem},
		{del, "/templates/:id/items/:code/struck", domain.RightTemplates, ByRole, a.RestoreTemplateItem},
		{put, "/templates/:id/items/:code/place", domain.RightTemplates, ByRole, a.MoveTemplateItem},
		{post, "/templates/:id/items/:code/copies", domain.RightTemplates, ByRole, a.CopyTemplateItem},
		{put, "/templates/:id/items/:code/picture", domain.RightTemplates, ByRole, a.SetTemplatePicture},
		{del, "/templates/:id/items/:code/picture", domain.RightTemplates, ByRole, a.DropTemplatePicture},
		{put, "/proposals/:id/answer", domain.RightTemplates, ByRole, a.AnswerProposal},
		{get, "/events/:id/template", domain.RightEventRun, OnEvent, a.EventTemplate},
		{put, "/events/:id/template", domain.RightEventRun, OnEvent, a.UpdateEventTemplate},

		// guests
		{get, "/events/:id/guests", domain.RightGuestsSee, OnEvent, a.Guests},
		{post, "/events/:id/guests", domain.RightGuestsEdit, OnEvent, a.AddGuest},
		{get, "/events/:id/guests/export", domain.RightGuestsEdit, OnEvent, a.ExportGuests},
		{post, "/events/:id/guests/import", domain.RightGuestsEdit, OnEvent, a.ImportGuests},
		{put, "/guests/:id", domain.RightGuestsEdit, InAct, a.UpdateGuest},
		{del, "/guests/:id", domain.RightGuestsEdit, InAct, a.StrikeGuest},
		{put, "/guests/:id/photos/:photo", domain.RightGuestsEdit, InAct, a.AddGuestPhoto},
		{del, "/guests/:id/photos/:photo", domain.RightGuestsEdit, InAct, a.StrikeGuestPhoto},
		{get, "/guests/:id/photos/:photo", domain.RightGuestsSee, InAct, a.GuestPhoto},
		{get, "/guests/:id/photos/:photo/thumb", domain.RightGuestsSee, InAct, a.GuestThumb},
		{put, "/guests/:id/position", domain.RightGuestsMove, InAct, a.MoveGuest},
		{del, "/guests/:id/position", domain.RightGuestsMove, InAct, a.UndoMove},
		{put, "/parties/:id/position", domain.RightGuestsMove, InAct, a.MoveParty},
		{del, "/parties/:id/position", domain.RightGuestsMove, InAct, a.UndoPartyMove},
		// invitations: letters to guests, and what they answer
		{get, "/events/:id/invitations", domain.RightGuestsEdit, OnEvent, a.Invitations},
		{get, "/events/:id/invitations/export", domain.RightGuestsEdit, OnEvent, a.ExportInvitations},
		{post, "/events/:id/invitations/import", domain.RightGuestsEdit, OnEvent, a.ImportInvitations},
		{post, "/events/:id/invitations/mails", domain.RightGuestsEdit, OnEvent, a.SendInvitations},
		{put, "/events/:id/letter", domain.RightGuestsEdit, OnEvent, a.SaveLetter},
		{get, "/guests/:id/invitation", domain.RightGuestsEdit, InAct, a.Invitation},
		{put, "/guests/:id/invitation", domain.RightGuestsEdit, InAct, a.SaveInvitation},
		{put, "/guests/:id/invitation/sent", domain.RightGuestsEdit, InAct, a.MarkSent},
		{del, "/guests/:id/invitation/sent", domain.RightGuestsEdit, InAct, a.UnmarkSent},
		{put, "/guests/:id/invitation/taken", domain.RightGuestsEdit, InAct, a.TakeAnswer},
		{post, "/guests/:id/confirmations", domain.RightGuestsEdit, InAct, a.ConfirmGuest},
		{del, "/guests/:id/pass", domain.RightGuestsEdit, InAct, a.RevokePass},
		{get, "/g/:token", domain.RightPublic, ByRole, a.GuestPass},
		{post, "/g/:token", domain.RightPublic, ByRole, a.AnswerInvitation}, // the token is the right: store.AnswerInvitation
		{post, "/g/:token/opened", domain.RightPublic, ByRole, a.OpenInvitation},
		{get, "/lobby", domain.RightLobby, ByRole, a.Lobby},

		// the reception: who stands where, who is told what, cars, lifts
		{get, "/events/:id/posts", domain.RightEventSee, OnEvent, a.Posts},
		{post, "/events/:id/posts", domain.RightPostsEdit, OnEvent, a.AddPost},
		{get, "/events/:id/posts/signs", domain.RightPostsEdit, OnEvent, a.PostSigns},
		{put, "/events/:id/release", domain.RightRelease, OnEvent, a.ReleaseCrew},
		{get, "/posts/:id/here", domain.RightEventSee, InAct, a.PostHere},
		{put, "/posts/:id", domain.RightPostsEdit, InAct, a.UpdatePost},
		{del, "/posts/:id", domain.RightPostsEdit, InAct, a.StrikePost},
		{put, "/posts/:id/key", domain.RightPostsEdit, InAct, a.KeyPost},
		{del, "/posts/:id/key", domain.RightPostsEdit, InAct, a.UnkeyPost},
		{post, "/posts/:id/duties", domain.RightPostsEdit, InAct, a.AddDuty},
		{del, "/duties/:id", domain.RightPostsEdit, InAct, a.StrikeDuty},
		{post, "/events/:id/patrols", domain.RightPostsEdit, OnEvent, a.AddPatrol},
		{del, "/patrols/:id", domain.RightPostsEdit, InAct, a.StrikePatrol},
		{get, "/checkpoints/:id/here", domain.RightEventSee, InAct, a.CheckpointHere},
		{put, "/checkpoints/:id/mark", domain.RightItemDo, InAct, a.VisitCheckpoint},
		{del, "/checkpoints/:id/mark", domain.RightItemDo, InAct, a.UnmarkCheckpoint},
		{put, "/checkpoints/:id/skip", domain.RightItemDo, InAct, a.SkipCheckpoint},
		{put, "/duties/:id/report", domain.RightEventSee, InAct, a.Report}, // himself, or who answers for the post: store.Report
		{del, "/duties/:id/report", domain.RightEventSee, InAct, a.Unreport},
		{put, "/duties/:id/stand-in", domain.RightPostsEdit, InAct, a.StandIn},
		{put, "/duties/:id/relief", domain.RightEventSee, InAct, a.AskRelief},
		{del, "/duties/:id/relief", domain.RightEventSee, InAct, a.Return},
		{put, "/duties/:id/relief/approval", domain.RightPostsEdit, InAct, a.Relieve},
		{put, "/duties/:id/release", domain.RightRelease, InAct, a.Release},
		{del, "/duties/:id/release", domain.RightRelease, InAct, a.Recall},
		{put, "/duties/:id/back", domain.RightEventSee, InAct, a.BackAtWork},
		{get, "/events/:id/cues", domain.RightEventSee, OnEvent, a.Cues},
		{post, "/events/:id/cues", domain.RightEventEdit, OnEvent, a.AddCue},
		{put, "/cues/:id", domain.RightEventEdit, InAct, a.UpdateCue},
		{put, "/cues/:id/acknowledgement", domain.RightItemDo, InAct, a.AcknowledgeCue},
		{put, "/cues/:id/fired", domain.RightGuestsMove, InAct, a.FireCue},
		{del, "/cues/:id/fired", domain.RightGuestsMove, InAct, a.RearmCue},
		{put, "/events/:id/early", domain.RightEventReady, OnEvent, a.SetEarlyMode},
		{get, "/events/:id/vehicles", domain.RightGuestsSee, OnEvent, a.Vehicles},
		{post, "/events/:id/vehicles", domain.RightGuestsEdit, OnEvent, a.AddVehicle},
		{put, "/vehicles/:id", domain.RightGuestsEdit, InAct, a.UpdateVehicle},
		{del, "/vehicles/:id", domain.RightGuestsEdit, InAct, a.StrikeVehicle},
		{put, "/vehicles/:id/state", domain.RightGuestsMove, InAct, a.MoveVehicle},
		{del, "/vehicles/:id/state", domain.RightGuestsMove, InAct, a.UndoVehicle},
		{get, "/control", domain.RightControl, ByRole, a.Control},
		{post, "/lifts", domain.RightControl, ByRole, a.AddLift},
		{put, "/lifts/:id/state", domain.RightControl, ByRole, a.SetLift},

		// seats
		{get, "/events/:id/seats", domain.RightGuestsSee, OnEvent, a.Seats},
		{post, "/events/:id/seats", domain.RightGuestsEdit, OnEvent, a.AddSeatPlan},
		{post, "/events/:id/hosts", domain.RightGuestsEdit, OnEvent, a.AddHosts},
		{get, "/events/:id/seats/print", domain.RightGuestsSee, OnEvent, a.PrintSeats}, // badges: who may edit guests
		{get, "/events/:id/seats/:plan", domain.RightGuestsSee, OnEvent, a.SeatPlan},
		{del, "/hosts/:id", domain.RightGuestsEdit, InAct, a.StrikeHost},
		{del, "/plans/:id", domain.RightGuestsEdit, InAct, a.StrikeSeatPlan},
		{put, "/plans/:id/filling", domain.RightGuestsEdit, InAct, a.FillSeats},
		{del, "/plans/:id/filling", domain.RightGuestsEdit, InAct, a.ClearSeats},
		{put, "/plans/:id/newcomer", domain.RightGuestsEdit, InAct, a.SeatNewcomer},
		{del, "/plans/:id/change", domain.RightGuestsEdit, InAct, a.UndoSeats},
		{post, "/plans/:id/cards", domain.RightGuestsEdit, InAct, a.CardsPrinted}, // a plain form of the print view
		{put, "/seats/:id/occupant", domain.RightGuestsEdit, InAct, a.OccupySeat},
		{del, "/seats/:id/occupant", domain.RightGuestsEdit, InAct, a.VacateSeat},

		// the door
		{get, "/door", domain.RightLobby, ByRole, a.Door},
		{get, "/door/list", domain.RightLobby, ByRole, a.DoorList},
		{put, "/guests/:id/signin", domain.RightGuestsMove, InAct, a.SignInGuest},
		{del, "/guests/:id/signin", domain.RightGuestsMove, InAct, a.UndoSignIn},
		{put, "/guests/:id/handed", domain.RightGuestsMove, InAct, a.HandOut},
		{put, "/parties/:id/signin", domain.RightGuestsMove, InAct, a.SignInParty},
		{del, "/parties/:id/signin", domain.RightGuestsMove, InAct, a.UndoPartySignIn},
		{post, "/strays", domain.RightLobby, ByRole, a.MeetStray}, // on which event: store.MeetStray
		{put, "/strays/:id/outcome", domain.RightGuestsEdit, InAct, a.JudgeStray},
		{get, "/headcount", domain.RightLobby, ByRole, a.Headcount},
		{get, "/events/:id/guests/sheet", domain.RightGuestsSee, OnEvent, a.Sheet},
		{get, "/events/:id/links", domain.RightGuestsEdit, OnEvent, a.Links},
		{del, "/events/:id/links", domain.RightGuestsEdit, OnEvent, a.RevokeLinks},

		// links without sign-in: the token is the right
		{get, "/o/:token", domain.RightPublic, ByRole, a.Organiser},
		{get, "/k/:token", domain.RightPublic, ByRole, a.Kiosk},
		{post, "/k/:token", domain.RightPublic, ByRole, a.KioskSignIn},

		// booking requests: by anybody who has the address, by the organiser's link, and in the house
		{get, "/book", domain.RightPublic, ByRole, a.Book},
		{post, "/book", domain.RightPublic, ByRole, a.SendBooking},
		{get, "/r/:token", domain.RightPublic, ByRole, a.RequestLink},
		{get, "/r/:token/files/:file", domain.RightPublic, ByRole, a.LinkFile},
		{post, "/r/:token/offer", domain.RightPublic, ByRole, a.TakeOffer},
		{post, "/r/:token/refusal", domain.RightPublic, ByRole, a.RefuseOffers},
		{post, "/r/:token/answer", domain.RightPublic, ByRole, a.AnswerQuestion},
		{post, "/r/:token/need", domain.RightPublic, ByRole, a.CompleteNeed},
		{post, "/r/:token/plan", domain.RightPublic, ByRole, a.ConfirmPlan},
		{post, "/r/:token/hall", domain.RightPublic, ByRole, a.AcceptHall},
		{post, "/r/:token/record", domain.RightPublic, ByRole, a.SignRecord},
		{post, "/r/:token/withdrawal", domain.RightPublic, ByRole, a.WithdrawRequest},
		{get, "/requests", domain.RightRequests, ByRole, a.Requests},
		{get, "/requests/new", domain.RightRequests, ByRole, a.NewRequest},
		{post, "/requests", domain.RightRequests, ByRole, a.CreateRequest}, // a plain form: it has attachments
		{get, "/requests/:id", domain.RightRequests, ByRole, a.Request},    // a secret one: domain.Request.Seen
		{put, "/requests/:id/acceptance", domain.RightRequests, ByRole, a.AcceptRequest},
		{post, "/requests/:id/offers", domain.RightRequests, ByRole, a.OfferRoom},
		{del, "/requests/:id/offers/:offer", domain.RightRequests, ByRole, a.WithdrawOffer},
		{put, "/requests/:id/refusal", domain.RightRequests, ByRole, a.DeclineRequest},
		{post, "/requests/:id/questions", domain.RightRequests, ByRole, a.AskOrganiser},
		{put, "/requests/:id/questions/:question/answer", domain.RightRequests, ByRole, a.AnswerForOrganiser},
		{post, "/requests/:id/notes", domain.RightRequests, ByRole, a.NoteRequest},
		{put, "/requests/:id/assignee", domain.RightRequests, ByRole, a.AssignRequest},
		{del, "/requests/:id/link", domain.RightRequests, ByRole, a.RevokeRequestLink},
		{get, "/requests/:id/files/:file", domain.RightRequests, ByRole, a.RequestFile},

		// boards
		{get, "/events/:id/board", domain.RightEventBoard, OnEvent, a.EventBoard},
		{get, "/board", domain.RightWall, ByRole, a.Board},

		// people
		{get, "/people", domain.RightPeople, ByRole, a.People},
		{get, "/people/export", domain.RightPeople, ByRole, a.ExportPeople},
		{get, "/people/import", domain.RightPeople, ByRole, a.ImportPeoplePage},
		{post, "/people/import", domain.RightPeople, ByRole, a.ImportPeople},
		{get, "/people/new", domain.RightPeople, ByRole, a.NewPerson},
		{post, "/people", domain.RightPeople, ByRole, a.CreatePerson},
		{get, "/people/:id", domain.RightPeople, ByRole, a.Person},
		{put, "/people/:id", domain.RightPeople, ByRole, a.UpdatePerson},
		{put, "/people/:id/pin", domain.RightPeople, ByRole, a.SetPin},
		{put, "/people/:id/disabled", domain.RightPeople, ByRole, a.DisablePerson},
		{del, "/people/:id/disabled", domain.RightPeople, ByRole, a.EnablePerson},

		// what people can do and when, and how many are needed
		{get, "/people/:id/availability", domain.RightStaffing, ByRole, a.Availability},
		{post, "/people/:id/skills", domain.RightStaffing, ByRole, a.AddSkill},
		{post, "/people/:id/roster", domain.RightStaffing, ByRole, a.AddRosterEntry},
		{del, "/skills/:id", domain.RightStaffing, ByRole, a.RemoveSkill},
		{del, "/roster/:id", domain.RightStaffing, ByRole, a.RemoveRosterEntry},
		{get, "/settings/staffing", domain.RightStaffing, ByRole, a.Staffing},
		{put, "/settings/staffing", domain.RightStaffing, ByRole, a.SetDayHours},
		{post, "/settings/staffing", domain.RightStaffing, ByRole, a.AddStaffingRule},
		{put, "/settings/staffing/:id", domain.RightStaffing, ByRole, a.ChangeStaffingRule},
		{del, "/settings/staffing/:id", domain.RightStaffing, ByRole, a.DeleteStaffingRule},

		// settings
		{get, "/settings/channels", domain.RightChannels, ByRole, a.Channels},
		{post, "/settings/channels", domain.RightChannels, ByRole, a.AddChannel},
		{put, "/settings/channels/:id", domain.RightChannels, ByRole, a.UpdateChannel},
		{del, "/settings/channels/:id", domain.RightChannels, ByRole, a.DeleteChannel},
		{get, "/settings/seating", domain.RightChannels, ByRole, a.SeatingSettings},
		{put, "/settings/seating", domain.RightChannels, ByRole, a.SetDaisRule},
		{get, "/settings/levels", domain.RightChannels, ByRole, a.Levels},
		{post, "/settings/levels", domain.RightChannels, ByRole, a.AddLevelRule},
		{put, "/settings/levels/:id", domain.RightChannels, ByRole, a.ChangeLevelRule},
		{put, "/settings/levels/:id/position", domain.RightChannels, ByRole, a.MoveLevelRule},
		{del, "/settings/levels/:id", domain.RightChannels, ByRole, a.DeleteLevelRule},
		{get, "/settings/track", domain.RightChannels, ByRole, a.TrackRules},
		{post, "/settings/track", domain.RightChannels, ByRole, a.AddTrackRule},
		{put, "/settings/track/:id", domain.RightChannels, ByRole, a.ChangeTrackRule},
		{put, "/settings/track/:id/position", domain.RightChannels, ByRole, a.MoveTrackRule},
		{del, "/settings/track/:id", domain.RightChannels, ByRole, a.DeleteTrackRule},
		{get, "/settings/board", domain.RightChannels, ByRole, a.BoardSettings},
		{put, "/settings/board", domain.RightChannels, ByRole, a.SetBoardRules},
		{get, "/settings/retention", domain.RightChannels, ByRole, a.Retention},
		{put, "/settings/retention", domain.RightChannels, ByRole, a.SetGuestDays},
		{put, "/settings/guest-photos", domain.RightChannels, ByRole, a.AllowGuestPhotos},
		{get, "/settings/requests", domain.RightChannels, ByRole, a.ReplyHours},
		{put, "/settings/requests", domain.RightChannels, ByRole, a.SetReplyHours},
		{post, "/settings/channels/:id/test", domain.RightChannels, ByRole, a.TestChannel},

		// live push: rights on each topic are checked in web.App.Subscribe
		{get, "/live", domain.RightSelf, ByRole, a.Hub.Upgrade(a.Subscribe)},

		// the browser's files
		{get, "/static/*", domain.RightPublic, ByRole, a.Asset},
		{get, "/sw.js", domain.RightPublic, ByRole, a.Asset},
		{get, "/manifest.webmanifest", domain.RightPublic, ByRole, a.Manifest},
		{get, "/offline", domain.RightPublic, ByRole, a.Offline},
		{get, "/outbox", domain.RightSelf, ByRole, a.Outbox},

		// operations
		{get, "/healthz", domain.RightPublic, ByRole, ops.Healthz},
		{get, "/readyz", domain.RightPublic, ByRole, ops.Readyz},
		{get, "/metrics", domain.RightPublic, ByRole, ops.Metrics},
	}
}

// mount puts the routes on the fiber app, each behind its right. What can be
// read with GET can be asked for with HEAD.
func mount(f *fiber.App, a *web.App, routes []Route) {
	for _, r := range routes {
		need := a.NeedID
		switch r.Scope {
		case ByRole:
			need = a.Need(r.Right)
		case OnEvent:
			need = a.NeedEvent(r.Right)
		}
		f.Add(r.Method, r.Path, need, r.Handler)
		if r.Method == fiber.MethodGet {
			f.Add(fiber.MethodHead, r.Path, need, r.Handler)
		}
	}
}
