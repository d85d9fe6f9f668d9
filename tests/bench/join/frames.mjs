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

/** Notes how long the worker works at each frame, from taking it to handing it on, and its AES-GCM. */
export const stopwatch = `(${time})();\n`;

function time() {
  const channel = new BroadcastChannel('test-frames');
  const times = {};
  channel.onmessage = () => channel.postMessage({ times });
  for (const what of ['encrypt', 'decrypt']) {
    const all = (times[`AES-GCM ${what}`] = []);
    const run = crypto.subtle[what].bind(crypto.subtle);
    crypto.subtle[what] = async (...args) => {
      const before = performance.now();
      const out = await run(...args);
      all.push(performance.now() - before);
      return out;
    };
  }
  const wrap = (transformer) => {
    const { direction, codec, peer } = transformer.options ?? {};
    if (peer === 'self-test') return transformer;
    times[`${direction} ${codec}`] ??= [];
    const all = times[`${direction} ${codec}`];
    let taken = 0; // of one frame at a time
    const readable = {
      getReader() {
        const reader = transformer.readable.getReader();
        const read = () =>
          reader.read().then((result) => {
            taken = performance.now();
            return result;
          });
        return { read, cancel: (why) => reader.cancel(why) };
      },
    };
    const writable = {
      getWriter() {
        const writer = transformer.writable.getWriter();
        const write = (frame) => {
          all.push(performance.now() - taken);
          return writer.write(frame);
        };
        return { write, close: () => writer.close(), abort: (why) => writer.abort(why) };
      },
    };
    return new Proxy(transformer, {
      get(_, key) {
        if (key === 'readable') return readable;
        if (key === 'writable') return writable;
        const value = transformer[key];
        return typeof value === 'function' ? value.bind(transformer) : value;
      },
    });
  };
  let handler = null;
  addEventListener('rtctransform', (event) => handler?.({ transformer: wrap(event.transformer) }));
  Object.defineProperty(self, 'onrtctransform', {
    get: () => handler,
    set: (next) => {
      handler = next;
    },
  });
}

/** Measured times: {'seal vp8': [ms, …], …}. Runs in the page. */
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
