/**
 * Keeps real tracks back until the self-test has passed (docs/e2ee.md). Where it found no
 * route inside the machine it is repeated through the relay, for as long as that takes.
 */
import type { SelfTest } from './selftest';

export interface ProofOptions {
  proven: boolean;
  /** The test with the servers of the call. */
  test(): Promise<SelfTest>;
  /** Encryption is proven now, or the test found no route. */
  onchange(): void;
  /** Encryption does not work: the call ends. */
  onfailed(why: string): void;
}

const firstPause = 3_000;
const maxPause = 30_000;

export class Proof {
  /** The last test found no route at all. */
  untested = false;
  private isProven: boolean;
  private running = false;
  private closed = false;
  private pause = firstPause;
  private timer: ReturnType<typeof setTimeout> | undefined;

  constructor(private readonly options: ProofOptions) {
    this.isProven = options.proven;
    void this.run();
  }

  get proven(): boolean {
    return this.isProven;
  }

  /** The track when it may be sent, else null. */
  pass<T>(track: T | null): T | null {
    return this.isProven ? track : null;
  }

  /** Another network may let the test through. */
  networkChanged(): void {
    this.pause = firstPause;
    void this.run();
  }

  close(): void {
    this.closed = true;
    clearTimeout(this.timer);
  }

  private async run(): Promise<void> {
    if (this.isProven || this.running || this.closed) return;
    clearTimeout(this.timer);
    this.running = true;
    const result = await this.options.test();
    this.running = false;
    if (this.closed) return;
    if (result.passed) {
      this.isProven = true;
      this.untested = false;
    } else if (result.untested) {
      this.untested = true;
      this.timer = setTimeout(() => void this.run(), this.pause);
      this.pause = Math.min(maxPause, this.pause * 2);
    } else {
      this.close();
      return this.options.onfailed(result.why);
    }
    this.options.onchange();
  }
}
