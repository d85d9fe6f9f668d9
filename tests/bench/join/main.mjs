// How long it takes from the press on Join: to the first opened frame of the second
// person, and to the keys of the fourth and the eighth in their frame worker; and what
// sealing and opening a frame costs. Real server, real browsers.
//   node tests/bench/join/main.mjs [ROUNDS] [KIND...]     with 0 rounds only the frames
import { closeBrowsers } from '../../browser/lib/browsers.mjs';
import { Front } from '../../browser/lib/front.mjs';
import { createRoom, linkKeys } from '../../browser/lib/keys.mjs';
import { Person } from '../../browser/lib/person.mjs';
import { pause, Server } from '../../browser/lib/server.mjs';
import { ask, installs, report, stopwatch } from './frames.mjs';

const rounds = Number(process.argv[2] ?? 10);
const kinds = process.argv.slice(3);
if (kinds.length === 0) kinds.push('chromium', 'firefox');

/** Notes when Join was pressed, keys came, and the first frame was opened. Runs in the page. */
function watch() {
  const times = {};
  Object.defineProperty(window, '__times', { value: times });
  addEventListener(
    'click',
    (event) => {
      if (event.target.closest?.('[data-testid="join"]')) times.join ??= performance.now();
    },
    true,
  );
  new BroadcastChannel('test-installed').addEventListener('message', () => {
    // Before, it was the self-test.
    if (times.join !== undefined) times.keys ??= performance.now();
  });
  const look = () => {
    const opened = (window.catchup?.frameCounters() ?? []).some((kinds) =>
      Object.values(kinds).some(({ opened }) => opened.firstAuthenticated),
    );
    if (opened) times.frame ??= performance.now();
    else setTimeout(look, 5);
  };
  addEventListener('DOMContentLoaded', look);
}

/** A room that people come to and leave. */
class Call {
  people = [];

  static async start() {
    const call = new Call();
    call.server = await Server.start();
    const keys = linkKeys();
    call.path = `/r/${await createRoom(call.server, keys)}${keys.fragment}`;
    return call;
  }

  /** Somebody more, who waits until the page is ready before pressing Join. */
  async enter(kind, { camera = false, viewport, prefixes = { frame: installs } } = {}) {
    const front = await Front.start(this.server, { prefixes });
    // Without a camera this is about keys: no way for media either, for the machine is small.
    const nowhere = { route: 'relay', relay: { from: this.server.relayPort, to: 1 } };
    const name = `p${this.people.length}`;
    const person = await Person.create(kind, front.url, { name, viewport, ...(camera ? {} : nowhere) });
    Object.assign(person, { front });
    await person.page.evaluateOnNewDocument(watch);
    await person.open(this.path);
    await person.type('name', person.name);
    if (!camera) await person.click('cam-toggle');
    await person.page.waitForFunction(() => window.catchup?.state().encryptionReady, { timeout: 30_000 });
    await pause(300);
    await person.click('join');
    await person.phase(this.people.length === 0 ? 'alone' : 'active');
    this.people.push(person);
    return person;
  }

  async leave(person) {
    this.people = this.people.filter((one) => one !== person);
    await person.click('leave').catch(() => {});
    await person.phase('ended').catch(() => {});
    await person.close();
    await person.front.close();
  }

  async end() {
    await Promise.all(this.people.map((p) => p.close()));
    for (const { front } of this.people) await front.close();
    await this.server.stop();
  }
}

/** Milliseconds from Join to `what` of the last of `size` people, again and again. */
async function joins(call, kind, size, what) {
  const camera = what === 'frame';
  while (call.people.length < size - 1) await call.enter(kind, { camera });
  const all = [];
  for (let i = 0; i < rounds; i++) {
    const last = await call.enter(kind, { camera });
    const read = () => last.page.evaluate(() => window.__times);
    for (let tries = 0; tries < 100 && (await read())[what] === undefined; tries++) await pause(50);
    const times = await read();
    all.push(times[what] - times.join);
    await call.leave(last);
    await pause(700); // the others have new keys
  }
  console.log(`${kind}, person ${size}, Join to ${what}: ${report(all, 0)}`);
}

for (const kind of kinds) {
  for (const steps of rounds === 0 ? [] : [[[2, 'frame']], [[4, 'keys'], [8, 'keys']]]) {
    const call = await Call.start();
    try {
      for (const [size, what] of steps) await joins(call, kind, size, what);
    } finally {
      await call.end();
    }
  }
  // Three people: each seals two streams of video and opens two, and as many of sound. The
  // two who are not measured stand for other machines, so they show little.
  const call = await Call.start();
  try {
    const prefixes = { frame: stopwatch };
    for (let i = 0; i < 3; i++) await call.enter(kind, { camera: true, prefixes, ...(i > 0 ? { viewport: { width: 360, height: 480 } } : {}) });
    await pause(15_000);
    const times = await call.people[0].page.evaluate(ask);
    for (const [name, all] of Object.entries(times)) console.log(`${kind}, ${name}: ${report(all, 2)}`);
  } finally {
    await call.end();
  }
}
await closeBrowsers();
