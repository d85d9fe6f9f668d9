// Admission.
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { decode, encode } from '@msgpack/msgpack';
import WebSocket from 'ws';
import { makeKeyPackage } from '../lib/key-package.mjs';
import { linkKeys, sha256, signAdmission } from '../lib/keys.mjs';
import { scenario } from '../lib/scenario.mjs';

/** Speaks /ws by hand; resolves to the server's answer to `admit`. */
async function admit(server, { keys, room, origin = server.url, claim = {} }) {
  const socket = new WebSocket(`${server.url.replace('http', 'ws')}/ws`, 'catchup.v1', { origin });
  const inbox = [];
  let wake = () => {};
  socket.on('message', (data) => {
    inbox.push(decode(data));
    wake();
  });
  socket.on('error', () => wake());
  socket.on('close', () => {
    inbox.push({ t: 'closed' });
    wake();
  });
  const next = async () => {
    while (inbox.length === 0) await new Promise((done) => (wake = done));
    return inbox.shift();
  };
  await new Promise((done, fail) => socket.once('open', done).once('error', fail));
  socket.send(encode({ t: 'hello', v: 1, room }));
  const challenge = await next();
  if (challenge.t !== 'challenge') return challenge;
  const member = randomBytes(16);
  const keyPackage = makeKeyPackage(keys, member, sha256);
  const signed = { origin, room, nonce: Buffer.from(challenge.nonce), member, keyPackage, ...claim };
  socket.send(
    encode({
      t: 'admit',
      adm_pk: keys.admissionKey,
      member,
      key_package: keyPackage,
      lobby: randomBytes(40),
      sig: signAdmission(keys, signed),
    }),
  );
  const answer = await next();
  socket.close();
  return answer;
}

scenario('who holds the link is let in, by hand too', {}, async (stage) => {
  const { keys, room } = await stage.room();
  assert.equal((await admit(stage.server, { keys, room })).t, 'welcome');
});

scenario('a client that skips its own check is refused by the server', {}, async (stage) => {
  const { keys, room } = await stage.room();
  const { server } = stage;
  const refused = async (what) => assert.deepEqual(await admit(server, what), { t: 'error', code: 'admission' });
  // Another secret, its own key.
  await refused({ keys: linkKeys(), room });
  // Another secret, the room's public key: a signature that does not fit.
  await refused({ keys: { ...linkKeys(), admissionKey: keys.admissionKey }, room });
  // The right secret, but a signature for another page, challenge or room.
  await refused({ keys, room, claim: { origin: 'https://example.org' } });
  await refused({ keys, room, claim: { nonce: randomBytes(32) } });
  await refused({ keys, room, claim: { room: room.replace(/^./, (c) => (c === 'a' ? 'b' : 'a')) } });
});

for (const kind of ['chromium', 'firefox']) {
  scenario(`a link with another secret is called wrong, and the server is not asked, ${kind}`, {}, async (stage) => {
    const { room } = await stage.room();
    const person = await stage.person(kind);
    await person.open(`/r/${room}${linkKeys().fragment}`);
    await person.error('link-wrong');
    assert.equal(await person.page.evaluate(() => window.__seen.sockets.length), 0);
    assert.ok(!person.requests.some((url) => /turn-cred|create-room|\/ws/.test(url)));
  });

  scenario(`a link without its secret says what is missing, ${kind}`, {}, async (stage) => {
    const { room } = await stage.room();
    const person = await stage.person(kind);
    await person.open(`/r/${room}`);
    await person.error('link-incomplete');
    assert.equal(await person.page.evaluate(() => window.__seen.sockets.length), 0);
  });
}

scenario('a room this server never made is a wrong link', { mayLog: /WebSocket/ }, async (stage) => {
  const { keys, room } = await stage.room();
  const person = await stage.person('chromium');
  const other = room.slice(0, -1) + (room.endsWith('a') ? 'b' : 'a');
  await person.open(`/r/${other}${keys.fragment}`);
  if (await person.find('join', 3000).catch(() => null)) await person.joinHere();
  await person.error('link-wrong');
});

scenario('a full room says so', { env: { CATCHUP_ROOM_CAP: '2' } }, async (stage) => {
  const { path } = await stage.call(['chromium', 'chromium']);
  const third = await stage.person('chromium');
  await third.join(path);
  await third.error('room-full');
});
