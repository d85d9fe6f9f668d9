// The image as it is built from the Dockerfile, and the program started in it.
import assert from 'node:assert/strict';
import { execFile, spawn } from 'node:child_process';
import { before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { freePort, pause } from '../browser/lib/server.mjs';

const run = promisify(execFile);
const cache = process.env.IMAGE_CACHE ?? '/var/tmp/catchup-image';
const buildah = (...args) => run('buildah', ['--root', `${cache}/storage`, '--runroot', `${cache}/run`, ...args], { maxBuffer: 1 << 24 });

let image;
let config;

before(async () => {
  const builder = spawn(fileURLToPath(new URL('build', import.meta.url)), { stdio: ['ignore', 'pipe', 'inherit'] });
  let out = '';
  builder.stdout.on('data', (data) => (out += data));
  const code = await new Promise((done) => builder.once('close', done));
  assert.equal(code, 0, 'the image builds');
  image = out.trim();
  config = JSON.parse((await buildah('inspect', '--type', 'image', image)).stdout);
});

/** A container of the image, gone afterwards. */
async function inside(work) {
  const container = (await buildah('from', '--pull-never', image)).stdout.trim();
  try {
    return await work(container);
  } finally {
    await buildah('rm', container);
  }
}

const settings = async () => {
  const [http, relay] = [await freePort(), await freePort()];
  const env = {
    TURN_SECRET: '0123456789abcdef'.repeat(4),
    CATCHUP_HTTP_PORT: `${http}`,
    CATCHUP_RELAY_PORT: `${relay}`,
    CATCHUP_PUBLIC_IP: '127.0.0.1',
    CATCHUP_DRAIN_SECONDS: '1',
  };
  return { http, flags: Object.entries(env).flatMap(([name, value]) => ['--env', `${name}=${value}`]) };
};

test('it runs the program itself, as nobody in particular, and says when it is well', () => {
  const runs = config.Docker.config;
  assert.deepEqual(runs.Entrypoint, ['catchup']);
  assert.equal(runs.User, '65532:65532');
  assert.deepEqual(runs.Healthcheck.Test, ['CMD', 'catchup', 'health']);
  assert.deepEqual(Object.keys(runs.ExposedPorts).sort(), ['3478/tcp', '3478/udp', '8000/tcp']);
  const labels = runs.Labels;
  assert.equal(labels['org.opencontainers.image.title'], 'catchup');
  assert.match(labels['org.opencontainers.image.revision'], /^[0-9a-f]{40}$|^none$/);
  assert.ok(!(runs.Env ?? []).some((entry) => entry.includes('SECRET')));
});

test('on its base it adds less than 40 MB', async () => {
  const size = async (name) => Number((await buildah('images', '--json', name)).stdout.match(/"size": "([\d.]+) MB"/)[1]);
  const added = (await size(image)) - (await size('docker.io/library/debian:bookworm-slim'));
  assert.ok(added < 40, `${added} MB`);
});

test('no compiler, no sources and no shell scripts of ours are in it', () =>
  inside(async (container) => {
    const folder = (await buildah('mount', container)).stdout.trim();
    const { stdout } = await run('find', [folder, '-xdev', '(', '-name', 'cc1plus', '-o', '-name', 'node', '-o', '-name', '*.cpp', '-o', '-path', '*/src/*', ')', '-print']);
    await buildah('umount', container);
    assert.equal(stdout, '');
  }));

test('the server runs in it, answers, is well, and leaves nothing behind', () =>
  inside(async (container) => {
    const { http, flags } = await settings();
    const folder = (await buildah('mount', container)).stdout.trim();
    const server = spawn('buildah', ['--root', `${cache}/storage`, '--runroot', `${cache}/run`, 'run', '--isolation', 'chroot', '--user', '65532:65532', ...flags, container, 'catchup'], {
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    // The program itself; what buildah puts before it passes no signals on.
    const pid = async () => Number((await run('pgrep', ['-n', '-x', '-u', '65532', 'catchup'])).stdout);
    let log = '';
    for (const stream of [server.stdout, server.stderr]) stream.on('data', (data) => (log += data));
    const ended = new Promise((done) => server.once('close', done));
    try {
      let answer;
      for (let i = 0; i < 100 && !answer; i++) {
        answer = await fetch(`http://127.0.0.1:${http}/healthz`).then((r) => r.json(), () => pause(100));
      }
      assert.deepEqual(answer, { status: 'ok' }, log);
      assert.match(await (await fetch(`http://127.0.0.1:${http}/`)).text(), /<!doctype html>/i);
      // The health check of the image; no shell is asked.
      await buildah('run', '--isolation', 'chroot', ...flags, container, 'catchup', 'health');
      process.kill(await pid(), 'SIGTERM');
      assert.equal(await ended, 0, log);
    } finally {
      if (server.exitCode === null) await pid().then((one) => process.kill(one, 'SIGKILL'), () => {});
    }
    const { stdout } = await run('find', [folder, '-xdev', '-user', '65532', '-print']);
    await buildah('umount', container);
    assert.equal(stdout, '', 'nothing was written');
  }));

test('wrong settings stop it with a line', () =>
  inside(async (container) => {
    const failed = await buildah('run', '--isolation', 'chroot', container, 'catchup').then(() => null, (error) => error);
    assert.match(failed?.stderr ?? '', /TURN_SECRET is not set/);
  }));
