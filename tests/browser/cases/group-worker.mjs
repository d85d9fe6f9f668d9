// The worker that holds the group dies: another one takes its place, without reload.
import assert from 'node:assert/strict';
import { Front } from '../lib/front.mjs';
import { agreed, count, until } from '../lib/group.mjs';
import { never, scenario } from '../lib/scenario.mjs';
import { brittle, collect, leaked, memberOf, ruin } from '../lib/tap.mjs';

for (const [how, kinds, seconds] of [['die', ['chromium', 'firefox'], 2], ['hang', ['firefox', 'chromium'], 20]]) {
  scenario(`a group worker in ${kinds[0]} that ${how}s is replaced, and people see it`, { timeout: 120_000, mayLog: /ruined by the test/ }, async (stage) => {
    const { path } = await stage.room();
    const people = [];
    for (const kind of kinds) {
      const front = stage.with(await Front.start(stage.server, { prefixes: { group: brittle } }));
      const person = await stage.person(kind, { site: front.url });
      await collect(person);
      await person.join(path);
      people.push(person);
    }
    const [one, two] = people;
    await Promise.all(people.map((p) => p.receives(1)));
    const before = (await agreed(people)).newest;
    // From before the worker fails: the band may be there for a moment only.
    await one.page.evaluate(() => {
      window.__held = false;
      new MutationObserver(() => {
        window.__held ||= document.querySelector('[data-testid="held"]') !== null;
      }).observe(document.body, { childList: true, subtree: true });
    });
    await ruin(one, how);
    const delivery = () => one.page.$eval('[data-testid="chat-delivery"]', (e) => e.textContent.trim()).catch(() => null);
    if (how === 'hang') {
      // Nobody notices yet; what is written meanwhile is not given out as said.
      await one.click('more');
      await one.click('door-chat');
      await one.type('chat-field', 'are you there?');
      await one.click('chat-send');
      await until('it waits', 'Waiting to be sent', delivery);
    }
    const again = async () => (await leaked(one)).at(-1).epoch > before[0].epoch;
    await until('new keys', true, again, 1000 * seconds + 5000);
    assert.ok(await one.page.evaluate(() => window.__held), 'it was said that nothing is being sent');
    const { newest } = await agreed(people);
    // The same people, and the same connection.
    never(() => assert.deepEqual(newest.map((epoch) => memberOf([epoch])), before.map((epoch) => memberOf([epoch]))));
    assert.equal(await count(one, 'held'), 0);
    await Promise.all(people.map((p) => p.phase('active')));
    await Promise.all(people.map((p) => p.receives(2)));
    if (how === 'hang') {
      await until('it is lost', 'Not sent', delivery);
      await one.page.keyboard.press('Escape');
    }
    // Its messages are accepted, although its numbers begin anew.
    for (const [from, to] of [[one, two], [two, one]]) {
      await from.click('more');
      await from.click('hand');
      await to.find('hand-up');
      await from.page.keyboard.press('Escape');
    }
  });
}
