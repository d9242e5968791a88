package store

import (
	"strings"

	"huiwu/server/domain"
)

// quoted is a list for IN.
func quoted[T ~string](list []T) string {
	words := make([]string, len(list))
	for k, w := range list {
		words[k] = "'" + string(w) + "'"
	}
	return strings.Join(words, ",")
}

// statuses are what a log row about an item's state says in "new".
const statuses = "'open','done','submitted','accepted','rejected','not-needed','blocked'"

// seqRule is the rule that rows of an event's table carry the seq of a log row of theirs.
func seqRule(table, plural, kind string) rule {
	return rule{
		table + ".seq", plural + " whose seq is not a log row of theirs: phones may show an older state (" + kind + ")",
		"set seq to the " + kind + "'s last log row",
		"SELECT x.id FROM " + table + ` AS x WHERE NOT EXISTS (SELECT 1 FROM changes AS c
			WHERE c.topic = 'event:' || x.event_id AND c.seq = x.seq AND c.subject = '` + kind + `:' || x.id) ORDER BY 1`,
	}
}

// rules of the data that the schema cannot hold by itself, or that a repair by
// hand may have switched off.
var rules = []rule{
	// Counters and the log.
	{
		"topics.owner", "counters that belong to no event and no person (topic)",
		"put the event or person back from a backup; a counter without any log row may be deleted",
		`SELECT t.id FROM topics AS t WHERE t.id NOT IN ('floor', 'requests')
			AND NOT EXISTS (SELECT 1 FROM events AS e WHERE t.id = 'event:' || e.id) AND NOT EXISTS (SELECT 1 FROM people AS p WHERE t.id = 'person:' || p.id) ORDER BY 1`,
	},
	{
		"topics.missing", "events, people or the floor without a counter: nothing about them can be changed (topic)",
		"insert the topic into topics with the last seq of its log rows, 0 without any",
		`SELECT x.id FROM (SELECT 'event:' || id AS id FROM events UNION ALL SELECT 'person:' || id FROM people UNION ALL SELECT 'floor' FROM sites UNION ALL SELECT 'requests' FROM sites) AS x
			WHERE NOT EXISTS (SELECT 1 FROM topics AS t WHERE t.id = x.id) ORDER BY 1`,
	},
	{
		"topics.head", "counters that differ from the last row of their log (topic)",
		"stop the program; set topics.seq to the log's last seq, after a look into a backup whether log rows were lost",
		`SELECT t.id FROM topics AS t WHERE t.seq <> COALESCE((SELECT MAX(c.seq) FROM changes AS c WHERE c.topic = t.id), 0) ORDER BY 1`,
	},
	{
		"changes.gap", "logs with a row missing in between: phones that were away wait for it for ever (topic)",
		"put the missing rows of changes back from a backup",
		`SELECT topic FROM changes GROUP BY topic HAVING COUNT(*) <> MAX(seq) OR MIN(seq) <> 1 ORDER BY 1`,
	},
	{
		"changes.event", "log rows that name an event which does not exist, or another one than their topic (topic seq)",
		"set event_id to the id in the topic, or put the event back from a backup",
		`SELECT c.topic || ' ' || c.seq FROM changes AS c WHERE c.event_id IS NOT NULL AND NOT EXISTS (SELECT 1 FROM events AS e WHERE e.id = c.event_id)
			OR c.topic LIKE 'event:%' AND c.topic <> 'event:' || COALESCE(c.event_id, '') ORDER BY c.topic, c.seq`,
	},
	{
		"changes.person", "log rows by a person who does not exist (topic seq)",
		"put the person back from a backup, disabled: people are never deleted",
		`SELECT c.topic || ' ' || c.seq FROM changes AS c WHERE c.person_id IS NOT NULL AND NOT EXISTS (SELECT 1 FROM people AS p WHERE p.id = c.person_id) ORDER BY c.topic, c.seq`,
	},
	{
		"changes.subject", "log rows about something that does not exist (topic seq)", // notices are forgotten, channels deleted and steps of the intake taken back in good order
		"put the row that the subject names back from a backup: nothing that is logged is ever deleted",
		`SELECT c.topic || ' ' || c.seq FROM changes AS c WHERE c.subject NOT LIKE 'notice:%' AND c.subject NOT LIKE 'channel:%' AND c.subject NOT LIKE 'day:%'
			AND NOT EXISTS (SELECT 1 FROM bulletins AS x WHERE c.subject = 'bulletin:' || x.id AND x.id = substr(c.subject, 10))
			AND NOT EXISTS (SELECT 1 FROM items AS x WHERE c.subject = 'item:' || x.id AND x.id = substr(c.subject, 6))
			AND NOT EXISTS (SELECT 1 FROM guests AS x WHERE c.subject = 'guest:' || x.id AND x.id = substr(c.subject, 7))
			AND NOT EXISTS (SELECT 1 FROM hosts AS x WHERE c.subject = 'host:' || x.id AND x.id = substr(c.subject, 6))
			AND NOT EXISTS (SELECT 1 FROM seat_plans AS x WHERE c.subject = 'plan:' || x.id AND x.id = substr(c.subject, 6))
			AND NOT EXISTS (SELECT 1 FROM seats AS x WHERE c.subject = 'seat:' || x.id AND x.id = substr(c.subject, 6))
			AND NOT EXISTS (SELECT 1 FROM posts AS x WHERE c.subject = 'post:' || x.id AND x.id = substr(c.subject, 6))
			AND NOT EXISTS (SELECT 1 FROM patrols AS x WHERE c.subject = 'patrol:' || x.id AND x.id = substr(c.subject, 8))
			AND NOT EXISTS (SELECT 1 FROM functions AS x WHERE c.subject = 'function:' || x.id AND x.id = substr(c.subject, 10))
			AND NOT EXISTS (SELECT 1 FROM agenda_items AS x WHERE c.subject = 'agenda:' || x.id AND x.id = substr(c.subject, 8))
			AND NOT EXISTS (SELECT 1 FROM milestones AS x WHERE c.subject = 'milestone:' || x.id AND x.id = substr(c.subject, 11))
			AND NOT EXISTS (SELECT 1 FROM kickoffs AS x WHERE c.subject = 'kickoff:' || x.id AND x.id = substr(c.subject, 9))
			AND NOT EXISTS (SELECT 1 FROM cues AS x WHERE c.subject = 'cue:' || x.id AND x.id = substr(c.subject, 5))
			AND NOT EXISTS (SELECT 1 FROM vehicles AS x WHERE c.subject = 'vehicle:' || x.id AND x.id = substr(c.subject, 9))
			AND NOT EXISTS (SELECT 1 FROM lifts AS x WHERE c.subject = 'lift:' || x.id AND x.id = substr(c.subject, 6))
			AND NOT EXISTS (SELECT 1 FROM requests AS x WHERE c.subject = 'request:' || x.id AND x.id = substr(c.subject, 9))
			AND NOT EXISTS (SELECT 1 FROM rooms AS x WHERE c.subject = 'room:' || x.id AND x.id = substr(c.subject, 6))
			AND NOT EXISTS (SELECT 1 FROM sites AS x WHERE c.subject = 'site:' || x.id AND x.id = substr(c.subject, 6))
			AND NOT EXISTS (SELECT 1 FROM events AS x WHERE c.subject = 'event:' || x.id AND x.id = substr(c.subject, 7))
			AND NOT EXISTS (SELECT 1 FROM people AS x WHERE c.subject = 'person:' || x.id AND x.id = substr(c.subject, 8))
			AND NOT EXISTS (SELECT 1 FROM strays AS x WHERE c.subject = 'stray:' || x.id AND x.id = substr(c.subject, 7))
			AND NOT EXISTS (SELECT 1 FROM template_versions AS x WHERE c.subject = 'template:' || x.id AND x.id = substr(c.subject, 10))
			AND NOT EXISTS (SELECT 1 FROM proposals AS x WHERE c.subject = 'proposal:' || x.id AND x.id = substr(c.subject, 10))
			AND NOT EXISTS (SELECT 1 FROM drills AS x WHERE c.subject = 'drill:' || x.id AND x.id = substr(c.subject, 7)) ORDER BY c.topic, c.seq`,
	},
	{
		"acts.person", "kept answers of a person who does not exist (person key)",
		"delete these rows of acts, or put the person back from a backup",
		`SELECT a.person_id || ' ' || a.key FROM acts AS a WHERE a.person_id <> '' AND NOT EXISTS (SELECT 1 FROM people AS p WHERE p.id = a.person_id) ORDER BY 1`,
	},
	{
		"notice_cursors.ahead", "logs that were read for notices beyond their end: what comes next rings nobody (topic)",
		"set notice_cursors.seq to topics.seq",
		`SELECT n.topic FROM notice_cursors AS n JOIN topics AS t ON t.id = n.topic WHERE n.seq > t.seq ORDER BY 1`,
	},
	// Rows against the log.
	{
		"events.seq", "events whose seq is not a log row of theirs: phones may show an older state (event)",
		"set seq to the event's last log row",
		`SELECT x.id FROM events AS x WHERE NOT EXISTS (SELECT 1 FROM changes AS c WHERE c.topic = 'event:' || x.id AND c.seq = x.seq AND c.subject = c.topic) ORDER BY 1`,
	},
	seqRule("items", "items", "item"),
	seqRule("guests", "guests", "guest"),
	seqRule("posts", "posts", "post"),
	seqRule("patrols", "patrols", "patrol"),
	{
		"checkpoints.round", "checkpoints with a mark of a round that has not begun, or of another event than their route (checkpoint)",
		"find out who changed the row outside of the program, and set round_no and event_id to what the route says",
		`SELECT x.id FROM checkpoints AS x JOIN patrols AS p ON p.id = x.patrol_id WHERE x.round_no > p.round_no OR x.event_id <> p.event_id ORDER BY 1`,
	},
	seqRule("milestones", "milestones", "milestone"),
	seqRule("kickoffs", "kick-off records", "kickoff"),
	{
		"milestones.kickoff", "milestones that were decided at a meeting of another event (milestone)",
		"set kickoff_id to the record of the milestone's own event",
		`SELECT x.id FROM milestones AS x JOIN kickoffs AS k ON k.id = x.kickoff_id WHERE k.event_id <> x.event_id ORDER BY 1`,
	},
	seqRule("functions", "functions", "function"),
	seqRule("agenda_items", "lines of agendas", "agenda"),
	{
		"functions.room", "functions of two events in one room at the same time (function)",
		"find out which is true, and strike or move the other one on the event's programme",
		`SELECT x.id FROM functions AS x JOIN events AS e ON e.id = x.event_id
			WHERE NOT x.struck AND e.status NOT IN ('draft','cancelled') AND EXISTS (SELECT 1 FROM functions AS y JOIN events AS o ON o.id = y.event_id
				WHERE y.room_id = x.room_id AND y.event_id <> x.event_id AND NOT y.struck AND o.status NOT IN ('draft','cancelled') AND y.start_at < x.end_at AND y.end_at > x.start_at
				AND (o.actual_end_at IS NULL OR o.actual_end_at > x.start_at) AND (e.actual_end_at IS NULL OR e.actual_end_at > y.start_at)) ORDER BY 1`,
	},
	{
		"events.follow", "events with a call or visit afterwards that says too little: when, how, with whom, what was said (event)",
		"write it down again on the event's register, or empty the follow columns",
		`SELECT id FROM events WHERE (followed_at IS NULL) <> (follow_way IS NULL) ORDER BY 1`,
	},
	{
		"assignments.seq", "people put into a crew at a seq that is no log row of the event: planners may overwrite each other (event person)",
		"set seq to that of the event's last log row event.people",
		`SELECT x.event_id || ' ' || x.person_id FROM assignments AS x WHERE x.seq > 0 AND NOT EXISTS (SELECT 1 FROM changes AS c
			WHERE c.topic = 'event:' || x.event_id AND c.seq = x.seq AND c.subject = c.topic) ORDER BY 1`,
	},
	seqRule("cues", "cues", "cue"),
	seqRule("vehicles", "vehicles", "vehicle"),
	{
		"duties.seq", "duties whose seq is not a log row of their post: phones may show an older state (duty)",
		"set seq to the post's last log row",
		`SELECT x.id FROM duties AS x WHERE NOT EXISTS (SELECT 1 FROM changes AS c WHERE c.topic = 'event:' || x.event_id AND c.seq = x.seq AND c.subject = 'post:' || x.post_id) ORDER BY 1`,
	},
	{
		"duties.event", "duties at a post of another event (duty)",
		"set event_id to the post's",
		`SELECT x.id FROM duties AS x WHERE NOT EXISTS (SELECT 1 FROM posts AS p WHERE p.id = x.post_id AND p.event_id = x.event_id) ORDER BY 1`,
	},
	{
		"lifts.seq", "lifts whose seq is not a log row of theirs: screens may show an older state (lift)",
		"set seq to the lift's last log row",
		`SELECT x.id FROM lifts AS x WHERE NOT EXISTS (SELECT 1 FROM changes AS c WHERE c.topic = 'floor' AND c.seq = x.seq AND c.subject = 'lift:' || x.id) ORDER BY 1`,
	},
	{
		"requests.seq", "booking requests whose seq is not a log row of theirs: screens may show an older state (request)",
		"set seq to the request's last log row",
		`SELECT x.id FROM requests AS x WHERE NOT EXISTS (SELECT 1 FROM changes AS c WHERE c.topic = 'requests' AND c.seq = x.seq AND c.subject = 'request:' || x.id) ORDER BY 1`,
	},
	{
		"requests.offered", "booking requests that wait for the organiser without an offer, or have one open when they are decided (request)",
		"set state of the request to waiting, or that of the offers to gone",
		`SELECT x.id FROM requests AS x WHERE (x.state = 'offered') <> EXISTS (SELECT 1 FROM request_offers AS o WHERE o.request_id = x.id AND o.state = 'open') ORDER BY 1`,
	},
	{
		"requests.choices", "booking requests without any time (request)",
		"ask the organiser, and insert the time into request_choices",
		`SELECT x.id FROM requests AS x WHERE NOT EXISTS (SELECT 1 FROM request_choices AS c WHERE c.request_id = x.id) ORDER BY 1`,
	},
	{
		"bulletins.seq", "boards, change notices and work notices whose seq is not a log row of theirs: pages may show an older count (bulletin)",
		"set seq to the bulletin's last log row",
		`SELECT x.id FROM bulletins AS x WHERE NOT EXISTS (SELECT 1 FROM changes AS c WHERE c.topic = COALESCE('event:' || x.event_id, 'floor') AND c.seq = x.seq AND c.subject = 'bulletin:' || x.id) ORDER BY 1`,
	},
	{
		"bulletins.unseen", "bulletins that wait for nobody and yet are to be escalated, or the other way round (bulletin)", // a superseded one is no matter any more
		"set escalate_at to NULL where the bulletin is superseded or was escalated",
		`SELECT x.id FROM bulletins AS x WHERE x.escalate_at IS NOT NULL AND (x.superseded OR x.escalated_at IS NOT NULL) ORDER BY 1`,
	},
	{
		"bulletins.event", "lines of a change or work notice that name another event than it does, or rows of a board that have none (row)",
		"set event_id of these lines to the bulletin's, and bulletin_id of these rows to a board",
		`SELECT l.id FROM bulletin_lines AS l JOIN bulletins AS x ON x.id = l.bulletin_id WHERE x.event_id IS NULL OR x.event_id <> l.event_id
			UNION ALL SELECT r.id FROM board_rows AS r JOIN bulletins AS x ON x.id = r.bulletin_id WHERE x.kind <> 'board' ORDER BY 1`,
	},
	seqRule("hosts", "hosts", "host"),
	seqRule("seat_plans", "seat plans", "plan"),
	{
		"seats.seq", "seats whose seq is no log row of theirs or of their plan: phones may show an older state (seat)", // a new plan's seats have the plan's
		"set seq to the seat's last log row",
		`SELECT x.id FROM seats AS x WHERE NOT EXISTS (SELECT 1 FROM changes AS c WHERE c.topic = 'event:' || x.event_id AND c.seq = x.seq
			AND c.subject IN ('seat:' || x.id, 'plan:' || x.plan_id)) ORDER BY 1`,
	},
	{
		"people.seq", "people whose seq is not a log row of theirs (person)",
		"set seq to the person's last log row",
		`SELECT x.id FROM people AS x WHERE NOT EXISTS (SELECT 1 FROM changes AS c WHERE c.topic = 'person:' || x.id AND c.seq = x.seq AND c.subject = c.topic) ORDER BY 1`,
	},
	{
		"events.status", "events in another state than their log says last (event)",
		"find out who changed the row outside of the program, and set status to what the log says",
		`SELECT x.id FROM events AS x WHERE x.status <> COALESCE((SELECT c.new FROM changes AS c WHERE c.topic = 'event:' || x.id AND c.subject = c.topic
			AND c.verb IN ('event.status','event.ready','event.unready') ORDER BY c.seq DESC LIMIT 1), 'draft') ORDER BY 1`,
	},
	{
		"items.status", "items in another state than their log says last (item)", // a round says its number instead
		"find out who changed the row outside of the program, and set status to what the log says",
		`SELECT x.id FROM items AS x WHERE x.every_min = 0 AND x.status <> COALESCE((SELECT c.new FROM changes AS c WHERE c.subject = 'item:' || x.id
			AND c.topic = 'event:' || x.event_id AND c.new IN (` + statuses + `) ORDER BY c.seq DESC LIMIT 1), '') ORDER BY 1`,
	},
	{
		"guests.position", "guests somewhere else than their log says last: the fire officer's count is wrong (guest)",
		"find out who changed the row outside of the program, and set position to what the log says",
		`SELECT x.id FROM guests AS x WHERE x.position <> COALESCE((SELECT c.new FROM changes AS c WHERE c.subject = 'guest:' || x.id
			AND c.topic = 'event:' || x.event_id AND c.verb IN ('guest.added','guest.moved','guest.move_undone') ORDER BY c.seq DESC LIMIT 1), '') ORDER BY 1`,
	},
	{
		"guests.signed_in", "guests who are signed in, or not, against what their log says last: organiser and fire officer read it (guest)",
		"find out who changed the row outside of the program, and set signed_in_at, signed_in_by and sign_at to what the log says",
		`SELECT x.id FROM guests AS x WHERE (x.signed_in_at IS NOT NULL) <> (COALESCE((SELECT c.new FROM changes AS c WHERE c.subject = 'guest:' || x.id
			AND c.topic = 'event:' || x.event_id AND c.verb IN ('guest.signed_in','guest.signed_in_self','guest.sign_in_undone') ORDER BY c.seq DESC LIMIT 1), 'out') = 'in') ORDER BY 1`,
	},
	{
		"strays.seq", "strays whose seq is not a log row of theirs: doors may show an older state (stray)",
		"set seq to the stray's last log row",
		`SELECT x.id FROM strays AS x WHERE NOT EXISTS (SELECT 1 FROM changes AS c WHERE c.topic = 'event:' || x.event_id AND c.seq = x.seq AND c.subject = 'stray:' || x.id) ORDER BY 1`,
	},
	{
		"strays.guest", "strays who were let in as a guest of another event (stray)",
		"set guest_id to the guest of the stray's own event",
		`SELECT x.id FROM strays AS x JOIN guests AS g ON g.id = x.guest_id WHERE g.event_id <> x.event_id ORDER BY 1`,
	},
	// Events.
	{
		"events.ready", "events that are ready without the commander's word: who and when (event)",
		"take \"ready\" back on the event's page and declare it again",
		`SELECT id FROM events WHERE status = 'ready' AND (ready_at IS NULL OR ready_by IS NULL) OR (ready_at IS NULL) <> (ready_by IS NULL) ORDER BY 1`,
	},
	{
		"events.rooms", "events that are worked on without a room (event)",
		"choose the rooms on the event's page",
		`SELECT id FROM events AS e WHERE status NOT IN ('draft','requested','cancelled') AND NOT EXISTS (SELECT 1 FROM event_rooms AS r WHERE r.event_id = e.id) ORDER BY 1`,
	},
	// Templates. Version 1 is built in: it is written when it is first needed.
	{
		"templates.version", "events or items of a version of the templates that was never published (event or item)",
		"set template_no to the version that the log names (event.template), or to 1",
		`SELECT x.id FROM (SELECT id, template_no FROM events UNION ALL SELECT id, template_no FROM items) AS x WHERE x.template_no > 1
			AND NOT EXISTS (SELECT 1 FROM template_versions AS v WHERE v.number = x.template_no) ORDER BY 1`,
	},
	{
		"templates.items", "published versions of the templates without items: events cannot be made from them (version)",
		"put the rows of template_items back from a backup; of version 1, delete the row of template_versions: the program writes it again",
		`SELECT v.id FROM template_versions AS v WHERE v.state = 'published' AND NOT EXISTS (SELECT 1 FROM template_items AS i WHERE i.version_id = v.id) ORDER BY 1`,
	},
	{
		"templates.numbers", "versions of the templates whose numbers have a gap, or that were begun from one that is not there (version)",
		"put the missing version back from a backup: events may run it",
		`SELECT v.id FROM template_versions AS v WHERE v.number > 1 AND NOT EXISTS (SELECT 1 FROM template_versions AS b WHERE b.number = v.number - 1)
			OR v.base_no > 0 AND NOT EXISTS (SELECT 1 FROM template_versions AS b WHERE b.number = v.base_no) ORDER BY 1`,
	},
	{
		"proposals.event", "proposals that name another event than their item does (proposal)",
		"set event_id to that of the item",
		`SELECT p.id FROM proposals AS p JOIN items AS i ON i.id = p.item_id WHERE p.event_id <> i.event_id ORDER BY 1`,
	},
	// Items.
	{
		"rooms.twice", "rooms that two events have at once (room event event)",
		"move one of the two, or take the room from it, on its page",
		`SELECT x.room_id || ' ' || a.id || ' ' || b.id FROM event_rooms AS x JOIN events AS a ON a.id = x.event_id
			JOIN event_rooms AS y ON y.room_id = x.room_id AND y.event_id > x.event_id JOIN events AS b ON b.id = y.event_id
			WHERE a.status NOT IN ('draft','cancelled') AND b.status NOT IN ('draft','cancelled')
			AND a.start_at < COALESCE(b.actual_end_at, b.end_at) AND b.start_at < COALESCE(a.actual_end_at, a.end_at) ORDER BY 1`,
	},
	{
		"rooms.kinds", "equipment or layouts of rooms that the program does not know (room kind)",
		"set kind or layout to one that the room's page offers, or delete the row",
		`SELECT x FROM (SELECT room_id || ' ' || kind AS x FROM room_fixtures WHERE kind NOT IN (` + quoted(domain.EquipmentKinds) + `)
			UNION ALL SELECT room_id || ' ' || layout FROM room_layouts WHERE layout NOT IN (` + quoted(domain.RoomLayouts) + `)) AS k ORDER BY 1`,
	},
	{
		"items.done", "items that are done by nobody or at no time (item)",
		"look into the log for who ticked it and write him and the time into the row, or undo the tick and let it be done again",
		`SELECT id FROM items WHERE every_min = 0 AND status IN ('done','submitted','accepted') AND (done_at IS NULL OR done_by IS NULL OR done_received_at IS NULL)
			OR (done_at IS NULL) <> (done_by IS NULL) ORDER BY 1`,
	},
	{
		"items.accepted", "items that are accepted by nobody or at no time, or not accepted and yet by somebody (item)",
		"let the commander take the acceptance back and accept again",
		`SELECT id FROM items WHERE status = 'accepted' AND (accepted_at IS NULL OR accepted_by IS NULL) OR status <> 'accepted' AND (accepted_at IS NOT NULL OR accepted_by IS NOT NULL) ORDER BY 1`,
	},
	{
		"items.checked", "items that are checked by nobody or at no time (item)",
		"let the commander reject the item and the supervisor check it again",
		`SELECT id FROM items WHERE (checked_at IS NULL) <> (checked_by IS NULL) ORDER BY 1`,
	},
	{
		"items.own", "items that were accepted or checked by who did them (item)",
		"let another person look at what was done and accept it: take the acceptance back first",
		`SELECT id FROM items WHERE accepted_by = done_by OR checked_by = done_by ORDER BY 1`,
	},
	{
		"items.reason", "items that were left out, sent back or blocked without a reason (item)",
		"ask who did it, and write the reason into the row",
		`SELECT id FROM items WHERE status IN ('rejected','not-needed','blocked') AND COALESCE(reason, '') = '' ORDER BY 1`,
	},
	{
		"items.rounds", "recurring items whose count of rounds differs from the rounds that were made (item)",
		"set rounds_done to the number of rows of rounds that were not deferred, and round_no above the last one",
		`SELECT i.id FROM items AS i WHERE i.rounds_done <> (SELECT COUNT(*) FROM rounds AS r WHERE r.item_id = i.id AND COALESCE(r.deferred, '') = '')
			OR EXISTS (SELECT 1 FROM rounds AS r WHERE r.item_id = i.id AND r.n >= i.round_no) ORDER BY 1`,
	},
	// What must belong to the same event or person.
	{
		"guests.party", "guests in a party of another event (guest)",
		"choose the party again on the guest's page",
		`SELECT g.id FROM guests AS g JOIN parties AS p ON p.id = g.party_id WHERE p.event_id <> g.event_id ORDER BY 1`,
	},
	{
		"seats.event", "seats, or who sits on them, of another event than their plan (seat)",
		"free the seat on the page of its plan, and seat somebody anew",
		`SELECT s.id FROM seats AS s JOIN seat_plans AS p ON p.id = s.plan_id WHERE s.event_id <> p.event_id
			OR EXISTS (SELECT 1 FROM guests AS g WHERE g.id = s.guest_id AND g.event_id <> s.event_id)
			OR EXISTS (SELECT 1 FROM hosts AS h WHERE h.id = s.host_id AND h.event_id <> s.event_id) ORDER BY 1`,
	},
	{
		"invitations.event", "invitations, confirmations or mails that name another event than their guest does: who may see them is judged by it (guest)",
		"set event_id to that of the guest",
		`SELECT DISTINCT g.id FROM guests AS g JOIN (SELECT guest_id, event_id FROM invitations UNION ALL SELECT guest_id, event_id FROM confirmations
			UNION ALL SELECT guest_id, event_id FROM mails) AS x ON x.guest_id = g.id WHERE x.event_id <> g.event_id ORDER BY 1`,
	},
	{
		"photos.event", "photos that name another event than their item does: who may see them is judged by it (photo)",
		"set event_id to that of the item",
		`SELECT p.id FROM photos AS p JOIN items AS i ON i.id = p.item_id WHERE p.event_id <> i.event_id ORDER BY 1`,
	},
	{
		"guest_photos.event", "photos of guests that name another event than their guest does, or stand for one who is struck (photo)",
		"set event_id to that of the guest; set struck_at of those of struck guests: their files then go by themselves",
		`SELECT p.id FROM guest_photos AS p JOIN guests AS g ON g.id = p.guest_id WHERE p.event_id <> g.event_id OR g.struck AND p.struck_at IS NULL ORDER BY 1`,
	},
	{
		"push_devices.session", "devices to be woken for somebody else than who is signed in on them (device)",
		"delete these rows of push_devices: the phone asks again when alerts are turned on",
		`SELECT d.id FROM push_devices AS d JOIN sessions AS s ON s.id = d.session_id WHERE s.person_id <> d.person_id ORDER BY 1`,
	},
	{
		"devices.session", "devices that remember somebody else than who signed in on them (device)",
		"set revoked_at of these rows of devices: their people type their staff number again",
		`SELECT d.id FROM devices AS d JOIN sessions AS s ON s.id = d.session_id WHERE s.person_id <> d.person_id ORDER BY 1`,
	},
	{
		"people.disabled", "people who are shut out and still have a session or a device (staff number)",
		"enable and disable them again: that ends everything",
		`SELECT p.staff_no FROM people AS p WHERE p.disabled AND (EXISTS (SELECT 1 FROM sessions AS s WHERE s.person_id = p.id AND s.revoked_at IS NULL)
			OR EXISTS (SELECT 1 FROM push_devices AS d WHERE d.person_id = p.id) OR EXISTS (SELECT 1 FROM devices AS d WHERE d.person_id = p.id AND d.revoked_at IS NULL)) ORDER BY 1`,
	},
	// What there may be once.
	{
		"sites.one", "sites beside the first: a database holds one building (site)",
		"delete the row of sites that is not this building",
		`SELECT id FROM sites WHERE (SELECT COUNT(*) FROM sites) > 1 ORDER BY 1`,
	},
	{
		"notices.twice", "notices that a person was told twice (person key)",
		"delete all but the first row of notices with this key",
		`SELECT person_id || ' ' || key FROM notices GROUP BY person_id, key HAVING COUNT(*) > 1 ORDER BY 1`,
	},
	{
		"channel_notices.twice", "notices that a chat group was told twice (channel key)",
		"delete all but the first row of channel_notices with this key",
		`SELECT channel_id || ' ' || key FROM channel_notices GROUP BY channel_id, key HAVING COUNT(*) > 1 ORDER BY 1`,
	},
	{
		"invites.open", "people with more than one open invitation (person)",
		"revoke all but the newest: set revoked_at",
		`SELECT person_id FROM invites WHERE used_at IS NULL AND revoked_at IS NULL GROUP BY person_id HAVING COUNT(*) > 1 ORDER BY 1`,
	},
}
