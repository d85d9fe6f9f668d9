// Devices and permissions that go and come back before and during a call: each is said
// and heard, and what is still wanted is opened again without a press.
import assert from 'node:assert/strict';
import { behind, countTracks, open, permission, plugs, refuse } from '../lib/pretend.mjs';
import { scenario } from '../lib/scenario.mjs';
import { pause } from '../lib/server.mjs';

const toast = (person) => person.page.$eval('[data-testid="toast"]', (e) => e.textContent.trim());
const spoken = (person) => person.page.$eval('[data-testid="live"]', (e) => e.textContent.trim());
const trouble = (person) =>
  person.page
    .$eval('[data-testid="device-trouble"] [role="alert"]', (e) => e.textContent.replace(/\s+/g, ' ').trim())
    .catch(() => null);

async function until(what, look, wanted) {
  let seen;
  for (const end = Date.now() + 5000; Date.now() < end; await pause(100)) {
    seen = await look();
    if (wanted(seen)) return;
  }
  assert.fail(`${what}: ${JSON.stringify(seen)}`);
}

async function atTheDoor(stage, kind, ...scripts) {
  const person = await stage.person(kind);
  for (const script of scripts) await person.page.evaluateOnNewDocument(script);
  const { path } = await stage.room();
  await person.open(path);
  await person.find('join');
  return person;
}

async function inACall(stage, kind, ...scripts) {
  const person = await atTheDoor(stage, kind, ...scripts);
  await person.click('join');
  await person.phase('alone');
  return person;
}

for (const [what, kind, device] of [
  ['microphone', 'audio', 'audioinput'],
  ['camera', 'video', 'videoinput'],
]) {
  scenario(`the only ${what} goes in a call and comes back`, {}, async (stage) => {
    const person = await inACall(stage, 'chromium', permission('granted'), plugs);
    assert.deepEqual(await open(person), ['audio', 'video']);
    await person.page.evaluate((name) => window.unplug(name), device);
    await until('the reason', () => trouble(person), (text) => text?.startsWith(`Your ${what} is gone`));
    assert.equal(await person.attribute(kind === 'audio' ? 'mic-toggle' : 'cam-toggle', 'aria-checked'), 'false');
    await person.page.evaluate(() => window.plugIn());
    await until('opened again', () => open(person), (tracks) => tracks.length === 2);
    assert.equal(await trouble(person), null);
    assert.match(await toast(person), /^Now using /);
    assert.match(await spoken(person), /^Now using /);
    assert.equal(await person.attribute(kind === 'audio' ? 'mic-toggle' : 'cam-toggle', 'aria-checked'), 'true');
  });
}

// Nothing is pretended here: the browser itself takes the permission away and gives it back.
scenario('a permission is taken away in a call and given back', {}, async (stage) => {
  const person = await inACall(stage, 'chromium', countTracks);
  const devtools = await person.page.createCDPSession();
  const permit = (setting) =>
    devtools.send('Browser.setPermission', {
      permission: { name: 'camera' },
      setting,
      origin: person.site,
      browserContextId: person.context.id,
    });
  assert.deepEqual(await open(person), ['audio', 'video']);
  await permit('denied');
  await until('the camera is closed', () => open(person), (tracks) => tracks.join() === 'audio');
  await until('the reason', () => trouble(person), (text) => /may not use your camera.*Set Camera/.test(text ?? ''));
  await permit('granted');
  await until('opened again', () => open(person), (tracks) => tracks.length === 2);
  assert.equal(await trouble(person), null);
});

scenario('the chosen speaker is unplugged and comes back: all sound follows, and it is said', {}, async (stage) => {
  const { path } = await stage.room();
  const pair = [];
  for (const name of ['one', 'other']) {
    const person = await stage.person('chromium', { name });
    if (name === 'one') {
      for (const script of [permission('granted'), plugs]) await person.page.evaluateOnNewDocument(script);
    }
    pair.push(person);
  }
  await Promise.all(pair.map((p) => p.join(path)));
  await Promise.all(pair.map((p) => p.receives()));
  const [one] = pair;
  const sinks = () =>
    one.page.$$eval('[data-testid="remote-audio"]', (all) => all.filter((e) => e.srcObject?.active).map((e) => e.sinkId));
  await one.click('more');
  await one.click('door-devices');
  await one.page.select('[data-testid="speaker-list"]', 'headset');
  await until('the chosen one', sinks, (ids) => ids.length > 0 && ids.every((id) => id === 'headset'));
  await one.page.evaluate(() => window.unplug('headset'));
  await until('the default one', sinks, (ids) => ids.length > 0 && ids.every((id) => id === ''));
  assert.match(await toast(one), /^Test Headset is gone/);
  assert.match(await spoken(one), /Test Headset is gone/);
  await one.page.evaluate(() => window.plugIn());
  await until('the chosen one again', sinks, (ids) => ids.length > 0 && ids.every((id) => id === 'headset'));
  assert.match(await toast(one), /on Test Headset again/);
});

scenario('a link in a tab behind others opens nothing until it is looked at', {}, async (stage) => {
  const person = await atTheDoor(stage, 'chromium', permission('granted'), countTracks, behind);
  await pause(2000);
  assert.deepEqual(await person.page.evaluate(() => [window.opened.length, window.__seen.connections.length]), [0, 0]);
  await person.page.evaluate(() => window.show());
  await until('opened', () => open(person), (tracks) => tracks.length === 2);
  await person.click('join');
  await person.phase('alone');
});

const denied = [permission('denied'), refuse('NotAllowedError')];
scenario('with camera and microphone denied, the first press of Join goes in and says how', {}, async (stage) => {
  const person = await atTheDoor(stage, 'chromium', ...denied);
  await person.error('site-blocked');
  await person.click('join');
  await person.phase('alone');
  assert.match(await toast(person), /^You are in to listen only, without microphone and camera\./);
  assert.equal(await trouble(person), null, 'what was on screen before is not said again');
});

scenario('in a call the button of a denied camera says why, each time it is pressed', {}, async (stage) => {
  const person = await inACall(stage, 'chromium', permission('denied'), refuse('NotAllowedError', { kind: 'video' }));
  assert.match(await toast(person), /^You are in, without camera\./);
  for (let i = 0; i < 2; i++) {
    await person.click('cam-toggle');
    await until('the reason', () => trouble(person), (text) => /may not use your camera.*Set Camera/.test(text ?? ''));
    await person.page.click('[data-testid="device-trouble"] [data-action="close"]');
    await until('closed', () => trouble(person), (text) => text === null);
  }
});

scenario('a question that was closed lets one in, and the buttons ask again', {}, async (stage) => {
  const person = await atTheDoor(stage, 'chromium', permission('prompt'), refuse('NotAllowedError'));
  await person.click('join');
  await person.phase('alone');
  assert.match(await toast(person), /^You are in to listen only/);
  assert.equal(await person.attribute('mic-toggle', 'aria-checked'), 'false');
  await person.click('mic-toggle');
  await until('the reason', () => trouble(person), (text) => text !== null);
});
