// One photo as large as the screen: [data-shot] opens it. It closes by a tap, Escape, or the phone's way back.
import { byId, on } from "./dom.js";
import { rowOf } from "./rows.js";

export function startViewer() {
  on("click", (event) => {
    const link = event.target.closest("[data-shot]");
    if (link && !event.ctrlKey && !event.metaKey) {
      event.preventDefault();
      show(byId("dialog-photo"), link);
    } else if (event.target.matches("#dialog-photo img")) event.target.closest("dialog").close();
  });
  window.addEventListener("popstate", () => byId("dialog-photo")?.close());
}

function show(dialog, link) {
  const img = new Image();
  const { crew, state } = rowOf(link).dataset;
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
