// Trusted Types: the page's content security policy lets one policy turn text into HTML. It is ours, and htmx gets it
// too. Text never becomes a script: what a push brings along in <script> or on… stays dead.
const rules = { createHTML: (html) => html, createScript: () => "" };
const policy = window.trustedTypes?.createPolicy("htmx", rules) ?? rules;

export const trusted = (html) => policy.createHTML(html);

// The page as a document of its own: nothing in it runs or loads.
export const parsePage = (html) => new DOMParser().parseFromString(trusted(html), "text/html");

// askPage fetches this very page again, or learns that it is still as the browser has it.
export const askPage = () => fetch(location.href, { headers: { Accept: "text/html" }, cache: "no-cache" });

// htmx builds code from strings for hx-on, js: values and trigger filters. It calls this with `new`.
function noCode() {
  throw new Error("no code from strings");
}

export const trustedTypes = {
  name: "trusted-types",
  init: (api) => api.initSecurity(policy, noCode, noCode),
};
