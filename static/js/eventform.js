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
      headers: { Accept: "text/html" },
      signal: last.signal,
    });
    if (!answer.ok) return;
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    document.getElementById("level-suggestion")?.replaceChildren(...page.body.childNodes);
  } catch {
    // without network there is no suggestion; whoever fills in the form decides anyway
  }
}

document.addEventListener("change", ({ target }) => {
  const form = target.closest("#event-form");
  if (form && asked.includes(target.name)) suggest(form);
});
