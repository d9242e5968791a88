// The form of an event asks which level the rules suggest, while it is being filled in. The form is put in anew when a
// field was wrong, so it is looked for each time.
const asked = ["guest_rank", "host_rank", "type", "secrecy", "heads"];
let last;

async function suggest(form) {
  last?.abort();
  last = new AbortController();
  const typed = new FormData(form);
  const query = new URLSearchParams(asked.map((name) => [name, typed.get(name) ?? ""]));
  try {
    const answer = await fetch(`/events/suggestion?${query}`, {
      headers: { Accept: "application/json" },
      signal: last.signal,
    });
    if (answer.ok) show(await answer.json());
  } catch {
    // without network there is no suggestion; whoever fills in the form decides anyway
  }
}

// show writes what views.LevelSuggestion draws.
function show({ suggestion, words, why }) {
  const where = document.getElementById("level-suggestion");
  if (!where) return;
  const make = (tag, className, ...inner) => {
    const el = document.createElement(tag);
    if (className) el.className = className;
    el.append(...inner);
    return el;
  };
  if (!suggestion) return where.replaceChildren(make("p", "field-hint", words));
  const box = make(
    "div",
    "suggestion",
    make("p", "", make("b", "", words)),
    make("ul", "suggestion-why", ...why.map((w) => make("li", "", w))),
  );
  box.dataset.level = suggestion.level;
  where.replaceChildren(box);
}

document.addEventListener("change", ({ target }) => {
  const form = target.closest("#event-form");
  if (form && asked.includes(target.name)) suggest(form);
});
