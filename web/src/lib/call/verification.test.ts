import { beforeEach, describe, expect, it } from 'vitest';
import type { Comparison } from './types';
import { Verification } from './verification';

let shown: Comparison | undefined;
let verified: string[];
let asked: boolean[];
let verification: Verification;

beforeEach(() => {
  [shown, verified, asked] = [undefined, [], []];
  verification = new Verification({
    compare: (on) => asked.push(on),
    verified: (keys) => verified.push(...keys),
    onchange: (comparison) => {
      shown = comparison;
    },
  });
});

describe('comparing', () => {
  const code = { is: 'code', code: [1, 2, 3, 4, 5, 6, 7], keys: ['k1', 'k2'] } as const;

  it('marks the keys that the pictures stood for, and only when they match', () => {
    verification.report({ ...code, code: [...code.code], keys: [...code.keys] });
    verification.confirm(false);
    expect(verified).toEqual([]);
    expect(shown).toEqual({ is: 'mismatch' });
    // It stays shown, whatever happens meanwhile.
    verification.report({ is: 'idle' });
    expect(shown).toEqual({ is: 'mismatch' });
    // Pictures reported as different cannot match a moment later.
    verification.confirm(true);
    expect(verified).toEqual([]);
    verification.report({ ...code, code: [...code.code], keys: [...code.keys] });
    verification.confirm(true);
    expect(verified).toEqual(['k1', 'k2']);
    expect(shown).toEqual({ is: 'match' });
  });

  it('marks no key when the pictures are void', () => {
    verification.report({ ...code, code: [...code.code], keys: [...code.keys] });
    verification.report({ is: 'idle' });
    verification.confirm(true);
    expect(verified).toEqual([]);
  });

  it('never shows keys', () => {
    verification.report({ ...code, code: [...code.code], keys: [...code.keys] });
    expect(shown).toEqual({ is: 'code', code: code.code });
  });

  it('can be begun and given up', () => {
    verification.compare(true);
    verification.compare(false);
    expect(asked).toEqual([true, false]);
    expect(shown).toEqual({ is: 'idle' });
  });
});
