/**
 * Who is there, as they prove it: everybody says `here` every 20 s, with a new
 * random number and the newest one of each other. Whoever names one of ours has
 * been there since we said it. A server can lose and delay these words, but it
 * can neither make them nor keep somebody there with them who is gone.
 */
import { type Bytes, hex, random } from '../crypto/bytes';
import type { View } from './delivery-types';
import { isNew, type RosterEntry } from './roster';
import type { Heard, Said } from './said';

/** In milliseconds. */
export const hereEvery = 20_000;
/** Without a proof for so long somebody is silent. */
export const provenFor = 180_000;
/** Once, for who is added again and when we come back ourselves: longer than a frozen page may stay. */
export const lentFor = 130_000;
/** Between two of ours, when somebody waits for one. */
const hereAtMost = 5_000;
const afterArrival = 2_000;
/** More than we say within `provenFor`. */
const maxSent = 64;
const maxKnown = 256;

interface Other {
  leaf: number;
  /** Their newest number. */
  heard: Bytes | null;
  /** When they were there for certain, or were taken to be. */
  proven: number;
  /** Time was lent, and there was no proof since. */
  lent: boolean;
  silent: boolean;
}

export class Presence {
  #view: View | null = null;
  /** In the group now, by member id. */
  #others = new Map<string, Other>();
  /** And those who were; who comes back owes what they owed. */
  readonly #known = new Map<string, Other>();
  #sent: { n: string; at: number }[] = [];
  #sayAt = Infinity;
  #saidAt = -Infinity;

  constructor(private readonly say: (said: Said) => void) {}

  deadline(): number {
    const speaking = [...this.#others.values()].filter(({ silent }) => !silent);
    return Math.min(this.#sayAt, ...speaking.map(({ proven }) => proven + provenFor));
  }

  /** Leaves without a proof for too long. */
  get silent(): number[] {
    const silent = [...this.#others.values()].filter((other) => other.silent);
    return silent.map(({ leaf }) => leaf);
  }

  /** We are in this epoch now; null: in no group. */
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
    if (this.#others.size === 0) this.#sayAt = Infinity;
    else if (arrived) this.#sayBy(now + afterArrival);
    else this.#sayBy(now + hereEvery);
  }

  /** Somebody may be waiting for a word of ours. */
  hasten(now: number): void {
    if (this.#others.size > 0) this.#sayBy(Math.max(now, this.#saidAt + hereAtMost));
  }

  /** Opened, and signed by `from`. */
  heard(from: string, epoch: bigint, said: Said, now: number): void {
    const other = this.#others.get(from);
    // Leaves are those of the epoch in which it was said.
    if (other === undefined || said.k !== 'here' || epoch !== this.#view?.epoch) return;
    other.heard = said.n;
    // They may know as little of us as we of them.
    if (other.lent || now >= other.proven + 2 * hereEvery) this.hasten(now);
    const self = this.#view.leaf;
    const last = said.heard.find(({ leaf }) => leaf === self);
    const proof = last && this.#sent.find(({ n }) => n === hex(last.n));
    if (proof === undefined || proof.at < other.proven) return;
    other.proven = proof.at;
    other.lent = false;
    other.silent = now >= other.proven + provenFor;
  }

  tick(now: number): void {
    for (const other of this.#others.values()) other.silent = now >= other.proven + provenFor;
    if (now < this.#sayAt) return;
    const n = random(8);
    this.#sayAt = now + hereEvery;
    this.#saidAt = now;
    this.#sent = [...this.#sent.slice(1 - maxSent), { n: hex(n), at: now }];
    const heard: Heard[] = [];
    for (const { leaf, heard: n } of this.#others.values()) if (n !== null) heard.push({ leaf, n });
    this.say({ k: 'here', n, heard });
  }

  #sayBy(at: number): void {
    this.#sayAt = Math.min(this.#sayAt, at);
  }

  #met(name: string, { leaf }: RosterEntry, added: boolean, now: number): Other {
    const known = this.#known.get(name);
    if (known === undefined) {
      const made = { leaf, heard: null, proven: now, lent: false, silent: false };
      this.#forgetOldest();
      this.#known.set(name, made);
      return made;
    }
    known.leaf = leaf;
    if (added && !known.lent) {
      known.proven = Math.max(known.proven, now - provenFor + lentFor);
      known.lent = true;
    }
    known.silent = now >= known.proven + provenFor;
    return known;
  }

  /** Of those who are not here. */
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
