// Scripts to put before the frame worker's own: when it has installed keys, and a
// stopwatch for the frames in it.

/** Says when all keys of an epoch for sealing are there. */
export const installs = `(${tellInstalled})();\n`;

function tellInstalled() {
  const channel = new BroadcastChannel('test-installed');
  const perEpoch = 4; // microphone, camera, screen and its sound
  let made = 0;
  const { subtle } = crypto;
  const importKey = subtle.importKey.bind(subtle);
  subtle.importKey = async (...args) => {
    const key = await importKey(...args);
    if (args[4][0] === 'encrypt' && ++made % perEpoch === 0) channel.postMessage('installed');
    return key;
  };
}

/** Notes how long each frame is in the worker. */
export const stopwatch = `(${time})();\n`;

function time() {
  const channel = new BroadcastChannel('test-frames');
  const times = {};
  const came = new WeakMap();
  channel.onmessage = () => channel.postMessage({ times });
  const wrap = ({ transformer }) => {
    const { direction, codec, peer } = transformer.options ?? {};
    if (peer === 'self-test') return { transformer };
    const name = `${direction} ${codec}`;
    times[name] ??= [];
    const before = new TransformStream({
      transform(frame, controller) {
        came.set(frame, performance.now());
        controller.enqueue(frame);
      },
    });
    const after = new TransformStream({
      transform(frame, controller) {
        times[name].push(performance.now() - came.get(frame));
        controller.enqueue(frame);
      },
    });
    void after.readable.pipeTo(transformer.writable).catch(() => {});
    const readable = transformer.readable.pipeThrough(before);
    const stand = new Proxy(transformer, {
      get(_, key) {
        if (key === 'readable') return readable;
        if (key === 'writable') return after.writable;
        const value = transformer[key];
        return typeof value === 'function' ? value.bind(transformer) : value;
      },
    });
    return { transformer: stand };
  };
  let handler = null;
  addEventListener('rtctransform', (event) => handler?.(wrap(event)));
  Object.defineProperty(self, 'onrtctransform', {
    get: () => handler,
    set: (next) => {
      handler = next;
    },
  });
}

/** What was measured: {'seal vp8': [ms, …], …}. Runs in the page. */
export function ask() {
  return new Promise((done) => {
    const channel = new BroadcastChannel('test-frames');
    channel.onmessage = ({ data }) => done(data.times);
    channel.postMessage({});
  });
}

/** "p50 1.0 ms, p95 2.0 ms, of 20". */
export function report(all, digits) {
  const sorted = [...all].sort((a, b) => a - b);
  // The smallest value that 95 % of all are not above.
  const at = (share) => sorted[Math.max(0, Math.ceil(sorted.length * share) - 1)]?.toFixed(digits);
  return `p50 ${at(0.5)} ms, p95 ${at(0.95)} ms, highest ${at(1)} ms, of ${all.length}`;
}
