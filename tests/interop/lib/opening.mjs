// How long a data channel of node-datachannel takes to open when all goes through a
// relay: ours and coturn in turn, so that both have the same machine.
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import dgram from 'node:dgram';
import { tmpdir } from 'node:os';
import { freePort, pause } from '../../browser/lib/server.mjs';
import { bindingRequest } from './stun.mjs';
import { credentials, drive } from './turn-cases.mjs';

const tries = 10;
export const limit = 1.3;

const median = (list) => {
  const sorted = [...list].sort((a, b) => a - b);
  return (sorted[(sorted.length - 1) >> 1] + sorted[sorted.length >> 1]) / 2;
};

/** Whether somebody answers a Binding request on this port. */
function answers(port) {
  return new Promise((done) => {
    const socket = dgram.createSocket('udp4');
    const late = setTimeout(() => finish(false), 200);
    const finish = (value) => {
      clearTimeout(late);
      socket.close();
      done(value);
    };
    socket.once('message', () => finish(true));
    socket.on('error', () => {});
    socket.send(bindingRequest(), port, '127.0.0.1');
  });
}

/** Debian's coturn on a port of its own; it accepts the same credentials. */
async function coturn(secret) {
  const port = await freePort();
  const folder = mkdtempSync(`${tmpdir()}/interop-coturn-`);
  const child = spawn('turnserver', [
    '-n', '--no-cli', '--no-tls', '--no-dtls', '-L', '127.0.0.1', '-E', '127.0.0.1', '-p', `${port}`,
    '--use-auth-secret', `--static-auth-secret=${secret}`, '-r', 'example.org', '--allow-loopback-peers',
    '-m', '1', '-l', `${folder}/log`, '--simple-log', '--no-stdout-log', `--pidfile=${folder}/pid`, `--userdb=${folder}/db`,
  ], { stdio: 'ignore' });
  const ended = new Promise((done) => child.once('exit', done));
  const stop = async () => {
    child.kill('SIGKILL');
    await ended;
    rmSync(folder, { recursive: true, force: true });
  };
  for (let i = 0; i < 50; i++) {
    if (await answers(port)) return { port, stop };
    await pause(100);
  }
  await stop();
  throw new Error('coturn does not start');
}

// libdatachannel drops a DTLS hello that arrives before its own ICE is done, and repeats it after 1 s.
const repeated = (list) => list.filter((ms) => ms > 500).length;

/** `{ours, coturn, ratio}`: medians in milliseconds of ten openings each; `repeats`: openings with a hello twice. */
export async function measureOpening(client, server) {
  const other = await coturn(server.turnSecret);
  const times = { ours: [], coturn: [] };
  try {
    for (let i = 0; i < tries; i++) {
      for (const [name, port] of [['ours', server.relayPort], ['coturn', other.port]]) {
        const users = { a: credentials(server.turnSecret, `open-${i}-a`), b: credentials(server.turnSecret, `open-${i}-b`) };
        const run = await drive(client, { port, transport: 'udp', ...users, only_open: true });
        if (run.error) throw new Error(`${name}: ${run.error.step}: ${run.error.text}`);
        times[name].push(run.open_ms);
      }
    }
  } finally {
    await other.stop();
  }
  const [ours, theirs] = [median(times.ours), median(times.coturn)];
  const repeats = { ours: repeated(times.ours), coturn: repeated(times.coturn) };
  return { ours, coturn: theirs, ratio: ours / theirs, repeats };
}
