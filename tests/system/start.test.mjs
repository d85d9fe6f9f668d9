// How the program starts, refuses to start, and stops.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, readlinkSync, rmSync, writeFileSync } from 'node:fs';
import net from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'node:test';
import { freePort, program, root, Server } from '../browser/lib/server.mjs';

/** Runs the program to its end with exactly these settings. */
async function run(args, env) {
  const child = spawn(program, args, { cwd: root, env: { PATH: process.env.PATH, ...env } });
  const out = { text: '', errors: '' };
  child.stdout.on('data', (data) => (out.text += data));
  child.stderr.on('data', (data) => (out.errors += data));
  const late = setTimeout(() => child.kill('SIGKILL'), 10_000);
  const [code, signal] = await new Promise((done) => child.once('close', (...end) => done(end)));
  clearTimeout(late);
  return { code, signal, ...out };
}

const listening = (port) =>
  new Promise((done) => {
    const socket = net.connect(port, '127.0.0.1');
    socket.on('connect', () => done(true));
    socket.on('error', () => done(false));
  }).finally(() => {});

async function ports() {
  const [http, relay] = [await freePort(), await freePort()];
  return { CATCHUP_HTTP_PORT: `${http}`, CATCHUP_RELAY_PORT: `${relay}`, CATCHUP_PUBLIC_IP: '127.0.0.1' };
}

/** Refused: an exit code, exactly one line that matches, and no port is open. */
async function refused(env, line) {
  const own = await ports();
  const ended = await run([], { ...own, ...env });
  assert.equal(ended.signal, null, `it ended by itself: ${ended.errors}`);
  assert.notEqual(ended.code, 0);
  const lines = `${ended.text}${ended.errors}`.trimEnd().split('\n');
  assert.equal(lines.length, 1, `one line, not:\n${lines.join('\n')}`);
  assert.match(lines[0], line);
  assert.equal(await listening(Number(own.CATCHUP_HTTP_PORT)), false);
  assert.equal(await listening(Number(own.CATCHUP_RELAY_PORT)), false);
}

/** Where a process listens: `tcp PORT`, and `udp PORT` for sockets that have a port. */
function openPorts(pid) {
  const folder = `/proc/${pid}/fd`;
  const own = new Set(readdirSync(folder).map((fd) => /^socket:\[(\d+)\]$/.exec(readlinkSync(`${folder}/${fd}`))?.[1]));
  const found = new Set();
  for (const table of ['tcp', 'tcp6', 'udp', 'udp6']) {
    for (const line of readFileSync(`/proc/${pid}/net/${table}`, 'utf8').trim().split('\n').slice(1)) {
      const fields = line.trim().split(/\s+/);
      const listens = table.startsWith('udp') || fields[3] === '0A';
      if (listens && own.has(fields[9])) found.add(`${table.slice(0, 3)} ${Number.parseInt(fields[1].split(':')[1], 16)}`);
    }
  }
  return [...found].sort();
}

const secret = { TURN_SECRET: 'a'.repeat(64) };

test('it listens on its ports and on no other, also with calls through the relay', async () => {
  const server = await Server.start({ CATCHUP_ADMIN_TOKEN: 'x'.repeat(16) });
  const expected = [`tcp ${server.adminPort}`, `tcp ${server.port}`, `tcp ${server.relayPort}`, `udp ${server.relayPort}`].sort();
  assert.deepEqual(openPorts(server.pid), expected);
  const relayed = await run(['doctor', '1', '1'], server.env);
  assert.match(relayed.text, /^PASS {2}relay, udp:/m);
  assert.match(relayed.text, /^PASS {2}relay, tcp:/m);
  assert.deepEqual(openPorts(server.pid), expected);
  await server.stop();
});

test('without TURN over TCP nothing listens for it', async () => {
  const server = await Server.start({ CATCHUP_TURN_ENABLE_TCP: '0' });
  assert.deepEqual(openPorts(server.pid), [`tcp ${server.port}`, `udp ${server.relayPort}`].sort());
  await server.stop();
});

for (const [what, value] of [['unset'], ['empty', ''], ['blank', ' \t ']]) {
  test(`does not start when TURN_SECRET is ${what}`, () =>
    refused(value === undefined ? {} : { TURN_SECRET: value }, /TURN_SECRET/));
}

test('a mistyped setting stops the start and is told the right name', () =>
  refused({ ...secret, CATCHUP_HTTP_PROT: '1' }, /CATCHUP_HTTP_PROT.*CATCHUP_HTTP_PORT/));

for (const [name, value] of [
  ['CATCHUP_HTTP_PORT', 'eighty'],
  ['CATCHUP_HTTP_PORT', '65536'],
  ['CATCHUP_RELAY_PORT', '-1'],
  ['CATCHUP_ROOM_CAP', '0'],
  ['CATCHUP_TURN_ENABLE_TCP', 'maybe'],
  ['CATCHUP_PUBLIC_IP', '300.1.1.1'],
  ['CATCHUP_LOG', 'shout'],
  ['CATCHUP_ADMIN_TOKEN', 'fifteen-letters'],
  ['CATCHUP_ADMIN_ADDR', 'here'],
]) {
  test(`${name}=${value} stops the start with a line that names it`, () =>
    refused({ ...secret, [name]: value }, new RegExp(name)));
}

test('a busy port is said in one line', async () => {
  const server = await Server.start();
  try {
    for (const name of ['CATCHUP_HTTP_PORT', 'CATCHUP_RELAY_PORT']) {
      const ended = await run([], { ...secret, ...(await ports()), [name]: server.env[name] });
      assert.notEqual(ended.code, 0);
      assert.match(ended.errors, new RegExp(`${server.env[name]}`));
      assert.match(ended.errors, /in use|busy/i);
    }
  } finally {
    await server.stop();
  }
});

test('SIGTERM ends it within 5 s with exit code 0, and its ports are free again', async () => {
  const server = await Server.start();
  const began = Date.now();
  assert.deepEqual(await server.kill('SIGTERM'), { code: 0, signal: null });
  assert.ok(Date.now() - began < 5000);
  await server.launch();
  await server.stop();
});

test('SIGINT does the same', async () => {
  const server = await Server.start();
  assert.deepEqual(await server.kill('SIGINT'), { code: 0, signal: null });
});

test('SIGTERM ends it even while connections are held open', async () => {
  const server = await Server.start();
  const held = [server.port, server.relayPort].map((port) => net.connect(port, '127.0.0.1').on('error', () => {}));
  held[0].write('GET / HTTP/1.1\r\n');
  await new Promise((done) => setTimeout(done, 200));
  const began = Date.now();
  assert.equal((await server.kill('SIGTERM')).code, 0);
  assert.ok(Date.now() - began < 5000, `${Date.now() - began} ms`);
  for (const socket of held) socket.destroy();
});

test('--help and --version answer without any setting', async () => {
  const help = await run(['--help'], {});
  assert.equal(help.code, 0);
  assert.match(help.text, /TURN_SECRET/);
  const version = await run(['--version'], {});
  assert.equal(version.code, 0);
  assert.match(version.text, /^catchup \d+\.\d+/);
});

test('--check-config shows what is in force, without secrets', async () => {
  const shown = await run(['--check-config'], { ...secret, CATCHUP_ROOM_CAP: '7', LIVEKIT_API_KEY: 'k', LIVEKIT_API_SECRET: 'b'.repeat(40) });
  assert.equal(shown.code, 0, shown.errors);
  assert.match(shown.text, /CATCHUP_ROOM_CAP\W+7/);
  assert.ok(!shown.text.includes('aaaa') && !shown.text.includes('bbbb'));
  assert.notEqual((await run(['--check-config'], {})).code, 0);
});

test('--check-config refuses a certificate that the start would refuse', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'catchup-pair-'));
  t.after(() => rmSync(folder, { recursive: true }));
  writeFileSync(join(folder, 'fullchain.pem'), 'no certificate');
  writeFileSync(join(folder, 'privkey.pem'), 'no key');
  const shown = await run(['--check-config'], { ...secret, CATCHUP_TURN_CERT: folder });
  assert.notEqual(shown.code, 0);
  assert.match(shown.errors, /CATCHUP_TURN_CERT: .*fullchain\.pem/);
});

test('an unknown option is refused', async () => {
  const ended = await run(['--frobnicate'], secret);
  assert.notEqual(ended.code, 0);
  assert.match(ended.errors, /^catchup: unknown [^\n]*--help\n$/);
});
