// The relay as a standard client of its own kind sees it: coturn's test client
// makes two allocations a session and sends through both.
import assert from 'node:assert/strict';
import { execFile, execFileSync } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'node:test';
import { pause, program, Server } from '../browser/lib/server.mjs';

const clients = 4;
const messages = 20;

/** Counters of the client; its output when it failed earlier. */
function uclient(server, user, ...options) {
  const args = [
    '-u', user, '-W', server.turnSecret, '-p', `${server.relayPort}`,
    '-y', '-m', `${clients}`, '-n', `${messages}`, '-z', '10', '-l', '170',
    ...options, '127.0.0.1',
  ];
  return new Promise((done, failed) => {
    execFile('turnutils_uclient', args, { timeout: 60_000 }, (error, out, errors) => {
      const last = [...out.matchAll(/tot_send_msgs=(\d+), tot_recv_msgs=(\d+)/g)].pop();
      if (error || !last) failed(new Error(`${error ?? 'no totals'}\n${out}${errors}`));
      else done({ sent: Number(last[1]), received: Number(last[2]), out });
    });
  });
}

/** A certificate for a day in a folder of its own. */
function makeCertificate(folder, name, kind = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256']) {
  execFileSync('openssl', [
    'req', '-x509', ...kind, '-nodes', '-days', '1',
    '-subj', `/CN=${name}`, '-keyout', join(folder, 'privkey.pem'), '-out', join(folder, 'fullchain.pem'),
  ], { stdio: 'ignore' });
}

/** The name in the certificate that the relay shows. */
function shownName(server) {
  return new Promise((done) => {
    const args = ['s_client', '-connect', `127.0.0.1:${server.relayPort}`];
    const child = execFile('openssl', args, { timeout: 10_000 }, (_error, out) =>
      done(out.match(/subject=.*CN ?= ?([^\s,]+)/)?.[1]));
    child.stdin.end();
  });
}

const ways = [
  ['UDP', []],
  ['UDP with pairs of ports', [], { pairs: true }],
  ['UDP with indications and DONT-FRAGMENT', ['-s', '-g']],
  ['TCP', ['-t']],
  ['TLS', ['-t', '-S']],
];

test('turnutils_uclient talks to itself through the relay', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'catchup-turn-'));
  makeCertificate(folder, 'first');
  const server = await Server.start({ CATCHUP_TURN_CERT: folder });
  try {
    // Each begins after a random wait of its own, so all at once.
    const runs = ways.map(([, options, { pairs = false } = {}], i) =>
      uclient(server, `user${i}`, ...options, ...(pairs ? [] : ['-c'])).catch((error) => ({ error })));
    for (const [i, [way]] of ways.entries())
      await t.test(`over ${way}`, async () => {
        const seen = await runs[i];
        assert.ifError(seen.error);
        assert.ok(seen.sent >= clients * messages, seen.out);
        assert.equal(seen.received, seen.sent, seen.out);
      });
    await t.test('a renewed certificate is shown without a restart', async () => {
      assert.equal(await shownName(server), 'first');
      makeCertificate(folder, 'second');
      let name = 'first';
      for (let i = 0; i < 60 && name !== 'second'; i++) {
        await pause(250);
        name = await shownName(server);
      }
      assert.equal(name, 'second');
      assert.match(server.log, /certificate_renewed/);
    });
    await t.test('a pair that does not fit leaves the one before in force, and the log says why', async () => {
      const other = join(folder, 'other');
      mkdirSync(other);
      makeCertificate(other, 'third', ['-newkey', 'rsa:2048']);
      copyFileSync(join(other, 'fullchain.pem'), join(folder, 'fullchain.pem'));
      const refused = /error certificate_refused reason="the key in privkey.pem is of another kind .*" in_force="the one before"/;
      for (let i = 0; i < 60 && !refused.test(server.log); i++) await pause(250);
      assert.match(server.log, refused);
      assert.equal(await shownName(server), 'second');
    });
  } finally {
    await server.stop();
    rmSync(folder, { recursive: true });
  }
});

/** The same, but it ended yesterday. */
function makeEnded(folder, name) {
  const key = join(folder, 'privkey.pem');
  const request = join(folder, 'request.pem');
  execFileSync('openssl', ['req', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-subj', `/CN=${name}`, '-keyout', key, '-out', request], { stdio: 'ignore' });
  execFileSync('openssl', ['x509', '-req', '-in', request, '-signkey', key, '-days', '-1', '-out', join(folder, 'fullchain.pem')], { stdio: 'ignore' });
}

test('a certificate that ended keeps only TLS of the relay from starting, until it is renewed', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'catchup-turn-'));
  makeEnded(folder, 'ended');
  const server = await Server.start({ CATCHUP_TURN_CERT: folder });
  try {
    const checks = async () => (await (await fetch(`${server.url}/readyz`)).json()).self_probe;
    const said = /^a certificate in fullchain\.pem ended on \d{4}-\d\d-\d\d: renew it$/;
    assert.match((await checks())['relay-certificate'], said);
    assert.match(server.log, /error certificate_refused reason="a certificate in fullchain.pem ended on .*" in_force=none/);
    assert.equal(await shownName(server), undefined, 'no TLS');
    const { sent, received, out } = await uclient(server, 'user', '-t', '-c');
    assert.ok(sent > 0 && received === sent, out);
    const shown = execFileSync(program, ['--check-config'], { env: server.env, stdio: ['ignore', 'pipe', 'ignore'] });
    assert.match(`${shown}`, /CATCHUP_TURN_CERT/, 'nor does it stop --check-config, which runs before each start');

    makeCertificate(folder, 'renewed');
    let name;
    for (let i = 0; i < 60 && name !== 'renewed'; i++) {
      await pause(250);
      name = await shownName(server);
    }
    assert.equal(name, 'renewed');
    assert.equal((await checks())['relay-certificate'], undefined);
    assert.match(server.log, /certificate_renewed/);
    assert.equal(server.log.match(/certificate_refused/g).length, 1, 'told once');
  } finally {
    await server.stop();
    rmSync(folder, { recursive: true });
  }
});

test('a chain and a key of different kinds stop the start with one line', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'catchup-turn-'));
  const other = join(folder, 'other');
  try {
    mkdirSync(other);
    makeCertificate(folder, 'chain', ['-newkey', 'rsa:2048']);
    makeCertificate(other, 'key');
    copyFileSync(join(other, 'privkey.pem'), join(folder, 'privkey.pem'));
    await assert.rejects(
      Server.start({ CATCHUP_TURN_CERT: folder }),
      /CATCHUP_TURN_CERT: .*: the key in privkey.pem is of another kind than the certificate in fullchain.pem/,
    );
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test('a certificate that cannot be read stops the start with one line', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'catchup-turn-'));
  try {
    await assert.rejects(
      Server.start({ CATCHUP_TURN_CERT: folder }),
      /CATCHUP_TURN_CERT: .* has no fullchain.pem and privkey.pem/,
    );
  } finally {
    rmSync(folder, { recursive: true });
  }
});
