import { describe, expect, it } from 'vitest';
import { closedPorts, freshSteps, type Step, type StepName, verdictOf } from './steps';

/** All is well, and there is no TLS; but for what is said. */
function steps(but: Partial<Record<StepName, Partial<Step>>> = {}): Step[] {
  const ports: Partial<Record<StepName, number>> = {
    'stun-udp': 3478,
    'relay-udp': 3478,
    'relay-tcp': 3478,
  };
  return freshSteps().map(({ name }) => {
    const port = ports[name];
    const state = name === 'relay-tls' ? 'skipped' : 'ok';
    return { name, state, ...(port ? { port } : {}), ...but[name] };
  });
}
const failed = { state: 'failed' } as const;
const skipped = { state: 'skipped' } as const;

describe('what follows from the steps', () => {
  it.each<[string, Partial<Record<StepName, Partial<Step>>>]>([
    ['running', { camera: { state: 'running' } }],
    ['browser', { browser: failed }],
    ['browser', { encryption: failed }],
    [
      'direct-only',
      {
        encryption: { ...failed, error: 'encryption-untested' },
        'relay-udp': failed,
        'relay-tcp': failed,
      },
    ],
    ['socket', { socket: failed, 'relay-udp': skipped, 'relay-tcp': skipped }],
    ['unknown', { server: failed, 'relay-udp': skipped, 'relay-tcp': skipped }],
    ['server', { server: failed, socket: skipped, 'relay-udp': skipped, 'relay-tcp': skipped }],
    ['good', {}],
    ['good', { microphone: failed, camera: failed }],
    ['good', { 'relay-tcp': failed }],
    ['good', { 'stun-udp': failed }],
    ['tcp-only', { 'relay-udp': failed, 'stun-udp': failed }],
    ['tcp-only', { 'relay-udp': failed, 'relay-tcp': failed, 'relay-tls': { state: 'ok' } }],
    ['direct-only', { 'relay-udp': failed, 'relay-tcp': failed }],
    ['direct-only', { 'relay-udp': failed, 'relay-tcp': skipped }],
    ['unknown', { 'relay-udp': skipped, 'relay-tcp': skipped }],
  ])('is %s: %o', (verdict, but) => {
    expect(verdictOf(steps(but))).toBe(verdict);
  });
});

describe('closed ports', () => {
  it('are none when all is well, or when what failed has no port', () => {
    expect(closedPorts(steps())).toEqual([]);
    expect(closedPorts(steps({ socket: failed, camera: failed }))).toEqual([]);
  });
  it('are named once for each transport', () => {
    expect(
      closedPorts(
        steps({
          'stun-udp': failed,
          'relay-udp': failed,
          'relay-tcp': failed,
          'relay-tls': { state: 'failed', port: 3478 },
        }),
      ),
    ).toEqual([
      { transport: 'UDP', port: 3478 },
      { transport: 'TCP', port: 3478 },
    ]);
  });
  it('do not hold one that carried data', () => {
    expect(closedPorts(steps({ 'stun-udp': failed }))).toEqual([]);
    expect(closedPorts(steps({ 'stun-udp': { state: 'failed', port: 3479 } }))).toEqual([
      { transport: 'UDP', port: 3479 },
    ]);
  });
});
