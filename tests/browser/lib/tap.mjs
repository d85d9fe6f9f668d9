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

/** Lets a test hold the keys of what is sent, as the group does (see `hold`); before the frame worker. */
export const holding = `(${obeyHolds})();\n`;

function obeyHolds() {
  self.testHold = new BroadcastChannel('test-hold');
  self.testHold.onmessage = ({ data: on }) => self.onmessage({ data: { t: 'key', key: { k: 'hold', on } } });
}

/** Holds the keys of what a person sends, or lets go of them. */
export const hold = ({ page }, on) => page.evaluate((value) => new BroadcastChannel('test-hold').postMessage(value, []), on);

/**
 * A forwarder that attacks (see `attack`), before the frame worker, and one that
 * watches what goes on to the decoders.
 */
export const forwarder = `(${attackFrames})();\n`;

function attackFrames() {
  const channel = new BroadcastChannel('test-attack');
  const sealed = new Map(); // `peer/codec` to frames as they came
  const opened = new Map(); // the same, of those that the app was given
  const plain = new Map(); // codec to frames as they went on
  const forged = new WeakSet();
  let mode = 'none';
  let counts;
  const reset = () => {
    counts = { forged: 0, through: 0, clean: 0 };
  };
  reset();
  const keep = (map, key, bytes) => {
    const list = map.get(key) ?? [];
    map.set(key, list);
    list.push(bytes);
    if (list.length > 40) list.shift();
  };
  /** Replacement of a frame; null: nothing. */
  const substitute = (peer, codec) => {
    const lane = `${peer}/${codec}`;
    if (mode === 'plain') return plain.get(codec)?.at(-1) ?? null;
    if (mode === 'replay') return opened.get(lane)?.at(-1) ?? null;
    if (mode === 'flip') {
      const bytes = new Uint8Array(sealed.get(lane).at(-1).slice(0));
      bytes[codec === 'opus' ? bytes.length - 1 : 0] ^= 0x10;
      return bytes.buffer;
    }
    if (mode === 'swap') {
      for (const [key, list] of sealed) if (key.endsWith(codec) && !key.startsWith(peer)) return list.at(-1);
    }
    return null;
  };
  channel.onmessage = ({ data }) => {
    channel.postMessage({ counts });
    mode = data.mode;
    reset();
  };
  const wrap = ({ transformer }) => {
    const { direction, codec, peer } = transformer.options ?? {};
    if (peer === 'self-test' || direction !== 'open') return { transformer };
    const before = new TransformStream({
      transform(frame, controller) {
        const came = frame.data.slice(0);
        keep(sealed, `${peer}/${codec}`, came);
        const bytes = frame.data.byteLength > 0 ? substitute(peer, codec) : null;
        if (bytes) {
          frame.data = bytes.slice(0);
          forged.add(frame);
          counts.forged++;
        } else keep(opened, `${peer}/${codec}`, came);
        controller.enqueue(frame);
      },
    });
    const after = new TransformStream({
      transform(frame, controller) {
        if (forged.has(frame)) counts.through++;
        else {
          counts.clean++;
          keep(plain, codec, frame.data.slice(0));
        }
        controller.enqueue(frame);
      },
    });
    void after.readable.pipeTo(transformer.writable).catch(() => {});
    const readable = transformer.readable.pipeThrough(before);
    return {
      transformer: new Proxy(transformer, {
        get(_, key) {
          if (key === 'readable') return readable;
          if (key === 'writable') return after.writable;
          const value = transformer[key];
          return typeof value === 'function' ? value.bind(transformer) : value;
        },
      }),
    };
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

/**
 * Tells the forwarder of a person what to put in the place of all frames from now on:
 *   none, plain (frames as an encoder makes them), replay (one of before),
 *   flip (a bit), swap (somebody else's).
 * Resolves to what came of the mode before: {forged, through, clean}, where `through`
 * are forged frames that went on to a decoder.
 */
export function attack(person, mode) {
  return person.page.evaluate(
    (next) =>
      new Promise((done) => {
        const channel = new BroadcastChannel('test-attack');
        channel.onmessage = ({ data }) => {
          if (!data.counts) return;
          channel.close();
          done(data.counts);
        };
        channel.postMessage({ mode: next });
      }),
    mode,
  );
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

/** The same, and a worker that can be made to fail: see `ruin`. */
export const brittle = `${leak}(${obeyRuin})();\n`;

function obeyRuin() {
  const channel = new BroadcastChannel('test-ruin');
  channel.onmessage = ({ data }) => {
    channel.close();
    if (data === 'hang') for (;;);
    setTimeout(() => {
      throw new Error('ruined by the test');
    });
  };
}

/** Lets the group worker of a person 'die' or 'hang'. */
export function ruin(person, how) {
  return person.page.evaluate((what) => {
    const channel = new BroadcastChannel('test-ruin');
    channel.postMessage(what);
    channel.close();
  }, how);
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

/** Collected frames: [{kind: 'audio' | 'video', peer, data: Buffer}]. */
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
