// One call, several tabs of one browser: the person says which tab has it.
import assert from 'node:assert/strict';
import { scenario } from '../lib/scenario.mjs';
import { pause } from '../lib/server.mjs';

const members = (person) => person.page.$$eval('[data-testid="member"]', (tiles) => tiles.map((tile) => tile.getAttribute('aria-label')));
const button = (person, words) =>
  person.page.evaluate((text) => {
    const found = [...document.querySelectorAll('button')].find((each) => each.textContent.trim() === text);
    found?.click();
    return found !== undefined;
  }, words);

/** Another tab of the same browser. */
const tabOf = (stage, person) => stage.person(person.kind, { beside: person, name: person.name });

for (const kind of ['chromium', 'firefox']) {
  scenario(`the same link in a second tab asks which tab has the call, ${kind}`, { timeout: 120_000 }, async (stage) => {
    const { pair, path } = await stage.call(['chromium', kind], { each: [{ name: 'Bert' }, { name: 'Ann' }] });
    const [bert, ann] = pair;
    const second = await tabOf(stage, ann);
    await second.open(path);
    await second.error('elsewhere');
    assert.deepEqual(await members(bert), ['Ann'], 'nobody came');
    assert.equal(await second.page.evaluate(() => window.__seen.sockets.length), 0);

    assert.ok(await button(second, 'Move it here'));
    await second.phase('active');
    await ann.error('moved', 5000);
    await second.receives(1);
    assert.deepEqual(await members(bert), ['Ann'], 'one Ann, not two');

    // And back again, from the tab that it was moved from.
    assert.ok(await button(ann, 'Move it here'));
    await ann.phase('active');
    await second.error('moved', 5000);
    await ann.receives(1);
    assert.deepEqual(await members(bert), ['Ann']);
  });

  scenario(`a tab that crashed is not asked, ${kind}`, { timeout: 120_000 }, async (stage) => {
    const { pair, path } = await stage.call(['chromium', kind], { each: [{ name: 'Bert' }, { name: 'Ann' }] });
    const [bert, ann] = pair;
    await crash(stage, ann);
    const again = await tabOf(stage, ann);
    await again.join(path);
    await again.phase('active');
    await again.receives(1);
    // The server drops the member of a page without a socket within its lease.
    for (let i = 0; i < 400 && (await members(bert)).length > 1; i++) await pause(100);
    assert.deepEqual(await members(bert), ['Ann'], 'one Ann, not two');
  });
}

scenario('two people in two browsers are two people, and so are two tabs when that is wanted', { timeout: 120_000 }, async (stage) => {
  const { pair, path } = await stage.call(['chromium', 'chromium'], { each: [{ name: 'Bert' }, { name: 'Ann' }] });
  const second = await tabOf(stage, pair[1]);
  await second.open(path);
  await second.error('elsewhere');
  assert.ok(await button(second, 'Join as one more person'));
  await second.joinHere();
  await second.phase('active');
  for (let i = 0; i < 50 && (await members(pair[0])).length < 2; i++) await pause(100);
  assert.deepEqual(await members(pair[0]), ['Ann', 'Ann']);
});

scenario('a page that is loaded anew in a full room gets its own seat back', { env: { CATCHUP_ROOM_CAP: '2' }, timeout: 120_000 }, async (stage) => {
  const { pair, path } = await stage.call(['chromium', 'chromium'], { each: [{ name: 'Bert' }, { name: 'Ann' }] });
  const [bert, ann] = pair;
  await crash(stage, ann);
  const again = await tabOf(stage, ann);
  const began = Date.now();
  await again.join(path);
  await again.phase('active', 10_000);
  console.log(`the seat of a crashed page was taken back within ${Date.now() - began} ms`);
  await again.receives(1);
  assert.deepEqual(await members(bert), ['Ann']);
  // An ordinary reload, and a stranger who finds the room full.
  again.page.on('dialog', (dialog) => void dialog.accept());
  await again.page.reload();
  await again.joinHere();
  await again.phase('active', 10_000);
  await again.receives(1);
  const carol = await stage.person('chromium', { name: 'Carol' });
  await carol.join(path);
  await carol.error('room-full');
});

/** The page ends without a word to the server: its process is gone, so nothing is asked of it any more. */
async function crash(stage, person) {
  stage.people.splice(stage.people.indexOf(person), 1);
  if (person.kind === 'firefox') {
    // Firefox has no way to crash one tab from here: its page stops without leaving.
    await person.page.close({ runBeforeUnload: false });
    return;
  }
  const devtools = await person.page.createCDPSession();
  // The answer never comes: it would be of the page that is gone.
  void devtools.send('Page.crash').catch(() => {});
  await pause(500);
}
