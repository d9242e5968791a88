// Pull down to see the newest: as an installed app only, where the browser's own gesture is missing.
import { emit, on } from "./dom.js";
import { installed } from "./install.js";

const FAR = 84; // px of finger that mean it
const LONGEST = 4000;

let from;
let sign;

export function startPull() {
  if (!installed()) return;
  on("touchstart", ({ touches, target }) => {
    const free = touches.length === 1 && scrollY <= 0 && !target.closest("dialog, input, textarea");
    from = free ? touches[0].clientY : undefined;
  });
  on("touchmove", ({ touches }) => {
    if (from === undefined) return;
    const far = touches[0].clientY - from;
    if (far > 12 || sign) draw(Math.max(0, far));
  });
  for (const end of ["touchend", "touchcancel"]) on(end, letGo);
}

function draw(far) {
  sign ??= document.body.appendChild(Object.assign(document.createElement("div"), { className: "pull" }));
  const part = Math.min(1, far / FAR);
  sign.style.setProperty("--part", part);
  sign.toggleAttribute("data-far", part === 1);
}

function letGo({ type }) {
  from = undefined;
  const far = sign?.hasAttribute("data-far") && type === "touchend";
  if (!far) return gone();
  sign.toggleAttribute("data-busy", true);
  emit("stale");
  document.addEventListener("applied", gone, { once: true });
  setTimeout(gone, LONGEST);
}

function gone() {
  sign?.remove();
  sign = undefined;
}
