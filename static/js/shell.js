// What makes the pages an app: none of it is needed for work, so it comes after app.js and may fail alone. The two know
// each other only through the page and the events on document.
import "./core.js";
import { startBack } from "./back.js";
import { body, on } from "./dom.js";
import { startHaptics } from "./haptics.js";
import { startInstall } from "./install.js";
import { startPull } from "./pull.js";
import { startStatusBar } from "./statusbar.js";
import { startWaiting } from "./waiting.js";
import { kept } from "./words.js";

export function start() {
  forgetDoor();
  startBack();
  startWaiting();
  startPull();
  startHaptics();
  startStatusBar();
  startInstall();
}

// forgetDoor: the guests that a door keeps for a day (doorlist.js) are gone the next morning, when somebody signs out,
// and for whoever else has the phone in his hands, whatever page is opened first.
function forgetDoor() {
  const forget = () => {
    indexedDB.deleteDatabase("door");
    kept("door-until", null);
  };
  const [until, whose] = (kept("door-until") ?? "").split(" ");
  if (until && (Date.now() > until || whose !== body().person)) forget();
  on("leaving", forget);
}
