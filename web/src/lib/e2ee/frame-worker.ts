/**
 * The worker through which every frame goes, in both directions. It fails
 * closed: what cannot be sealed or opened does not come out at the other end.
 */
import { clock } from '../clock';
import { isCodec, isContext } from './codec';
import { FrameKeys } from './frame-crypter';
import type { Counters, FromWorker, ToWorker, TransformOptions } from './frame-messages';
import { noCounters } from './frame-messages';
import type { KeyMessage } from './keys';

interface EncodedFrame {
  data: ArrayBuffer;
}

interface Transformer {
  readonly readable: ReadableStream<EncodedFrame>;
  readonly writable: WritableStream<EncodedFrame>;
  readonly options: unknown;
  sendKeyFrameRequest?(): Promise<unknown>;
  generateKeyFrame?(): Promise<unknown>;
}

interface WorkerScope {
  onrtctransform: ((event: { transformer: Transformer }) => void) | null;
  onmessage: ((event: MessageEvent<ToWorker>) => void) | null;
  postMessage(message: FromWorker): void;
}

interface Lane {
  options: TransformOptions;
  transformer: Transformer;
  counters: Counters;
  keyed: boolean;
  /** Frames were not sealed: what is sent next should be a whole picture. */
  gap: boolean;
  reported: boolean;
  lastRequest: number;
}

const reportEvery = 250;
const requestEvery = 1000;

const scope = self as unknown as WorkerScope;
const keys = new FrameKeys();
/** Key messages are obeyed one after the other. */
let obeying: Promise<void> = Promise.resolve();
const lanes = new Map<string, Lane>();
/** Where keys come from. */
let port: MessagePort | null = null;
let reporting = false;

scope.onrtctransform = ({ transformer }) => {
  const options = readOptions(transformer.options);
  // Without options there is nobody to tell; the streams stay untouched and nothing flows.
  if (!options) return;
  const lane: Lane = {
    options,
    transformer,
    counters: noCounters(),
    keyed: false,
    gap: false,
    reported: true,
    lastRequest: 0,
  };
  lanes.set(options.id, lane);
  void pump(lane);
  scope.postMessage({ t: 'attached', id: options.id });
  checkKeyed(lane);
};

/**
 * One frame at a time, so they come out in the order they went in. By hand: piping through a
 * transform costs as much again as the sealing does.
 */
async function pump(lane: Lane): Promise<void> {
  const { counters, options, transformer } = lane;
  const process = options.direction === 'seal' ? sealFrame : openFrame;
  const reader = transformer.readable.getReader();
  const writer = transformer.writable.getWriter();
  try {
    for (;;) {
      const { done, value: frame } = await reader.read();
      if (done) break;
      counters.in += 1;
      let fit = false;
      try {
        fit = await process(lane, frame);
      } catch {
        counters.dropped += 1;
      }
      if (fit) {
        // Counted before anything else happens: never may more be sent than was sealed.
        const written = writer.write(frame);
        counters.out += 1;
        await written;
      }
      report(lane);
    }
    await writer.close();
  } catch (error) {
    // The connection is gone, and with it one of the two ends.
    reader.cancel(error).catch(() => {});
    writer.abort(error).catch(() => {});
  }
}

/** Whether `frame` now holds what may go on. */
async function sealFrame(lane: Lane, frame: EncodedFrame): Promise<boolean> {
  const { counters, options } = lane;
  if (frame.data.byteLength === 0) {
    counters.empty += 1;
    return false;
  }
  const sealed = await keys.seal(options.context, options.codec, new Uint8Array(frame.data));
  if (sealed === null) {
    counters.dropped += 1;
    lane.gap = true;
    return false;
  }
  frame.data = sealed.buffer;
  counters.outBytes += sealed.length;
  return true;
}

async function openFrame(lane: Lane, frame: EncodedFrame): Promise<boolean> {
  const { counters, options } = lane;
  if (frame.data.byteLength === 0) {
    counters.empty += 1;
    return false;
  }
  const { peer, context, codec } = options;
  const opened = await keys.open(peer, context, codec, new Uint8Array(frame.data));
  if ('problem' in opened) {
    count(counters, opened.problem);
    if (opened.problem !== 'repeated') requestKeyFrame(lane);
    return false;
  }
  frame.data = opened.frame.buffer;
  counters.outBytes += opened.frame.length;
  if (!counters.firstAuthenticated) {
    counters.firstAuthenticated = true;
    // At once: until then nothing of the other is shown.
    queueMicrotask(() => tell(lane));
  }
  return true;
}

function count(counters: Counters, problem: 'no-key' | 'not-authentic' | 'repeated'): void {
  if (problem === 'no-key') counters.dropped += 1;
  else if (problem === 'repeated') counters.repeated += 1;
  else counters.authFailed += 1;
}

/** Asks the sender of what is opened here for a whole picture, once a second at most. */
function requestKeyFrame(lane: Lane): void {
  if (lane.options.codec === 'opus' || lane.options.direction !== 'open') return;
  const now = clock.steady();
  if (lane.lastRequest > 0 && now - lane.lastRequest < requestEvery) return;
  lane.lastRequest = now;
  lane.transformer.sendKeyFrameRequest?.().catch(() => {});
}

function checkKeyed(lane: Lane): void {
  const { direction, peer, id, codec } = lane.options;
  const ready = direction === 'seal' ? keys.seals : keys.opens(peer);
  if (!ready) return;
  if (direction === 'seal' && lane.gap && codec !== 'opus') {
    lane.gap = false;
    // Chromium has no such method; there the page asks the sender.
    if (lane.transformer.generateKeyFrame) lane.transformer.generateKeyFrame().catch(() => {});
    else scope.postMessage({ t: 'key-frame-wanted', id });
  }
  if (lane.keyed) return;
  lane.keyed = true;
  scope.postMessage({ t: 'keyed', id });
  if (lane.counters.in > 0) requestKeyFrame(lane);
}

function report(lane: Lane): void {
  lane.reported = false;
  if (reporting) return;
  reporting = true;
  setTimeout(() => {
    reporting = false;
    for (const each of lanes.values()) if (!each.reported) tell(each);
  }, reportEvery);
}

function tell(lane: Lane): void {
  lane.reported = true;
  scope.postMessage({ t: 'counters', id: lane.options.id, counters: { ...lane.counters } });
}

function readOptions(value: unknown): TransformOptions | null {
  if (typeof value !== 'object' || value === null) return null;
  const { id, direction, context, codec, peer } = value as Record<string, unknown>;
  if (typeof id !== 'string' || typeof peer !== 'string' || !isCodec(codec)) return null;
  if (direction !== 'seal' && direction !== 'open') return null;
  if (!isContext(context)) return null;
  return { id, direction, context, codec, peer };
}

async function obey(message: KeyMessage): Promise<void> {
  switch (message.k) {
    case 'install':
      if (!(await keys.install(message))) throw new Error('an epoch came twice');
      break;
    case 'switch':
      keys.switch(message.epoch);
      break;
    case 'forget':
      keys.forget(message.epoch);
      break;
    case 'forget-all':
      keys.forgetAll();
      break;
    case 'hold':
      keys.hold(message.on);
      break;
  }
  for (const lane of lanes.values()) checkKeyed(lane);
}

function obeyNext(message: KeyMessage): void {
  obeying = obeying.then(() => obey(message)).catch(broken);
}

function broken(error: unknown): void {
  // Without the right keys nothing is sealed, whatever else happens.
  keys.forgetAll();
  scope.postMessage({ t: 'broken', why: error instanceof Error ? error.message : 'error' });
}

function handle(message: ToWorker): void {
  switch (message.t) {
    case 'port':
      // The previous owner of the port is dead, and its keys are void.
      port?.close();
      port = message.port;
      obeyNext({ k: 'forget-all' });
      port.onmessage = ({ data }: MessageEvent<KeyMessage>) => obeyNext(data);
      break;
    case 'key':
      obeyNext(message.key);
      break;
    case 'close':
      lanes.delete(message.id);
      break;
    case 'poll': {
      const counters: Record<string, Counters> = {};
      for (const [id, lane] of lanes) counters[id] = { ...lane.counters };
      scope.postMessage({ t: 'polled', seq: message.seq, counters });
      break;
    }
  }
}

scope.onmessage = ({ data }) => handle(data);

scope.postMessage({ t: 'ready' });
