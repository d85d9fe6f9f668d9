// mk/deploy-single-vps against a machine made of a folder: ssh that runs things
// here, and a systemctl that knows one service. The programs are real.
import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, readlinkSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { emptyRoom, Member } from '../browser/lib/member.mjs';
import { freePort, program, root } from '../browser/lib/server.mjs';

let folder;
let port;
let relay;
const path = (...parts) => join(folder, ...parts);
const script = (name, text) => writeFileSync(path(name), `#!/bin/sh\n${text}`, { mode: 0o755 });

before(async () => {
  folder = mkdtempSync(join(tmpdir(), 'catchup-deploy-'));
  [port, relay] = [await freePort(), await freePort()];
  for (const name of ['bin', 'vps/etc', 'tree/mk']) mkdirSync(path(name), { recursive: true });
  // The tree: the real scripts, but what is built is there already.
  for (const name of ['deploy-single-vps', 'lib.sh', 'systemd', 'switch.sh', 'with-settings', 'doctor']) cpSync(`${root}mk/${name}`, path('tree/mk', name), { recursive: true });
  script('tree/mk/setup', 'exit 0\n');
  script('tree/mk/build', `mkdir -p build/release && cp "\${BUILT:-${program}}" build/release/catchup\n`);
  execFileSync('git', ['init', '-q', path('tree')]);
  // The machine. ssh hands one line to the shell of the other side.
  script('bin/ssh', 'while [ "$1" != vps ]; do shift; done\nshift\nexec sh -c "$*"\n');
  // The machine is a folder of whoever runs this, root or not.
  script('bin/sudo', '[ "$1" != -n ] || shift\nexec "$@"\n');
  // More than a name, so that the settings made on the way have free ports.
  script('bin/hostname', `printf 'localhost\\nCATCHUP_RELAY_PORT=${relay}\\nCATCHUP_PUBLIC_IP=127.0.0.1\\n'\n`);
  script('bin/systemctl', `
echo "$*" >>${path('systemctl.log')}
cd ${path('vps/opt/catchup')}
stop() { [ ! -f ${path('pid')} ] || { kill -"$1" "$(cat ${path('pid')})" 2>/dev/null && tail --pid="$(cat ${path('pid')})" -f /dev/null; rm -f ${path('pid')}; }; }
case "$*" in
  'restart catchup')
    # As one that ended too often, until that is forgotten.
    [ ! -f ${path('failed')} ] || exit 1
    stop TERM
    DEPLOY_ROOT=${path('vps')} ${path('tree/mk/with-settings')} ./current/catchup >>${path('server.log')} 2>&1 & echo $! >${path('pid')}
    sleep 0.3
    kill -0 "$(cat ${path('pid')})" || : >${path('failed')}
    ;;
  'reset-failed catchup') rm -f ${path('failed')} ;;
  'kill -s SIGINT catchup') stop INT ;;
esac
`);
});
after(() => {
  if (existsSync(path('pid'))) process.kill(Number(readFileSync(path('pid'))), 'SIGINT');
  rmSync(folder, { recursive: true, force: true });
});

async function deploy(args, env = {}) {
  const child = spawn(path('tree/mk/deploy-single-vps'), args, {
    env: { ...process.env, PATH: `${path('bin')}:${process.env.PATH}`, DEPLOY_ROOT: path('vps'), DEPLOY_READY_SECONDS: '5', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let out = '';
  child.stdout.on('data', (data) => (out += data));
  child.stderr.on('data', (data) => (out += data));
  const code = await new Promise((done) => child.once('close', done));
  return { code, out };
}

const ready = () => fetch(`http://127.0.0.1:${port}/readyz`).then((r) => r.status, () => 0);
const settings = (more = '') =>
  writeFileSync(
    path('vps/etc/catchup.env'),
    `TURN_SECRET=${'0123456789abcdef'.repeat(4)}\nCATCHUP_PUBLIC_IP=127.0.0.1\nCATCHUP_RELAY_PORT=${relay}\nCATCHUP_DRAIN_SECONDS=2\n${more}`,
  );
const releases = () => readdirSync(path('vps/opt/catchup/releases'));
const current = () => readlinkSync(path('vps/opt/catchup/current'));

test('wrong arguments are refused in a line or with the usage, and nothing is touched', async () => {
  for (const args of [[], ['vps'], ['vps', '0'], ['vps', 'http'], ['-oProxyCommand=x', '8011'], ['vps', '8011', '2'], ['vps', '8011', '0', '0', '0']]) {
    const { code, out } = await deploy(args);
    assert.notEqual(code, 0, out);
    assert.ok(!existsSync(path('vps/opt')));
  }
});

test('a dry run says what it would do and does nothing', async () => {
  const { code, out } = await deploy(['--dry-run', 'vps', `${port}`, '1', '0']);
  assert.equal(code, 0, out);
  for (const words of ['tar -x', 'mk/build', 'systemctl enable', '--check-config', 'systemctl restart', 'doctor']) assert.ok(out.includes(words), words);
  assert.ok(!existsSync(path('vps/opt')));
});

test('the first time it needs settings, and SETUP makes them with a secret of their own', async () => {
  const without = await deploy(['vps', `${port}`, '0', '0']);
  assert.equal(without.code, 1, without.out);
  assert.match(without.out, /run this once with SETUP 1/);
  assert.equal(await ready(), 0);
  // Other variables of the local environment do not matter on the remote machine.
  const first = await deploy(['vps', `${port}`, '1', '0'], { CATCHUP_IGNORED: '1' });
  const made = readFileSync(path('vps/etc/catchup.env'), 'utf8');
  assert.match(made, /^TURN_SECRET=[0-9a-f]{64}\nCATCHUP_DOMAIN=localhost\n/);
  assert.ok(existsSync(path('vps/etc/systemd/system/catchup.service')), first.out);
  assert.equal(await ready(), 200, first.out);
  assert.ok(!first.out.includes(/=([0-9a-f]{64})/.exec(made)[1]), 'the secret is not shown');
});

test('a call that is under way is told before the server is replaced, and a release that is fine stays', async () => {
  settings();
  const one = await deploy(['vps', `${port}`]);
  assert.ok(one.code === 0 || one.code === 3, one.out); // there is no nginx here, and the doctor says so
  assert.match(one.out, /ready/);
  assert.match(one.out, /PASS {2}relay, udp/);
  assert.match(one.out, /FAIL {2}certificate/);
  assert.equal(await ready(), 200);
  const before = current();
  const server = { url: `http://localhost:${port}`, newSource: () => '10.1.2.3' };
  const { keys, room } = await emptyRoom(server);
  const member = await Member.join(server, keys, { room });
  const next = deploy(['vps', `${port}`, '0', '0']);
  assert.equal((await member.next('draining', 60_000)).on, true);
  assert.equal((await member.next('bye', 10_000)).reason, 'draining');
  assert.equal((await next).code, 3);
  assert.notEqual(current(), before);
  assert.equal(await ready(), 200);
  (await Member.join(server, keys, { room })).close();
});

test('HURRY does not wait for it', async () => {
  settings('CATCHUP_DRAIN_SECONDS=60\n');
  await deploy(['vps', `${port}`, '0', '1']);
  const server = { url: `http://localhost:${port}`, newSource: () => '10.1.2.4' };
  const { keys, room } = await emptyRoom(server);
  const member = await Member.join(server, keys, { room });
  const began = Date.now();
  const { code, out } = await deploy(['vps', `${port}`, '0', '1']);
  assert.equal(code, 3, out);
  assert.ok(Date.now() - began < 45_000, `${Date.now() - began} ms`);
  member.close();
});

test('wrong settings stop it while what ran goes on', async () => {
  settings('CATCHUP_ROOM_CAP=0\n');
  const before = current();
  const { code, out } = await deploy(['vps', `${port + 1}`]);
  assert.equal(readFileSync(path('vps/opt/catchup/port.env'), 'utf8'), `CATCHUP_HTTP_PORT=${port}\n`);
  assert.equal(code, 1, out);
  assert.match(out, /CATCHUP_ROOM_CAP[^\n]*\n[^]*what ran goes on/);
  assert.equal(current(), before);
  assert.equal(await ready(), 200);
  settings();
});

test('a release that never gets ready is replaced by the one before', async () => {
  const before = current();
  writeFileSync(path('broken'), '#!/bin/sh\ncase $1 in --version) echo catchup 9;; --check-config) ;; *) exit 1;; esac\n', { mode: 0o755 });
  const { code, out } = await deploy(['vps', `${port + 1}`], { BUILT: path('broken') });
  assert.equal(code, 1, out);
  assert.match(out, /not ready within 5 s[^]*back to releases\/[\d-]+\n/);
  assert.equal(readFileSync(path('vps/opt/catchup/port.env'), 'utf8'), `CATCHUP_HTTP_PORT=${port}\n`);
  assert.equal(current(), before);
  assert.equal(await ready(), 200);
  assert.ok(releases().length <= 3, `${releases()}`);
});
