import { describe, expect, it } from 'vitest';
import { buildState } from './build';

const script = 'https://meet.example.com/assets/index-AbC123.js';
const answer =
  (body: string, status = 200) =>
  async () =>
    new Response(body, { status });

describe('the files of this page', () => {
  it.each([
    ['current', answer('<script type="module" src="/assets/index-AbC123.js"></script>')],
    ['outdated', answer('<script type="module" src="/assets/index-Xyz789.js"></script>')],
    ['unreachable', answer('bad gateway', 502)],
    [
      'unreachable',
      async () => {
        throw new TypeError('network');
      },
    ],
  ] as const)('are %s', async (state, ask) => {
    expect(await buildState(script, ask)).toBe(state);
  });

  it('are taken for current where no script tells, as in tests', async () => {
    expect(await buildState(null, answer(''))).toBe('current');
  });
});
