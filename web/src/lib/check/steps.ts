/** Checks of a browser and its network, and their conclusions. */
import type { CallErrorCode } from '../call/types';
import type { DeviceProblem } from '../devices/problems';

const stepNames = [
  'browser',
  'encryption',
  'microphone',
  'camera',
  'server',
  'socket',
  'stun-udp',
  'relay-udp',
  'relay-tcp',
  'relay-tls',
] as const;
export type StepName = (typeof stepNames)[number];

export type StepState = 'waiting' | 'running' | 'ok' | 'failed' | 'skipped';

export interface Step {
  name: StepName;
  state: StepState;
  /** Of a route: how long a word took to the relay and back through it. */
  ms?: number;
  /** Of a route: its port, 0 for none of ours. */
  port?: number;
  error?: CallErrorCode | DeviceProblem;
  /** For the report; no address, name or secret. */
  detail?: string;
}

export type Verdict =
  | 'running'
  | 'browser' // this browser cannot do it
  | 'server' // the server is not reached, or does not let us in
  | 'socket'
  | 'good'
  | 'tcp-only' // works, but over TCP
  | 'direct-only' // no way through the relay
  | 'unknown'; // the relay could not be tried

export function freshSteps(): Step[] {
  return stepNames.map((name) => ({ name, state: 'waiting' }));
}

const relays = ['relay-udp', 'relay-tcp', 'relay-tls'] as const;

export function verdictOf(steps: readonly Step[]): Verdict {
  const state = (name: StepName) => steps.find((step) => step.name === name)?.state ?? 'waiting';
  if (steps.some((step) => step.state === 'waiting' || step.state === 'running')) return 'running';
  if (state('browser') === 'failed') return 'browser';
  const encryption = steps.find((step) => step.name === 'encryption');
  // Without a route nothing is known of the browser: the relay tells more.
  const untested = encryption?.error === 'encryption-untested' && state('relay-tcp') !== 'ok';
  if (encryption?.state === 'failed' && !untested) return 'browser';
  if (state('socket') === 'failed') return 'socket';
  if (state('server') === 'failed' && state('socket') !== 'ok') return 'server';
  const tried = relays.map(state).filter((each) => each !== 'skipped');
  if (tried.length === 0) return 'unknown';
  if (state('relay-udp') === 'ok') return 'good';
  return tried.includes('ok') ? 'tcp-only' : 'direct-only';
}

/** Which ports do not let us through, exactly. */
export function closedPorts(steps: readonly Step[]): { transport: 'UDP' | 'TCP'; port: number }[] {
  const out: { transport: 'UDP' | 'TCP'; port: number }[] = [];
  for (const { name, state, port } of steps) {
    if (state !== 'failed' || !port) continue;
    const transport = name.endsWith('-udp') ? 'UDP' : 'TCP';
    if (!out.some((each) => each.transport === transport && each.port === port)) {
      out.push({ transport, port });
    }
  }
  // A route that carries data is open, whatever the STUN server on the same port did.
  const open = steps.find((step) => step.name === 'relay-udp' && step.state === 'ok');
  return out.filter((each) => !(open && each.transport === 'UDP' && each.port === open.port));
}
