// The operator's listener from outside, and what is shipped to watch it.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import net from 'node:net';
import os from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { pause, root, Server } from '../browser/lib/server.mjs';

const token = 'the-operators-own-token-42';
const authorization = `Bearer ${token}`;

let server;
let url;
const folder = mkdtempSync(join(os.tmpdir(), 'catchup-operator-'));
before(async () => {
  execFileSync('openssl', [
    'req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '9',
    '-subj', '/CN=localhost', '-keyout', join(folder, 'privkey.pem'), '-out', join(folder, 'fullchain.pem'),
  ], { stdio: 'ignore' });
  server = await Server.start({ CATCHUP_ADMIN_TOKEN: token, CATCHUP_TURN_CERT: folder });
  url = `http://127.0.0.1:${server.adminPort}`;
});
after(async () => {
  await server.stop();
  rmSync(folder, { recursive: true });
});

const reaches = (host, port) =>
  new Promise((done) => {
    const socket = net.connect(port, host);
    socket.on('connect', () => socket.destroy(done(true)));
    socket.on('error', () => done(false));
  });

const metrics = async () => (await fetch(`${url}/metrics`, { headers: { authorization } })).text();

test('without a token there is no listener', async () => {
  const other = await Server.start();
  try {
    assert.equal(await reaches('127.0.0.1', other.adminPort), false);
    assert.doesNotMatch(other.log, /admin/);
  } finally {
    await other.stop();
  }
});

test('it is there for this machine and for no other', async () => {
  assert.equal(await reaches('127.0.0.1', server.adminPort), true);
  const outer = Object.values(os.networkInterfaces()).flat().filter((a) => !a.internal && a.family === 'IPv4');
  for (const { address } of outer) assert.equal(await reaches(address, server.adminPort), false, address);
});

test('the site knows nothing of it', async () => {
  for (const path of ['/admin/', '/admin/api/tree', '/metrics']) {
    assert.equal((await fetch(server.url + path, { headers: { authorization } })).status, 404, path);
  }
});

test('the page and its files come from the program itself', async () => {
  const page = await fetch(`${url}/admin/`);
  assert.equal(page.status, 200);
  const text = await page.text();
  const files = [...text.matchAll(/(?:src|href)="([^"]+)"/g)].map(([, path]) => path);
  assert.ok(files.length >= 3, text);
  for (const path of files) {
    assert.match(path, /^\/admin\//);
    assert.equal((await fetch(url + path)).status, 200, path);
  }
});

test('the busy port is said in one line', async () => {
  const busy = { CATCHUP_ADMIN_TOKEN: token, CATCHUP_ADMIN_ADDR: server.env.CATCHUP_ADMIN_ADDR };
  await assert.rejects(Server.start(busy), /cannot listen on 127\.0\.0\.1:\d+ for the operator: Address already in use/);
});

test('the server finds out by itself that its relay answers and when its certificate ends', async () => {
  const ready = () => fetch(`${server.url}/readyz`).then((r) => r.json());
  for (let i = 0; i < 40 && !(await ready()).self_probe; i++) await pause(250);
  const { status, self_probe: found } = await ready();
  assert.equal(status, 'ready');
  assert.equal(found['relay-udp'], 'ok');
  assert.equal(found['relay-tcp'], 'ok');
  assert.equal(found['relay-tls'], 'self-signed certificate', 'a certificate of nobody, and no reason to be unready');
  const text = await metrics();
  assert.match(text, /^catchup_selfprobe_ok\{check="relay-udp"\} 1$/m);
  assert.match(text, /^catchup_selfprobe_ok\{check="relay-tls"\} 0$/m);
  const [, ends] = /^catchup_certificate_expiry_timestamp_seconds\{of="relay-tls"\} (\d+)$/m.exec(text);
  const days = (ends - Date.now() / 1000) / 86_400;
  assert.ok(days > 8.9 && days <= 9, `${days}`);
  assert.match(server.log, /self_probe check=relay-tls/);
  const kept = await (await fetch(`${url}/admin/api/status`, { headers: { authorization } })).json();
  assert.deepEqual(kept.self_probe.map(({ check, ok }) => [check, ok]), [['relay-udp', true], ['relay-tcp', true], ['relay-tls', false]]);
});

test('dashboard, alerts and documentation name only metrics that exist, and all of them', async () => {
  const text = await metrics();
  const names = new Set([...text.matchAll(/^([a-z_]+)(?:\{.*\})? /gm)].map(([, name]) => name));
  const named = (path) => [...readFileSync(root + path, 'utf8').matchAll(/\b(?:catchup|process)_[a-z_]+\b/g)].map(([name]) => name);
  const watched = ['mk/monitoring/grafana.json', 'mk/monitoring/alerts.yml'].flatMap(named);
  assert.ok(watched.length > 20);
  for (const name of watched) assert.ok(names.has(name), `${name} does not exist`);
  const section = /## Metrics\n([^]*?)\n## /.exec(readFileSync(`${root}docs/operations.md`, 'utf8'))[1];
  const described = new Set([...section.matchAll(/`(catchup_[a-z_]+)`/g)].map(([, name]) => name));
  const families = [...names].map((name) => name.replace(/_(bucket|count|sum)$/, ''));
  const ours = new Set(families.filter((name) => name.startsWith('catchup_')));
  assert.deepEqual([...described].sort(), [...ours].sort());
});
