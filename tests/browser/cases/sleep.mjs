// A machine that slept: the wall clock is hours on, the steady clock is not, the
// sockets are gone, and the relay credentials have expired.
import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { Front } from '../lib/front.mjs';
import { actors, token } from '../lib/operator.mjs';
import { scenario } from '../lib/scenario.mjs';
import { pause } from '../lib/server.mjs';

/** The server stays awake and refuses members whose clock is off by more than six hours. */
const night = 5 * 3_600_000;
/** Milliseconds from waking up to pictures from the other person; 1 to 6 s on a machine with time. */
const backWithin = 20_000;
/** The relay takes credentials for 30 s longer than their user name says (docs/turn.md). */
const skew = 30;
const lasts = 20;

/** Before the worker's own code: a wall clock that the page sets. */
const workerClock = `{
  const now = Date.now;
  let ahead = 0;
  Date.now = () => now() + ahead;
  new BroadcastChannel('test clock').onmessage = ({ data }) => (ahead = data);
}
`;

/** In the page: the same clock, and first credentials that expire soon. */
function patch({ username, credential, ttl }) {
  const now = Date.now;
  const channel = new BroadcastChannel('test clock');
  let ahead = 0;
  Date.now = () => now() + ahead;
  window.__sleep = (milliseconds) => {
    ahead = milliseconds;
    channel.postMessage(milliseconds);
  };
  window.__credentials = [];
  const ask = window.fetch;
  window.fetch = async (url, options) => {
    const response = await ask(url, options);
    if (!String(url).endsWith('/turn-cred') || !response.ok) return response;
    const body = await response.json();
    if (window.__credentials.length === 0) {
      body.ttl = ttl;
      for (const server of body.ice_servers) if (server.username) Object.assign(server, { username, credential });
    }
    window.__credentials.push(body.ice_servers[0].username);
    return Response.json(body);
  };
}

/** Credentials that the relay takes for `lasts` seconds, whatever their `ttl` says. */
const mint = (secret, ttl) => {
  const username = `${Math.floor(Date.now() / 1000) - skew + lasts}:night`;
  return { username, credential: createHmac('sha1', secret).update(username).digest('base64'), ttl };
};

async function sleeper(stage, kind, ttl, site) {
  const person = await stage.person(kind, { route: 'relay-udp', ...(site && { site }) });
  await person.page.evaluateOnNewDocument(patch, mint(stage.server.turnSecret, ttl));
  return person;
}

for (const kind of ['chromium', 'firefox']) {
  scenario(`a call is back within seconds after a night's sleep (${kind})`, { env: { CATCHUP_ADMIN_TOKEN: token }, mayLog: /WebSocket connection|can.t establish a connection|was interrupted|ICE failed/ }, async (stage) => {
    const front = stage.with(await Front.start(stage.server, { prefixes: { group: workerClock } }));
    const { path } = await stage.room();
    const ann = await sleeper(stage, kind, 3600, front.url);
    const bob = await stage.person('chromium', { route: 'relay-udp' });
    await Promise.all([ann.join(path), bob.join(path)]);
    await Promise.all([ann.receives(), bob.receives()]);

    // Asleep: nothing is sent for longer than the server waits, the credentials expire.
    const asleep = front.refuse(45_000);
    await Promise.all([asleep, pause((lasts + 1) * 1000)]);
    const refusedBefore = await refusals(stage);
    await ann.page.evaluate((ms) => window.__sleep(ms), night);
    const took = await ann.resumes(30_000);
    // Nobody slept through the call: its clock shows the minutes of this test.
    assert.match(await ann.page.$eval('[data-testid="timer"]', (e) => e.textContent.trim()), /^\d:\d\d$/);
    await bob.receives(1);
    const refused = (await refusals(stage)) - refusedBefore;
    const asked = await ann.page.evaluate(() => window.__credentials.length);
    console.log(`back after ${took} ms; ${refused} requests refused, credentials asked for ${asked} times`);
    assert.ok(took <= backWithin, `back after ${took} ms`);
    assert.ok(refused <= 4, `${refused} requests with expired credentials`);
    assert.ok(asked >= 2);
  });
}

for (const kind of ['chromium', 'firefox']) {
  scenario(`a relay that refuses credentials is asked with new ones (${kind})`, { env: { CATCHUP_ADMIN_TOKEN: token }, mayLog: /ICE failed/ }, async (stage) => {
    const { path } = await stage.room();
    const ann = await sleeper(stage, kind, 43_200);
    const bob = await stage.person('chromium', { route: 'relay-udp' });
    await Promise.all([ann.join(path), bob.join(path)]);
    await Promise.all([ann.receives(), bob.receives()]);
    // The allocations of the first credentials end with them, and no clock tells.
    const began = Date.now();
    while ((await ann.page.evaluate(() => window.__credentials.length)) < 2) {
      assert.ok(Date.now() - began < 60_000, 'no new credentials were asked for');
      await pause(250);
    }
    await ann.receives(1);
    const refused = await refusals(stage);
    console.log(`${refused} requests refused`);
    assert.ok(refused <= 12, `${refused} requests with expired credentials`);
  });
}

/** Requests with expired credentials that the relay has refused. */
async function refusals(stage) {
  const [relay] = await actors(stage.server, 'relay');
  return relay.counters.auth_expired;
}
