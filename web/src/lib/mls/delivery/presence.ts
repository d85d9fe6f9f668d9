/**
 * Proof of presence: every member sends `here` every 20 s, with a new random number
 * and an echo of the newest number of each other member. A member that echoes a
 * number of ours was present after we sent it. A server can lose and delay these
 * messages, but it can neither forge them nor make a member that left look present.
 */
import { type Bytes, hex, random } from '../../crypto/bytes';
import { isNew, type RosterEntry } from '../group/roster';
import type { Echo, PeerMessage } from '../messages/peer-message';
import type { View } from './delivery-types';

/** In milliseconds. */
export const presenceEveryMs = 20_000;
/** A member without a proof for this long is silent. */
export const silentAfterMs = 180_000;
/** Granted once to a member that is added again, and to all when this page comes back: longer than a frozen page may stay. */
export const graceMs = 130_000;
/** Between two messages of ours when a member waits for one. */
const presenceGapMs = 5_000;
const arrivalDelayMs = 2_000;
/** More than this page sends within `silentAfterMs`. */
const maxSent = 64;
const maxKnown = 256;

interface Other {
  leaf: number;
  /** The newest number of that member. */
  heard: Bytes | null;
  /** The last time at which that member was present, proven or assumed. */
  provenAt: number;
  /** The grace period was granted, and no proof came since. */
  graceUsed: boolean;
  silent: boolean;
}

export class Presence {
  #view: View | null = null;
  /** The members in the group now, by member id. */
  #others = new Map<string, Other>();
  /** Former members as well: one that comes back still owes its proof. */
  readonly #known = new Map<string, Other>();
  #sent: { n: string; at: number }[] = [];
  #sendAt = Infinity;
  #sentAt = -Infinity;

  constructor(private readonly send: (message: PeerMessage) => void) {}

  deadline(): number {
    const speaking = [...this.#others.values()].filter(({ silent }) => !silent);
    return Math.min(this.#sendAt, ...speaking.map(({ provenAt }) => provenAt + silentAfterMs));
  }

  /** The leaves of silent members. */
  get silent(): number[] {
    const silent = [...this.#others.values()].filter((other) => other.silent);
    return silent.map(({ leaf }) => leaf);
  }

  /** This page is in this epoch now; null: in no group. */
  enter(view: View | null, now: number): void {
    const before = this.#view?.roster ?? [];
    const arrived = this.#view === null;
    this.#view = view;
    this.#others = new Map();
    for (const entry of view?.roster ?? []) {
      if (entry.leaf === view?.leaf) continue;
      const name = hex(entry.memberId);
      this.#others.set(name, this.#met(name, entry, isNew(entry, before), now));
    }
    if (this.#others.size === 0) this.#sendAt = Infinity;
    else if (arrived) this.#sendBy(now + arrivalDelayMs);
    else this.#sendBy(now + presenceEveryMs);
  }

  /** A member may be waiting for a message of ours. */
  sendSoon(now: number): void {
    if (this.#others.size > 0) this.#sendBy(Math.max(now, this.#sentAt + presenceGapMs));
  }

  /** A message that was opened; `from` has signed it. */
  receive(from: string, epoch: bigint, message: PeerMessage, now: number): void {
    const other = this.#others.get(from);
    // Its leaves are those of the epoch in which it was sent.
    if (other === undefined || message.k !== 'here' || epoch !== this.#view?.epoch) return;
    other.heard = message.n;
    // That member may lack a proof of ours, too.
    if (other.graceUsed || now >= other.provenAt + 2 * presenceEveryMs) this.sendSoon(now);
    const self = this.#view.leaf;
    const last = message.heard.find(({ leaf }) => leaf === self);
    const proof = last && this.#sent.find(({ n }) => n === hex(last.n));
    if (proof === undefined || proof.at < other.provenAt) return;
    other.provenAt = proof.at;
    other.graceUsed = false;
    other.silent = now >= other.provenAt + silentAfterMs;
  }

  tick(now: number): void {
    for (const other of this.#others.values()) other.silent = now >= other.provenAt + silentAfterMs;
    if (now < this.#sendAt) return;
    const n = random(8);
    this.#sendAt = now + presenceEveryMs;
    this.#sentAt = now;
    this.#sent = [...this.#sent.slice(1 - maxSent), { n: hex(n), at: now }];
    const heard: Echo[] = [];
    for (const { leaf, heard: n } of this.#others.values()) if (n !== null) heard.push({ leaf, n });
    this.send({ k: 'here', n, heard });
  }

  #sendBy(at: number): void {
    this.#sendAt = Math.min(this.#sendAt, at);
  }

  #met(name: string, { leaf }: RosterEntry, added: boolean, now: number): Other {
    const known = this.#known.get(name);
    if (known === undefined) {
      const made = { leaf, heard: null, provenAt: now, graceUsed: false, silent: false };
      this.#forgetOldest();
      this.#known.set(name, made);
      return made;
    }
    known.leaf = leaf;
    if (added && !known.graceUsed) {
      known.provenAt = Math.max(known.provenAt, now - silentAfterMs + graceMs);
      known.graceUsed = true;
    }
    known.silent = now >= known.provenAt + silentAfterMs;
    return known;
  }

  /** Only members that are not in the group are forgotten. */
  #forgetOldest(): void {
    if (this.#known.size < maxKnown) return;
    const here = new Set(this.#view?.roster.map(({ memberId }) => hex(memberId)));
    for (const name of this.#known.keys()) {
      if (here.has(name)) continue;
      this.#known.delete(name);
      return;
    }
  }
}
