// A browser that does not answer: no way into a call, through it or out of it waits for it.
import assert from 'node:assert/strict';
import { countTracks, hang, open, permission } from '../lib/pretend.mjs';
import { scenario } from '../lib/scenario.mjs';
import { pause } from '../lib/server.mjs';

/** Firefox as people have it: its question is really open. In Chromium it is made to be. */
const browsers = [
  ['chromium', [permission('prompt'), countTracks, hang]],
  ['firefox-asking', []],
];

const waiting = (person) => person.page.$eval('[data-testid="waiting"]', (e) => e.textContent.trim());

async function atTheDoor(stage, kind, scripts) {
  const person = await stage.person(kind);
  for (const script of scripts) await person.page.evaluateOnNewDocument(script);
  const { path } = await stage.room();
  await person.open(path);
  await person.find('permission-ask');
  return person;
}

for (const [kind, scripts] of browsers) {
  scenario(`a question left open keeps nobody from listening, ${kind}`, {}, async (stage) => {
    const person = await atTheDoor(stage, kind, scripts);
    await person.click('join');
    await pause(5500);
    assert.match(await waiting(person), /^Your browser is waiting for your answer/);
    const began = Date.now();
    await person.click('join-listen');
    await person.phase('alone', 5000);
    assert.ok(Date.now() - began < 5000);
    await person.click('leave');
    await person.phase('ended', 2000);
  });
}

for (const [kind, scripts] of browsers) {
  scenario(`in a call, a switch says that the browser waits for an answer, ${kind}`, {}, async (stage) => {
    const person = await atTheDoor(stage, kind, scripts);
    await person.click('join-listen');
    await person.phase('alone');
    await person.click('mic-toggle');
    await person.find('device-waiting');
    const words = await person.page.$eval('[data-testid="device-waiting"]', (e) => e.textContent);
    assert.match(words, /waiting for your answer: allow or block the microphone/);
    const mic = async () => [await person.attribute('mic-toggle', 'aria-checked'), await person.attribute('mic-toggle', 'aria-busy')];
    assert.deepEqual(await mic(), ['false', 'true'], 'not shown as on');
    await person.click('mic-toggle');
    await pause(300);
    assert.equal(await person.page.$('[data-testid="device-waiting"]'), null, 'the next press stops the waiting');
    assert.equal(await person.attribute('mic-toggle', 'aria-checked'), 'false');
  });
}

scenario('what the browser gives after that is stopped', {}, async (stage) => {
  const person = await atTheDoor(stage, ...browsers[0]);
  await person.click('join');
  await pause(300);
  await person.click('join-listen');
  await person.phase('alone');
  await person.page.evaluate(() => window.answer());
  await pause(1000);
  assert.equal(await person.page.evaluate(() => window.opened.length), 2);
  assert.deepEqual(await open(person), []);
});

scenario('in a call, leaving does not wait for the question, and its light goes out', {}, async (stage) => {
  const person = await atTheDoor(stage, ...browsers[0]);
  await person.click('join');
  await pause(300);
  await person.page.evaluate(() => window.answer());
  await person.phase('alone');
  await person.click('cam-toggle');
  await person.click('cam-toggle');
  await pause(300);
  await person.click('leave');
  await person.phase('ended', 2000);
  await pause(300);
  assert.deepEqual(await open(person), [], 'the microphone is closed although the camera is asked for');
  await person.page.evaluate(() => window.answer());
  await pause(500);
  assert.deepEqual(await open(person), []);
});
