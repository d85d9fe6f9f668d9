// The site behind Debian's nginx with the file that is shipped, and what the
// doctor says of it and of worse ones.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { after, before, test } from 'node:test';
import { promisify } from 'node:util';
import { linkKeys } from '../browser/lib/keys.mjs';
import { Member } from '../browser/lib/member.mjs';
import { Nginx } from '../browser/lib/nginx.mjs';
import { pause, program, Server } from '../browser/lib/server.mjs';

let server;
let nginx;
before(async () => {
  server = await Server.start();
  nginx = await Nginx.start(server);
});
after(async () => {
  await nginx?.close();
  await server?.stop();
});

const body = JSON.stringify({ admission_key: Buffer.alloc(32, 7).toString('base64url') });
const createRoom = (from) =>
  nginx.curl('-o', '/dev/null', '-w', '%{http_code}', '-H', 'Content-Type: application/json', '-H', `X-Forwarded-For: ${from}`, '-d', body, `${nginx.url}/create-room`);

/** Runs the doctor; resolves to its exit code and {check: verdict}. */
async function doctor(env = {}, front = nginx) {
  const settings = { ...server.env, SSL_CERT_FILE: front.authority, ...env };
  const ran = await promisify(execFile)(program, ['doctor', `${front.httpsPort}`, `${front.httpPort}`], { env: settings }).then(
    ({ stdout }) => ({ code: 0, stdout }),
    ({ code, stdout }) => ({ code, stdout }),
  );
  const found = Object.fromEntries([...ran.stdout.matchAll(/^(PASS|WARN|FAIL) {2}([^:]+):/gm)].map(([, verdict, check]) => [check, verdict]));
  return { ...ran, found };
}

test('nginx takes the site as it is, without a warning', async () => {
  const { stderr } = await nginx.test();
  assert.doesNotMatch(stderr, /warn|emerg|error/, stderr);
});

test('nginx takes the sites of two names', async () => {
  const two = await Nginx.start(server, { change: (text) => text + text.replaceAll('localhost', 'second.localhost') });
  await two.close();
});

test('plain http goes to https of the same name, whatever Host says', async () => {
  const head = await nginx.curl('-I', '-H', 'Host: evil.example', `http://localhost:${nginx.httpPort}/r/x?y`);
  assert.match(head, /^HTTP\/1\.1 301/);
  assert.match(head, /^location: https:\/\/localhost\/r\/x\?y\r$/im);
});

test('the page comes over https with one HSTS header, its policy, and HTTP/2', async () => {
  const head = await nginx.curl('-I', `${nginx.url}/`);
  assert.match(head, /^HTTP\/2 200/);
  assert.equal(head.match(/^strict-transport-security: max-age=\d{8}/gim).length, 1);
  assert.match(head, /^content-security-policy: default-src 'none'/im);
  assert.doesNotMatch(head, /^server: nginx\/\d/im);
});

test('files keep the compression of the server, and nginx adds none', async () => {
  const page = await nginx.curl(`${nginx.url}/`);
  const [, file] = /src="(\/assets\/[^"]+\.js)"/.exec(page);
  assert.match(await nginx.curl('-I', '-H', 'Accept-Encoding: br', nginx.url + file), /^content-encoding: br/im);
  const answer = await nginx.curl('-D-', '-o', '/dev/null', '-H', 'Accept-Encoding: gzip', '-H', 'Content-Type: application/json', '-d', body, `${nginx.url}/create-room`);
  assert.doesNotMatch(answer, /^content-encoding/im);
});

test('/healthz is for everybody, /readyz is not', async () => {
  assert.equal(await nginx.curl(`${nginx.url}/healthz`), '{"status":"ok"}');
  assert.match(await nginx.curl('-I', `${nginx.url}/readyz`), /^HTTP\/2 404/);
});

test('a forged X-Forwarded-For does not count: the limit is one for all its names', async () => {
  await server.kill('SIGTERM');
  await server.launch(); // with empty windows
  const seen = [];
  for (let i = 1; i <= 9; i++) seen.push(await createRoom(`203.0.113.${i}`));
  assert.deepEqual(seen, [...Array(8).fill('200'), '429']);
});

test('members speak through it, and are told when the server goes', async () => {
  const options = { ca: readFileSync(nginx.authority) };
  const origin = nginx.url;
  const member = await Member.join(server, linkKeys(), { url: origin, options });
  await pause(500);
  process.kill(server.pid, 'SIGTERM');
  assert.equal((await member.next('draining')).on, true);
  await server.ended;
  assert.equal((await member.next('bye')).reason, 'draining');
  await server.launch();
});

test('a socket that says nothing for 90 seconds stays open', { skip: process.env.TEST_LONG !== '1' && 'TEST_LONG=1' }, async () => {
  const member = await Member.join(server, linkKeys(), { url: nginx.url, options: { ca: readFileSync(nginx.authority) } });
  await pause(90_000); // pings go back and forth, and nothing else
  process.kill(server.pid, 'SIGTERM');
  assert.equal((await member.next('draining')).on, true);
  await server.ended;
  await server.launch();
});

test('the doctor finds nothing wrong with it', async () => {
  const { code, stdout, found } = await doctor();
  assert.equal(code, 0, stdout);
  for (const check of ['secret', 'server', 'relay, udp', 'relay, tcp', 'admin', 'address', 'certificate', 'page', 'files', 'https only', 'websocket', 'forged sources']) assert.equal(found[check], 'PASS', stdout);
  assert.ok(!stdout.includes(server.turnSecret));
});

test('it says what to do when the proxy adds to X-Forwarded-For, or drops the upgrade', async () => {
  await server.kill('SIGTERM');
  await server.launch();
  const worse = await Nginx.start(server, {
    change: (text) => text.replace('X-Forwarded-For $remote_addr', 'X-Forwarded-For $proxy_add_x_forwarded_for').replace('Upgrade $http_upgrade', 'Upgrade ""').replace('gzip off;', `gzip off; sub_filter '</head>' '<meta></head>';`),
    days: 7,
  });
  try {
    const { code, stdout, found } = await doctor({}, worse);
    assert.equal(code, 1, stdout);
    assert.equal(found['forged sources'], 'FAIL', stdout);
    assert.equal(found.websocket, 'FAIL', stdout);
    assert.equal(found.certificate, 'WARN', stdout);
    assert.equal(found.files, 'FAIL', stdout);
    assert.match(stdout, /→ nginx must set the header[^\n]*X-Forwarded-For \$remote_addr/);
  } finally {
    await worse.close();
  }
});

test('on a private server it finds out whether anybody can claim to be of its network', async () => {
  server.env.CATCHUP_ALLOW_CREATE = '198.51.100.0/24';
  await server.kill('SIGTERM');
  await server.launch();
  const worse = await Nginx.start(server, {
    change: (text) => text.replace('X-Forwarded-For $remote_addr', 'X-Forwarded-For $proxy_add_x_forwarded_for'),
  });
  try {
    const open = await doctor({}, worse);
    assert.equal(open.found['forged sources'], 'FAIL', open.stdout);
    assert.match(open.stdout, /claim to come from CATCHUP_ALLOW_CREATE/);
    const { stdout, found } = await doctor();
    assert.equal(found['forged sources'], 'PASS', stdout);
  } finally {
    await worse.close();
    delete server.env.CATCHUP_ALLOW_CREATE;
    await server.kill('SIGTERM');
    await server.launch();
  }
});

test('it does not trust a certificate of somebody else', async () => {
  const { code, stdout, found } = await doctor({ SSL_CERT_FILE: '/dev/null', SSL_CERT_DIR: '/nonexistent' });
  assert.equal(code, 1);
  assert.equal(found.certificate, 'FAIL', stdout);
  assert.match(stdout, /certbot certonly --nginx -d localhost/);
});

test('it finds a server that does not run, another secret, and a short one', async () => {
  const other = await doctor({ TURN_SECRET: 'another secret, and quite a long one' });
  assert.equal(other.found['relay, udp'], 'FAIL', other.stdout);
  assert.equal((await doctor({ TURN_SECRET: 'short' })).found.secret, 'FAIL');
  await server.kill('SIGTERM');
  const gone = await doctor();
  assert.equal(gone.found.server, 'FAIL', gone.stdout);
  assert.equal(gone.found['relay, tcp'], 'FAIL', gone.stdout);
  await server.launch();
});

test('`catchup health` tells by its exit code whether the server answers', async () => {
  const health = (env) => promisify(execFile)(program, ['health'], { env }).then(() => 0, ({ code }) => code);
  assert.equal(await health(server.env), 0);
  assert.equal(await health({ ...server.env, CATCHUP_HTTP_PORT: '1' }), 1);
});
