// The measured servers: this server, Debian's coturn, and a forwarder that does
// nothing else. Each on its own port and, where allowed, its own processor.
import { execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { freePort, pause, program, root } from '../../browser/lib/server.mjs';

export const bench = process.env.TEST_BENCH ?? `${root}build/release/tests/relay_bench`;
export const secret = 's3cr3t';

function works(command, ...args) {
  try {
    execFileSync(command, args, { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

let realTime = false;

/** From now on apart from each other and before whatever else the machine does,
 * where that is allowed: otherwise noise would be larger than the differences. */
export function claimProcessors() {
  realTime = works('chrt', '-f', '1', 'true') && works('taskset', '-c', '1', 'true');
  return realTime;
}

const before = (cpu, priority) =>
  realTime ? ['taskset', '-c', cpu, 'chrt', '-f', priority] : [];

function start(command, env = {}) {
  const [name, ...args] = [...before('1', '10'), ...command];
  const child = spawn(name, args, {
    cwd: root,
    env: { PATH: process.env.PATH, ...env },
    stdio: ['ignore', 'ignore', process.env.BENCH_LOG ? 'inherit' : 'ignore'],
  });
  const ended = new Promise((done) => child.once('exit', (code, signal) => done(code ?? signal)));
  return { child, ended };
}

async function stopped({ child, ended }) {
  if (child.exitCode === null) child.kill('SIGKILL');
  await ended;
}

/** Runs the generator to its end; what it measured. */
export function measure(what, settings) {
  const args = Object.entries(settings).flatMap(([name, value]) => [`--${name}`, `${value}`]);
  const [name, ...rest] = [...before('0', '5'), bench, what, ...args];
  return new Promise((done, failed) => {
    const child = spawn(name, rest, { stdio: ['ignore', 'pipe', 'pipe'] });
    let out = '';
    let errors = '';
    child.stdout.on('data', (data) => (out += data));
    child.stderr.on('data', (data) => (errors += data));
    const late = setTimeout(() => child.kill('SIGKILL'), 120_000);
    child.once('close', (code, signal) => {
      clearTimeout(late);
      try {
        done({ code, ...JSON.parse(out) });
      } catch {
        failed(new Error(`${rest.join(' ')}: ${signal ?? code} ${errors}`));
      }
    });
  });
}

// A server that answers one client serves many.
async function answering(port, run) {
  for (let i = 0; i < 40; i++) {
    if (run.child.exitCode !== null) break;
    const seen = await measure('flood', { port, what: 'binding', count: 1 }).catch(() => ({}));
    if (seen.answers > 0) return;
    await pause(100);
  }
  await stopped(run);
  throw new Error('the server does not serve (BENCH_LOG=1 shows why)');
}

/** `env` adds to the settings; `command` is another build of the program. */
async function ours(env = {}, command = program) {
  const port = await freePort();
  const run = start([command], {
    TURN_SECRET: secret,
    CATCHUP_HTTP_PORT: `${await freePort()}`,
    CATCHUP_RELAY_PORT: `${port}`,
    CATCHUP_PUBLIC_IP: '127.0.0.1',
    CATCHUP_RELAY_LIMITS: 'strangers=0,requests=0,packets=0,mbit=0,source=16384',
    ...env,
  });
  await answering(port, run);
  return {
    port,
    pid: run.child.pid,
    stop: () => stopped(run),
    /** Ends it as its manager would; the exit code, or the signal it died of before. */
    end() {
      run.child.kill('SIGINT');
      return run.ended;
    },
  };
}

async function coturn() {
  const port = await freePort();
  const folder = mkdtempSync(`${tmpdir()}/coturn-`);
  const run = start([
    'turnserver', '-n', '--no-cli', '--no-tls', '--no-dtls', '-L', '127.0.0.1', '-E', '127.0.0.1',
    '-p', `${port}`, '--use-auth-secret', `--static-auth-secret=${secret}`, '-r', 'example.org',
    '--allow-loopback-peers', '-m', '1', '-l', `${folder}/log`, '--simple-log', '--no-stdout-log',
    `--pidfile=${folder}/pid`, `--userdb=${folder}/db`,
  ]);
  await answering(port, run);
  return {
    port,
    pid: run.child.pid,
    async stop() {
      await stopped(run);
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

async function forwarder(gro) {
  const port = await freePort();
  const run = start([bench, 'forward', '--port', `${port}`, '--gro', `${gro}`]);
  await answering(port, run);
  return { port, pid: run.child.pid, stop: () => stopped(run) };
}

export const servers = {
  ours,
  coturn,
  bare: () => forwarder(0),
  'bare-trains': () => forwarder(1),
};
