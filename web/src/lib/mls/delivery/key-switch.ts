/** When to seal with the keys of a new epoch, and when to destroy those of an old one. */
import { equal, hex } from '../../crypto/bytes';
import type { Output, View } from './delivery-types';

/** In milliseconds. */
export const switchAfter = 250;
export const keepAfterJoin = 5000;
export const keepAfterLeave = 2000;
/** A key id of a frame (RFC 9605 §4.3) could tell sixteen epochs apart. */
const maxInstalled = 3;
const maxReports = 32;

export class KeySwitch {
  #view: View | null = null;
  #self = '';
  #sending: bigint | null = null;
  #installed: bigint[] = [];
  #switchAt: number | null = null;
  #keep = keepAfterJoin;
  #forgetAt = new Map<bigint, number>();
  /** `epoch/member` to tag, for this epoch and later ones. */
  #reports = new Map<string, Uint8Array>();

  deadline(): number {
    return Math.min(this.#switchAt ?? Infinity, ...this.#forgetAt.values());
  }

  /** Whether the keys of the newest epoch are in use. */
  get settled(): boolean {
    return this.#view !== null && this.#sending === this.#view.epoch;
  }

  /** `left`: the commit removed a member, so the switch waits for nobody. */
  advance(now: number, view: View, memberId: Uint8Array, left: boolean): Output[] {
    const out = this.#switchAt === null ? [] : this.#switch(now);
    this.#view = view;
    this.#self = hex(memberId);
    while (this.#installed.length >= maxInstalled) {
      out.push(...this.#forget(this.#installed[0] as bigint));
    }
    this.#installed.push(view.epoch);
    out.push({ t: 'install', epoch: view.epoch });
    this.#keep = left ? keepAfterLeave : keepAfterJoin;
    for (const key of [...this.#reports.keys()]) {
      if (BigInt(key.slice(0, key.indexOf('/'))) < view.epoch) this.#reports.delete(key);
    }
    const alone = this.#sending === null;
    this.#switchAt = left || alone || this.#allReady() ? now : now + switchAfter;
    return [...out, ...this.tick(now)];
  }

  /** False when a member of our epoch has other keys: the group is forked. */
  report(epoch: bigint, memberId: Uint8Array, tag: Uint8Array): boolean {
    if (this.#view === null || epoch < this.#view.epoch) return true;
    if (this.#reports.size < maxReports) this.#reports.set(`${epoch}/${hex(memberId)}`, tag);
    return epoch !== this.#view.epoch || equal(tag, this.#view.tag);
  }

  /** Whether a report that came earlier contradicts our view. */
  get contradicted(): boolean {
    const view = this.#view;
    if (view === null) return false;
    const others = view.roster.filter((entry) => hex(entry.memberId) !== this.#self);
    return others.some((entry) => {
      const tag = this.#reports.get(`${view.epoch}/${hex(entry.memberId)}`);
      return tag !== undefined && !equal(tag, view.tag);
    });
  }

  tick(now: number): Output[] {
    const out: Output[] = [];
    if (this.#switchAt !== null && (now >= this.#switchAt || this.#allReady())) {
      out.push(...this.#switch(now));
    }
    for (const [epoch, at] of this.#forgetAt) if (now >= at) out.push(...this.#forget(epoch));
    return out;
  }

  /** Destroys all keys. */
  reset(): Output[] {
    this.#view = null;
    this.#sending = null;
    this.#installed = [];
    this.#switchAt = null;
    this.#forgetAt.clear();
    this.#reports.clear();
    return [{ t: 'forget-all' }];
  }

  #allReady(): boolean {
    const view = this.#view;
    if (view === null) return false;
    return view.roster.every(({ memberId }) => {
      const name = hex(memberId);
      return name === this.#self || this.#reports.has(`${view.epoch}/${name}`);
    });
  }

  #switch(now: number): Output[] {
    this.#switchAt = null;
    if (this.#view === null) return [];
    this.#sending = this.#view.epoch;
    for (const epoch of this.#installed) {
      const at = now + this.#keep;
      const known = this.#forgetAt.get(epoch) ?? Infinity;
      if (epoch < this.#sending) this.#forgetAt.set(epoch, Math.min(at, known));
    }
    return [{ t: 'switch', epoch: this.#sending }];
  }

  #forget(epoch: bigint): Output[] {
    this.#installed = this.#installed.filter((known) => known !== epoch);
    this.#forgetAt.delete(epoch);
    return [{ t: 'forget', epoch }];
  }
}
