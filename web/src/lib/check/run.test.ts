import { describe, expect, it } from 'vitest';
import type { CallError } from '../call/types';
import { check, type Tools } from './run';
import type { Step, StepName } from './steps';

const servers: RTCIceServer[] = [
  { urls: ['turn:a:3478?transport=udp', 'turn:a:3478?transport=tcp'] },
  { urls: ['stun:a:3478'] },
];

/** Where all is well, but for what is said. */
function tools(but: Partial<Tools> = {}): Tools & { left: number } {
  const out = {
    left: 0,
    capability: async () => null,
    devices: async () => ({ microphone: null, camera: null }),
    createRoom: async () => ({ url: '/r/x' }),
    visit: async (_: string, passed: (name: StepName) => void) => {
      passed('encryption');
      passed('socket');
      return { encryption: null, servers: async () => servers, leave: () => void out.left++ };
    },
    socket: async () => true,
    stun: async () => true,
    relay: async () => 7,
    ...but,
  };
  return out;
}

const states = (steps: Step[]) => Object.fromEntries(steps.map(({ name, state }) => [name, state]));

describe('the check', () => {
  it('looks at everything, and leaves its room', async () => {
    const all = tools();
    const steps = await check(all, () => {});
    expect(states(steps)).toEqual({
      browser: 'ok',
      encryption: 'ok',
      microphone: 'ok',
      camera: 'ok',
      server: 'ok',
      socket: 'ok',
      'stun-udp': 'ok',
      'relay-udp': 'ok',
      'relay-tcp': 'ok',
      'relay-tls': 'skipped',
    });
    expect(steps.find(({ name }) => name === 'relay-udp')).toMatchObject({ ms: 7, port: 3478 });
    expect(all.left).toBe(1);
  });

  it('asks nothing of the server for a browser that cannot do it', async () => {
    let asked = false;
    const steps = await check(
      tools({
        capability: async () => ({ code: 'unsupported', detail: 'VP8' }),
        createRoom: async () => {
          asked = true;
          return { url: '' };
        },
      }),
      () => {},
    );
    expect(steps[0]).toEqual({
      name: 'browser',
      state: 'failed',
      error: 'unsupported',
      detail: 'VP8',
    });
    expect(steps.slice(1).every(({ state }) => state === 'skipped')).toBe(true);
    expect(asked).toBe(false);
  });

  it('goes on without camera and microphone', async () => {
    const steps = await check(
      tools({ devices: async () => ({ microphone: 'missing', camera: 'site-blocked' }) }),
      () => {},
    );
    expect(states(steps)).toMatchObject({
      microphone: 'failed',
      camera: 'failed',
      'relay-udp': 'ok',
    });
  });

  it('tries at least the WebSocket where no room is to be had', async () => {
    const refusing = tools({ createRoom: async () => ({ error: { code: 'password' } }) });
    const steps = await check(refusing, () => {});
    expect(states(steps)).toMatchObject({ server: 'failed', socket: 'ok', 'relay-udp': 'skipped' });
  });

  it('tells which of two things did not come up', async () => {
    const error = { code: 'server-unreachable' } as const;
    const at = async (reached: StepName[]) =>
      states(
        await check(
          tools({
            visit: async (_, passed) => {
              for (const name of reached) passed(name);
              return { error };
            },
          }),
          () => {},
        ),
      );
    expect(await at([])).toMatchObject({ encryption: 'failed', socket: 'skipped' });
    expect(await at(['encryption'])).toMatchObject({ encryption: 'ok', socket: 'failed' });
  });

  it('leaves its room also when a way was closed or a tool broke', async () => {
    const closed = tools({ relay: async ({ urls }) => (String(urls).includes('udp') ? null : 3) });
    expect(states(await check(closed, () => {}))).toMatchObject({
      'relay-udp': 'failed',
      'relay-tcp': 'ok',
    });
    expect(closed.left).toBe(1);
    const broken = tools({
      stun: async () => {
        throw new Error('broken');
      },
    });
    expect(states(await check(broken, () => {}))).toMatchObject({ 'stun-udp': 'failed' });
    expect(broken.left).toBe(1);
  });

  it('goes on where encryption can only be tested through the relay, or not at all', async () => {
    const late = (encryption: CallError | null) =>
      tools({
        visit: async (_, passed) => {
          passed('socket');
          if (!encryption) passed('encryption');
          return { encryption, servers: async () => servers, leave: () => {} };
        },
      });
    expect(states(await check(late(null), () => {}))).toMatchObject({
      encryption: 'ok',
      socket: 'ok',
      'relay-tcp': 'ok',
    });
    const steps = await check(late({ code: 'encryption-untested' }), () => {});
    expect(states(steps)).toMatchObject({ encryption: 'failed', socket: 'ok', 'relay-tcp': 'ok' });
  });

  it('shows every step as it goes', async () => {
    const seen: Step[][] = [];
    await check(tools(), (steps) => seen.push(steps));
    expect(states(seen[0] ?? [])).toMatchObject({ browser: 'running', camera: 'waiting' });
    expect(seen.some((steps) => states(steps).socket === 'running')).toBe(true);
    expect(seen.some((steps) => states(steps)['relay-tcp'] === 'running')).toBe(true);
  });
});
