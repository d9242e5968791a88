// Hot keys of the lobby, for the control room: 1–6 choose the post, 0 all posts, / searches, ↑ and ↓ go from guest to
// guest in the order on screen, Enter moves. On the control room's page 1–9 move who has that key. They can be switched off (/me).
import "./core.js";
import { all, byId, on } from "./dom.js";
import { choose, POSITIONS } from "./relay.js";
import { kept } from "./words.js";

function start() {
  const off = kept("keys") === "off";
  for (const box of all("[data-keys-choice]")) box.checked = !off;
  on("change", ({ target }) => {
    if (target.matches("[data-keys-choice]")) kept("keys", target.checked ? null : "off");
  });
  if (byId("lobby")) on("keydown", press);
  if (!byId("control")) return;
  on("keydown", move);
  on("applied", label);
  label();
}

// The control room: the key on a button moves who stands there.
const movable = () => all("#control [data-key]").filter((b) => b.offsetParent);

function label() {
  for (const [n, button] of movable().entries()) button.querySelector("kbd").textContent = n < 9 ? n + 1 : "";
}

function move(event) {
  if (!/^[1-9]$/.test(event.key) || busy(event) || typing(event.target)) return;
  event.preventDefault();
  movable()[event.key - 1]?.click();
}

const typing = (target) => target.matches("input:not([type=radio]), textarea, select");
const busy = (event) =>
  event.ctrlKey || event.metaKey || event.altKey || kept("keys") === "off" || document.querySelector("dialog[open]");

function press(event) {
  const { key, target } = event;
  if (busy(event)) return;
  if (typing(target) && key === "Escape") target.blur();
  if (typing(target) && key !== "ArrowDown") return;
  if (/^[0-6]$/.test(key)) choose(key > 0 ? POSITIONS[key] : "");
  else if (key === "/") document.querySelector("[data-filter]")?.focus();
  else if (key === "ArrowDown" || key === "ArrowUp") step(key === "ArrowDown" ? 1 : -1);
  else return;
  event.preventDefault();
}

// step follows what the eye sees: the style sheet orders rows by who comes next.
function step(by) {
  const shown = all("#lobby [data-next]").filter((b) => b.offsetParent);
  const tops = new Map(shown.map((b) => [b, b.getBoundingClientRect().top]));
  shown.sort((a, b) => tops.get(a) - tops.get(b));
  const at = shown.indexOf(document.activeElement);
  shown[Math.min(shown.length - 1, Math.max(0, at + by))]?.focus();
}

start();
