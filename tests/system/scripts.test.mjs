// The scripts of mk/, from outside.
import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import net from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'node:test';
import { freePort, pause, root, Server } from '../browser/lib/server.mjs';

/** Settings for a server of our own: the default ports may be those of a running mk/run. */
const ownPorts = async () => ({ CATCHUP_RELAY_PORT: `${await freePort()}`, CATCHUP_PUBLIC_IP: '127.0.0.1' });

function start(script, args, env = {}) {
  const child = spawn(`${root}mk/${script}`, args, { env: { ...process.env, ...env }, stdio: ['ignore', 'pipe', 'pipe'] });
  const run = { child, out: '' };
  child.stdout.on('data', (data) => (run.out += data));
  child.stderr.on('data', (data) => (run.out += data));
  run.ended = new Promise((done) => child.once('exit', (code) => done(code)));
  return run;
}

async function finish(script, args, env) {
  const run = start(script, args, env);
  return { code: await run.ended, out: run.out };
}

async function until(holds, ms = 60_000) {
  for (const end = Date.now() + ms; Date.now() < end; await pause(100)) if (await holds()) return true;
  return false;
}

const healthy = (port) => fetch(`http://127.0.0.1:${port}/healthz`).then((r) => r.ok, () => false);

test('every script tells its use', async () => {
  for (const script of ['setup', 'build', 'run', 'test', 'deploy-single-vps', 'install']) {
    const { code, out } = await finish(script, ['--help']);
    assert.equal(code, 0);
    assert.match(out, new RegExp(`^usage: mk/${script}`));
  }
});

test('settings are read as systemd reads them: nothing of a value is run', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'catchup-settings-'));
  for (const name of ['etc', 'opt/catchup']) mkdirSync(join(folder, name), { recursive: true });
  writeFileSync(join(folder, 'etc/catchup.env'), '# a comment\nA=correct horse battery\nB=pa$$w0rd&`id` "x"\nC="in quotes"\nPORT=1\n');
  writeFileSync(join(folder, 'opt/catchup/port.env'), 'PORT=2');
  const { code, out } = await finish('with-settings', ['env'], { DEPLOY_ROOT: folder, CATCHUP_STRAY: '1' });
  rmSync(folder, { recursive: true });
  assert.equal(code, 0, out);
  const seen = out.split('\n').filter((line) => /^(A|B|C|PORT|CATCHUP|DEPLOY)/.test(line));
  assert.deepEqual(seen.sort(), ['A=correct horse battery', 'B=pa$$w0rd&`id` "x"', 'C=in quotes', 'PORT=2']);
});

test('set-up that is done already takes less than 3 s of the processor', async () => {
  assert.equal((await finish('setup', ['run'])).code, 0);
  // Not of the clock: somebody else may use the machine.
  const timed = spawnSync('bash', ['-c', '"$0" run >&2 && times', `${root}mk/setup`], { encoding: 'utf8' });
  assert.equal(timed.status, 0, timed.stderr);
  const [user, system] = [...timed.stdout.split('\n')[1].matchAll(/(\d+)m([\d.]+)s/g)].map(([, m, s]) => 60 * Number(m) + Number(s));
  assert.ok(user + system < 3, timed.stdout);
});

test('mk/run refuses what it does not know, in one line', async () => {
  for (const args of [['eighty'], ['0'], ['65536'], ['8011', 'double'], ['8011', 'single', '2']]) {
    const { code, out } = await finish('run', args);
    assert.notEqual(code, 0);
    assert.match(out, /^mk\/run: [^\n]+\n$/);
  }
  assert.match((await finish('run', ['8011'], { ...(await ownPorts()), CATCHUP_ENGINE: 'steam' })).out, /native, docker or podman/);
});

test('mk/run says when its port is taken, and by nothing of its own', async () => {
  const holder = net.createServer().listen(0, '127.0.0.1');
  await new Promise((done) => holder.once('listening', done));
  const { port } = holder.address();
  const { code, out } = await finish('run', [`${port}`, 'single', '0'], { ...(await ownPorts()), CATCHUP_ENGINE: 'native' });
  holder.close();
  assert.notEqual(code, 0);
  assert.match(out, new RegExp(`^mk/run: port ${port} is in use[^\\n]*\\n$`));
});

test('mk/run PORT single 1 runs in the background, once, and is stopped with kill', async () => {
  const port = `${await freePort()}`;
  const env = { CATCHUP_ENGINE: 'native', ...(await ownPorts()) };
  const first = await finish('run', [port, 'single', '1'], env);
  assert.equal(first.code, 0, first.out);
  const pid = Number(/stop it with: kill (\d+)/.exec(first.out)?.[1]);
  try {
    assert.match(first.out, new RegExp(`open http://localhost:${port}/`));
    assert.ok(await healthy(port));
    const second = await finish('run', [port, 'single', '1'], env);
    assert.notEqual(second.code, 0);
    assert.match(second.out, new RegExp(`running already on port ${port} \\(pid ${pid}\\)`));
  } finally {
    process.kill(pid, 'SIGTERM');
  }
  assert.ok(await until(async () => !(await healthy(port)), 10_000), 'gone');
});

test('mk/run in the foreground prints the address and ends cleanly with Ctrl-C', async () => {
  const port = `${await freePort()}`;
  const env = { CATCHUP_ENGINE: 'native', ...(await ownPorts()) };
  const run = start('run', [port, 'single', '0'], env);
  assert.ok(await until(() => run.out.includes(`open http://localhost:${port}/`)), run.out);
  run.child.kill('SIGINT');
  assert.equal(await run.ended, 0, run.out);
  assert.equal(await healthy(port), false);
});

test('with a container engine that does not answer, mk/run says so', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'catchup-engine-'));
  writeFileSync(join(folder, 'docker'), '#!/bin/sh\nexit 1\n', { mode: 0o755 });
  const env = { ...(await ownPorts()), CATCHUP_ENGINE: 'docker', PATH: `${folder}:${process.env.PATH}` };
  const { code, out } = await finish('run', [`${await freePort()}`], env);
  rmSync(folder, { recursive: true });
  assert.notEqual(code, 0);
  assert.match(out, /docker does not answer|needs a Dockerfile/);
});

test('the tests of mk/run and of the server work while a running mk/run has its ports', async () => {
  // As mk/run has them; where it runs already, all the better.
  const holders = [3478, 8000, 8001].map((port) => net.createServer().on('error', () => {}).listen(port, '127.0.0.1'));
  try {
    const folder = mkdtempSync(join(tmpdir(), 'catchup-engine-'));
    writeFileSync(join(folder, 'docker'), '#!/bin/sh\nexit 1\n', { mode: 0o755 });
    const env = { ...(await ownPorts()), CATCHUP_ENGINE: 'docker', PATH: `${folder}:${process.env.PATH}` };
    const { out } = await finish('run', [`${await freePort()}`], env);
    rmSync(folder, { recursive: true });
    assert.doesNotMatch(out, /in use/);
    const server = await Server.start();
    await server.stop();
  } finally {
    for (const holder of holders) holder.close();
  }
});
