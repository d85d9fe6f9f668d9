// How the program goes: what calls and new visitors notice, and what its service
// manager hears.
import assert from 'node:assert/strict';
import { execFile, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'node:test';
import { promisify } from 'node:util';
import { linkKeys } from '../browser/lib/keys.mjs';
import { emptyRoom, Member } from '../browser/lib/member.mjs';
import { token, undrain } from '../browser/lib/operator.mjs';
import { pause, program, Server } from '../browser/lib/server.mjs';

const status = (server, path) => fetch(server.url + path).then(async (r) => [r.status, await r.json()]);

async function until(holds, ms = 5000) {
  for (const end = Date.now() + ms; Date.now() < end; await pause(50)) if (await holds()) return true;
  return false;
}

const readiness = async (server) => {
  const [code, body] = await status(server, '/readyz');
  return [code, body.status];
};

const makeRoom = (server) =>
  fetch(`${server.url}/create-room`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json', 'X-Forwarded-For': server.newSource() },
    body: JSON.stringify({ admission_key: Buffer.alloc(32, 7).toString('base64url') }),
  });

test('SIGTERM tells the calls, refuses new rooms, and waits for the last to leave', async () => {
  const server = await Server.start({ CATCHUP_DRAIN_SECONDS: '30' });
  try {
    const unopened = await emptyRoom(server);
    const ann = await Member.join(server, linkKeys());
    assert.deepEqual(await readiness(server), [200, 'ready']);
    process.kill(server.pid, 'SIGTERM');
    assert.deepEqual(await ann.next('draining'), { t: 'draining', on: true });
    assert.deepEqual(await readiness(server), [503, 'draining']);
    assert.deepEqual(await status(server, '/healthz'), [200, { status: 'ok' }]);
    // To a health check it is well: nobody shall restart it now.
    await promisify(execFile)(program, ['health'], { env: server.env });
    const refused = await makeRoom(server);
    assert.equal(refused.status, 503);
    assert.equal((await refused.json()).error.code, 'draining');
    await assert.rejects(Member.join(server, unopened.keys, { room: unopened.room }), /draining/);
    // The call itself goes on: somebody may still come, and credentials are given.
    const bob = await Member.join(server, ann.keys, { room: ann.room });
    assert.equal((await ann.next('joined')).t, 'joined');
    assert.equal((await bob.turnCredentials()).status, 200);
    for (const one of [ann, bob]) await one.leave();
    assert.deepEqual(await server.ended, { code: 0, signal: null });
  } finally {
    await server.stop();
  }
});

test('the wait ends after CATCHUP_DRAIN_SECONDS, with a word to everybody', async () => {
  const server = await Server.start({ CATCHUP_DRAIN_SECONDS: '1' });
  const ann = await Member.join(server, linkKeys());
  const began = Date.now();
  assert.deepEqual(await server.kill('SIGTERM'), { code: 0, signal: null });
  assert.deepEqual(await ann.next('bye'), { t: 'bye', reason: 'draining' });
  assert.ok(Date.now() - began > 900 && Date.now() - began < 5000, `${Date.now() - began} ms`);
});

test('the operator cannot call people back into a server that is about to end', async () => {
  const server = await Server.start({ CATCHUP_DRAIN_SECONDS: '60', CATCHUP_ADMIN_TOKEN: token });
  const ann = await Member.join(server, linkKeys());
  process.kill(server.pid, 'SIGTERM');
  await ann.next('draining');
  assert.equal((await undrain(server, 409)).error.code, 'ending');
  assert.deepEqual(await readiness(server), [503, 'draining']);
  await server.kill('SIGTERM');
});

test('a second SIGTERM, SIGINT, and SIGHUP end it at once', async () => {
  for (const second of ['SIGTERM', 'SIGINT', 'SIGHUP']) {
    const server = await Server.start({ CATCHUP_DRAIN_SECONDS: '60' });
    const ann = await Member.join(server, linkKeys());
    process.kill(server.pid, 'SIGTERM');
    await ann.next('draining');
    const began = Date.now();
    assert.deepEqual(await server.kill(second), { code: 0, signal: null });
    assert.ok(Date.now() - began < 3000, `${Date.now() - began} ms`);
  }
});

test('the next run takes the same people in through the same link', async () => {
  const server = await Server.start();
  try {
    const ann = await Member.join(server, linkKeys());
    await server.kill('SIGTERM');
    await server.launch();
    const again = await Member.join(server, ann.keys, { room: ann.room });
    assert.notEqual(again.incarnation, ann.incarnation);
    again.close();
  } finally {
    await server.stop();
  }
});

test('the service manager hears when it is ready, that it lives, and that it goes', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'catchup-notify-'));
  const path = join(folder, 'notify');
  // Node has no datagram sockets of the file system; Python, which is everywhere, does.
  const listener = spawn('python3', ['-u', '-c', `
import socket
s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
s.bind(${JSON.stringify(path)})
print('listening')
while True: print(s.recv(4096).decode())`]);
  let heard = '';
  listener.stdout.on('data', (data) => (heard += data));
  try {
    assert.ok(await until(() => heard.includes('listening')));
    const server = await Server.start({ NOTIFY_SOCKET: path, WATCHDOG_USEC: '30000000', CATCHUP_DRAIN_SECONDS: '30' });
    const ann = await Member.join(server, linkKeys());
    assert.ok(await until(() => /READY=1[^]*WATCHDOG=1/.test(heard)), heard);
    process.kill(server.pid, 'SIGTERM');
    assert.ok(await until(() => /STOPPING=1\nEXTEND_TIMEOUT_USEC=\d+\nSTATUS=Draining, 1 connected/.test(heard)), heard);
    await ann.leave();
    assert.equal((await server.ended).code, 0);
  } finally {
    listener.kill();
    rmSync(folder, { recursive: true });
  }
});
