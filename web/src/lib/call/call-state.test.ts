// The phase of an admitted call, as it follows from session, group and media.
import { describe, expect, it } from 'vitest';
import { phaseOf } from './call-state';

const facts = {
  offline: false,
  others: 0,
  inGroup: false,
  sessionError: null,
  obstacle: null,
};

describe('the phase of a call', () => {
  it('is joining until this page is in a group, then alone, then active', () => {
    expect(phaseOf(facts).phase).toBe('joining');
    expect(phaseOf({ ...facts, inGroup: true }).phase).toBe('alone');
    expect(phaseOf({ ...facts, inGroup: true, others: 1 }).phase).toBe('active');
  });

  it('is reconnecting without a session, whoever is in the call', () => {
    for (const others of [0, 2]) {
      expect(phaseOf({ ...facts, inGroup: true, others, offline: true }).phase).toBe(
        'reconnecting',
      );
    }
  });

  it('names the end of the session before an obstacle of media', () => {
    const sessionError = { code: 'draining' } as const;
    const obstacle = { code: 'route-lost' } as const;
    expect(phaseOf({ ...facts, obstacle }).error).toEqual(obstacle);
    expect(phaseOf({ ...facts, obstacle, sessionError }).error).toEqual(sessionError);
    expect(phaseOf(facts).error).toBeNull();
  });
});
