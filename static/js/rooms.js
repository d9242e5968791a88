// Where an event's rooms were refused, buttons fill the form with what could be had instead. A week that is wider than its
// screen begins with today.
import "./core.js";
import { byId, on } from "./dom.js";

on("click", ({ target }) => {
  const [button, form] = [target.closest("[data-fill]"), byId("event-form")];
  if (button && form) fill(form, JSON.parse(button.dataset.fill));
});

document.querySelector(".cal-scroll .is-today")?.scrollIntoView({ block: "nearest", inline: "start" });

function fill(form, values) {
  for (const [name, value] of Object.entries(values)) {
    for (const el of [form.elements[name]].flatMap((x) => (x?.length && !x.options ? [...x] : x))) {
      if (el?.type === "checkbox") el.checked = value.includes(el.value);
      else if (el) el.value = value;
    }
  }
  form.dispatchEvent(new Event("input", { bubbles: true }));
  form.querySelector("[type=submit]").focus();
}
