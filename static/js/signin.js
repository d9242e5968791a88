// The session is over: the person signs in here, in place, and what waits goes on.
import { body, byId, emit } from "./dom.js";
import { unsent } from "./outbox.js";
import { abandon, waiting } from "./send.js";
import { forget, toast } from "./toast.js";
import { askPage, parsePage } from "./tt.js";
import { t } from "./words.js";

let signedIn;

// signingIn is what acts wait for while a dialog is open: whose hands they are in is not known before.
export const signingIn = () => signedIn;

// signIn asks once, however many ask for it, and resolves when the same person is back.
export function signIn() {
  signedIn ??= new Promise(ask).finally(() => {
    signedIn = undefined;
  });
  return signedIn;
}

function ask(resolve) {
  const dialog = byId("dialog-signin");
  if (!dialog) return location.assign(`/session/new?next=${encodeURIComponent(location.pathname + location.search)}`);
  const form = dialog.querySelector("form");
  let done = false;
  forget("signin");
  form.onsubmit = async (event) => {
    event.preventDefault();
    const error = await enter(form);
    dialog.querySelector("[data-slot=error]").textContent = error;
    if (error) return form.elements.pin.select();
    done = true;
    dialog.close();
    form.reset();
    if (!(await samePerson())) return abandon();
    emit("signedin");
    emit("stale");
    resolve();
  };
  dialog.onclose = () => {
    const again = { key: "signin", label: t("signin"), life: 0, action: () => ask(resolve) };
    if (!done) toast(t("signin_needed", { n: waiting() + unsent() }), again);
  };
  if (!dialog.open) dialog.showModal();
}

// enter gives "" or what was wrong.
async function enter(form) {
  try {
    const answer = await fetch("/session", {
      method: "POST",
      headers: { "HX-Request": "true", Accept: "text/html" },
      body: new URLSearchParams(new FormData(form)),
      redirect: "manual", // on to the start page: that is a yes
    });
    if (answer.ok || answer.type === "opaqueredirect") return "";
    const said = parsePage(await answer.text()).querySelector("[data-error]")?.textContent;
    return said || t("signin_failed");
  } catch {
    return t("no_network");
  }
}

async function samePerson() {
  return parsePage(await (await askPage()).text()).body.dataset.person === body().person;
}
