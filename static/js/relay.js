// The arrival relay: gate, drop-off, lobby, lift, venue. Rows are the same for everybody; what differs is where a person
// stands. This turns the big button of each row and party to the person's own post, brings forward who comes next, and
// adds up who is in the building.
import "./core.js";
import { now } from "./clock.js";
import { all, byId, on } from "./dom.js";
import { kept, t } from "./words.js";

export const POSITIONS = ["expected", "gate", "drop-off", "lobby", "lift", "venue", "left"];
const index = (p) => POSITIONS.indexOf(p);
const lobby = () => byId("lobby");

function start() {
  if (lobby()) choose(lobby().dataset.post || kept("post") || "");
  if (lobby()?.dataset.post) stand();
  on("change", ({ target }) => {
    if (!target.matches("[data-post-choice]")) return;
    choose(target.value);
    stand();
  });
  on("applied", arrange);
  on("visibilitychange", stayAwake);
  arrange();
  setInterval(overdue, 1000);
}

// choose takes a post; it stays with the device and in the address.
export function choose(post) {
  lobby().dataset.post = post;
  kept("post", post);
  const url = new URL(location.href);
  if (post) url.searchParams.set("post", post);
  else url.searchParams.delete("post");
  history.replaceState(null, "", url);
  for (const input of all("[data-post-choice]")) input.checked = input.value === post;
  arrange();
  stayAwake();
}

// stand says where this person is, so that he is told of guests who come that way; without a network it is said next time.
function stand() {
  const { post } = lobby().dataset;
  fetch("/me/post", { method: "PUT", body: new URLSearchParams({ post }) }).catch(() => {});
}

function arrange() {
  const post = lobby()?.dataset.post ?? "";
  for (const row of all("[data-position][data-party]")) {
    const at = index(row.dataset.position);
    aim(row.querySelector("[data-next]"), goal(post, at));
    row.dataset.turn = turn(index(post), at);
  }
  overdue();
  for (const party of all("[data-party-card]")) gather(party, post);
  for (const sum of all("[data-sum]")) {
    const parts = all(`[data-${sum.dataset.sum}]`);
    sum.textContent = parts.reduce((n, el) => n + Number(el.getAttribute(`data-${sum.dataset.sum}`)), 0);
  }
}

// overdue: whom the next post should have seen by now is red at every post, also at the one that he left.
function overdue() {
  for (const row of all("[data-overdue]")) row.toggleAttribute("data-lost", now() > Date.parse(row.dataset.overdue));
}

const goal = (post, at) => (index(post) > at ? post : POSITIONS[at + 1]);

// turn: "next" is one step before this post, "soon" is on the way, "past" was here.
function turn(post, at) {
  if (post < 1) return "soon";
  if (at >= post) return "past";
  return at === post - 1 ? "next" : "soon";
}

// aim sets where a big button leads; one that leads nowhere is gone.
function aim(button, to) {
  if (!button) return;
  button.hidden = !to;
  if (!to) return;
  button.value = to;
  button.querySelector("[data-label]").textContent = t(`to_${to}`);
}

// gather: a party goes on from where its last one is, together; it comes next when one of it does.
function gather(party, post) {
  const rows = all("[data-position][data-party]", party);
  const places = rows.map((r) => index(r.dataset.position));
  const to = goal(post, Math.min(...places));
  const waiting = places.filter((at) => at < index(to)).length;
  aim(party.querySelector("[data-party-next]"), waiting > 1 ? to : undefined);
  for (const n of all("[data-waiting]", party)) n.textContent = waiting;
  const cars = new Set(rows.map((r) => r.dataset.car).filter(Boolean));
  party.querySelector("[data-cars]").textContent = [...cars].join("  ");
  const turns = rows.map((r) => r.dataset.turn);
  party.dataset.turn = ["next", "soon", "past"].find((w) => turns.includes(w)) ?? "past";
}

// A post's phone lies in the hand with its screen on: nobody unlocks it with gloves.
async function stayAwake() {
  if (!lobby()?.dataset.post || document.hidden) return;
  await navigator.wakeLock?.request("screen").catch(() => {});
}

if (lobby() || document.querySelector(".view-guests")) start(); // the control room has its functions only
