// A tap inside the frame worker, between the browser's RTP stack and the app: it
// sees a frame as it came from the network, before the app opens it. And one
// inside the group worker, which gives away the keys that the app would not.

/**
 * A script to put before the worker's own (see front.mjs). `mode`:
 *   record   copies every frame that arrives, changes nothing
 *   spoil    also flips one bit in each before the app gets it
 *   bare     what is sent goes out as the encoder made it: no encryption
 *   bare-all also in the self-test of the app, which the others leave alone
 */
export const tap = (mode) => `(${slip})(${JSON.stringify(mode)});\n`;

function slip(mode) {
  const channel = new BroadcastChannel('test-tap');
  const say = (message, data) => channel.postMessage({ ...message, data }, []);
  const wrap = ({ transformer }) => {
    const { direction, codec, peer } = transformer.options ?? {};
    if (peer === 'self-test' && mode !== 'bare-all') return { transformer };
    if (mode.startsWith('bare') && direction === 'seal') {
      // The app gets streams that never carry anything.
      transformer.readable.pipeTo(transformer.writable);
      const idle = new TransformStream();
      return { transformer: stand(transformer, idle.readable, new WritableStream()) };
    }
    if (direction !== 'open') return { transformer };
    const watched = new TransformStream({
      transform(frame, controller) {
        say({ codec, peer }, frame.data.slice(0));
        if (mode === 'spoil') {
          const bytes = new Uint8Array(frame.data.slice(0));
          bytes[bytes.length - 1] ^= 1;
          frame.data = bytes.buffer;
        }
        controller.enqueue(frame);
      },
    });
    return { transformer: stand(transformer, transformer.readable.pipeThrough(watched), transformer.writable) };
  };
  const stand = (transformer, readable, writable) =>
    new Proxy(transformer, {
      get(_, key) {
        if (key === 'readable') return readable;
        if (key === 'writable') return writable;
        const value = transformer[key];
        return typeof value === 'function' ? value.bind(transformer) : value;
      },
    });
  let handler = null;
  addEventListener('rtctransform', (event) => handler?.(wrap(event)));
  Object.defineProperty(self, 'onrtctransform', {
    get: () => handler,
    set: (next) => {
      handler = next;
    },
  });
}

/** A script to put before the group worker: every key for frames goes to the test, too. */
export const leak = `(${giveAway})();\n`;

function giveAway() {
  const channel = new BroadcastChannel('test-keys');
  const known = new WeakMap();
  const { subtle } = crypto;
  const importKey = subtle.importKey.bind(subtle);
  subtle.importKey = async (format, data, ...rest) => {
    const copy = format === 'raw' ? new Uint8Array(data).slice() : null;
    const key = await importKey(format, data, ...rest);
    if (copy) known.set(key, copy);
    return key;
  };
  const post = MessagePort.prototype.postMessage;
  MessagePort.prototype.postMessage = function (message, ...rest) {
    if (message?.k === 'install') {
      const { group, epoch, self, roster, base } = message;
      channel.postMessage({ group, epoch: Number(epoch), self, roster, base: known.get(base) });
    }
    return post.call(this, message, ...rest);
  };
}

/** Begins to collect in a page; before the app loads. */
export function collect(person) {
  return person.page.evaluateOnNewDocument(() => {
    const kept = [];
    Object.defineProperty(window, '__tapped', { value: kept });
    const channel = new BroadcastChannel('test-tap');
    channel.onmessage = ({ data }) => {
      if (kept.length < 5000) kept.push(data);
    };
    const keys = [];
    Object.defineProperty(window, '__leaked', { value: keys });
    const leaks = new BroadcastChannel('test-keys');
    leaks.onmessage = ({ data }) => keys.push(data);
  });
}

/** What was collected: [{kind: 'audio' | 'video', peer, data: Buffer}]. */
export async function tapped(person) {
  const frames = await person.page.evaluate(() =>
    window.__tapped.map(({ codec, peer, data }) => {
      let text = '';
      for (const byte of new Uint8Array(data)) text += String.fromCharCode(byte);
      return [codec === 'opus' ? 'audio' : 'video', peer, btoa(text)];
    }),
  );
  return frames.map(([kind, peer, text]) => ({ kind, peer, data: Buffer.from(text, 'base64') }));
}

/** The epochs of a person: [{group, epoch, self, roster: [{leaf, member}], base: Buffer}]. */
export async function leaked(person) {
  const epochs = await person.page.evaluate(() =>
    window.__leaked.map(({ base, ...rest }) => ({ ...rest, base: [...base] })),
  );
  return epochs.map((epoch) => ({ ...epoch, base: Buffer.from(epoch.base) }));
}

/** The member id of a person, hex. */
export function memberOf(epochs) {
  const { self, roster } = epochs.at(-1);
  return roster.find(({ leaf }) => leaf === self).member;
}
