// What an act is, in words, for whoever reads the outbox: "done: set cups in line".
import { byId } from "./dom.js";
import { t } from "./words.js";

const kinds = [
  [/^PUT \/items\/[^/]+\/done$/, "done"],
  [/^DELETE \/items\/[^/]+\/done/, "undone"],
  [/^DELETE .*\/acceptance/, "unaccepted"],
  [/^PUT .*\/acceptance$/, "accepted"],
  [/^PUT .*\/signin$/, "signed_in"],
  [/^DELETE .*\/signin/, "sign_in_undone"],
  [/^PUT .*\/handed$/, "handed"],
  [/^POST \/strays$/, "stray"],
  [/^PUT \/strays\//, "stray_judged"],
  [/^PUT .*\/position$/, "moved"],
  [/^DELETE .*\/position/, "unmoved"],
  [/^PUT .*\/exemption$/, "exempt"],
  [/^DELETE .*\/exemption/, "needed"],
  [/^PUT .*\/blocked$/, "blocked"],
  [/^DELETE .*\/blocked/, "unblocked"],
  [/^PUT .*\/deferral$/, "deferred"],
  [/^PUT .*\/photos\//, "photo"],
  [/^POST .*\/items$/, "added"],
  [/^POST .*\/guests$/, "guest_added"],
  [/^PUT \/guests\/[^/]+$/, "guest_changed"],
  [/^PUT .*\/invitation\/sent$/, "sent"],
  [/^DELETE \/guests\/[^/]+$/, "guest_struck"],
  [/^PUT \/events\/[^/]+\/done$/, "done"],
  [/^\w+ \/(plans|seats)\//, "seated"],
];

// kind is one word for what the act does to its row.
export function kind({ method, url, fields }) {
  const found = kinds.find(([pattern]) => pattern.test(`${method} ${url}`))?.[1] ?? "changed";
  return found === "accepted" && fields.get("verdict") === "rejected" ? "rejected" : found;
}

// about is the whole sentence: what, on what, with what.
export function about(act) {
  const { row, fields, by } = act;
  const on = plain(byId(row)?.querySelector(".item-text, .guest-name, h2, h3, b"));
  const words = ["reading", "reason", "text", "name"].map((name) => fields.get(name)).filter(Boolean);
  const to = fields.get("position");
  const as = kind(act);
  const what = to ? t(`to_${to}`) : (as === "changed" && plain(by)) || t(`act_${as}`);
  return [what, on, ...words].filter(Boolean).join(" · ");
}

// plain is what the eye reads: without what is there for screen readers only.
function plain(el) {
  const copy = el?.cloneNode(true);
  for (const sr of copy?.querySelectorAll(".sr") ?? []) sr.remove();
  return copy?.textContent.trim().replace(/\s+/g, " ") ?? "";
}
