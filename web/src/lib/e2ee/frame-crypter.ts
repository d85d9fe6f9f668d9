/**
 * Opening and sealing of single frames: what the worker does with each, apart
 * from streams and browsers. There is no way through that leaves a frame as it was.
 */
import { type Bytes, concat } from '../crypto/bytes';
import { type Codec, type Context, clearLength, contexts, frameMetadata } from './codec';
import { type EpochKey, epochMask, kidOf, partsOf } from './keys';
import { ReplayWindow } from './replay';
import { decodeHeader, decryptFrame, deriveFrameKey, encryptFrame, type FrameKey } from './sframe';

/** Epochs held at a time: the last, this one and the next. */
const maxEpochs = 3;
/** Groups of which it is remembered how far their epochs were used. */
const maxGroups = 256;

/** A key that seals, and how often it did. */
interface Sending {
  frameKey: FrameKey;
  next: bigint;
}

interface Receiving {
  frameKey: FrameKey;
  window: ReplayWindow;
}

interface Held extends EpochKey {
  sending: Map<Context, Sending>;
  /** By KID, made when the first frame with it comes. */
  receiving: Map<bigint, Promise<Receiving>>;
}

/** `repeated`: authentic, but had before. Browsers do that when they probe for bandwidth. */
export type Opened = { frame: Bytes } | { problem: 'no-key' | 'not-authentic' | 'repeated' };

/** The keys of the epochs of one group at a time. Counters live and die with the keys. */
export class FrameKeys {
  #held: Held[] = [];
  #sending: Held | null = null;
  #onHold = false;
  /** The highest epoch of each group that was ever installed: none comes twice. */
  readonly #used = new Map<string, bigint>();

  /** false: this epoch or a later one was installed before, or too many groups were. */
  async install(key: EpochKey): Promise<boolean> {
    const known = this.#used.get(key.group);
    if (known !== undefined ? key.epoch <= known : this.#used.size >= maxGroups) return false;
    this.#used.set(key.group, key.epoch);
    const held: Held = { ...key, sending: new Map(), receiving: new Map() };
    for (const context of contexts) {
      const kid = kidOf(context, key.self, key.epoch);
      const frameKey = await deriveFrameKey(key.base, kid, 'encrypt', key.suite);
      held.sending.set(context, { frameKey, next: 0n });
    }
    while (this.#held.length >= maxEpochs) this.forget((this.#held[0] as Held).epoch);
    this.#held.push(held);
    return true;
  }

  /** Seals with `epoch` from now on; one that is not held means: with nothing. */
  switch(epoch: bigint): void {
    this.#sending = this.#held.find((held) => held.epoch === epoch) ?? null;
  }

  forget(epoch: bigint): void {
    this.#held = this.#held.filter((held) => held.epoch !== epoch);
    if (this.#sending?.epoch === epoch) this.#sending = null;
  }

  forgetAll(): void {
    this.#held = [];
    this.#sending = null;
  }

  hold(on: boolean): void {
    this.#onHold = on;
  }

  /** Whether frames can be sealed now. */
  get seals(): boolean {
    return this.#sending !== null && !this.#onHold;
  }

  /** Whether frames of `member` (hex) can be opened. */
  opens(member: string): boolean {
    return this.#held.some(({ roster }) => roster.some((place) => place.member === member));
  }

  /** null: no key, on hold, or not a frame of this codec. Nothing may be sent then. */
  async seal(context: Context, codec: Codec, frame: Bytes): Promise<Bytes | null> {
    const sending = this.seals ? this.#sending?.sending.get(context) : undefined;
    const length = clearLength(codec, frame);
    if (!sending || length === null) return null;
    const ctr = sending.next;
    sending.next += 1n;
    const clear = frame.subarray(0, length);
    const metadata = frameMetadata(codec, clear);
    const sealed = await encryptFrame(sending.frameKey, ctr, metadata, frame.subarray(length));
    return length === 0 ? sealed : concat(clear, sealed);
  }

  /**
   * By KID alone, never by trying: its low bits name the epoch, the leaf the
   * sender. A frame is shown as `member`'s only when that leaf is theirs.
   */
  async open(member: string, context: Context, codec: Codec, frame: Bytes): Promise<Opened> {
    if (!this.opens(member)) return { problem: 'no-key' };
    const length = clearLength(codec, frame);
    if (length === null) return { problem: 'not-authentic' };
    const sealed = frame.subarray(length);
    const header = decodeHeader(sealed);
    const parts = header && partsOf(header.kid);
    if (header === null || parts === null || parts.context !== context) {
      return { problem: 'not-authentic' };
    }
    const held = this.#held.find(({ epoch }) => (epoch & epochMask) === parts.low);
    if (!held) return { problem: 'no-key' };
    const place = held.roster.find(({ leaf }) => leaf === parts.leaf);
    if (place?.member !== member) return { problem: 'not-authentic' };
    const receiving = await this.#receiving(held, header.kid);
    if (receiving.window.place(header.ctr) === 'absurd') return { problem: 'not-authentic' };
    const clear = frame.subarray(0, length);
    const metadata = frameMetadata(codec, clear);
    const plain = await decryptFrame(receiving.frameKey, header, metadata, sealed);
    if (plain === null) return { problem: 'not-authentic' };
    // Its keys may have been destroyed meanwhile, and the group been left.
    if (!this.#held.includes(held)) return { problem: 'no-key' };
    // Asked here and not before: another transform may have opened the same one.
    if (receiving.window.place(header.ctr) !== 'new') return { problem: 'repeated' };
    receiving.window.commit(header.ctr);
    return { frame: length === 0 ? plain : concat(clear, plain) };
  }

  #receiving(held: Held, kid: bigint): Promise<Receiving> {
    const known = held.receiving.get(kid);
    if (known) return known;
    const made = deriveFrameKey(held.base, kid, 'decrypt', held.suite).then((frameKey) => {
      return { frameKey, window: new ReplayWindow() };
    });
    held.receiving.set(kid, made);
    return made;
  }
}
