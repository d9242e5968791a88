// Registers the service worker, offers its new version, and tells it which pages the person may need where there is no
// network. It never reloads the page by itself: what is on screen stays until the person goes on.
import { all, on } from "./dom.js";
import { toast } from "./toast.js";
import { t } from "./words.js";

const HOUR = 3600000;
const AHEAD = 5; // events whose lists are fetched ahead

const AGAIN = 600000; // ms between two times

let wanted = false; // the person asked for the new version on this page
let told = 0;

export function startWorker() {
  const { serviceWorker } = navigator;
  if (!serviceWorker) return;
  const only = (url) => {
    if (url !== "/sw.js") throw new Error("not our worker");
    return url;
  };
  const policy = window.trustedTypes?.createPolicy("sw", { createScriptURL: only });
  const url = policy ? policy.createScriptURL("/sw.js") : "/sw.js";
  window.addEventListener("load", () => {
    serviceWorker.register(url, { updateViaCache: "none" }).then(watch, () => {}); // a comfort, never a need
  });
  serviceWorker.addEventListener("controllerchange", () => wanted && location.reload());
  on("live", keepAhead);
}

function watch(registration) {
  if (!registration) return; // some embedded browsers say yes and do nothing
  offer(registration);
  registration.addEventListener("updatefound", () => {
    registration.installing?.addEventListener("statechange", () => offer(registration));
  });
  setInterval(() => document.hidden || registration.update().catch(() => {}), HOUR);
}

// offer says that a new version is here. Acts that wait are on disk: they go on under it.
function offer({ waiting }) {
  if (!waiting || !navigator.serviceWorker.controller) return;
  const action = () => {
    wanted = true;
    waiting.postMessage({ update: true });
  };
  toast(t("update_ready"), { key: "update", life: 0, label: t("update_now"), action });
}

// keepAhead: my day, and of my events the event, my items and, where I have them, the guests.
function keepAhead() {
  const { controller } = navigator.serviceWorker;
  if (!controller || Date.now() - told < AGAIN) return;
  told = Date.now();
  const events = all(".today-events a[href^='/events/']").map((a) => a.pathname);
  const mine = [...new Set(events)].filter((path) => path !== "/events").slice(0, AHEAD);
  const lobby = all(".nav a[href='/lobby']").length > 0;
  const pages = mine.flatMap((path) => [path, `${path}/items?mine=1`, ...(lobby ? [`${path}/guests`] : [])]);
  if (lobby) pages.unshift("/lobby", "/door");
  controller.postMessage({ keep: ["/today", "/outbox", "/me", ...pages].map((path) => location.origin + path) });
}
