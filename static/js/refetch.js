// The page once more from the server: for what is personal, for what was too much to push, and to learn why the
// socket is refused. It is morphed in, so typing, focus and open details stay.

import { apply, replaceMain } from "./apply.js";
import { body, emit, on } from "./dom.js";
import { signIn } from "./signin.js";
import { adoptTopics } from "./topics.js";
import { askPage, parsePage } from "./tt.js";

let timer;
let failures = 0;
let running;
let wanted = false;

// refetch soon: several reasons at once are one fetch, and a thousand pages do not come in the same instant.
export function refetch() {
  wanted = true;
  clearTimeout(timer);
  timer = setTimeout(refetchNow, 300 + Math.random() * 200);
}

export const refetching = () => wanted;

export function refetchNow() {
  wanted = true;
  clearTimeout(timer);
  running ??= replaceMain(getPage)
    .then(adopt, again)
    .finally(() => {
      running = undefined;
    });
  return running;
}

async function getPage() {
  const answer = await askPage();
  if (answer.status >= 500 || answer.status === 429) throw new Error(`page: ${answer.status}`);
  if (answer.status === 401 || (answer.redirected && new URL(answer.url).pathname.startsWith("/session"))) {
    signIn();
    return undefined;
  }
  const page = answer.ok && !answer.redirected ? parsePage(await answer.text()) : undefined;
  const other = page && page.body.dataset.person !== body().person;
  // Not to be seen any more, or somebody else's: let the server say so, with a page of its own.
  if (!page?.getElementById("main") || other) {
    location.reload();
    return undefined;
  }
  return page;
}

function adopt(page) {
  failures = 0;
  wanted = false;
  if (!page) return;
  document.title = page.title;
  document.body.className = page.body.className;
  const title = (doc) => doc.querySelector(".top-title");
  if (title(document) && title(page)) title(document).textContent = title(page).textContent;
  for (const id of ["bell", "grave"]) if (page.getElementById(id)) apply(page.getElementById(id).outerHTML);
  emit("fetched");
  adoptTopics(page.body.dataset.topics);
}

// What is stale stays wanted until it was fetched.
function again() {
  failures++;
  timer = setTimeout(refetchNow, Math.min(15000, 1000 * 2 ** failures) * (0.5 + Math.random() / 2));
}

on("stale", refetch);
