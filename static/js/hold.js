// Hold to confirm, for what cannot be taken back: [data-hold], with a finger, a mouse, Enter or Space. Who lets go early,
// or comes by screen reader, is asked in a dialog instead, so nobody is left out.
import { on } from "./dom.js";

const HOLD = 900; // as long as the style sheet's filling of .is-holding

let holding;
let timer;
let held; // the button that was held long enough
let swallow; // its own click, when the finger lifts
let keyed = false; // a key that began a hold is still down

export function heldLong(button) {
  const yes = held === button;
  held = undefined;
  return yes;
}

const holder = ({ target }) => target.closest?.("[data-hold]");

function start(el, finger) {
  holding = el;
  el.classList.add("is-holding");
  timer = setTimeout(() => {
    stop();
    held = el;
    if (finger) swallow = el;
    navigator.vibrate?.(30);
    el.click();
  }, HOLD);
}

function stop() {
  clearTimeout(timer);
  holding?.classList.remove("is-holding");
  holding = undefined;
}

// keydown: a key repeats while it is down, and the focus moves on when the hold is through: no repeat is a press.
function keydown(event) {
  const el = holder(event);
  if (!event.repeat) keyed = Boolean(el) && (event.key === "Enter" || event.key === " ");
  if (keyed) event.preventDefault();
  if (keyed && !event.repeat) start(el);
}

function keyup(event) {
  if (!keyed) return;
  keyed = false;
  event.preventDefault();
  const el = holding;
  stop();
  el?.click();
}

export function startHold() {
  on("pointerdown", (event) => {
    const el = holder(event);
    if (el && !event.button) start(el, true);
  });
  on("keydown", keydown);
  on("keyup", keyup);
  for (const end of ["pointerup", "pointercancel", "scroll"]) on(end, stop, true);
  on("contextmenu", (event) => holder(event) && event.preventDefault());
  on(
    "click",
    (event) => {
      if (!event.isTrusted || !swallow) return;
      if (swallow.contains(event.target)) {
        event.preventDefault();
        event.stopImmediatePropagation();
      }
      swallow = undefined;
    },
    true,
  );
}
