// A person without a browser, for what a test needs to have happened but shows elsewhere: the same URLs, JSON answers.
import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { readFileSync } from "node:fs";
import { PIN } from "./demo.mjs";

// PICTURE is what every camera of the tests takes.
export const PICTURE = new URL("../../../static/img/apple-180.png", import.meta.url).pathname;

export class Clerk {
  constructor(origin, login) {
    Object.assign(this, { origin, login });
  }

  async signIn() {
    const answer = await fetch(`${this.origin}/session`, {
      method: "POST",
      headers: { Accept: "application/json", "User-Agent": "Android Chrome" },
      body: new URLSearchParams({ login: this.login, pin: PIN }),
    });
    const said = await answer.json();
    assert.equal(answer.status, 200, `${this.login} signs in: ${JSON.stringify(said)}`);
    const [name, value] = answer.headers.getSetCookie()[0].split(";")[0].split("=");
    Object.assign(this, { id: said.person, name: said.name, cookie: { name, value, url: this.origin } });
    return this;
  }

  // call gives the answer's fields and its status. form: fields, or pairs where a name comes several times.
  async call(method, path, form, headers = {}) {
    const answer = await fetch(this.origin + path, {
      method,
      headers: { Accept: "application/json", Cookie: `${this.cookie.name}=${this.cookie.value}`, ...headers },
      body: form && new URLSearchParams(form),
      redirect: "manual",
    });
    const text = await answer.text();
    return { ...(text.startsWith("{") ? JSON.parse(text) : {}), status: answer.status };
  }

  // must is call for what has to succeed.
  async must(method, path, form, headers) {
    const answer = await this.call(method, path, form, headers);
    assert.ok(answer.status < 400, `${this.login} ${method} ${path}: ${answer.status} ${JSON.stringify(answer)}`);
    return answer;
  }

  // tick does an item, with the photo that it may need.
  async tick(item, fields) {
    if (item.evidence === "photo" && item.phase !== "during") await this.shoot(item);
    return this.must("PUT", `/items/${item.id}/done`, fields);
  }

  // shoot puts a photo to an item and gives its id.
  async shoot(item, picture = readFileSync(PICTURE)) {
    const id = randomUUID();
    const answer = await fetch(`${this.origin}/items/${item.id}/photos/${id}`, {
      method: "PUT",
      headers: {
        Accept: "application/json",
        Cookie: `${this.cookie.name}=${this.cookie.value}`,
        "Content-Type": "image/png",
      },
      body: picture,
    });
    assert.equal(answer.status, 200, `${this.login} photographs: ${await answer.text()}`);
    return id;
  }

  get = (path) => this.must("GET", path);

  // events of the coming days; item and guest lists of one.
  events = async () => (await this.get("/events")).days.flatMap((day) => day.Events ?? day.events);
  items = async (event) => (await this.get(`/events/${event}/items`)).items;
  guests = async (event) => (await this.get(`/events/${event}/guests`)).parties.flatMap((p) => p.Guests ?? p.guests);
  staff = async () => Object.fromEntries((await this.get("/people")).people.map((p) => [p.staff_no, p.id]));

  // event finds one by a part of its name.
  async event(name) {
    const found = (await this.events()).find((e) => e.name.includes(name));
    assert.ok(found, `${this.login} sees no event ${name}`);
    return found;
  }
}
