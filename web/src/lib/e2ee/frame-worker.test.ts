// The worker of the frames with streams of our own: what comes out at the other end.
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { random } from '../crypto/bytes';
import { importSecret } from '../crypto/kdf';
import type { FromWorker, ToWorker } from './frame-messages';
import type { EpochKey, KeyMessage } from './keys';

interface Scope {
  onmessage: ((event: { data: ToWorker }) => void) | null;
  onrtctransform: ((event: { transformer: object }) => void) | null;
  postMessage(message: FromWorker): void;
}

const speech = random(60);
let scope: Scope;
let said: FromWorker[];
let epoch: EpochKey;

beforeEach(async () => {
  said = [];
  scope = {
    onmessage: null,
    onrtctransform: null,
    postMessage: (message) => void said.push(message),
  };
  vi.stubGlobal('self', scope);
  vi.resetModules();
  await import('./frame-worker');
  const roster = [
    { leaf: 0, member: 'alice' },
    { leaf: 1, member: 'bob' },
  ];
  const base = await importSecret(random(16));
  epoch = { group: 'g', epoch: 1n, base, suite: 4, self: 0, roster };
});

const tell = (data: ToWorker) => scope.onmessage?.({ data });
/** Longer than anything the worker does with keys or frames, on however busy a machine. */
async function settle() {
  for (let i = 0; i < 40; i++) {
    await crypto.subtle.digest('SHA-256', speech);
    await new Promise((resolve) => setTimeout(resolve, 0));
  }
}

async function key(...messages: KeyMessage[]) {
  for (const message of messages) tell({ t: 'key', key: message });
  await settle();
}

/** Input and output of a transform. */
function lane(options: object) {
  const out: Uint8Array[] = [];
  const { readable, writable } = new TransformStream<object>();
  const sink = new WritableStream<{ data: ArrayBuffer }>({
    write: ({ data }) => void out.push(new Uint8Array(data)),
  });
  const transformer = { readable, writable: sink, options };
  scope.onrtctransform?.({ transformer });
  const writer = writable.getWriter();
  return {
    out,
    give: async (...frames: object[]) => {
      for (const frame of frames) void writer.write(frame);
      await settle();
    },
  };
}

const frame = (bytes: Uint8Array) => ({ data: bytes.slice().buffer });
const seal = (peer = '') => lane({ id: 's', direction: 'seal', context: 0, codec: 'opus', peer });
const open = (peer = 'alice') =>
  lane({ id: 'o', direction: 'open', context: 0, codec: 'opus', peer });
/** Reading it fails, as with one that was given away already. */
const broken = {
  get data(): ArrayBuffer {
    throw new TypeError('detached');
  },
};

function counters(id: string) {
  tell({ t: 'poll', seq: 1 });
  const polled = said.findLast((message) => message.t === 'polled');
  return polled?.counters[id];
}

describe('what is sent', () => {
  it('is nothing without a key, before the switch, on hold, and after the keys went', async () => {
    const { out, give } = seal();
    await give(frame(speech));
    await key({ k: 'install', ...epoch });
    await give(frame(speech));
    await key({ k: 'switch', epoch: 1n }, { k: 'hold', on: true });
    await give(frame(speech));
    expect(out).toEqual([]);
    await key({ k: 'hold', on: false });
    await give(frame(speech));
    expect(out).toHaveLength(1);
    await key({ k: 'forget-all' });
    await give(frame(speech));
    expect(out).toHaveLength(1);
    expect(counters('s')).toMatchObject({ in: 5, out: 1, dropped: 4 });
  });

  it('asks for a key frame after video was dropped, of the page where the browser cannot', async () => {
    const wanted = () => said.filter((message) => message.t === 'key-frame-wanted');
    await key({ k: 'install', ...epoch }, { k: 'switch', epoch: 1n }, { k: 'hold', on: true });
    const video = lane({ id: 'v', direction: 'seal', context: 1, codec: 'vp8', peer: '' });
    const voice = seal();
    await voice.give(frame(speech));
    await key({ k: 'hold', on: false });
    expect(wanted()).toEqual([]);
    await key({ k: 'hold', on: true });
    await video.give(frame(speech));
    expect(wanted()).toEqual([]);
    await key({ k: 'hold', on: false });
    expect(wanted()).toEqual([{ t: 'key-frame-wanted', id: 'v' }]);
    await key({ k: 'hold', on: true }, { k: 'hold', on: false });
    expect(wanted()).toHaveLength(1);
  });

  it('is sealed, and never as it came', async () => {
    await key({ k: 'install', ...epoch }, { k: 'switch', epoch: 1n });
    const { out, give } = seal();
    await give(frame(speech), frame(speech));
    expect(out).toHaveLength(2);
    for (const sealed of out) {
      expect(sealed.length).toBeGreaterThanOrEqual(speech.length + 17);
      expect(Buffer.from(sealed).includes(Buffer.from(speech.subarray(0, 8)))).toBe(false);
    }
    expect(out[0]).not.toEqual(out[1]);
  });

  it('is nothing of a frame that is empty or cannot be read', async () => {
    await key({ k: 'install', ...epoch }, { k: 'switch', epoch: 1n });
    const { out, give } = seal();
    await give(frame(new Uint8Array()), broken);
    expect(out).toEqual([]);
    expect(counters('s')).toMatchObject({ in: 2, out: 0, empty: 1, dropped: 1 });
    await give(frame(speech));
    expect(out).toHaveLength(1);
  });

  it('is nothing any more when keys are wrong, or come from somebody else', async () => {
    await key({ k: 'install', ...epoch }, { k: 'switch', epoch: 1n });
    const { out, give } = seal();
    await key({ k: 'install', ...epoch });
    expect(said.some(({ t }) => t === 'broken')).toBe(true);
    await give(frame(speech));
    expect(out).toEqual([]);
    await key({ k: 'install', ...epoch, epoch: 2n }, { k: 'switch', epoch: 2n });
    await give(frame(speech));
    expect(out).toHaveLength(1);
    // Another group worker: what the one before said is void.
    const { port1, port2 } = new MessageChannel();
    tell({ t: 'port', port: port2 as unknown as MessagePort });
    await settle();
    await give(frame(speech));
    expect(out).toHaveLength(1);
    port1.close();
  });
});

describe('a lane whose ends fail', () => {
  interface Ends {
    readable: ReadableStream<object>;
    writable: WritableStream<{ data: ArrayBuffer }>;
  }

  beforeEach(() => key({ k: 'install', ...epoch }, { k: 'switch', epoch: 1n }));

  function attach(ends: Ends) {
    const options = { id: 's', direction: 'seal', context: 0, codec: 'opus', peer: '' };
    scope.onrtctransform?.({ transformer: { ...ends, options } });
  }

  it('hands on one frame after the other, however slow who takes them', async () => {
    const { readable, writable } = new TransformStream<object>();
    const waiting: (() => void)[] = [];
    const slow = new WritableStream<{ data: ArrayBuffer }>({
      write: () => new Promise<void>((taken) => void waiting.push(taken)),
    });
    attach({ readable, writable: slow });
    const writer = writable.getWriter();
    for (let i = 0; i < 3; i++) void writer.write(frame(speech));
    for (let i = 1; i <= 3; i++) {
      await settle();
      expect(waiting).toHaveLength(i);
      expect(counters('s')).toMatchObject({ in: i, out: i });
      waiting.at(-1)?.();
    }
  });

  it('takes nothing more when who takes frames is gone', async () => {
    const cancelled = vi.fn();
    const readable = new ReadableStream<object>({
      pull: (controller) => controller.enqueue(frame(speech)),
      cancel: cancelled,
    });
    const out: object[] = [];
    const writable = new WritableStream<{ data: ArrayBuffer }>({
      write: (one) => {
        if (out.push(one) > 1) throw new TypeError('closed');
      },
    });
    attach({ readable, writable });
    await settle();
    expect(cancelled).toHaveBeenCalledOnce();
    expect(out).toHaveLength(2);
  });

  it('ends when the source fails, and closes what it wrote to at its end', async () => {
    const ended: string[] = [];
    const sink = () =>
      new WritableStream<{ data: ArrayBuffer }>({
        write: () => void ended.push('a frame'),
        abort: () => void ended.push('aborted'),
        close: () => void ended.push('closed'),
      });
    const broken = new ReadableStream<object>({ start: (c) => c.error(new TypeError('gone')) });
    attach({ readable: broken, writable: sink() });
    await settle();
    const over = new ReadableStream<object>({
      start: (c) => {
        c.enqueue(frame(speech));
        c.close();
      },
    });
    attach({ readable: over, writable: sink() });
    await settle();
    expect(ended).toEqual(['aborted', 'a frame', 'closed']);
  });
});

describe('what is shown', () => {
  async function sealed() {
    await key({ k: 'install', ...epoch }, { k: 'switch', epoch: 1n });
    const { out, give } = seal();
    await give(frame(speech));
    return out[0] as Uint8Array;
  }

  it('is what opens, once', async () => {
    const wire = await sealed();
    const { out, give } = open();
    await give(frame(wire), frame(wire));
    expect(out).toEqual([speech]);
    expect(counters('o')).toMatchObject({ in: 2, out: 1, repeated: 1, firstAuthenticated: true });
  });

  it('is nothing that was not sealed, was changed, is empty, or is another’s', async () => {
    const wire = await sealed();
    const changed = wire.slice();
    changed[10] = (changed[10] ?? 0) ^ 1;
    const { out, give } = open();
    await give(frame(speech), frame(changed), frame(new Uint8Array()), broken);
    expect(out).toEqual([]);
    expect(counters('o')).toMatchObject({ in: 4, out: 0, empty: 1, firstAuthenticated: false });
    const other = lane({ id: 'b', direction: 'open', context: 0, codec: 'opus', peer: 'bob' });
    await other.give(frame(wire));
    expect(other.out).toEqual([]);
    expect(counters('b')).toMatchObject({ in: 1, authFailed: 1 });
  });
});

it.each([
  ['nothing', undefined],
  ['an unknown codec', { id: 'x', direction: 'seal', context: 0, codec: 'av1', peer: '' }],
  ['no direction', { id: 'x', direction: 'both', context: 0, codec: 'opus', peer: '' }],
  ['an unknown context', { id: 'x', direction: 'open', context: 9, codec: 'opus', peer: '' }],
])('a transform with %s for options lets nothing through', async (_, options) => {
  await key({ k: 'install', ...epoch }, { k: 'switch', epoch: 1n });
  const { out, give } = lane(options as object);
  await give(frame(speech));
  expect(out).toEqual([]);
  expect(said.some(({ t }) => t === 'attached')).toBe(false);
});
