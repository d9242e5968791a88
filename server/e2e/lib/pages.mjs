// Every page of the product, with who looks at it and on what.
import { SIGNING, VISIT, WEEKLY, wall } from "./building.mjs";

// pages gives [{ name, path, who, wide, lang }]: wide pages are for desks and walls, the others for phones; lang is the
// language of a page that is not its reader's.
export async function pages(home) {
  const [commander, admin] = await Promise.all([home.as("commander"), home.as("admin")]);
  const [visit, weekly, signing, staff] = await Promise.all([
    commander.event(VISIT),
    commander.event(WEEKLY),
    commander.event(SIGNING),
    admin.staff(),
  ]);
  const page = (name, path, who = "commander", wide = false, lang) => ({ name, path, who, wide, lang });
  const { plans } = await commander.get(`/events/${visit.id}/seats`);
  const { posts, patrols } = await commander.get(`/events/${visit.id}/posts`);
  const plan = (name) => plans.find((p) => p.name === name).id;
  const [principal] = (await commander.guests(visit.id)).filter((g) => g.rank === 1);
  const pass = new URL((await commander.get(`/guests/${principal.id}/invitation`)).link).pathname;
  const { link } = await admin.must("POST", `/people/${staff.yusui}/invite`);
  const guests = await commander.guests(visit.id);
  const { versions } = await admin.get("/templates");
  const draft = versions.find((v) => v.state === "draft").id;
  const { organiser, kiosk } = await commander.get(`/events/${visit.id}/links`);
  const supervisor = await home.as("supervisor");
  const { requests } = await supervisor.get("/requests");
  const request = await supervisor.get(`/requests/${requests[0].id}`);
  const decided = await supervisor.get("/requests?show=decided");
  const planned = await supervisor.get(`/requests/${decided.requests.find((r) => r.event_id).id}`);
  return [
    page("signin", "/session/new", null),
    page("invite-code", "/invites", null),
    page("invite-accept", new URL(link).pathname, null),
    page("invite-refused", "/invites/23456789", null),
    page("invitees", "/invites/new", "supervisor"),
    page("invite", `/people/${staff.yusui}/invite`, "supervisor"),
    page("my-pin", "/me/pin?first=1", "service"),
    page("offline", "/offline", null),
    page("today", "/today", "service"),
    page("today-commander", "/today"),
    page("events", "/events"),
    page("event", `/events/${visit.id}`),
    page("event-new", "/events/new"),
    page("event-edit", `/events/${visit.id}/edit`),
    page("programme", `/events/${visit.id}/programme`),
    page("agenda-print", `/events/${visit.id}/agenda/print`),
    page("track", `/events/${visit.id}/track`),
    page("track-month", "/track", "supervisor"),
    page("register", `/events/${visit.id}/register`),
    page("levels", "/settings/levels", "admin"),
    page("track-rules", "/settings/track", "admin"),
    page("calendar", "/calendar", "supervisor"),
    page("calendar-desk", "/calendar", "supervisor", true),
    page("calendar-week", "/calendar?view=week", "supervisor", true),
    page("calendar-links", "/calendar/links", "service"),
    page("rooms", "/rooms", "supervisor"),
    page("room", "/rooms/R2", "supervisor"),
    page(
      "rooms-free",
      `/rooms/free?start_at=${wall(visit.start_at)}&end_at=${wall(visit.end_at)}&heads=30&equipment=sound`,
    ),
    page("items", `/events/${visit.id}/items`),
    page("items-mine", `/events/${visit.id}/items?mine=1`, "service"),
    page("items-small", `/events/${weekly.id}/items`, "yusui"),
    page("guests", `/events/${visit.id}/guests`),
    page("posts", `/events/${visit.id}/posts`),
    page("posts-mine", `/events/${visit.id}/posts`, "security"),
    page("post-signs", `/events/${visit.id}/posts/signs`),
    page("post-here", `/posts/${posts[0].Post.id}/here`, "security"),
    page("checkpoint-here", `/checkpoints/${patrols[0].checkpoints[0].id}/here`, "security"),
    page("cues", `/events/${visit.id}/cues`),
    page("vehicles", `/events/${visit.id}/vehicles`),
    page("publication", "/publications/today", "service"),
    page("publication-desk", "/publications/today", "supervisor"),
    page("publication-tv", "/publications/today?tv=1", "board", true),
    page("publication-print", "/publications/today/print", "supervisor"),
    page("intake", "/intake", "supervisor"),
    page("changes", `/events/${signing.id}/changes`, "supervisor"),
    page("move", `/events/${signing.id}/move`, "supervisor"),
    page("copies", `/events/${weekly.id}/copies?repeat=weekly&every=7&count=4`, "supervisor"),
    page("work", `/events/${visit.id}/work`, "supervisor"),
    page("work-crew", `/events/${visit.id}/work/SEC`, "security"),
    page("work-print", `/events/${visit.id}/work/SEC/print`, "security"),
    page("crew", `/events/${visit.id}/crew`, "supervisor"),
    page("crew-small", `/events/${signing.id}/crew`, "supervisor"),
    page("staffing", "/settings/staffing", "supervisor"),
    page("supplies", "/supplies", "supplies"),
    page("availability", `/people/${staff.engineering}/availability`, "supervisor"),
    page("board-rules", "/settings/board", "admin"),
    page("control", "/control", "control", true),
    page("seats", `/events/${visit.id}/seats`),
    page("seat-dais", `/events/${visit.id}/seats/${plan("主席台")}`),
    page("seat-talks", `/events/${visit.id}/seats/${plan("会见")}`),
    page("seat-hall", `/events/${visit.id}/seats/${plan("会场")}?q=du`, "service"),
    page("seating-rule", "/settings/seating", "admin"),
    page("invitations", `/events/${visit.id}/invitations`, "supervisor"),
    page("invitation", `/guests/${principal.id}/invitation`, "supervisor"),
    page("pass", pass, null, false, "zh"),
    page("pass-en", `${pass}?lang=en`, null, false, "en"),
    page("pass-unknown", "/g/nothing", null),
    page("log", `/events/${visit.id}/log`),
    page("activity", "/activity", "supervisor"),
    page("activity-mine", "/activity", "cleaning"),
    page("lobby", "/lobby", "security"),
    page("lobby-post", "/lobby?post=lobby", "security"),
    page("door", "/door", "security"),
    page("door-found", `/door?q=${encodeURIComponent("竹")}`, "security"),
    page("door-card", `/door?guest=${guests.find((g) => g.name === "秋英").id}`, "security"),
    page("door-nobody", "/door?q=zzz", "security"),
    page("headcount", "/headcount", "security"),
    page("sheet", `/events/${visit.id}/guests/sheet`, "commander", true),
    page("links", `/events/${visit.id}/links`),
    page("organiser", new URL(organiser).pathname, null),
    page("kiosk", new URL(kiosk).pathname, null),
    page("book", "/book", null),
    page("book-en", "/book?lang=en", null, false, "en"),
    page("requests", "/requests", "supervisor"),
    page("request", `/requests/${requests[0].id}`, "supervisor"),
    page("request-new", "/requests/new", "supervisor"),
    page("request-link", new URL(request.link).pathname, null, false, "zh"),
    page("request-plan", new URL(planned.link).pathname, null, false, "zh"),
    page("event-board", `/events/${visit.id}/board`, "commander", true),
    page("board", "/board", "supervisor", true),
    page("board-tv", "/board?tv=1", "board", true),
    page("people", "/people", "admin"),
    page("people-import", "/people/import", "admin"),
    page("rooms-import", "/rooms/import", "admin"),
    page("events-import", "/events/import", "supervisor"),
    page("person-new", "/people/new", "admin"),
    page("person", `/people/${staff.service}`, "admin"),
    page("me", "/me", "service"),
    page("notices", "/notices"),
    page("drill", `/events/${visit.id}/drill`),
    page("channels", "/settings/channels", "admin"),
    page("reply-hours", "/settings/requests", "admin"),
    page("retention", "/settings/retention", "admin"),
    page("templates", "/templates", "supervisor"),
    page("template", "/templates/1", "supervisor", true),
    page("template-draft", `/templates/${draft}`, "supervisor"),
    page("template-item", `/templates/${draft}/items/S6`, "supervisor"),
    page("template-new", `/templates/${draft}/items/new`, "supervisor"),
    page("template-import", `/templates/${draft}/import`, "supervisor"),
    page("template-preview", `/templates/${draft}/preview`, "supervisor"),
    page("event-template", `/events/${visit.id}/template`),
    page("not-found", "/nothing", "service"),
  ];
}
