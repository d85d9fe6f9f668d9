// Devices that are refused, missing, taken or changed: each says so in its own
// words, and none keeps anybody out.
import assert from 'node:assert/strict';
import { countTracks, headset, open, permission, refuse, silence } from '../lib/pretend.mjs';
import { scenario } from '../lib/scenario.mjs';
import { pause } from '../lib/server.mjs';

const heading = (person) => person.page.$eval('[data-testid="error"] h2', (e) => e.textContent.trim());
const focused = (person) => person.page.evaluate(() => document.activeElement?.textContent?.trim());

/** Somebody at the prejoin screen of a room, with devices as `scripts` have it. */
async function atTheDoor(stage, ...scripts) {
  const person = await stage.person('chromium');
  for (const script of scripts) await person.page.evaluateOnNewDocument(script);
  const { path } = await stage.room();
  await person.open(path);
  await person.find('join');
  return person;
}

const problems = [
  ['a blocked site', [permission('denied'), refuse('NotAllowedError')], 'site-blocked', /^localhost:\d+ may not use your microphone and camera$/],
  ['a blocked camera', [permission('denied'), refuse('NotAllowedError', { kind: 'video' })], 'site-blocked', /^localhost:\d+ may not use your camera$/],
  ['a blocking system', [permission('granted'), refuse('NotAllowedError', { message: 'Permission denied by system' })], 'os-blocked', /^Your computer is blocking the browser$/],
  ['a camera in use', [permission('granted'), refuse('NotReadableError', { kind: 'video' })], 'in-use', /^Another app is using your camera$/],
  ['no camera', [permission('granted'), refuse('NotFoundError', { kind: 'video' })], 'no-camera', /^No camera found$/],
  ['no microphone', [permission('granted'), refuse('NotFoundError', { kind: 'audio' })], 'no-microphone', /^No microphone found$/],
];
for (const [what, scripts, code, words] of problems) {
  scenario(`${what} is said in its own words, and one can join all the same`, {}, async (stage) => {
    const person = await atTheDoor(stage, ...scripts);
    await person.error(code);
    assert.match(await heading(person), words);
    const shown = await person.page.$eval('main', (e) => e.textContent);
    assert.doesNotMatch(shown, /Error|undefined|null/);
    // With nothing at all to send, the reason is shown once before going on.
    await person.click('join');
    await pause(500);
    await person.page.$eval('[data-testid="join"]', (e) => e.click()).catch(() => {});
    await person.phase('alone');
  });
}

scenario('the question comes before the browser asks; Join asks too', {}, async (stage) => {
  const person = await atTheDoor(stage, permission('prompt'), countTracks);
  await person.find('permission-ask');
  assert.deepEqual(await open(person), [], 'nothing is opened before');
  await person.click('join');
  await person.phase('alone');
  assert.deepEqual(await open(person), ['audio', 'video']);
});

scenario('a question closed twice leads to the way out', {}, async (stage) => {
  const person = await atTheDoor(stage, permission('prompt'), refuse('NotAllowedError'));
  await person.page.click('[data-action="allow"]');
  await pause(200);
  await person.find('permission-ask');
  await person.page.click('[data-action="allow"]');
  await person.error('site-blocked');
  assert.match(await focused(person), /may not use your microphone and camera$/);
});

scenario('who only listens opens nothing', {}, async (stage) => {
  const person = await atTheDoor(stage, permission('prompt'), countTracks);
  await person.click('join-listen');
  await person.phase('alone');
  assert.equal(await person.page.evaluate(() => window.opened.length), 0);
});

scenario('a silent microphone is noticed before joining', {}, async (stage) => {
  const person = await atTheDoor(stage, permission('granted'), silence);
  await person.find('self-video');
  await person.page.mouse.click(2, 2);
  const said = () => person.page.$eval('main', (e) => e.textContent.includes('We can’t hear your microphone'));
  await pause(2000);
  assert.equal(await said(), false, 'not at once');
  await pause(3500);
  assert.equal(await said(), true);
});

scenario('the level of the microphone is shown, and nothing when muted', {}, async (stage) => {
  const person = await atTheDoor(stage, permission('granted'));
  await person.find('self-video');
  await person.page.mouse.click(2, 2);
  const highest = async () => {
    let most = 0;
    for (let i = 0; i < 30; i++) {
      most = Math.max(most, Number(await person.attribute('mic-level', 'aria-valuenow')));
      await pause(50);
    }
    return most;
  };
  assert.ok((await highest()) > 10);
  await person.click('mic-toggle');
  await pause(100);
  assert.equal(await highest(), 0);
});

scenario('leaving closes every device; rejoining opens what was on', {}, async (stage) => {
  const person = await atTheDoor(stage, permission('granted'), countTracks);
  await person.click('join');
  await person.phase('alone');
  assert.deepEqual(await open(person), ['audio', 'video']);
  await person.click('cam-toggle');
  await pause(300);
  assert.deepEqual(await open(person), ['audio'], 'the light of the camera is out');
  await person.click('leave');
  await person.phase('ended');
  await pause(300);
  assert.deepEqual(await open(person), []);
  await person.click('rejoin');
  await person.phase('alone');
  assert.deepEqual(await open(person), ['audio'], 'the camera stays off');
});

scenario('a headset is taken when it is put on, with a way back', {}, async (stage) => {
  const person = await atTheDoor(stage, permission('granted'), headset);
  await person.click('join');
  await person.phase('alone');
  const toast = () => person.page.$eval('[data-testid="toast"]', (e) => e.textContent.trim());
  await pause(300);
  await person.page.evaluate(() => window.plugIn());
  await pause(1000);
  assert.match(await toast(), /^Now using Test Headset/);
  await person.page.click('[data-testid="toast"] button');
  await pause(300);
  assert.equal(await toast(), '');
});

scenario('a microphone that another app took comes back with one press', {}, async (stage) => {
  const person = await atTheDoor(stage, permission('granted'), countTracks);
  await person.click('join');
  await person.phase('alone');
  await person.page.evaluate(() => {
    const mic = window.opened.find((track) => track.kind === 'audio');
    Object.defineProperty(mic, 'muted', { value: true });
    mic.dispatchEvent(new Event('mute'));
  });
  await pause(1000);
  const banner = await person.page.$('[role="alert"] button');
  assert.match(await person.page.$eval('[role="alert"]', (e) => e.textContent), /Your phone took the microphone/);
  await banner.click();
  await pause(500);
  assert.equal(await person.page.$('[role="alert"]'), null);
  assert.deepEqual(await open(person), ['audio', 'video']);
});
