// Hold to confirm, for what cannot be taken back: [data-hold]. Who taps shortly, or comes by keyboard or screen reader,
// is asked in a dialog instead, so nobody is left out.
import { on } from "./dom.js";

const HOLD = 900; // as long as the style sheet's filling of .is-holding

let holding;
let timer;
let held; // the button that was held long enough
let swallow; // its own click, when the finger lifts

export function heldLong(button) {
  const yes = held === button;
  held = undefined;
  return yes;
}

function start({ target, button }) {
  const el = target.closest?.("[data-hold]");
  if (!el || button > 0) return;
  holding = el;
  el.classList.add("is-holding");
  timer = setTimeout(() => {
    stop();
    held = swallow = el;
    navigator.vibrate?.(30);
    el.click();
  }, HOLD);
}

function stop() {
  clearTimeout(timer);
  holding?.classList.remove("is-holding");
  holding = undefined;
}

export function startHold() {
  on("pointerdown", start);
  for (const end of ["pointerup", "pointercancel", "scroll"]) on(end, stop, true);
  on("contextmenu", (event) => event.target.closest?.("[data-hold]") && event.preventDefault());
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
