/**
 * One tab of a browser has the call of a link; a second one would be a second
 * member with the same name and the same microphone. The tab that joins holds a
 * Web Lock named after the room. The browser releases it when the tab closes or
 * crashes, so nothing has to be cleaned up. The secret of the link is not in the
 * name, and browsers keep locks and broadcasts in memory only.
 */

import { within } from '../browser/deadline';

/** Interfaces of the browser in use; tests give their own. */
export interface TabTools {
  locks: Pick<LockManager, 'request' | 'query'>;
  channel(name: string): Pick<BroadcastChannel, 'postMessage' | 'close' | 'onmessage'>;
}

/** A tab that does not let go within this time hangs: its lock is taken from it. */
const moveLimitMs = 2_500;
const answerLimitMs = 2_000;

const inBrowser = (): TabTools => ({
  locks: navigator.locks,
  channel: (name) => new BroadcastChannel(name),
});

export class TabLock {
  private readonly name: string;
  private readonly channel: ReturnType<TabTools['channel']>;
  private letGo: (() => void) | null = null;

  /**
   * `onmove`: another tab asks for the call, or has taken it. The promise it
   * returns resolves when this tab has left; the lock is released then.
   */
  constructor(
    room: string,
    private readonly onmove: () => Promise<void>,
    private readonly tools: TabTools = inBrowser(),
  ) {
    this.name = `catchup.call.${room}`;
    this.channel = tools.channel(this.name);
    this.channel.onmessage = ({ data }) => {
      if (data === 'move' && this.letGo) void this.leave();
    };
  }

  get held(): boolean {
    return this.letGo !== null;
  }

  /** Whether another tab has the call now. */
  async elsewhere(): Promise<boolean> {
    if (this.held) return false;
    const state = await within(answerLimitMs, this.tools.locks.query()).catch(() => null);
    return state?.held?.some(({ name }) => name === this.name) ?? false;
  }

  /** Takes the call unless another tab has it; resolves to whether this tab has it now. */
  take(): Promise<boolean> {
    // A browser without an answer must not keep anybody out of a call.
    return within(answerLimitMs, this.request({ ifAvailable: true })).catch(() => true);
  }

  /** Asks the tab that has the call to leave, and takes its place. A tab that hangs is not waited for. */
  async move(): Promise<boolean> {
    this.channel.postMessage('move');
    const signal = AbortSignal.timeout(moveLimitMs);
    return (await this.request({ signal })) || (await this.request({ steal: true }));
  }

  release(): void {
    this.letGo?.();
    this.letGo = null;
  }

  close(): void {
    this.release();
    this.channel.close();
  }

  private async leave(): Promise<void> {
    const release = this.letGo;
    await this.onmove();
    if (this.letGo === release) this.release();
  }

  private request(options: LockOptions): Promise<boolean> {
    if (this.held) return Promise.resolve(true);
    return new Promise((resolve) => {
      const hold = (lock: Lock | null) => {
        if (lock === null) return resolve(false);
        return new Promise<void>((release) => {
          this.letGo = release;
          resolve(true);
        });
      };
      this.tools.locks.request(this.name, options, hold).catch(() => {
        // Not given in time, or taken by another tab while it was held.
        resolve(false);
        if (options.signal?.aborted && !this.held) return;
        if (this.held) {
          this.letGo = null;
          void this.onmove();
        }
      });
    });
  }
}
