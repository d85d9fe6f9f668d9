/** Verification of the members' keys: people compare pictures and say whether they match. */
import type { Comparison as GroupComparison } from '../mls/verify/compare';
import type { Comparison } from './types';

export interface VerificationOptions {
  /** Begins a comparison in the group, or gives it up. */
  compare(on: boolean): void;
  /** These signature keys were found to belong to the members who are shown with them. */
  verified(keys: string[]): void;
  onchange(comparison: Comparison): void;
}

export class Verification {
  /** Signature keys that the pictures on screen stand for. */
  private keys: string[] = [];
  /** Pictures differed: shown until somebody compares again. */
  private alarm = false;

  constructor(private readonly options: VerificationOptions) {}

  compare(on: boolean): void {
    this.keys = [];
    this.alarm = false;
    if (!on) this.options.onchange({ is: 'idle' });
    this.options.compare(on);
  }

  /** The comparison as the group worker reports it. */
  report(comparison: GroupComparison): void {
    if (comparison.is === 'code') {
      this.keys = comparison.keys;
      this.options.onchange({ is: 'code', code: comparison.code });
    } else {
      this.keys = [];
      const over = comparison.is === 'idle' || comparison.is === 'failed';
      if (!(this.alarm && over)) this.options.onchange(comparison);
    }
  }

  /** The person says whether the pictures are the same on all sides. */
  confirm(match: boolean): void {
    const { keys } = this;
    if (keys.length === 0) return;
    this.keys = [];
    this.alarm = !match;
    if (match) this.options.verified(keys);
    this.options.onchange({ is: match ? 'match' : 'mismatch' });
  }
}
