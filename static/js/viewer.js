// One photo as large as the screen: [data-shot] opens it. It closes by a tap, Escape, or the phone's way back.
import "./core.js";
import { byId, on } from "./dom.js";
import { rowOf } from "./rows.js";

let started = false;

function start() {
  if (started) return;
  started = true;
  on("click", ({ target }) => target.matches("#dialog-photo img") && target.closest("dialog").close());
  window.addEventListener("popstate", () => byId("dialog-photo")?.close());
}

export function show(link) {
  start();
  const dialog = byId("dialog-photo");
  const img = new Image();
  const { crew = "", state } = rowOf(link).dataset; // a guest is no crew's: guests.css
  Object.assign(img, { src: link.href, alt: link.querySelector("img").alt });
  dialog.querySelector("[data-slot=photo]").replaceChildren(img);
  byId("dialog-photo-text").textContent = link.dataset.caption;
  byId("photo-strike").dataset.url = link.dataset.shot;
  dialog.dataset.crew = crew; // who may strike it (caps.css)
  dialog.toggleAttribute("data-settled", state === "accepted");
  dialog.onclose = () => {
    img.remove();
    if (history.state?.photo) history.back();
  };
  dialog.showModal();
  history.pushState({ photo: true }, "");
}
