// A wall has no hands to scroll with: its board is made smaller as long as it can still be read across a room, and what
// does not fit then turns page by page.
import { all, on } from "./dom.js";

const SMALLEST = 0.62;
const STEP = 0.06;
const TURN = 15_000; // ms a page stays

const wall = matchMedia("(min-width: 75rem)"); // dash.css: what is smaller lies in a hand, which scrolls

const root = document.documentElement;
let pages = [];
let at = 0;

const groups = () => all(".tv .board-groups > *");
const fits = () => root.scrollHeight <= window.innerHeight;

function fit() {
  const list = groups();
  for (const el of list) el.hidden = false;
  root.style.removeProperty("font-size");
  if (!wall.matches) {
    pages = [list];
    show();
    return;
  }
  const whole = Number.parseFloat(getComputedStyle(root).fontSize);
  for (let k = 1; !fits() && k > SMALLEST; k -= STEP) root.style.fontSize = `${whole * Math.max(SMALLEST, k - STEP)}px`;
  pages = fits() ? [list] : parted(list);
  show();
}

// parted gives each page as many events as it holds, one at least.
function parted(list) {
  const pages = [];
  for (const el of list) el.hidden = true;
  for (const el of list) {
    el.hidden = false;
    const page = pages.at(-1);
    if (page && fits()) page.push(el);
    else {
      for (const other of page ?? []) other.hidden = true;
      pages.push([el]);
    }
  }
  return pages;
}

function show() {
  at %= pages.length;
  for (const [k, page] of pages.entries()) for (const el of page) el.hidden = k !== at;
  for (const el of all(".board-page")) {
    el.hidden = pages.length === 1;
    el.textContent = `${at + 1}/${pages.length}`;
  }
}

if (groups().length) {
  fit();
  document.fonts?.ready.then(fit);
  on("fetched", fit);
  window.addEventListener("resize", fit);
  setInterval(() => {
    at++;
    show();
  }, TURN);
}
