import { beforeEach, describe, expect, it } from 'vitest';
import { TabLock, type TabTools } from './tab-lock';

type SendGate = (lock: Lock | null) => unknown;

/** The locks and channels of one browser, as far as `TabLock` uses them. */
class Browser {
  private holder: { release(): void; taken(): void } | null = null;
  private queue: (() => void)[] = [];
  private channels: { onmessage: ((event: MessageEvent) => void) | null }[] = [];

  readonly tools: TabTools = {
    locks: {
      query: async () => ({ held: this.holder ? [{ name: 'catchup.call.room' }] : [] }),
      request: ((_name: string, options: LockOptions, hold: SendGate) =>
        this.request(options, hold)) as LockManager['request'],
    },
    channel: () => {
      const own = {
        onmessage: null as ((event: MessageEvent) => void) | null,
        postMessage: (data: unknown) => {
          for (const other of this.channels) {
            if (other !== own) other.onmessage?.({ data } as MessageEvent);
          }
        },
        close: () => {
          this.channels = this.channels.filter((one) => one !== own);
        },
      };
      this.channels.push(own);
      return own as unknown as ReturnType<TabTools['channel']>;
    },
  };

  /** Acts as the browser for a tab that crashed. */
  crash(): void {
    this.holder?.release();
  }

  private request(options: LockOptions, hold: SendGate): Promise<void> {
    return new Promise((resolve, reject) => {
      const grant = () => {
        const end = () => {
          this.holder = null;
          this.queue.shift()?.();
        };
        this.holder = { release: end, taken: () => reject(new DOMException('', 'AbortError')) };
        const mine = this.holder;
        Promise.resolve(hold({} as Lock)).then(() => {
          if (this.holder === mine) end();
          resolve();
        });
      };
      if (options.steal) {
        this.holder?.taken();
        grant();
      } else if (this.holder === null) grant();
      else if (options.ifAvailable) resolve(void hold(null));
      else {
        this.queue.push(grant);
        options.signal?.addEventListener('abort', () => {
          this.queue = this.queue.filter((one) => one !== grant);
          reject(new DOMException('', 'TimeoutError'));
        });
      }
    });
  }
}

let browser: Browser;
let events: string[];
beforeEach(() => {
  browser = new Browser();
  events = [];
});

const tab = (name: string, leaves = true) =>
  new TabLock(
    'room',
    () => {
      events.push(`${name} leaves`);
      return leaves ? Promise.resolve() : new Promise(() => {});
    },
    browser.tools,
  );

describe('the call of a link', () => {
  it('is had by one tab; the next one hears where it is', async () => {
    const [first, second] = [tab('first'), tab('second')];
    expect(await first.elsewhere()).toBe(false);
    expect(await first.take()).toBe(true);
    expect(await first.take()).toBe(true);
    expect(await second.elsewhere()).toBe(true);
    expect(await second.take()).toBe(false);
    expect(events).toEqual([]);
  });

  it('can be taken when the tab that had it has left, closed or crashed', async () => {
    const [first, second, third] = [tab('first'), tab('second'), tab('third')];
    await first.take();
    first.close();
    await Promise.resolve();
    expect(await second.take()).toBe(true);
    browser.crash();
    expect(await third.elsewhere()).toBe(false);
    expect(await third.take()).toBe(true);
  });

  it('moves when it is asked for: the other tab leaves first', async () => {
    const [first, second] = [tab('first'), tab('second')];
    await first.take();
    expect(await second.move()).toBe(true);
    expect(events).toEqual(['first leaves']);
    expect([first.held, second.held]).toEqual([false, true]);
    expect(await first.move()).toBe(true);
    expect(events).toEqual(['first leaves', 'second leaves']);
  });

  it('is taken from a tab that hangs, which learns of it when it wakes', async () => {
    const [first, second] = [tab('first', false), tab('second')];
    await first.take();
    expect(await second.move()).toBe(true);
    expect(second.held).toBe(true);
    expect(first.held).toBe(false);
  }, 10_000);
});
