/** Requests for devices, one after the other, which can be given up at any time. */
import { acquire, browserCapture, type Got, type Wanted } from './acquire';
import type { DeviceKind } from './problems';

/** By then the browser's question is open, where it has one to ask. */
const ASKS_AFTER_MS = 2000;
/** By then a device that may be used is slow to start. */
const SLOW_AFTER_MS = 4000;
const bothKinds = ['audio', 'video'] as const;

export class Asking {
  /** The browser takes its time: its question is open, or a device is slow to start. */
  waiting = $state<'answer' | 'device' | null>(null);
  /** The devices that the browser is being asked for. */
  asked = $state.raw<readonly DeviceKind[]>([]);
  private work: Promise<void> = Promise.resolve();
  /** Aborted when nothing that was asked of the browser is wanted any more. */
  private owner = new AbortController();

  /** `late` gets what the browser opens after the time limit. */
  constructor(private readonly late: (stream: MediaStream, signal: AbortSignal) => void) {}

  /** One job at a time: browsers do not like overlapping requests. */
  queue(job: (signal: AbortSignal) => Promise<void>): Promise<void> {
    const { signal } = this.owner;
    this.work = this.work.then(() => (signal.aborted ? undefined : job(signal))).catch(() => {});
    return this.work;
  }

  /** Nobody waits any more for what was asked or is still to be asked. */
  abandon(): void {
    this.owner.abort();
    this.owner = new AbortController();
    this.work = Promise.resolve();
    this.asked = [];
    this.waiting = null;
  }

  /** `acquire` for a job of the queue; rejects once its `signal` is aborted. */
  async ask(wanted: Wanted, signal: AbortSignal): Promise<Record<DeviceKind, Got>> {
    const kinds = bothKinds.filter((kind) => wanted[kind]);
    this.asked = kinds;
    const timers = [
      setTimeout(() => void this.sayWhy(kinds, signal, 'prompt'), ASKS_AFTER_MS),
      setTimeout(() => void this.sayWhy(kinds, signal), SLOW_AFTER_MS),
    ];
    try {
      const late = (stream: MediaStream) => this.late(stream, signal);
      const got = await acquire(wanted, { signal, late });
      if (!signal.aborted) return got;
      for (const { track } of [got.audio, got.video]) track?.stop();
      throw signal.reason;
    } finally {
      for (const timer of timers) clearTimeout(timer);
      if (!signal.aborted) {
        this.asked = [];
        this.waiting = null;
      }
    }
  }

  /** `only`: says nothing unless a permission is in this state. */
  private async sayWhy(
    kinds: readonly DeviceKind[],
    signal: AbortSignal,
    only?: PermissionState,
  ): Promise<void> {
    const states = await Promise.all(kinds.map((kind) => browserCapture.permission(kind)));
    if (signal.aborted || this.asked !== kinds) return;
    if (only && !states.includes(only)) return;
    this.waiting = states.every((state) => state === 'granted') ? 'device' : 'answer';
  }
}
