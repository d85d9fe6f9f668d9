// A log that nobody reads: standard error and standard output are pipes whose reader is
// stuck. Nothing of the server may wait for it.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import test from 'node:test';
import { promisify } from 'node:util';
import { linkKeys } from '../browser/lib/keys.mjs';
import { Member } from '../browser/lib/member.mjs';
import { token } from '../browser/lib/operator.mjs';
import { program, Server } from '../browser/lib/server.mjs';

const authorization = `Bearer ${token}`;
const admin = (server, path, options = {}) =>
  fetch(`http://127.0.0.1:${server.adminPort}${path}`, { ...options, headers: { authorization, ...options.headers } });

/** A sample of the metrics. */
async function sample(server, name) {
  const text = await (await admin(server, '/metrics')).text();
  return Number(text.split('\n').find((line) => line.startsWith(`${name} `))?.slice(name.length));
}

const dropped = (server) => sample(server, 'catchup_log_lines_total{outcome="dropped"}');

/** Actions of the operator are logged at every level: more than a pipe and the queue take. */
async function fillTheLog(server) {
  const long = 'x'.repeat(60);
  const act = async () => {
    for (let i = 0; i < 25; i++) {
      const answer = await admin(server, `/admin/api/rooms/${long}/lock`, { method: 'POST' });
      assert.equal(answer.status, 404);
      await answer.arrayBuffer();
    }
  };
  for (let round = 0; (await dropped(server)) === 0; round++) {
    assert.ok(round < 100, 'no line was dropped');
    await Promise.all(Array.from({ length: 20 }, act));
  }
}

test('a stuck reader of the log stops nothing, and SIGTERM is heard', async () => {
  const server = await Server.start({ CATCHUP_ADMIN_TOKEN: token, CATCHUP_DRAIN_SECONDS: '1' });
  try {
    server.stopReading();
    await fillTheLog(server);
    // The site, the actors, the operator's listener, and the main thread.
    const ann = await Member.join(server, linkKeys());
    const bob = await Member.join(server, ann.keys, { room: ann.room });
    assert.equal((await ann.next('joined')).t, 'joined');
    assert.equal((await bob.turnCredentials()).status, 200);
    assert.equal((await fetch(`${server.url}/readyz`)).status, 200);
    await promisify(execFile)(program, ['health'], { env: server.env });
    for (const one of [ann, bob]) await one.leave();
    assert.ok((await dropped(server)) > 0);
    assert.deepEqual(await server.kill('SIGTERM'), { code: 0, signal: null });
  } finally {
    server.readOn();
    await server.stop();
  }
});
