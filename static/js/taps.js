// A double tap is one tap: the row may have changed under the finger, and the second tap would undo the first.
import { on } from "./dom.js";
import { rowOf } from "./rows.js";

const AGAIN = 300;

let last = {};

export function startTaps() {
  on("click", once, true);
}

function once(event) {
  const button = event.target.closest("[class*=act-]");
  const row = button && rowOf(button);
  if (!row) return;
  const again = event.detail > 1 || (event.pointerType === "touch" && event.timeStamp - last.at < AGAIN);
  if (row === last.row && again) {
    event.preventDefault();
    event.stopImmediatePropagation();
  } else last = { row, at: event.timeStamp };
}
