/** The page's end of the group worker. */
import type { Bytes } from '../../crypto/bytes';
import { trustedScript } from '../../e2ee/trusted';
import workerUrl from './group-worker?worker&url';
import type { FromGroup, Offer, ToGroup } from './host-messages';
import type { SuiteVersion } from './suite';

type GroupEvent = Exclude<FromGroup, { t: 'ready' | 'offer' | 'pong' | 'broken' }>;

const startLimit = 10_000;
const pingEvery = 1000;
/** Pings without an answer after which the worker counts as hung. */
const maxSilent = 10;

export class GroupClient {
  readonly #worker: Worker;
  readonly #offers = new Map<number, (offer: Offer) => void>();
  readonly #pulse: ReturnType<typeof setInterval>;
  #seq = 0;
  #silent = 0;
  #over = false;
  onmessage: ((message: GroupEvent) => void) | null = null;
  /** It died or hangs: the group is lost with it. */
  onbroken: ((why: string) => void) | null = null;

  private constructor(worker: Worker) {
    this.#worker = worker;
    worker.onmessage = ({ data }: MessageEvent<FromGroup>) => this.#handle(data);
    worker.onerror = () => this.#fail('the group worker died');
    worker.onmessageerror = () => this.#fail('group worker message');
    this.#pulse = setInterval(() => this.#ping(), pingEvery);
  }

  /** `keys` is where it tells the frame worker about keys; `generation` counts the workers of this page. */
  static start(
    secret: Bytes,
    version: SuiteVersion,
    keys: MessagePort,
    generation: number,
  ): Promise<GroupClient> {
    const worker = new Worker(trustedScript(workerUrl), { type: 'module', name: 'group' });
    const open: ToGroup = { t: 'open', secret: secret.slice(), version, keys, generation };
    worker.postMessage(open, [keys]);
    return new Promise((resolve, reject) => {
      const refuse = (why: string) => {
        worker.terminate();
        reject(new Error(why));
      };
      const timer = setTimeout(() => refuse('the group worker is silent'), startLimit);
      worker.onerror = () => refuse('the group worker did not start');
      worker.onmessage = ({ data }: MessageEvent<FromGroup>) => {
        clearTimeout(timer);
        if (data.t === 'ready') resolve(new GroupClient(worker));
        else refuse(data.t === 'broken' ? data.why : 'not ready');
      };
    });
  }

  /** For an admission as `id`. */
  offer(id: Bytes): Promise<Offer> {
    const seq = ++this.#seq;
    return new Promise((resolve) => {
      this.#offers.set(seq, resolve);
      this.post({ t: 'offer', seq, id });
    });
  }

  /** false: there is no worker any more. */
  post(message: Exclude<ToGroup, { t: 'open' }>): boolean {
    if (!this.#over) this.#worker.postMessage(message);
    return !this.#over;
  }

  stop(): void {
    this.#over = true;
    clearInterval(this.#pulse);
    this.#worker.terminate();
  }

  #ping(): void {
    // Counted and not timed: a page that sleeps does not ask.
    if (++this.#silent > maxSilent) this.#fail('the group worker hangs');
    else this.post({ t: 'ping', seq: ++this.#seq });
  }

  #handle(message: FromGroup): void {
    this.#silent = 0;
    switch (message.t) {
      case 'offer':
        this.#offers.get(message.seq)?.(message.offer);
        this.#offers.delete(message.seq);
        break;
      case 'broken':
        this.#fail(message.why);
        break;
      case 'pong':
      case 'ready':
        break;
      default:
        this.onmessage?.(message);
    }
  }

  #fail(why: string): void {
    if (this.#over) return;
    this.stop();
    this.onbroken?.(why);
  }
}
