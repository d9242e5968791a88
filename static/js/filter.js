// Search in what is on the page: input[data-filter=list id] hides what does not match in the list's [data-search]. Every
// word of the query must occur, in characters, pinyin, initials or a plate (server/search makes the keys).
import "./core.js";
import { all, byId, emit, on } from "./dom.js";
import { say } from "./say.js";
import { t } from "./words.js";

// fold is server/search.Fold: lower case, half width, no dots or dashes.
const fold = (s) =>
  s
    .normalize("NFKC")
    .toLowerCase()
    .replace(/[\s·•・‧.\p{Pd}]/gu, "");

// wordsOf is server/search.Words: a whole phone number is found by its last four digits, also when it is said in groups.
export const wordsOf = (query) =>
  (/^[+0-9]{11,}$/.test(fold(query)) ? fold(query) : query)
    .split(/\s+/)
    .map((w) => fold(w).replace(/^\+?\d*(\d{4})$/, (all, tail) => (all.replace("+", "").length >= 7 ? tail : all)))
    .filter(Boolean);

export function start() {
  for (const type of ["input", "search"]) {
    on(type, ({ target }) => target.matches?.("[data-filter]") && typed(target));
  }
  on("applied", refresh);
  refresh();
}

const refresh = () => {
  for (const input of all("[data-filter]")) filter(input);
};

function typed(input) {
  const url = new URL(location.href);
  if (url.searchParams.has("q")) {
    url.searchParams.delete("q"); // the server left rows out: fetch the rest
    history.replaceState(null, "", url);
    emit("stale");
  }
  const n = filter(input);
  if (input.value.trim()) say(t("found", { n }));
}

function filter(input) {
  const list = byId(input.dataset.filter);
  if (!list) return 0;
  const words = wordsOf(input.value);
  let n = 0;
  for (const row of all("[data-search]", list)) {
    row.hidden = !words.every((w) => row.dataset.search.includes(w));
    if (!row.hidden) n++;
  }
  for (const group of all("[data-group]", list)) {
    const found = group.querySelector("[data-search]:not([hidden])");
    group.hidden = words.length > 0 && !found;
    if (words.length && found) for (const d of all("details[data-rows]", group)) d.open = true;
  }
  for (const el of all(`[data-none="${input.dataset.filter}"]`)) el.hidden = n > 0 || !words.length;
  return n;
}
