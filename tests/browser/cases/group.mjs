// The group of a call: how people come, go and come back, and what they do in it.
import assert from 'node:assert/strict';
import { Front } from '../lib/front.mjs';
import { agreed, count, enter, nowhere, until } from '../lib/group.mjs';
import { never, scenario } from '../lib/scenario.mjs';
import { pause } from '../lib/server.mjs';
import { collect, leak, leaked, memberOf } from '../lib/tap.mjs';

const offline = /WebSocket|ERR_CONNECTION|ERR_EMPTY|Failed to load|NetworkError|can.t establish|interrupted/i;

async function spied(stage, kind, options = {}) {
  const front = stage.with(await Front.start(stage.server, { prefixes: { group: leak } }));
  const number = stage.people.length + 1;
  const person = await stage.person(kind, { site: front.url, name: `${kind}-${number}`, ...options });
  await collect(person);
  return Object.assign(person, { front });
}

for (const size of [2, 4, 8]) {
  const kinds = Array.from({ length: size }, (_, i) => (i % 2 === 0 ? 'chromium' : 'firefox'));
  scenario(`${size} people in two engines have the same keys`, { timeout: 60_000 + 20_000 * size }, async (stage) => {
    const { path } = await stage.room();
    const people = [];
    for (const kind of kinds) people.push(await spied(stage, kind, nowhere(stage)));
    await enter(people, path, { camera: false });
    const { newest } = await agreed(people, 60_000);
    never(() => {
      const members = newest.map(({ roster, self }) => roster.find(({ leaf }) => leaf === self)?.member);
      assert.equal(new Set(members).size, size);
      for (const { base, roster } of newest) {
        assert.deepEqual(base, newest[0].base);
        assert.deepEqual(roster, newest[0].roster);
      }
    });
    const last = people.pop();
    await last.click('leave');
    await last.phase('ended');
    const after = await agreed(people);
    const old = await leaked(last);
    // A member that left has none of the keys that came after.
    never(() => assert.ok(old.every(({ base }) => !base.equals(after.newest[0].base))));
    await Promise.all(people.map((p) => until('tiles', size - 2, () => count(p, 'member'))));
  });
}

scenario('post-quantum keys: the digit of the link is 2, and everything works', {}, async (stage) => {
  const one = await spied(stage, 'chromium');
  const two = await spied(stage, 'firefox');
  await one.open('/');
  await one.page.evaluate(() => {
    document.querySelector('details').open = true;
  });
  await one.click('quantum');
  await one.click('start-call');
  await one.find('join');
  const link = await one.page.evaluate(() => location.pathname + location.hash);
  assert.match(link, /#2\./);
  await one.joinHere();
  await two.join(link);
  await Promise.all([one, two].map((p) => p.receives(2)));
  const { newest } = await agreed([one, two]);
  never(() => assert.ok(newest.every(({ base }) => base.length === 32)));
  // The same secret with the other digit is another room's.
  const third = await stage.person('chromium');
  await third.open(link.replace('#2.', '#1.'));
  await third.error('link-wrong');
});

scenario('a page that is loaded again comes back as somebody new', { timeout: 120_000 }, async (stage) => {
  const [one, two] = [await spied(stage, 'chromium'), await spied(stage, 'firefox')];
  const { path } = await stage.room();
  for (const person of [one, two]) await person.join(path);
  const before = (await agreed([one, two])).newest.map((epoch) => memberOf([epoch]));
  two.page.on('dialog', (dialog) => void dialog.accept().catch(() => {}));
  await two.page.reload({ waitUntil: 'domcontentloaded' });
  await two.joinHere();
  const { newest } = await agreed([one, two], 45_000);
  assert.equal(memberOf([newest[0]]), before[0]);
  assert.notEqual(memberOf([newest[1]]), before[1]);
  await Promise.all([one, two].map((p) => p.receives(2)));
});

for (const [seconds, stays] of [[5, true], [15, false]]) {
  scenario(`no socket for ${seconds} s: ${stays ? 'the keys stay' : 'out of the group, and back with new keys'}`, { timeout: 120_000, mayLog: offline }, async (stage) => {
    const [one, two] = [await spied(stage, 'chromium'), await spied(stage, 'firefox')];
    const { path } = await stage.room();
    for (const person of [one, two]) await person.join(path);
    await Promise.all([one, two].map((p) => p.receives(1)));
    const before = await agreed([one, two]);
    await two.front.refuse(seconds * 1000);
    if (!stays) await until('the other is gone', 0, () => count(one, 'member'), 20_000);
    await two.phase('active', 60_000);
    await one.phase('active', 60_000);
    const after = await agreed([one, two], 45_000);
    assert.equal(after.newest[1].group, before.newest[1].group);
    if (stays) assert.equal(after.newest[1].epoch - before.newest[1].epoch <= 1, true, 'no removal in between');
    else assert.ok(after.newest[1].epoch >= before.newest[1].epoch + 2, 'a removal and an addition');
    await Promise.all([one, two].map((p) => p.receives(2)));
  });
}

scenario('the server is restarted in the middle, and the same group goes on', { timeout: 120_000, mayLog: offline }, async (stage) => {
  const [one, two] = [await spied(stage, 'chromium'), await spied(stage, 'firefox')];
  const { path } = await stage.room();
  for (const person of [one, two]) await person.join(path);
  await Promise.all([one, two].map((p) => p.receives(1)));
  const before = await agreed([one, two]);
  await stage.server.kill('SIGKILL');
  await pause(500);
  await stage.server.launch();
  await Promise.all([one, two].map((p) => p.phase('active', 60_000)));
  await Promise.all([one, two].map((p) => p.receives(3)));
  const after = await agreed([one, two], 45_000);
  assert.deepEqual(
    after.newest.map((epoch) => memberOf([epoch])),
    before.newest.map((epoch) => memberOf([epoch])),
  );
});

/** The seven names on screen. */
async function pictures(person) {
  await person.find('pictures');
  return person.page.$$eval('[data-testid="pictures"] li', (items) => items.map((item) => item.textContent.trim()));
}

scenario('people compare pictures, and the mark stays when keys change', { timeout: 120_000 }, async (stage) => {
  const { pair, path } = await stage.call(['chromium', 'firefox']);
  const [one, two] = pair;
  await one.click('lock');
  await one.click('compare');
  const shown = await pictures(one);
  assert.equal(shown.length, 7);
  // The other is told, and shown the same.
  await two.find('compare-ready');
  await two.click('lock');
  assert.deepEqual(await pictures(two), shown);
  for (const person of pair) {
    await person.click('pictures-match');
    await person.until('person', 'data-verified', 'true');
    await person.until('lock', 'data-lock', 'verified');
    await person.page.keyboard.press('Escape');
  }
  // Somebody else comes: new keys, and the old mark holds; the new one has none.
  const third = await stage.person('chromium', { name: 'Third' });
  await third.join(path);
  await until('tiles', 2, () => count(one, 'member'));
  const marks = await one.page.$$eval('[data-testid="member"]', (tiles) => tiles.map((t) => t.dataset.verified).sort());
  assert.deepEqual(marks, ['false', 'true']);
  await one.until('lock', 'data-lock', 'encrypted');
  await one.click('lock');
  await one.page.evaluate(() => {
    document.querySelector('[data-testid="room-code"]').open = true;
  });
  await one.page.waitForFunction(() => /^(\d{5} ){11}\d{5}$/.test(document.querySelector('[data-testid="digits"]').textContent));
});

scenario('pictures that differ are an alarm that stays', {}, async (stage) => {
  const { pair } = await stage.call(['chromium', 'chromium']);
  await pair[0].click('lock');
  await pair[0].click('compare');
  await pictures(pair[0]);
  await pair[0].click('pictures-differ');
  await pair[0].find('mismatch');
  await pair[0].page.keyboard.press('Escape');
  await pair[0].find('alarm');
  assert.equal(await pair[0].attribute('member', 'data-verified'), 'false');
});

scenario('chat, a raised hand and a reaction reach the other, by keyboard', {}, async (stage) => {
  const viewport = { width: 360, height: 740 };
  const { pair } = await stage.call(['chromium', 'firefox'], { each: [{ viewport }, {}] });
  const [one, two] = pair;
  await one.click('more');
  await one.click('hand');
  await two.find('hand-up');
  await one.page.evaluate(() => document.querySelector('[data-testid="react"]').focus());
  await one.page.keyboard.press('Enter');
  await two.find('reaction');
  await one.click('door-chat');
  const words = '<b>hello</b> & grüße';
  await one.type('chat-field', words);
  await one.page.keyboard.press('Enter');
  await two.find('unread');
  await two.page.waitForFunction((w) => document.querySelector('[data-testid="live"]').textContent.includes(w), {}, words);
  await two.click('more');
  await two.click('door-chat');
  await two.find('chat-entry');
  const seen = await two.page.$eval('[data-testid="chat-entry"] .text', (e) => [e.textContent, e.children.length]);
  assert.deepEqual(seen, [words, 0]);
  assert.equal(await count(two, 'unread'), 0);
  const fits = await one.page.evaluate(() => document.documentElement.scrollWidth <= innerWidth);
  assert.ok(fits, 'nothing is wider than 360 px');
  // It goes down again.
  await one.page.keyboard.press('Escape');
  await one.click('more');
  await one.click('hand');
  await until('hands', 0, () => count(two, 'hand-up'));
});
