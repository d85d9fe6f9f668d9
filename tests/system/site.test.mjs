// Answers to a visitor's first requests.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { after, before, test } from 'node:test';
import { promisify } from 'node:util';
import { Server } from '../browser/lib/server.mjs';

const curl = async (...args) => (await promisify(execFile)('curl', ['-sS', '--max-time', '5', ...args])).stdout;

let server;
before(async () => {
  server = await Server.start();
});
after(() => server.stop());

test('/healthz answers GET and HEAD', async () => {
  assert.equal(await curl(`${server.url}/healthz`), '{"status":"ok"}');
  const head = await curl('-I', `${server.url}/healthz`);
  assert.match(head, /^HTTP\/1\.1 200/);
  assert.match(head, /cache-control: no-store/i);
});

test('the page comes with a policy that lets nothing foreign in', async () => {
  for (const path of ['/', `/r/${'a'.repeat(40)}`]) {
    const answer = await fetch(server.url + path);
    assert.equal(answer.status, 200);
    assert.match(answer.headers.get('content-type'), /^text\/html/);
    const policy = answer.headers.get('content-security-policy');
    assert.match(policy, /default-src 'none'|default-src 'self'/);
    assert.doesNotMatch(policy, /unsafe-inline|unsafe-eval|https?:\/\//);
    assert.equal(answer.headers.get('referrer-policy'), 'no-referrer');
  }
});

test('every file the page names is there, compressed and cached for good', async () => {
  const page = await (await fetch(`${server.url}/`)).text();
  const files = [...page.matchAll(/(?:src|href)="(\/assets\/[^"]+)"/g)].map(([, path]) => path);
  assert.ok(files.length >= 2, page);
  for (const path of files) {
    const head = await curl('-I', '-H', 'Accept-Encoding: br, gzip', server.url + path);
    assert.match(head, /^HTTP\/1\.1 200/, path);
    assert.match(head, /immutable/, path);
    if (/\.(js|css)$/.test(path)) assert.match(head, /content-encoding: br/i, path);
  }
});

test('what is not there is 404, and outside of the site is nothing', async () => {
  assert.equal((await fetch(`${server.url}/assets/none.js`)).status, 404);
  for (const path of ['/../CMakeLists.txt', '/assets/../../CMakeLists.txt', '/assets/%2e%2e/%2e%2e/CMakeLists.txt']) {
    const answer = await curl('--path-as-is', '-o', '-', '-w', '\n%{http_code}', server.url + path);
    assert.doesNotMatch(answer, /cmake_minimum_required/);
  }
});

test('rooms are made eight times a minute and source, then it is 429', async () => {
  const make = (from) =>
    fetch(`${server.url}/create-room`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json', 'X-Forwarded-For': from },
      body: JSON.stringify({ admission_key: Buffer.alloc(32, 7).toString('base64url') }),
    });
  for (let i = 0; i < 8; i++) assert.equal((await make('203.0.113.5')).status, 200);
  const refused = await make('203.0.113.5');
  assert.equal(refused.status, 429);
  assert.match(refused.headers.get('retry-after'), /^([1-9]|[1-5]\d|60)$/);
  assert.equal((await refused.json()).error.code, 'too-many');
  assert.equal((await make('203.0.113.6')).status, 200);
});

test('the log shows neither an address, a room nor the root secret', async () => {
  const answer = await fetch(`${server.url}/create-room`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json', 'X-Forwarded-For': '203.0.113.77' },
    body: JSON.stringify({ admission_key: Buffer.alloc(32, 9).toString('base64url') }),
  });
  const { room } = await answer.json();
  assert.match(room, /^[a-z2-7]{40}$/);
  for (const secret of [room, '203.0.113.77', server.turnSecret]) assert.ok(!server.log.includes(secret));
});
