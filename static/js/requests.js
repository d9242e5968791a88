// Booking requests without sign-in: the form is sent from here, so that a refusal costs neither text nor files, and the
// organiser's page asks again by itself while nobody types on it.
import "./core.js";
import { apply } from "./apply.js";
import { all, byId, on } from "./dom.js";
import { parsePage } from "./tt.js";

const EVERY = 15000;

function start() {
  const form = byId("book");
  if (form) form.addEventListener("submit", (event) => void send(event, form));
  if (byId("request-page")) poll();
}

async function send(event, form) {
  event.preventDefault();
  const button = byId("book-send");
  button.disabled = true;
  try {
    const answer = await fetch(form.action, {
      method: "POST",
      body: new FormData(form),
      headers: { Accept: "text/html" },
    });
    if (answer.redirected) return location.assign(answer.url);
    refuse(form, parsePage(await answer.text()));
  } catch {
    say(form.dataset.failed);
  }
  button.disabled = false;
}

// refuse puts the sentences of the answer beside the fields; what was typed and chosen stays as it is.
function refuse(form, page) {
  for (const el of all("[data-error-for]", form)) {
    const name = el.dataset.errorFor;
    const text = all(`[data-error-for="${name}"]`, page)[0]?.textContent ?? "";
    el.textContent = text;
    if (form.elements[name]?.toggleAttribute) form.elements[name].ariaInvalid = text ? "true" : null;
  }
  const trap = byId("f-website").closest(".book-trap");
  if (trap && page.getElementById("f-website") && !page.querySelector(".book-trap")) trap.classList.remove("book-trap");
  const stamp = page.querySelector("[name=begun]");
  if (stamp) form.elements.begun.value = stamp.value;
  say((page.getElementById("book-error") ?? all(".error", page)[0])?.textContent.trim() ?? form.dataset.failed);
  all("[aria-invalid=true]", form)[0]?.focus();
}

function say(text) {
  const line = byId("book-error");
  line.hidden = false;
  all("span", line)[0].textContent = text;
  line.focus();
}

function poll() {
  const typed = () =>
    all("#request-page [type=text], #request-page [type=radio]").some(
      (el) => el.value !== el.defaultValue || el.checked !== el.defaultChecked,
    );
  const ask = async () => {
    if (document.hidden || typed()) return;
    const answer = await fetch(byId("request-page").dataset.poll, {
      headers: { "HX-Request": "true", Accept: "text/html" },
      cache: "no-cache",
    });
    if (answer.ok && !typed()) apply(await answer.text());
    else if (answer.status === 404) location.reload(); // revoked: let it say so
  };
  const again = () => ask().catch(() => {});
  setInterval(again, EVERY);
  on("visibilitychange", again);
}

start();
