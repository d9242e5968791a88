// What runs on every page: small behaviours that know each other only through the page itself and a few events on
// document: "applied" (elements were put in place; detail.changed), "live" (the socket is up to date), "unsent".
import "./core.js";
import htmx from "htmx.org";
import { acts } from "./acts.js";
import { startClock } from "./clock.js";
import { startConn } from "./conn.js";
import { startDialogs } from "./dialogs.js";
import { on } from "./dom.js";
import { startForms } from "./forms.js";
import { startHold } from "./hold.js";
import { startLive } from "./live.js";
import { morphing } from "./morph.js";
import { startOutbox } from "./outbox.js";
import { startSay } from "./say.js";
import { startTaps } from "./taps.js";
import { startTheme } from "./theme.js";
import { startToasts } from "./toast.js";
import { trustedTypes } from "./tt.js";
import { startWorker } from "./worker.js";

// Pages are plain documents with plain links: the browser's own history is right.
Object.assign(htmx.config, { history: false, includeIndicatorCSS: false });
htmx.config.morphSkip += ",[data-editing]";
for (const extension of [trustedTypes, morphing, acts]) htmx.registerExtension(extension.name, extension);

startTheme();
startToasts();
startSay();
startDialogs();
startHold();
startTaps();
startForms();
startClock();
startConn();
startLive();
startOutbox();
startWorker();

const begin = ({ start }) => start();

// What makes the pages an app is not needed for work: it comes afterwards, and may fail alone.
import("./shell.js").then(begin);

// What is needed wherever a certain element stands comes by itself. What a view needs, its page names (layout.templ).
const where = (selector, load) => document.querySelector(selector) && load().then(begin);
where("[data-filter]", () => import("./filter.js"));
where("#main form[hx-target]", () => import("./pageform.js"));
on("click", (event) => {
  const link = event.target.closest?.("[data-shot]");
  if (!link || event.ctrlKey || event.metaKey) return;
  event.preventDefault();
  import("./viewer.js").then(({ show }) => show(link));
});
