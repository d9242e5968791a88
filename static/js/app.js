// What runs on every page: small behaviours that know each other only through the page itself and a few events on
// document: "applied" (elements were put in place; detail.changed), "live" (the socket is up to date), "unsent".
import htmx from "htmx.org";
import { acts } from "./acts.js";
import { startClock } from "./clock.js";
import { startDialogs } from "./dialogs.js";
import { startFilter } from "./filter.js";
import { startForms } from "./forms.js";
import { startHold } from "./hold.js";
import { startKeys } from "./keys.js";
import { startLive } from "./live.js";
import { morphing } from "./morph.js";
import { startPageForms } from "./pageform.js";
import { startRelay } from "./relay.js";
import { startSay } from "./say.js";
import { startTaps } from "./taps.js";
import { startTheme } from "./theme.js";
import { startToasts } from "./toast.js";
import { trustedTypes } from "./tt.js";
import { startViewer } from "./viewer.js";
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
startPageForms();
startViewer();
startFilter();
startRelay();
startKeys();
startClock();
startLive();
startWorker();
