/** The page's end of the frame worker: keys in, transforms and counters out. */

import { clock } from '../clock';
import {
  type Counters,
  type FromWorker,
  noCounters,
  type ToWorker,
  type TransformOptions,
} from './frame-messages';
import workerUrl from './frame-worker?worker&url';
import type { KeyMessage } from './keys';
import { trustedScript } from './trusted';

/** One direction of one transceiver. Never taken off, never used again. */
export class FrameTransform {
  counters: Counters = noCounters();
  /** When frames last came out, by `clock.steady()`; 0 before the first. */
  lastOut = 0;
  onchange: (() => void) | null = null;
  /** Frames of ours were dropped: the next one has to be a key frame. */
  onkeyframe: (() => void) | null = null;
  private attached = false;
  private keyed = false;
  private release: () => void = () => {};
  /** The worker has it and has a key for it. Stays open when that never happens. */
  readonly ready = new Promise<void>((resolve) => {
    this.release = resolve;
  });

  constructor(
    readonly options: TransformOptions,
    readonly transform: RTCRtpScriptTransform,
  ) {}

  mark(what: 'attached' | 'keyed'): void {
    this[what] = true;
    if (this.attached && this.keyed) this.release();
  }

  update(counters: Counters): void {
    if (counters.out > this.counters.out) this.lastOut = clock.steady();
    this.counters = counters;
    this.onchange?.();
  }
}

export class FrameCrypto {
  private readonly transforms = new Map<string, FrameTransform>();
  private readonly polls = new Map<number, () => void>();
  private nextId = 1;
  private broken = false;
  /** The worker died or cannot work: its counters are gone, nothing more may be sent. */
  onbroken: ((why: string) => void) | null = null;

  private constructor(private readonly worker: Worker) {
    worker.onmessage = ({ data }: MessageEvent<FromWorker>) => this.handle(data);
    worker.onerror = () => this.fail('worker');
    worker.onmessageerror = () => this.fail('worker message');
  }

  /** Resolves once the worker runs; rejects when it does not within 10 s. */
  static start(): Promise<FrameCrypto> {
    const worker = new Worker(trustedScript(workerUrl), { type: 'module', name: 'frames' });
    return new Promise((resolve, reject) => {
      const refuse = (why: string) => {
        worker.terminate();
        reject(new Error(why));
      };
      const timer = setTimeout(() => refuse('the frame worker is silent'), 10_000);
      worker.onerror = () => refuse('the frame worker did not start');
      worker.onmessage = ({ data }: MessageEvent<FromWorker>) => {
        if (data.t !== 'ready') return;
        clearTimeout(timer);
        resolve(new FrameCrypto(worker));
      };
    });
  }

  /** Keys come over `port` from now on; those that came over another one are forgotten. */
  listenTo(port: MessagePort): void {
    this.worker.postMessage({ t: 'port', port } satisfies ToWorker, [port]);
  }

  /** For keys that are made up by the page itself. */
  setKey(key: KeyMessage): void {
    this.post({ t: 'key', key });
  }

  transform(options: Omit<TransformOptions, 'id'>): FrameTransform {
    const whole: TransformOptions = { ...options, id: `t${this.nextId++}` };
    const made = new FrameTransform(whole, new RTCRtpScriptTransform(this.worker, whole));
    this.transforms.set(whole.id, made);
    return made;
  }

  /** After the connection of the transform was closed. */
  close(transform: FrameTransform): void {
    this.transforms.delete(transform.options.id);
    this.post({ t: 'close', id: transform.options.id });
  }

  /** Counters as they are now, asked of the worker. false: no answer within a second. */
  poll(): Promise<boolean> {
    const seq = this.nextId++;
    return new Promise((resolve) => {
      const timer = setTimeout(() => {
        this.polls.delete(seq);
        resolve(false);
      }, 1000);
      this.polls.set(seq, () => {
        clearTimeout(timer);
        resolve(true);
      });
      this.post({ t: 'poll', seq });
    });
  }

  /** Ends the worker and all that hangs on it. */
  stop(): void {
    this.broken = true;
    this.worker.terminate();
  }

  private post(message: ToWorker): void {
    this.worker.postMessage(message);
  }

  private handle(message: FromWorker): void {
    switch (message.t) {
      case 'attached':
      case 'keyed':
        this.transforms.get(message.id)?.mark(message.t);
        break;
      case 'key-frame-wanted':
        this.transforms.get(message.id)?.onkeyframe?.();
        break;
      case 'counters':
        this.transforms.get(message.id)?.update(message.counters);
        break;
      case 'polled':
        for (const [id, counters] of Object.entries(message.counters)) {
          this.transforms.get(id)?.update(counters);
        }
        this.polls.get(message.seq)?.();
        this.polls.delete(message.seq);
        break;
      case 'broken':
        this.fail(message.why);
        break;
      case 'ready':
        break;
    }
  }

  private fail(why: string): void {
    if (this.broken) return;
    this.broken = true;
    this.onbroken?.(why);
  }
}
