// The server was updated under a page that is open: the files of the page are gone.
import assert from 'node:assert/strict';
import { Front } from '../lib/front.mjs';
import { scenario } from '../lib/scenario.mjs';

const mayLog = /404|Failed to load resource|Loading (?:failed|Worker)|MIME type/;

/** From now on the server has another build: other names for its files, and another page. */
function update(front) {
  front.answer = (path) => {
    if (path.startsWith('/assets/')) return { status: 404, body: '{"error":{"code":"not-found"}}', type: 'application/json' };
    if (path === '/') return { status: 200, body: '<script type="module" src="/assets/index-another.js"></script>', type: 'text/html' };
    return null;
  };
}

for (const kind of ['chromium', 'firefox']) {
  for (const digit of [1, 2]) {
    scenario(`a page that is older than the server says so, and a reload keeps the link (${kind}, ${digit})`, { mayLog }, async (stage) => {
      const front = stage.with(await Front.start(stage.server));
      const person = await stage.person(kind, { site: front.url });
      await person.open('/');
      await person.find('start-call');
      update(front);
      if (digit === 2) {
        await person.page.evaluate(() => document.querySelector('details').setAttribute('open', ''));
        await person.click('quantum');
      }
      await person.click('start-call');
      await person.error('version');
      front.answer = null;
      const before = await person.page.evaluate(() => location.href);
      await Promise.all([
        person.page.waitForNavigation({ waitUntil: 'domcontentloaded' }),
        person.page.click('[data-action="reload"]'),
      ]);
      await person.joinHere();
      await person.phase('alone');
      assert.equal(await person.page.evaluate(() => location.href), before);
    });
  }
}

scenario('a page without a network does not take itself for outdated', { mayLog }, async (stage) => {
  const front = stage.with(await Front.start(stage.server));
  const person = await stage.person('chromium', { site: front.url });
  await person.open('/');
  await person.find('start-call');
  front.answer = (path) => (path.startsWith('/assets/') || path === '/' ? { status: 502, body: '', type: 'text/plain' } : null);
  await person.click('start-call');
  await person.error('server-unreachable');
});
