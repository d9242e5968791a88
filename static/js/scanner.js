// Codes: by the camera, or by a scanner that types like a keyboard, only faster than any person.
import "./core.js";
import { byId, on } from "./dom.js";
import { kept, t } from "./words.js";

const FAST = 60; // ms between two keys of a scanner, at most
const SHORT = 4; // fewer keys are no code
const LONG = 40; // so many so fast are a guest's code (42, or an address with it), wherever they are typed

const FIELD = "input:not([type=checkbox], [type=radio]), textarea, select";

// onScan hears a scan wherever the focus is. In a field that somebody fills in, a few fast keys are typed; a guest's code
// is heard there too, and the field is as it was before.
export function onScan(found) {
  let burst = "";
  let before;
  let last = 0;
  const key = (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const field = event.target.matches(FIELD) ? event.target : undefined;
    if (event.timeStamp - last > FAST) burst = "";
    last = event.timeStamp;
    if (!burst) before = field?.value;
    if (event.key.length === 1) burst += event.key;
    if (event.key !== "Enter") return;
    const text = burst;
    burst = "";
    if (text.length < (field ? LONG : SHORT)) return;
    if (field) field.value = before;
    event.preventDefault();
    event.stopImmediatePropagation();
    found(text);
  };
  on("keydown", key, true);
}

// startCamera lets a button open the camera in #door-camera, until a code was found or somebody closes it.
export function startCamera(button, found) {
  const box = byId("door-camera");
  const said = box.querySelector("[data-camera-said]");
  let stop;
  let opening; // what the last tap asked for: a camera that comes later than its closing is shut at once
  // show: while it is open it is this person's doing, which no page from the server undoes.
  const show = (open) => {
    box.hidden = !open;
    box.toggleAttribute("data-editing", open);
    button.setAttribute("aria-expanded", String(open));
  };
  const close = () => {
    stop?.();
    stop = opening = undefined;
    show(false);
  };
  button.addEventListener("click", async () => {
    if (stop || !box.hidden) return close();
    const mine = {};
    opening = mine;
    show(true);
    said.textContent = "";
    try {
      const { openCamera } = await import("./camera.js");
      const shut = await openCamera(box.querySelector("video"), (text) => {
        close();
        if (kept("haptics") !== "off") navigator.vibrate?.(20);
        found(text);
      });
      if (opening !== mine) return shut();
      stop = shut;
      said.textContent = t("camera_on");
    } catch (error) {
      if (opening === mine) said.textContent = t(error?.name === "NotAllowedError" ? "camera_denied" : "camera_none");
    }
  });
  byId("door-camera-off").addEventListener("click", close);
  on("visibilitychange", () => document.hidden && close());
}
