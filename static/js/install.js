// Installing on the phone: /me says how, by what this browser can do. A hint comes once, on the third visit, and leaves
// by itself. Nothing here is in the way of work.
import { all, body, byId } from "./dom.js";
import { toast } from "./toast.js";
import { kept, t } from "./words.js";

const VISITS = 3;
const AFTER = 4000; // first the work

let offer; // the browser's own question, kept until the person asks

export const installed = () => matchMedia("(display-mode: standalone)").matches || navigator.standalone === true;

// way is how this browser installs: chat apps cannot, iOS does it from the share sheet.
function way() {
  const { userAgent, maxTouchPoints } = navigator;
  if (installed()) return "installed";
  if (/MicroMessenger|wxwork|DingTalk|Lark|Feishu/i.test(userAgent)) return "chat";
  if (/iPhone|iPad/.test(userAgent) || (/Macintosh/.test(userAgent) && maxTouchPoints > 1)) return "ios";
  return offer ? "prompt" : "menu";
}

export function startInstall() {
  addEventListener("beforeinstallprompt", (event) => {
    event.preventDefault();
    offer = event;
    show();
  });
  addEventListener("appinstalled", () => {
    offer = undefined;
    show();
  });
  byId("install")?.addEventListener("click", ({ target }) => target.closest("[data-install-now]") && ask());
  show();
  if (visits() >= VISITS) setTimeout(hint, AFTER);
}

function show() {
  const now = way();
  for (const el of all("#install [data-way]")) el.hidden = el.dataset.way !== now;
}

async function ask() {
  await offer?.prompt();
  offer = undefined; // a browser's question can be asked once
  show();
}

// visits counts the times that the program was opened here, not the pages.
function visits() {
  let n = Number(kept("visits") ?? 0);
  try {
    if (!sessionStorage.visit) kept("visits", String(++n));
    sessionStorage.visit = "1";
  } catch {}
  return n;
}

function hint() {
  const now = way();
  if (!body().person || byId("install") || kept("install_hint") || ["installed", "menu"].includes(now)) return;
  if (document.querySelector("dialog[open]")) return; // the next page, then
  kept("install_hint", "1");
  const action = () => location.assign("/me#install");
  toast(t(now === "chat" ? "install_chat" : "install_hint"), { key: "install", label: t("install_how"), action });
}
