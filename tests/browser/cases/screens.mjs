// The ways through the screens: keys alone, switches, what is shown when it goes
// wrong; and the pictures for the documentation (--update-screens).
import assert from 'node:assert/strict';
import { mkdirSync } from 'node:fs';
import { scenario } from '../lib/scenario.mjs';
import { pause, root } from '../lib/server.mjs';

/** Presses Tab until the focus is on a thing. */
async function tabTo(person, testId) {
  for (let i = 0; i < 40; i++) {
    await person.page.keyboard.press('Tab');
    const at = await person.page.evaluate(() => document.activeElement?.dataset.testid ?? '');
    if (at === testId) return;
  }
  assert.fail(`Tab never reaches ${testId}`);
}

for (const kind of ['chromium', 'firefox']) {
  scenario(`with the keyboard alone: from the first page into a call and out again, ${kind}`, {}, async (stage) => {
    const person = await stage.person(kind);
    await person.open('/');
    await person.find('start-call');
    await tabTo(person, 'start-call');
    await person.page.keyboard.press('Enter');
    await person.find('join');
    assert.match(await person.page.evaluate(() => location.href), /\/r\/[a-z2-7]{40}#1\.[\w-]{32}$/);
    await tabTo(person, 'name');
    await person.page.keyboard.type('Keys');
    await tabTo(person, 'join');
    await person.page.keyboard.press('Enter');
    await person.phase('alone');
    await tabTo(person, 'leave');
    await person.page.keyboard.press('Enter');
    await person.phase('ended');
  });
}

scenario('what is switched off does not arrive', {}, async (stage) => {
  const { pair } = await stage.call(['chromium', 'chromium']);
  const [one, other] = pair;
  const grows = async (field) => {
    const before = (await other.stats())[field];
    await pause(2500);
    return (await other.stats())[field] > before;
  };
  await one.click('mic-toggle');
  await pause(500);
  assert.equal(await grows('audioEnergy'), false, 'no sound');
  assert.equal(await grows('framesDecoded'), true, 'pictures go on');
  await one.click('cam-toggle');
  await pause(500);
  assert.equal(await grows('framesDecoded'), false, 'no pictures');
  await one.click('mic-toggle');
  await one.click('cam-toggle');
  await Promise.all(pair.map((p) => p.receives(2)));
});

scenario('too many new calls: says how long to wait', { mayLog: /429/ }, async (stage) => {
  for (const host of ['127.0.0.1', '[::1]']) {
    for (let i = 0; i < 8; i++) {
      await fetch(`http://${host}:${stage.server.port}/create-room`, {
        method: 'POST',
        headers: { 'Content-Type': 'application/json' },
        body: JSON.stringify({ admission_key: Buffer.alloc(32, 1).toString('base64url') }),
      }).catch(() => {});
    }
  }
  const person = await stage.person('chromium');
  await person.open('/');
  await person.click('start-call');
  await person.error('too-many');
  const seconds = () => person.page.$eval('[data-testid="error"]', (e) => e.textContent.match(/(\d+):(\d\d)|(\d+) s/)?.[0]);
  const first = await seconds();
  assert.ok(first, 'a time is shown');
  await pause(2200);
  assert.notEqual(await seconds(), first, 'it counts down');
});

for (const kind of ['chromium', 'firefox']) {
  const env = { CATCHUP_CREATE_PASSWORD: 'open sesame' };
  scenario(`a private server asks for its password, keys alone, ${kind}`, { env, mayLog: /403/ }, async (stage) => {
    const person = await stage.person(kind);
    const focus = () => person.page.evaluate(() => document.activeElement?.dataset.testid);
    await person.open('/');
    await person.find('start-call');
    await tabTo(person, 'start-call');
    await person.page.keyboard.press('Enter');
    const field = await person.find('password');
    assert.equal(await focus(), 'password', 'the field has the focus');
    assert.equal(await field.evaluate((e) => e.labels[0].textContent), 'Password of this server');
    const described = () =>
      field.evaluate((e) => e.getAttribute('aria-describedby').split(' ').map((id) => document.getElementById(id).textContent));
    assert.match((await described()).join(), /You need it to start a call/);
    await person.page.keyboard.type('open sesam');
    await person.page.keyboard.press('Enter');
    await person.until('password', 'aria-invalid', 'true');
    assert.match((await described()).join(), /not the password/);
    assert.equal(await focus(), 'password', 'the field has the focus again');
    await person.page.keyboard.type('open sesame');
    await person.page.keyboard.press('Enter');
    await person.find('join');
    assert.match(await person.page.evaluate(() => location.href), /\/r\/[a-z2-7]{40}#1\.[\w-]{32}$/);
  });
}

scenario('without leave to use camera and microphone one can still listen', {}, async (stage) => {
  const talker = await stage.person('chromium');
  const { path } = await stage.room();
  const listener = await stage.person('chromium', { name: 'Listener' });
  const devtools = await listener.page.createCDPSession();
  for (const name of ['camera', 'microphone']) {
    await devtools.send('Browser.setPermission', {
      permission: { name },
      setting: 'denied',
      origin: stage.server.url,
      browserContextId: listener.context.id,
    });
  }
  await talker.join(path);
  await listener.open(path);
  await listener.type('name', listener.name);
  await listener.click((await listener.find('join-listen', 5000).catch(() => null)) ? 'join-listen' : 'join');
  await Promise.all([talker.phase('active'), listener.phase('active')]);
  await listener.receives(2);
  assert.equal((await talker.stats()).framesDecoded, 0);
});

if (process.argv.includes('--update-screens')) {
  const images = `${root}docs/images/`;
  for (const [width, height] of [[1280, 800], [360, 740]]) {
    scenario(`pictures of ${width}×${height}`, {}, async (stage) => {
      mkdirSync(images, { recursive: true });
      const viewport = { width, height };
      const shot = (person, name) => person.page.screenshot({ path: `${images}${name}-${width}.png` });
      const one = await stage.person('chromium', { viewport, name: 'Ada' });
      await one.open('/');
      await one.find('start-call');
      await pause(500);
      await shot(one, 'home');
      const { path } = await stage.room();
      await one.open(path);
      await one.type('name', 'Ada');
      await one.find('self-video');
      await pause(1500);
      await shot(one, 'prejoin');
      await one.click('join');
      const two = await stage.person('chromium', { name: 'Grace' });
      await two.join(path);
      await one.receives(1);
      await shot(one, 'call');
    });
  }
}
