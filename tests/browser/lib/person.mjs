// One person at one browser: a context and window of their own.
import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { browser } from './browsers.mjs';
import { diagnose, measure, observe, watch } from './observer.mjs';
import { pause } from './server.mjs';

const by = (testId) => `[data-testid="${testId}"]`;

export class Person {
  requests = [];
  console = [];
  errors = [];

  /**
   * `site` is the origin to visit. `route` forces a way for the media; `relay`
   * sends the relay's traffic through another port, `only` leaves few of its
   * addresses, `light` makes the camera give little (see observer.mjs). `beside`: another
   * page of the browser that this person has; else the browser knows nothing of the others.
   */
  static async create(kind, site, { name = kind, route, relay, only, viewport, light = false, insecure = false, beside } = {}) {
    const person = new Person();
    const owner = await browser(kind);
    Object.assign(person, { kind, site, name });
    person.context = beside?.context ?? (await owner.createBrowserContext());
    person.page = await person.context.newPage({ type: 'window' });
    // The certificate is of an authority that no browser knows.
    if (insecure) {
      const devtools = await person.page.createCDPSession();
      await devtools.send('Security.setIgnoreCertificateErrors', { ignore: true });
    }
    await person.page.setViewport(viewport ?? (light ? { width: 360, height: 480 } : { width: 1280, height: 800 }));
    if (light) await person.page.emulateMediaFeatures([{ name: 'prefers-reduced-motion', value: 'reduce' }]);
    const storage = route ? { 'catchup.settings': JSON.stringify({ route }) } : {};
    await person.page.evaluateOnNewDocument(observe, { relay, only, storage, light });
    person.#listen();
    return person;
  }

  #listen() {
    this.page.on('request', (request) => this.requests.push(request.url()));
    this.page.on('console', (message) => {
      const line = `${message.type()}: ${message.text()}`;
      this.console.push(line);
      if (message.type() === 'error') this.errors.push(line);
    });
    this.page.on('pageerror', (error) => {
      this.console.push(`uncaught: ${error}`);
      this.errors.push(`uncaught: ${error}`);
    });
  }

  async open(path) {
    await this.page.goto(this.site + path, { waitUntil: 'domcontentloaded' });
  }

  /** Opens a link, says who it is, and joins. */
  async join(path) {
    await this.open(path);
    await this.joinHere();
  }

  async joinHere() {
    await this.type('name', this.name);
    await this.click('join');
  }

  async find(testId, timeout = 20_000) {
    return this.page.waitForSelector(by(testId), { timeout, visible: true });
  }

  async has(testId) {
    return (await this.page.$(by(testId))) !== null;
  }

  async click(testId) {
    const element = await this.find(testId);
    await this.page.waitForFunction((e) => !e.disabled, { timeout: 20_000 }, element);
    await element.evaluate((e) => e.scrollIntoView({ block: 'center' }));
    await element.click();
  }

  async type(testId, text) {
    const field = await this.find(testId);
    await field.evaluate((e) => {
      e.focus();
      e.select?.();
    });
    await field.type(text);
  }

  async attribute(testId, name) {
    return this.page.$eval(by(testId), (e, n) => e.getAttribute(n), name).catch(() => null);
  }

  /** Waits until an element's attribute is one of `values`. */
  async until(testId, name, values, timeout = 30_000) {
    const wanted = [values].flat();
    const end = Date.now() + timeout;
    let value;
    for (;;) {
      value = await this.attribute(testId, name);
      if (wanted.includes(value)) return value;
      if (Date.now() > end) break;
      await pause(100);
    }
    const error = await this.attribute('error', 'data-code');
    assert.fail(
      `${this.name}: ${testId}[${name}] is ${value}, not ${wanted.join('|')}, after ${timeout} ms` +
        (error ? ` (error ${error})` : ''),
    );
  }

  phase(values, timeout) {
    return this.until('phase', 'data-phase', values, timeout);
  }

  media(values, timeout) {
    return this.until('member', 'data-media', values, timeout);
  }

  error(codes, timeout) {
    return this.until('error', 'data-code', codes, timeout);
  }

  stats() {
    return this.page.evaluate(measure);
  }

  /** Pictures reach the screen and sound the decoder, `seconds` long without a pause over 5 s. */
  async receives(seconds = 0) {
    await this.media('encrypted');
    await this.find('remote-video');
    const seen = await this.page.evaluate(watch, by('remote-video'), 10, 15_000);
    assert.ok(seen.frames >= 10 && seen.width > 0, `${this.name} sees moving pictures: ${JSON.stringify(seen)}`);
    let before = await this.stats();
    const end = Date.now() + seconds * 1000;
    do {
      const last = Date.now();
      let now;
      do {
        await pause(250);
        now = await this.stats();
      } while (
        !(now.framesDecoded >= before.framesDecoded + 5 && now.audioEnergy > before.audioEnergy) &&
        Date.now() - last < 5000
      );
      assert.ok(now.framesDecoded >= before.framesDecoded + 5, `${this.name} decodes pictures`);
      assert.ok(now.audioEnergy > before.audioEnergy, `${this.name} hears sound`);
      before = now;
    } while (Date.now() < end);
  }

  /** Frames arrive and can be opened; nothing is asked of how many reach the screen. */
  async hears(timeout = 60_000) {
    await this.media('encrypted', timeout);
    const before = await this.stats();
    for (const end = Date.now() + timeout; ; await pause(250)) {
      const now = await this.stats();
      if (now.audioPackets > before.audioPackets + 20) return;
      assert.ok(Date.now() < end, `${this.name} hears nothing`);
    }
  }

  /** Waits until pictures arrive (again); resolves to the ms it took. */
  async resumes(timeout) {
    const began = Date.now();
    let decoded = (await this.stats()).framesDecoded;
    while (Date.now() - began < timeout) {
      await pause(500);
      const now = (await this.stats()).framesDecoded;
      if (now >= decoded + 3) return Date.now() - began;
      decoded = Math.min(decoded, now); // another connection counts anew
    }
    return assert.fail(`${this.name}: no pictures for ${timeout} ms`);
  }

  /** Faults of the pages: requests to other origins, broken policy, errors. */
  async misdeeds() {
    const own = new Set([new URL(this.site).host]);
    const strangers = this.requests.filter((url) => {
      const { protocol, host } = new URL(url);
      return !['data:', 'blob:', 'about:'].includes(protocol) && !own.has(host);
    });
    const violations = await this.page.evaluate(() => window.__seen?.violations ?? []).catch(() => []);
    return {
      strangers: [...new Set(strangers)],
      violations,
      errors: this.errors,
    };
  }

  /** Keeps what helps to understand a failure. */
  async keep(folder) {
    mkdirSync(folder, { recursive: true });
    const file = (suffix) => join(folder, `${this.name.replace(/\W+/g, '-')}${suffix}`);
    writeFileSync(file('.console.txt'), this.console.join('\n'));
    writeFileSync(file('.requests.txt'), this.requests.join('\n').replace(/#.*/gm, '#…'));
    const within = (what) => Promise.race([what, pause(5000)]).catch(() => null);
    await within(this.page.screenshot({ path: file('.png') }));
    for (const [name, look] of Object.entries({ stats: measure, connections: diagnose })) {
      const seen = await within(this.page.evaluate(look));
      writeFileSync(file(`.${name}.json`), JSON.stringify(seen ?? null, null, 1));
    }
    const state = await within(this.page.evaluate(() => JSON.stringify(window.catchup?.state?.() ?? null)));
    writeFileSync(file('.state.json'), state ?? '');
    const events = await within(this.page.evaluate(() => JSON.stringify(window.catchup?.events?.() ?? [], null, 1)));
    writeFileSync(file('.events.json'), events ?? '');
  }

  async close() {
    await Promise.race([this.context.close().catch(() => {}), pause(5000)]);
  }
}
