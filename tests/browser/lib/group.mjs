// Helpers for tests with people in a group.
import assert from 'node:assert/strict';
import { pause } from './server.mjs';
import { leaked } from './tap.mjs';

export const count = (person, testId) =>
  person.page.evaluate((id) => document.querySelectorAll(`[data-testid="${id}"]`).length, testId);

export async function until(what, wanted, look, timeout = 20_000) {
  const end = Date.now() + timeout;
  let value;
  while (Date.now() < end) {
    value = await look();
    if (value === wanted) return;
    await pause(100);
  }
  assert.equal(value, wanted, what);
}

/** The newest epoch of each, when all have the same. */
export async function agreed(people, timeout = 20_000) {
  const end = Date.now() + timeout;
  for (;;) {
    const all = await Promise.all(people.map(leaked));
    const newest = all.map((epochs) => epochs.at(-1));
    const same = newest.every(
      (one) => one && one.group === newest[0]?.group && one.epoch === newest[0].epoch && one.roster.length === people.length,
    );
    if (same) return { all, newest };
    if (Date.now() > end) {
      assert.fail(`epochs differ: ${newest.map((one) => one && `${one.group.slice(-6)}/${one.epoch}/${one.roster.length}`)}`);
    }
    await pause(200);
  }
}

/** Without media: a way through a relay that is not there. This is about keys, and the machine is small. */
export const nowhere = (stage) => ({ route: 'relay', relay: { from: stage.server.relayPort, to: 1 } });

/** All of them, with a camera or without, one behind the other. */
export async function enter(people, path, { camera = true } = {}) {
  for (const person of people) {
    await person.open(path);
    await person.type('name', person.name);
    if (!camera) await person.click('cam-toggle');
  }
  for (const person of people) await person.click('join');
}
