// A case: a server of its own, people who come and go, and what is checked of
// all of them at the end.
import assert from 'node:assert/strict';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test, { after } from 'node:test';
import { fileURLToPath } from 'node:url';
import { Firewall } from './firewall.mjs';
import { createRoom, linkKeys } from './keys.mjs';
import { inside, missing, Network, playInside } from './network.mjs';
import { Person } from './person.mjs';
import { Server } from './server.mjs';

/** Where failures leave what helps to understand them. */
const artifacts = process.env.TEST_ARTIFACTS ?? fileURLToPath(new URL('../artifacts', import.meta.url));
rmSync(artifacts, { recursive: true, force: true });

const waiting = [];

/** TEST_LONG=1: the long cases at full length. */
export const long = process.env.TEST_LONG === '1';

/**
 * `run(stage)` plays it. Options: `env` for the server, `timeout` in ms, `mayLog`, a
 * pattern of console errors that belong to the case, `firewall` (true, or a class of
 * lib/firewall.mjs) to have the server behind one, `network` for a network of its own
 * that it can cut (`stage.network`), and `skip`, why it cannot be played here.
 *
 * Real browsers on a busy machine are late at times. A case that fails is played
 * a second time from the start, and the log says so; what must never happen
 * (see `never`; strangers asked, policy broken) fails at once.
 */
export function scenario(title, options, run) {
  waiting.push([title, options, run]);
}

/**
 * Begins, with all scenarios at once and `end` behind them: node:test runs what is
 * after all when those that it has heard of are done or skipped.
 */
export function begin(end) {
  after(end);
  for (const each of waiting.splice(0)) announce(...each);
}

function announce(title, options, run) {
  const { timeout = 90_000, network = false } = options;
  const skip = options.skip ?? (network ? missing() : null);
  test(title, { timeout: 2 * (timeout + 60_000), skip: skip ?? false }, async (t) => {
    if (network && !inside) {
      t.diagnostic(await playInside(title, 2 * (timeout + 60_000)));
      return;
    }
    try {
      await play(title, options, run);
    } catch (error) {
      if (error.misdeed) throw error;
      t.diagnostic(`second try of "${title}" after: ${error.message}`);
      await play(title, options, run);
    }
  });
}

async function play(title, { env, timeout = 90_000, mayLog, firewall = false }, run) {
  const stage = new Stage(env, firewall);
  try {
    await stage.begin();
    await limited(run(stage), timeout);
    await stage.inspect(mayLog);
  } catch (error) {
    await stage.keep(join(artifacts, title.replace(/\W+/g, '-').slice(0, 80)), error);
    throw error;
  } finally {
    await stage.end();
  }
}

/** Checks what no busy machine excuses: a failure in here is not tried again. */
export function never(check) {
  try {
    check();
  } catch (error) {
    throw Object.assign(error, { misdeed: true });
  }
}

function limited(work, ms) {
  let timer;
  const late = new Promise((_, fail) => {
    timer = setTimeout(() => fail(new Error(`not done within ${ms / 1000} s`)), ms);
  });
  return Promise.race([work, late]).finally(() => clearTimeout(timer));
}

class Stage {
  people = [];
  /** With the option `network`. */
  network = new Network();
  #closers = [];

  constructor(env, walled) {
    this.env = env;
    this.walled = walled;
  }

  async begin() {
    const Wall = this.walled === true ? Firewall : this.walled;
    if (Wall) this.firewall = await Wall.start();
    this.server = await Server.start(this.env, this.firewall);
  }

  /** A room and its keys; `path` is the link without the host. */
  async room() {
    const keys = linkKeys();
    const room = await createRoom(this.server, keys);
    return { keys, room, path: `/r/${room}${keys.fragment}` };
  }

  async person(kind, options = {}) {
    const number = this.people.filter((p) => p.kind === kind).length + 1;
    const name = options.name ?? `${kind}-${number}`;
    const one = await Person.create(kind, options.site ?? this.server.url, { ...options, name });
    this.people.push(one);
    return one;
  }

  /** Two people in a call that carries pictures and sound both ways; with `light`, sound. */
  async call(kinds, options = {}) {
    const room = options.room ?? (await this.room());
    const pair = [];
    for (const [i, kind] of kinds.entries()) {
      pair.push(await this.person(kind, { ...options, ...options.each?.[i] }));
    }
    await Promise.all(pair.map((p) => p.join(room.path)));
    await Promise.all(pair.map((p) => p.phase('active', options.light ? 60_000 : undefined)));
    await Promise.all(pair.map((p) => (options.light ? p.hears() : p.receives())));
    return { pair, ...room };
  }

  /** Closes `thing` at the end, before the server. */
  with(thing) {
    this.#closers.push(thing);
    return thing;
  }

  async inspect(mayLog) {
    for (const person of this.people) {
      const { strangers, violations, errors } = await person.misdeeds();
      const unexpected = errors.filter((line) => !mayLog?.test(line));
      try {
        assert.deepEqual({ strangers, violations, errors: unexpected }, { strangers: [], violations: [], errors: [] }, person.name);
      } catch (error) {
        throw Object.assign(error, { misdeed: strangers.length + violations.length > 0 });
      }
    }
  }

  async keep(folder, error) {
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, 'error.txt'), `${error?.stack ?? error}`);
    writeFileSync(join(folder, 'server.log'), this.server?.log ?? 'not started');
    for (const person of this.people) await person.keep(folder).catch(() => {});
  }

  async end() {
    if (inside) this.network.restore();
    await Promise.all(this.people.map((p) => p.close()));
    for (const thing of this.#closers) await thing.close();
    await this.server?.stop();
    await this.firewall?.close();
  }
}
