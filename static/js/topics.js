// What this page watches and how far it has seen: body[data-topics], so that it is in the page and nowhere else.
import { body, emit } from "./dom.js";
export const topics = () => JSON.parse(body().topics || "[]");

const keep = (list) => {
  body().topics = JSON.stringify(list);
};

// saw notes the last change of a topic that is in the page.
export function saw(topic, seq) {
  keep(topics().map((t) => (t.topic === topic ? { topic, seq: Math.max(t.seq, seq) } : t)));
}

// adoptTopics takes the topics of a fetched page, and tells the socket when there are others than before.
export function adoptTopics(json) {
  const had = new Map(topics().map((t) => [t.topic, t.seq]));
  const list = JSON.parse(json || "[]").map(({ topic, seq }) => ({ topic, seq: Math.max(seq, had.get(topic) ?? 0) }));
  keep(list);
  if (list.length !== had.size || list.some((t) => !had.has(t.topic))) emit("topics");
}
