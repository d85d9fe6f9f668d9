/** The check, step by step; what touches browser and network is given to it. */
import type { CallError } from '../call/types';
import type { DeviceProblem } from '../devices/problems';
import { waysOf } from './ice-urls';
import { freshSteps, type Step, type StepName } from './steps';

/** In a room of our own, for as long as the relay is tried. */
export interface Visit {
  /** The obstacle to testing encryption, or null. */
  encryption: CallError | null;
  servers(): Promise<RTCIceServer[]>;
  leave(): void;
}

/** `at` tells that it was the way to the server, not the encryption of this browser. */
export interface VisitError {
  error: CallError;
  at?: 'socket';
}

export interface Tools {
  capability(): Promise<CallError | null>;
  devices(): Promise<{ microphone: DeviceProblem | null; camera: DeviceProblem | null }>;
  createRoom(): Promise<{ url: string } | { error: CallError }>;
  /** Tells of `encryption` and `socket` as soon as each is known. */
  visit(url: string, passed: (name: StepName) => void): Promise<Visit | VisitError>;
  /** Whether a WebSocket to the server opens at all. */
  socket(): Promise<boolean>;
  stun(server: RTCIceServer): Promise<boolean>;
  /** How long a word took through the relay, or null when none came. */
  relay(server: RTCIceServer): Promise<number | null>;
}

/** Looks at everything; `show` gets all steps whenever one changed. */
export async function check(tools: Tools, show: (steps: Step[]) => void): Promise<Step[]> {
  let steps = freshSteps();
  const set = (name: StepName, change: Omit<Partial<Step>, 'name'>) => {
    steps = steps.map((step) => (step.name === name ? { ...step, ...change } : step));
    show(steps);
  };
  const done = () => {
    for (const { name, state } of steps) {
      if (state === 'waiting' || state === 'running') set(name, { state: 'skipped' });
    }
    return steps;
  };
  const fail = (name: StepName, error: CallError) =>
    set(name, {
      state: 'failed',
      error: error.code,
      ...(error.detail ? { detail: error.detail } : {}),
    });

  set('browser', { state: 'running' });
  const missing = await tools.capability();
  if (missing) {
    fail('browser', missing);
    return done();
  }
  set('browser', { state: 'ok' });

  set('microphone', { state: 'running' });
  set('camera', { state: 'running' });
  const devices = await tools.devices();
  for (const name of ['microphone', 'camera'] as const) {
    const problem = devices[name];
    set(name, problem ? { state: 'failed', error: problem } : { state: 'ok' });
  }

  set('server', { state: 'running' });
  const made = await tools.createRoom();
  if ('error' in made) {
    fail('server', made.error);
    set('socket', { state: 'running' });
    set('socket', { state: (await tools.socket()) ? 'ok' : 'failed' });
    return done();
  }
  set('server', { state: 'ok' });

  const startSocket = () => {
    const waits = steps.find(({ name }) => name === 'socket')?.state === 'waiting';
    if (waits) set('socket', { state: 'running' });
  };
  set('encryption', { state: 'running' });
  const visit = await tools.visit(made.url, (name) => {
    set(name, { state: 'ok' });
    if (name === 'encryption') startSocket();
  });
  if ('error' in visit) {
    const proven = steps.find((step) => step.name === 'encryption')?.state === 'ok';
    fail(visit.at ?? (proven ? 'socket' : 'encryption'), visit.error);
    return done();
  }
  if (visit.encryption) fail('encryption', visit.encryption);
  try {
    await Promise.all(
      waysOf(await visit.servers()).map(async ({ step, port, server }) => {
        set(step, { state: 'running', port });
        if (step === 'stun-udp') {
          set(step, { state: (await tools.stun(server).catch(() => false)) ? 'ok' : 'failed' });
        } else {
          const ms = await tools.relay(server).catch(() => null);
          set(step, ms === null ? { state: 'failed' } : { state: 'ok', ms });
        }
      }),
    );
  } finally {
    visit.leave();
  }
  return done();
}
