// The phone says by touch what the eye may miss in a dark hall: an act is through, an act was refused, it is your turn.
// Only after the first touch (browsers refuse it before), and only where the person wants it (/me).
import { all, body, byId, on } from "./dom.js";
import { kept } from "./words.js";

const DONE = 15;
const REFUSED = [40, 60, 40];
const CUE = [90, 70, 90];
const BETWEEN = 10000; // ms between cues: a burst of rows is one

let touched = false;
let cued = 0;

export function startHaptics() {
  const off = kept("haptics") === "off";
  for (const box of all("[data-haptics-choice]")) box.checked = !off;
  for (const el of all("[data-haptics]")) el.hidden = !navigator.vibrate;
  on("change", ({ target }) => {
    if (!target.matches("[data-haptics-choice]")) return;
    kept("haptics", target.checked ? null : "off");
    if (target.checked) feel(DONE);
  });
  if (!navigator.vibrate) return;
  for (const event of ["pointerup", "keydown"]) addEventListener(event, () => (touched = true), { once: true });
  on("applied", ({ detail: { changed, live } }) => {
    if (live) changed.some(nextHere) && cue();
    else if (changed.some((el) => el.matches("li"))) feel(DONE);
  });
  on("turned", ({ detail: row }) => mine(row) && cue());
  const alerts = new MutationObserver((list) => {
    for (const { addedNodes } of list) for (const el of addedNodes) if (el.matches(".toast-alert")) feel(REFUSED);
  });
  alerts.observe(byId("toasts"), { childList: true });
}

// mine: of my own crew, and now due or late.
const mine = ({ dataset: { state, crew } }) =>
  state !== "not-due" && document.body.classList.contains(`crew-${crew}`) && Boolean(body().person);

// nextHere: at my post this guest comes next.
const nextHere = (el) => el.isConnected && el.dataset.turn === "next" && Boolean(byId("lobby")?.dataset.post);

function cue() {
  if (Date.now() - cued < BETWEEN) return;
  cued = Date.now();
  feel(CUE);
}

function feel(pattern) {
  if (touched && !document.hidden && kept("haptics") !== "off") navigator.vibrate(pattern);
}
