// The sentences of scripts come with the page, in its language.
import { byId } from "./dom.js";

let words;

export function t(key, values = {}) {
  words ??= JSON.parse(byId("words")?.textContent || "{}");
  return (words[key] ?? key).replace(/\{(\w+)\}/g, (_, name) => values[name] ?? "");
}

// randomUUID exists on secure pages of newer browsers only.
export function uuid() {
  if (crypto.randomUUID) return crypto.randomUUID();
  const digit = (x) => (crypto.getRandomValues(new Uint8Array(1))[0] & 15 & (x === "x" ? 15 : 3)) | (x === "x" ? 0 : 8);
  return "xxxxxxxx-xxxx-4xxx-yxxx-xxxxxxxxxxxx".replace(/[xy]/g, (x) => digit(x).toString(16));
}

// kept is a value of this device that survives the page; storage may be shut off.
export function kept(name, value) {
  try {
    if (value === undefined) return localStorage.getItem(name);
    if (value === null) localStorage.removeItem(name);
    else localStorage.setItem(name, value);
  } catch {}
  return value ?? null;
}
