// How long it takes from the press on Join: to the first opened frame of the second
// person, and to the keys of the fourth and the eighth. Real server, real browsers.
//   node tests/bench/join/main.mjs [ROUNDS] [KIND...]
import { closeBrowsers } from '../../browser/lib/browsers.mjs';
import { Front } from '../../browser/lib/front.mjs';
import { createRoom, linkKeys } from '../../browser/lib/keys.mjs';
import { Person } from '../../browser/lib/person.mjs';
import { pause, Server } from '../../browser/lib/server.mjs';
import { collect, leak } from '../../browser/lib/tap.mjs';

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
  new BroadcastChannel('test-keys').addEventListener('message', () => {
    times.keys ??= performance.now();
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

async function round(kind, size, what) {
  const server = await Server.start();
  const fronts = [];
  const people = [];
  try {
    const keys = linkKeys();
    const path = `/r/${await createRoom(server, keys)}${keys.fragment}`;
    for (let i = 0; i < size; i++) {
      const front = await Front.start(server, { prefixes: { group: leak } });
      fronts.push(front);
      const person = await Person.create(kind, front.url, { name: `p${i}` });
      await collect(person);
      await person.page.evaluateOnNewDocument(watch);
      people.push(person);
      await person.open(path);
      await person.type('name', person.name);
      if (what === 'keys') await person.click('cam-toggle');
      // The self-test runs while people look at themselves.
      await pause(1500);
      await person.click('join');
      await person.phase(i === 0 ? 'alone' : 'active');
    }
    const last = people.at(-1);
    const read = () => last.page.evaluate(() => window.__times);
    for (let i = 0; i < 100 && (await read())[what] === undefined; i++) await pause(50);
    const times = await read();
    return times[what] - times.join;
  } finally {
    await Promise.all(people.map((p) => p.close()));
    for (const front of fronts) await front.close();
    await server.stop();
  }
}

for (const kind of kinds) {
  for (const [size, what, share] of [[2, 'frame', 1], [4, 'keys', 0.5], [8, 'keys', 0.3]]) {
    const all = [];
    for (let i = 0; i < Math.max(1, Math.round(rounds * share)); i++) all.push(await round(kind, size, what));
    all.sort((a, b) => a - b);
    const at = (share) => Math.round(all[Math.min(all.length - 1, Math.floor(all.length * share))]);
    console.log(`${kind} ${size} people, Join to ${what}: p50 ${at(0.5)} ms, p95 ${at(0.95)} ms (${all.length})`);
  }
}
await closeBrowsers();
