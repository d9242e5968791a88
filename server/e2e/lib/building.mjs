// What the demo building holds that tests speak of, and new events in it, whose lists nobody has touched.
import assert from "node:assert/strict";
import { zone } from "./demo.mjs";

export const VISIT = "考察团座谈会"; // level 1, arrives 45 minutes after the start, 40 guests in three cars
export const SIGNING = "合同谈判与签约"; // tomorrow, moved to another room
export const WEEKLY = "周例会"; // level 4, commanded by the lead attendant

// local is a moment in the building, so many minutes from now, as its forms write it.
export function local(minutes) {
  return wall(Math.ceil(Date.now() / 60000) * 60000 + minutes * 60000);
}

// wall is a moment by the clocks on site, as forms take it.
export function wall(at) {
  return new Date(at).toLocaleString("sv-SE", { timeZone: zone }).slice(0, 16).replace(" ", "T");
}

// siteDay is the day in the building at a moment.
export const siteDay = (at) => wall(at).slice(0, 10);

// clock is the time of day of such a moment.
export const clock = (text) => text.slice(11);

let made = 0;

// newEvent is entered and confirmed by the supervisor, today: start minutes from now, or where a room is free.
export async function newEvent(home, { commander = "commander", people = [], start, long = 60, ...more } = {}) {
  const [admin, supervisor] = await Promise.all([home.as("admin"), home.as("supervisor")]);
  const ids = await admin.staff();
  const fields = {
    name: `试验会务${++made}`,
    type: "meeting",
    organiser: "综合部",
    contact: "鹡鸰",
    level: "3",
    secrecy: "normal",
    heads: "8",
    commander_id: ids[commander],
  };
  for (const at of start === undefined ? [140, 230, 320, 410, 500, 590] : [start]) {
    Object.assign(fields, { start_at: local(at), end_at: local(at + long), ...more });
    const form = [...Object.entries(fields), ...people.map((login) => ["people", ids[login]])];
    for (const room of ["R6", "R5", "R4", "R1", "R3", "R2"]) {
      const answer = await supervisor.call("POST", "/events", [...form, ["rooms", room]]);
      if (answer.created) {
        await supervisor.must("PUT", `/events/${answer.created}/status`, { status: "confirmed" });
        return { id: answer.created, ...fields, room };
      }
      assert.match(answer.fields?.[0]?.key ?? "", /^event\.room_(taken|buffer)/, JSON.stringify(answer));
    }
  }
  return assert.fail("no room is free");
}

// begin brings an event to "live": something has to be done first.
export async function begin(home, event) {
  const supervisor = await home.as("supervisor");
  const open = (await supervisor.items(event)).find((i) => i.phase === "pre" && !i.evidence && i.status === "open");
  await supervisor.tick(open);
  await supervisor.must("PUT", `/events/${event}/status`, { status: "live" });
}
