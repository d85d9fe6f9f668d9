// Browsers and machines that let no connection out but to the relay: the proof that
// encryption works takes that way too, and where there is none the words say why.
import assert from 'node:assert/strict';
import { addChromium, closeBrowser } from '../lib/browsers.mjs';
import { missing, NoUdp } from '../lib/firewall.mjs';
import { scenario } from '../lib/scenario.mjs';
import { pause } from '../lib/server.mjs';

const proven = (person) => person.page.evaluate(() => window.catchup.state().encryptionReady);

/** Labels of all real tracks that any connection was ever seen to send now. */
const sent = (person) =>
  person.page.evaluate(() =>
    window.__seen.connections
      .filter((connection) => connection.signalingState !== 'closed')
      .flatMap((connection) => connection.getSenders())
      .map(({ track }) => track?.label ?? '')
      .filter((label) => /fake|default/i.test(label)),
  );

for (const kind of ['chromium-proxied', 'firefox-no-host', 'firefox-relay-only']) {
  // Firefox itself logs that the test inside the page found no route.
  const mayLog = /ICE failed/;
  scenario(`a call comes up where nothing goes inside the machine, ${kind}`, { mayLog }, async (stage) => {
    const { pair } = await stage.call([kind, 'chromium']);
    const [one] = pair;
    await Promise.all(pair.map((p) => p.receives(1)));
    // Without host candidates an address that a STUN server sees is still left.
    if (kind !== 'firefox-no-host') await one.until('member', 'data-route', 'relayed');
    assert.equal(await proven(one), true);
    assert.ok((await sent(one)).length > 0, 'real tracks are recognised');
  });
}

scenario(
  'a call comes up over TCP on a machine that drops UDP',
  { firewall: NoUdp, skip: missing(), env: { CATCHUP_DOMAIN: 'localhost', TURN_HOSTS: '198.18.0.1' } },
  async (stage) => {
    addChromium('chromium-no-udp', (path) => stage.firewall.wrapped(path));
    stage.with({ close: () => closeBrowser('chromium-no-udp') });
    const pair = [await stage.person('chromium-no-udp'), await stage.person('chromium-no-udp')];
    // Only who is inside reaches the server.
    await pair[0].open('/');
    await pair[0].click('start-call');
    await pair[0].find('join');
    const link = await pair[0].page.evaluate(() => location.pathname + location.hash);
    await pair[0].joinHere();
    await pair[1].join(link);
    await Promise.all(pair.map((p) => p.receives(1)));
    for (const person of pair) {
      const [used] = (await person.stats()).pairs;
      assert.deepEqual([used.local, used.protocol], ['relay', 'tcp']);
      assert.equal(await proven(person), true);
    }
  },
);

scenario('where no way is left, nothing real is sent and the words name the setting', {}, async (stage) => {
  const { path } = await stage.room();
  const other = await stage.person('chromium');
  await other.join(path);
  const one = await stage.person('chromium-proxied', { only: '^none' });
  await one.join(path);
  await one.error('encryption-untested', 30_000);
  const text = await one.page.$eval('[data-testid="error"]', (e) => e.textContent);
  assert.match(text, /WebRtcIPHandling/);
  assert.doesNotMatch(text, /another browser/);
  for (let i = 0; i < 20; i++) {
    assert.deepEqual(await sent(one), []);
    await pause(250);
  }
  assert.equal(await proven(one), false);
  await one.click('leave');
  await one.phase('ended', 3000);
});

scenario('the check tests encryption through the relay, too', { timeout: 60_000 }, async (stage) => {
  for (const [options, verdict, encryption] of [
    [{}, 'tcp-only', 'ok'],
    [{ only: '^none' }, ['direct-only', 'unknown'], 'failed'],
  ]) {
    const person = await stage.person('chromium-proxied', options);
    await person.open('/check');
    await person.click('start-check');
    await person.until('verdict', 'data-verdict', verdict, 45_000);
    const state = await person.page.$eval('[data-step="encryption"]', (e) => e.dataset.state);
    assert.equal(state, encryption);
  }
});
