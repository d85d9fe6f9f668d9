// Many clients at one private address: a proxy that does not say for whom.
import assert from 'node:assert/strict';
import test from 'node:test';
import { linkKeys } from '../browser/lib/keys.mjs';
import { Member } from '../browser/lib/member.mjs';
import { Server } from '../browser/lib/server.mjs';

async function sixteen(headers) {
  const server = await Server.start();
  const people = [];
  for (let i = 0; i < 16; i++) people.push(await Member.join(server, linkKeys(), { options: { headers: headers(i) } }));
  for (const one of people) one.close();
  await server.stop();
  return server.log;
}

test('a proxy that does not pass addresses on is noticed, once', async () => {
  const log = await sixteen(() => ({}));
  assert.equal(log.match(/warn shared_source sockets=16/g)?.length, 1, log);
});

test('one that does is not', async () => {
  assert.doesNotMatch(await sixteen((i) => ({ 'X-Forwarded-For': `203.0.113.${i + 1}` })), /shared_source/);
});
