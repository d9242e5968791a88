// People of the building at work, each with a browser of his own, and everything that went wrong in any of them.
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { after, afterEach, before } from "node:test";
import { chromium } from "playwright-core";
import { Clerk, PICTURE } from "./clerk.mjs";
import { start } from "./demo.mjs";

export const PHONE = { viewport: { width: 390, height: 844 }, deviceScaleFactor: 2, isMobile: true, hasTouch: true };
export const DESK = { viewport: { width: 1440, height: 900 } };
export const WALL = { viewport: { width: 1920, height: 1080 } };

// What others did is there within a second (DESIGN: live); a machine that builds meanwhile may be given more.
export const SOON = 1000 * Number(process.env.HUIWU_SLACK ?? 1);
export const PATIENCE = 8 * SOON;

const flags = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"];

// A machine that builds meanwhile may be slow to start a browser.
export const starting = {
  executablePath: process.env.CHROMIUM_PATH ?? "/usr/bin/chromium",
  args: flags,
  timeout: 120_000,
};

// The browser's note that a page was left while its socket was being opened. What a server refuses or drops reads otherwise.
const LEFT = /^WebSocket connection to .* failed: WebSocket is closed before the connection is established\.$/;

// launch starts a browser. One that does not come up is no fault of ours: it is started once more.
export function launch(...more) {
  const open = () => chromium.launch({ ...starting, args: [...flags, ...more] });
  return open().catch(open);
}

// house starts the program and a browser for the tests of one file, and looks round in it (opened). Every test ends with
// nothing gone wrong.
export function house({ opened, ...options } = {}) {
  const home = new House();
  before(async () => {
    [home.server, home.browser] = await Promise.all([start(options), launch()]);
    await opened?.(home);
  });
  afterEach(async () => {
    const wrong = await home.leave();
    assert.deepEqual(wrong, [], "console errors, failed requests, policy violations");
  });
  after(async () => {
    await home.browser?.close();
    await home.server?.stop();
  });
  return home;
}

export class House {
  people = [];
  wrong = [];
  allowed = [];
  #clerks = new Map(); // to sign in is slow on purpose: once for each person

  get origin() {
    return this.server.origin;
  }

  // allow says what will go wrong on purpose in this test.
  allow(...patterns) {
    this.allowed.push(...patterns);
  }

  // person opens a browser; login signs in without the sign-in page.
  async person(login, { origin = this.origin, own = false, ...context } = {}) {
    const person = new Person(this, login, origin);
    await person.arrive({ serviceWorkers: "block", locale: "zh-CN", ...context });
    this.people.push(person);
    if (login) await person.enter(own);
    return person;
  }

  phone = (login, options) => this.person(login, { ...PHONE, ...options });
  desk = (login, options) => this.person(login, { ...DESK, ...options });

  // as gives a person without a browser; its session is the one that his browsers use, unless they want their own.
  as(login, origin = this.origin) {
    const key = `${origin} ${login}`;
    if (!this.#clerks.has(key)) this.#clerks.set(key, new Clerk(origin, login).signIn());
    return this.#clerks.get(key);
  }

  // loginOf is with what somebody signs in.
  loginOf = async (id) => Object.entries(await (await this.as("admin")).staff()).find(([, p]) => p === id)[0];

  report(who, text) {
    const known = [/^Service Worker registration blocked by Playwright/, ...this.allowed];
    if (!known.some((pattern) => pattern.test(text))) this.wrong.push(`${who}: ${text}`);
  }

  // leave closes all browsers and gives what went wrong in them.
  async leave() {
    for (const person of this.people.splice(0)) await person.context.close();
    this.allowed = [];
    return this.wrong.splice(0);
  }
}

export class Person {
  constructor(home, login, origin) {
    Object.assign(this, { home, login, origin });
  }

  async arrive(options) {
    this.touch = Boolean(options.hasTouch);
    this.context = await this.home.browser.newContext(options);
    this.context.setDefaultTimeout(PATIENCE);
    await this.context.addInitScript(() => {
      addEventListener("securitypolicyviolation", (event) => {
        console.error(`policy: ${event.violatedDirective} ${event.blockedURI} ${event.sample}`);
      });
    });
    this.page = await this.context.newPage();
    this.camera = PICTURE; // what it takes from now on: a file, or a way to answer the chooser
    this.page.on("filechooser", (chooser) =>
      typeof this.camera === "function" ? this.camera(chooser) : chooser.setFiles(this.camera),
    );
    const report = (text) => this.home.report(this.login ?? "somebody", text);
    this.page.on("pageerror", (error) => report(error.stack || String(error)));
    this.page.on("console", (message) => {
      if (LEFT.test(message.text())) return;
      if (["error", "warning"].includes(message.type())) report(`${message.text()} ${message.location().url}`);
    });
  }

  async enter(own) {
    const clerk = own ? await new Clerk(this.origin, this.login).signIn() : await this.home.as(this.login, this.origin);
    await this.context.addCookies([clerk.cookie]);
    this.id = clerk.id;
  }

  // session is the public name of the session: the SHA-256 of its cookie.
  async session() {
    const { value } = (await this.context.cookies()).find((cookie) => cookie.name === "sid");
    return createHash("sha256").update(value).digest("hex");
  }

  // go opens a page and waits until it is live, if it is to be.
  async go(path) {
    const answer = await this.page.goto(this.origin + path);
    if (await this.page.$eval("body", (body) => JSON.parse(body.dataset.topics || "[]").length > 0)) await this.live();
    return answer;
  }

  live = (timeout) => this.seen("#conn[data-conn=live]", { state: "attached", timeout });

  seen(selector, options) {
    return this.page.waitForSelector(selector, { timeout: PATIENCE, ...options });
  }

  gone = (selector, options) => this.seen(selector, { state: "detached", ...options });
  hidden = (selector, options) => this.seen(selector, { state: "hidden", ...options });

  // soon waits for what somebody else did, without a reload.
  soon = (selector, options) => this.seen(selector, { timeout: SOON, state: "attached", ...options });

  // says waits until an element's text contains the words.
  async says(selector, words, timeout = PATIENCE) {
    const text = JSON.stringify(words);
    try {
      await this.page.waitForSelector(`${selector}:has-text(${text})`, { timeout, state: "attached" });
    } catch {
      const found = await this.page.$$eval(selector, (list) => list.map((el) => el.textContent.trim().slice(0, 200)));
      assert.fail(`${selector} does not say ${text} but ${JSON.stringify(found)}`);
    }
  }

  // press is a finger or a mouse. No finger taps twice within a third of a second and means it: pages know that.
  async press(selector) {
    if (!this.touch) return this.page.click(selector);
    const rest = 350 - (performance.now() - (this.tapped ?? 0));
    if (rest > 0) await new Promise((resolve) => setTimeout(resolve, rest));
    await this.page.tap(selector);
    this.tapped = performance.now();
  }

  // hold is a press that stays down for longer than what is held to confirm.
  hold = (selector) => this.page.click(selector, { delay: 1100 });

  fill = (selector, text) => this.page.fill(selector, text);
  text = (selector) => this.page.textContent(selector);
  data = (selector, name) => this.page.$eval(selector, (el, n) => el.dataset[n], name);
  count = (selector) => this.page.$$eval(selector, (list) => list.length);
  visible = (selector) => this.page.isVisible(selector);

  // toast waits for a sentence at the edge of the page.
  toast = (words) => this.says("#toasts", words);
}

// within is what the promise gives, or says what never came: a script in a worker or a page that is gone answers nothing.
export async function within(what, promise, timeout = PATIENCE) {
  let timer;
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new assert.AssertionError({ message: `never: ${what}` })), timeout);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}

// until waits for what no selector can say.
export async function until(what, check, timeout = PATIENCE) {
  for (const end = Date.now() + timeout; ; ) {
    if (await within(what, check(), timeout)) return;
    if (Date.now() > end) assert.fail(`never: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
}
