// Links that mail and messengers touched, addresses that are none, and a site under a path.
import assert from 'node:assert/strict';
import { Front } from '../lib/front.mjs';
import { scenario } from '../lib/scenario.mjs';

const damaged = [
  ['a full stop', (path) => `${path}.`],
  ['brackets and a star', (path) => `${path})*`],
  ['an escaped space', (path) => `${path}%20`],
  ['a zero-width space', (path) => `${path}\u200b`],
  ['a tracking parameter behind the secret', (path) => `${path}?utm_source=x&y=z`],
  ['a tracking parameter before the secret', (path) => path.replace('#', '?utm_source=x#')],
  ['a slash', (path) => path.replace('#', '/#')],
];

scenario('a damaged link opens its call, and the address bar has it whole', {}, async (stage) => {
  const { path } = await stage.room();
  for (const kind of ['chromium', 'firefox']) {
    const person = await stage.person(kind);
    for (const [what, damage] of damaged) {
      await person.open('/');
      await person.open(damage(path));
      await person.find('join');
      const shown = await person.page.evaluate(() => location.pathname + location.search + location.hash);
      assert.equal(shown, path, what);
    }
    await person.open('/');
    await person.type('paste-link', `Join me:[${stage.server.url.toUpperCase()}${path}]`);
    await person.click('open-link');
    await person.find('join');
    await person.open('/');
    await person.find('paste-link');
    await person.page.$eval('[data-testid="paste-link"]', (field, text) => {
      const clipboardData = new DataTransfer();
      clipboardData.setData('text/plain', text);
      field.dispatchEvent(Object.assign(new Event('paste', { bubbles: true, cancelable: true }), { clipboardData }));
    }, `Here it is:\n> ${stage.server.url}${path.slice(0, 20)}\n> ${path.slice(20, -9)}\n> ${path.slice(-9)}\n\nSee you`);
    await person.click('open-link');
    await person.find('join');
    await person.open('/');
    await person.open(path.replace(/#.*/, ''));
    await person.error('link-incomplete');
  }
});

scenario('a site under a path of a proxy says that this does not work', { mayLog: /404|Failed to load|Loading module/ }, async (stage) => {
  const front = stage.with(await Front.start(stage.server));
  const page = await (await fetch(`${stage.server.url}/`)).text();
  front.answer = (path) =>
    path.startsWith('/meet') ? { status: 200, type: 'text/html', body: page } : { status: 404, type: 'text/plain', body: '' };
  for (const kind of ['chromium', 'firefox']) {
    const person = await stage.person(kind, { site: front.url });
    await person.open('/meet/');
    const text = await person.page.$eval('.boot', (element) => element.innerText);
    assert.match(text, /host name of its own/);
  }
});

scenario('addresses with capitals, more slashes or nothing behind them show the right page', {}, async (stage) => {
  const front = stage.with(await Front.start(stage.server));
  const { path } = await stage.room();
  const page = await (await fetch(`${stage.server.url}/`)).text();
  // The server may answer these paths itself; this test asks the page.
  const own = /^\/(?:assets|favicon|manifest|ws|create-room|turn-cred)/;
  front.answer = (url) => (own.test(url) ? null : { status: 200, type: 'text/html', body: page });
  const [room, secret] = path.slice('/r/'.length).split('#');
  for (const kind of ['chromium', 'firefox']) {
    const person = await stage.person(kind, { site: front.url });
    for (const damaged of [`/R/${room}`, `//r/${room}`, `/r//${room.toUpperCase()}/`, `/R/${room.toUpperCase()}.`]) {
      await person.open('/');
      await person.open(`${damaged}#${secret}`);
      await person.find('join');
      assert.equal(await person.page.evaluate(() => location.pathname + location.hash), path, damaged);
    }
    await person.open('/check/');
    await person.find('start-check');
    for (const nowhere of ['/meet/', '/R/', '/admin', '/elsewhere?x=y']) {
      await person.open(nowhere);
      await person.find('nowhere');
    }
    await person.type('paste-link', `see ${front.url}${path}`);
    await person.click('open-link');
    await person.find('join');
    await person.page.goBack();
    await person.find('nowhere');
    await person.click('go-home');
    await person.find('start-call');
  }
});
