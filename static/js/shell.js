// What makes the pages an app: none of it is needed for work, so it comes after app.js and may fail alone. The two know
// each other only through the page and the events on document.
import "./core.js";
import { startBack } from "./back.js";
import { startHaptics } from "./haptics.js";
import { startInstall } from "./install.js";
import { startPull } from "./pull.js";
import { startStatusBar } from "./statusbar.js";
import { startWaiting } from "./waiting.js";

export function startShell() {
  startBack();
  startWaiting();
  startPull();
  startHaptics();
  startStatusBar();
  startInstall();
}
