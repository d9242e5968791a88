// plain is what a Response says of an act, in a form that pages and the worker can keep and hand to each other.
export async function plain(answer) {
  const { headers } = answer;
  const said = (name) => headers.get(name) ?? "";
  return {
    status: answer.status || 401, // 0 is the way to another page: a session that is over, or the hotel's login page
    ok: answer.ok,
    ack: said("X-Ack"),
    after: Number(said("Retry-After")),
    notice: decodeURIComponent(said("X-Notice")),
    to: said("HX-Redirect"),
    refresh: headers.has("HX-Refresh"),
    text: await answer.text(),
  };
}
