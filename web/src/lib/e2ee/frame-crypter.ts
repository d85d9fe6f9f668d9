/**
 * Opening and sealing of single frames: what the worker does with each, apart
 * from streams and browsers. There is no way through that leaves a frame as it was.
 */
import { type Bytes, concat } from '../crypto/bytes';
import { type Codec, type Context, clearLength, contexts, frameMetadata } from './codec';
import { kidOf, type SenderKey } from './keys';
import { ReplayWindow } from './replay';
import { decodeHeader, decryptFrame, deriveFrameKey, encryptFrame, type FrameKey } from './sframe';

/** Most names of others whose counters are remembered. */
const maxRemembered = 512;
/** Keys of one other that are good at the same time. */
const maxPerPeer = 3;

interface Sending {
  frameKey: FrameKey;
  next: bigint;
}

/** My keys and their counters. A counter lives as long as the page, so none comes twice. */
export class SendKeys {
  private readonly known = new Map<string, Map<Context, Sending>>();
  private current: Map<Context, Sending> | null = null;

  async install(key: SenderKey): Promise<void> {
    let entry = this.known.get(key.name);
    if (!entry) {
      const made = new Map<Context, Sending>();
      for (const context of contexts) {
        const frameKey = await deriveFrameKey(key.base, kidOf(key, context), 'encrypt');
        made.set(context, { frameKey, next: 0n });
      }
      // Somebody else may have been faster; counters must not start again.
      entry = this.known.get(key.name) ?? made;
      this.known.set(key.name, entry);
    }
    this.current = entry;
  }

  get ready(): boolean {
    return this.current !== null;
  }

  /** null: no key, or not a frame of this codec. Nothing may be sent then. */
  async seal(context: Context, codec: Codec, frame: Bytes): Promise<Bytes | null> {
    const sending = this.current?.get(context);
    const length = clearLength(codec, frame);
    if (!sending || length === null) return null;
    const ctr = sending.next;
    sending.next += 1n;
    const clear = frame.subarray(0, length);
    const metadata = frameMetadata(codec, clear);
    const sealed = await encryptFrame(sending.frameKey, ctr, metadata, frame.subarray(length));
    return length === 0 ? sealed : concat(clear, sealed);
  }
}

interface Receiving {
  frameKey: FrameKey;
  window: ReplayWindow;
}

/** `repeated`: authentic, but had before. Browsers do that when they probe for bandwidth. */
export type Opened = { frame: Bytes } | { problem: 'no-key' | 'not-authentic' | 'repeated' };

/** Keys of the others and what was seen under each. */
export class ReceiveKeys {
  /** By name of the key; kept after `forget`, so that old frames stay old. */
  private readonly known = new Map<string, Map<bigint, Receiving>>();
  private readonly peers = new Map<string, string[]>();

  async install(peer: string, key: SenderKey): Promise<void> {
    if (!this.known.has(key.name)) {
      const made = new Map<bigint, Receiving>();
      for (const context of contexts) {
        const kid = kidOf(key, context);
        const frameKey = await deriveFrameKey(key.base, kid, 'decrypt');
        made.set(kid, { frameKey, window: new ReplayWindow() });
      }
      if (!this.known.has(key.name)) this.known.set(key.name, made);
      this.trim();
    }
    const names = (this.peers.get(peer) ?? []).filter((name) => name !== key.name);
    this.peers.set(peer, [...names, key.name].slice(-maxPerPeer));
  }

  forget(peer: string): void {
    this.peers.delete(peer);
  }

  ready(peer: string): boolean {
    return this.peers.has(peer);
  }

  async open(peer: string, context: Context, codec: Codec, frame: Bytes): Promise<Opened> {
    const names = this.peers.get(peer);
    if (!names) return { problem: 'no-key' };
    const length = clearLength(codec, frame);
    if (length === null) return { problem: 'not-authentic' };
    const sealed = frame.subarray(length);
    const header = decodeHeader(sealed);
    // By KID alone, and only one of this kind of media: never by trying.
    if (header === null || header.kid >> 10n !== BigInt(context)) {
      return { problem: 'not-authentic' };
    }
    const receiving = this.find(names, header.kid);
    const place = receiving?.window.place(header.ctr);
    if (!receiving || place === 'absurd') return { problem: 'not-authentic' };
    const clear = frame.subarray(0, length);
    const metadata = frameMetadata(codec, clear);
    const plain = await decryptFrame(receiving.frameKey, header, metadata, sealed);
    if (plain === null) return { problem: 'not-authentic' };
    // Asked again: another transform may have opened the same one meanwhile.
    if (receiving.window.place(header.ctr) !== 'new') return { problem: 'repeated' };
    receiving.window.commit(header.ctr);
    return { frame: length === 0 ? plain : concat(clear, plain) };
  }

  private find(names: string[], kid: bigint): Receiving | undefined {
    for (let i = names.length - 1; i >= 0; i--) {
      const found = this.known.get(names[i] ?? '')?.get(kid);
      if (found) return found;
    }
    return undefined;
  }

  private trim(): void {
    const used = new Set([...this.peers.values()].flat());
    for (const name of this.known.keys()) {
      if (this.known.size <= maxRemembered) return;
      if (!used.has(name)) this.known.delete(name);
    }
  }
}
