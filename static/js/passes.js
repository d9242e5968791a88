// Pages that work without signing in: the organiser's, which asks again by itself, and the screen at the door, which
// goes back to its beginning for the next guest. And pages that are made for paper.
import "./core.js";
import { apply } from "./apply.js";
import { byId, on } from "./dom.js";

const EVERY = 15000;
const HOME = 10000; // a guest has read what it says
const IDLE = 45000; // half a name, and nobody there any more

function start() {
  if (byId("organiser")) poll();
  if (byId("kiosk")) kiosk();
  on("click", ({ target }) => target.closest("[data-print]") && print());
}

// poll asks for what stands there now; the browser itself knows when it is the same (304).
function poll() {
  const ask = async () => {
    if (document.hidden) return;
    const { dataset } = byId("organiser");
    const answer = await fetch(dataset.poll, {
      headers: { "HX-Request": "true", Accept: "text/html" },
      cache: "no-cache",
    });
    if (answer.ok) apply(await answer.text());
    else if (answer.status === 404) location.reload(); // revoked: let it say so
  };
  const again = () => ask().catch(() => {});
  setInterval(again, EVERY);
  on("visibilitychange", again);
}

async function kiosk() {
  const { home, state } = byId("kiosk").dataset;
  // Nobody stands by who could load it again: without a network it stays as it is until there is one.
  const back = () => {
    if (navigator.onLine) location.replace(home);
    else addEventListener("online", back, { once: true });
  };
  if (state === "done") return void setTimeout(back, HOME);
  const form = byId("kiosk-form");
  const send = (text) => {
    form.elements.code.value = text;
    form.submit();
  };
  const { onScan, startCamera } = await import("./door.js");
  onScan(send);
  startCamera(byId("kiosk-scan"), send);
  let timer;
  const idle = () => {
    clearTimeout(timer);
    if (state !== "ask" || form.elements.name.value || form.elements.tail.value) timer = setTimeout(back, IDLE);
  };
  for (const event of ["input", "pointerdown", "keydown"]) on(event, idle);
  idle();
}

start();
