// Code that the drivers for Node share: the question, steps with times, the one line.
import { createRequire } from 'node:module';

export const ask = JSON.parse(process.argv[2]);

// The packages are installed under build/, not beside the drivers.
const require = createRequire(`${process.env.INTEROP_MODULES ?? process.cwd()}/`);
export const load = (name) => require(name);
export const versionOf = (name) => JSON.parse(
  require('node:fs').readFileSync(`${process.env.INTEROP_MODULES}/node_modules/${name}/package.json`),
).version;

export const pause = (ms) => new Promise((done) => setTimeout(done, ms));

const steps = {};

/** Runs `work` and notes how long it took; an error says in which step it was. */
export async function timed(step, work) {
  const begun = performance.now();
  let timer;
  try {
    const late = new Promise((_, failed) => {
      timer = setTimeout(() => failed(new Error('timeout')), ask.timeout_ms);
    });
    return await Promise.race([work(), late]);
  } catch (error) {
    error.step ??= step;
    throw error;
  } finally {
    clearTimeout(timer);
    steps[step] = performance.now() - begun;
  }
}

const numbered = (number) => {
  const packet = Buffer.alloc(100);
  packet.writeUInt32BE(number);
  return packet;
};

/** One side of a conversation: what it heard, and how it sends. */
export class End {
  heard = new Set();

  constructor(send) {
    this.sendBytes = send;
  }

  take(bytes) {
    if (bytes.length >= 4) this.heard.add(Buffer.from(bytes).readUInt32BE(0));
  }

  send(number) {
    return this.sendBytes(numbered(number));
  }
}

/** Both sides send until both have heard: the first is not permitted yet. */
export async function openPath(a, b) {
  while (!(a.heard.has(0) && b.heard.has(0))) {
    await Promise.all([a.send(0), b.send(0)]);
    await pause(20);
  }
}

/** The numbered packets of both sides; what did not arrive, from `a` and from `b`. */
export async function exchange(a, b) {
  for (let number = 1; number <= ask.count; number++) {
    await Promise.all([a.send(number), b.send(number)]);
    await pause(ask.interval_ms);
  }
  await pause(300);
  const missing = ({ heard }) => Array.from({ length: ask.count }, (_, i) => i + 1).filter((n) => !heard.has(n));
  return { sent: ask.count, missing: [missing(b), missing(a)] };
}

/** Runs a driver and prints its line; libraries may keep the process alive, so it is ended. */
export async function drive(name, work) {
  const result = { version: versionOf(name), steps, error: null };
  try {
    Object.assign(result, await work());
  } catch (error) {
    result.error = { step: error.step ?? '', text: `${error.message || (error.name ?? error)}` };
  }
  process.stdout.write(`${JSON.stringify(result)}\n`, () => process.exit(0));
}
