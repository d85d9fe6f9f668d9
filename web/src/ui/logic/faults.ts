/** Everything that can go wrong, as data: what to say and what can be done about it. */
import type { CallErrorCode } from '../../lib/call/types';
import type { DeviceKind, DeviceProblem } from '../../lib/devices/problems';
import { type FaultText, strings } from '../strings';
import type { Platform } from './platform';
import { blockedSteps, type Device, routeSteps, systemSettingsUrl, systemSteps } from './steps';

/** The screens know what each of these does. */
export type FaultAction =
  | 'allow'
  | 'check'
  | 'listen'
  | 'retry'
  | 'without-camera'
  | 'without-microphone'
  | 'open-settings'
  | 'open-https'
  | 'copy-link'
  | 'paste-link'
  | 'new-call'
  | 'reload'
  | 'move-here'
  | 'join-too'
  | 'rejoin'
  | 'report'
  | 'close';

export type FaultCode =
  | CallErrorCode
  | 'permission-ask'
  | 'site-blocked'
  | 'os-blocked'
  | 'in-use'
  | 'no-camera'
  | 'no-microphone'
  | 'unplugged'
  | 'revoked'
  | 'unanswered';

export interface Fault {
  code: FaultCode;
  title: string;
  body: string;
  steps: string[];
  /** The first one is the primary one. */
  actions: FaultAction[];
  /** Try again by itself after this many seconds; `body` then has {time} in it. */
  countdown: number | null;
  settingsUrl: string | null;
}

export interface FaultContext {
  host: string;
  platform: Platform;
  retryAfter?: number;
  /** The kinds a device problem is about. */
  kinds?: DeviceKind[];
  /** In a call nobody has to decide how to go on. */
  inCall?: boolean;
}

/** Some actions read better in the words of their screen. */
export function actionText(action: FaultAction, code: FaultCode): string {
  const own: Record<string, string> = strings.faults.ownActions;
  return own[`${code} ${action}`] ?? strings.faults.actions[action];
}

/** Name of a device problem on screen. */
export function faultOfDevice(problem: DeviceProblem, kind: DeviceKind): FaultCode {
  switch (problem) {
    case 'dismissed':
      return 'permission-ask';
    case 'site-blocked':
      return 'site-blocked';
    case 'system-blocked':
      return 'os-blocked';
    case 'in-use':
      return 'in-use';
    case 'missing':
      return kind === 'video' ? 'no-camera' : 'no-microphone';
    case 'unplugged':
    case 'revoked':
    case 'unanswered':
      return problem;
    case 'insecure':
      return 'not-secure';
  }
}

/** Problems of both devices; the microphone comes first. */
export function faultOfDevices(
  audio: DeviceProblem | null,
  video: DeviceProblem | null,
  context: FaultContext,
): Fault | null {
  if (audio) {
    const kinds: DeviceKind[] = audio === video ? ['audio', 'video'] : ['audio'];
    return faultOf(faultOfDevice(audio, 'audio'), { ...context, kinds });
  }
  return video && faultOf(faultOfDevice(video, 'video'), { ...context, kinds: ['video'] });
}

export function faultOf(code: FaultCode, context: FaultContext): Fault {
  const { platform, host, kinds = ['audio', 'video'] } = context;
  const device = kinds.includes('audio') ? 'microphone' : 'camera';
  const both = kinds.length > 1;
  const settingsUrl = code === 'os-blocked' ? systemSettingsUrl(platform, device) : null;
  const { title, body } = strings.faults.texts[textKey(code, both ? 'both' : device, platform)]({
    host,
    device: deviceWords(kinds),
    browser: platform.system === 'ios' ? 'Safari' : 'Chrome',
  });
  const wait = defaultWait[code];
  return {
    code,
    title,
    body,
    steps: stepsFor(code, platform, device),
    actions: [
      ...(settingsUrl ? ['open-settings' as const] : []),
      ...actionsOf(code, both ? 'both' : device, context.inCall ?? false),
    ],
    countdown: wait === undefined ? null : (context.retryAfter ?? wait),
    settingsUrl,
  };
}

/** Seconds to wait where the server did not say how long. */
const defaultWait: Partial<Record<FaultCode, number>> = {
  'too-many': 60,
  draining: 5,
  'server-unreachable': 10,
};

/** The names of devices, as they stand in a sentence. */
export function deviceWords(kinds: readonly DeviceKind[]): string {
  const { both, microphone, camera } = strings.devices;
  if (kinds.length > 1) return both;
  return kinds.includes('audio') ? microphone : camera;
}

type Devices = Device | 'both';

function textKey(code: FaultCode, devices: Devices, platform: Platform): FaultText {
  if (code === 'in-use') return devices === 'both' ? 'devices-in-use' : `${devices}-in-use`;
  if (code === 'unplugged')
    return devices === 'both' ? 'devices-unplugged' : `${devices}-unplugged`;
  if (code === 'no-microphone' && devices === 'both') return 'no-devices';
  if (code === 'os-blocked') return platform.phone ? 'phone-blocks' : 'computer-blocks';
  if (code === 'unsupported' && platform.embedded) return 'embedded';
  return code;
}

function stepsFor(code: FaultCode, platform: Platform, device: Device): string[] {
  if (code === 'site-blocked') return blockedSteps(platform, device);
  if (code === 'encryption-untested') return routeSteps(platform);
  return code === 'os-blocked' ? systemSteps(platform, device) : [];
}

function actionsOf(code: FaultCode, devices: Devices, inCall: boolean): FaultAction[] {
  if (inCall && isOfDevice(code))
    return code === 'unplugged' ? ['close'] : [tryAgain(code), 'close'];
  if (devices === 'both' && code === 'no-microphone') return ['listen', 'retry'];
  if (code === 'in-use' || code === 'unplugged')
    return ['retry', devices === 'both' ? 'listen' : `without-${devices}`];
  return actions[code];
}

function isOfDevice(code: FaultCode): boolean {
  const lists = [...actionsOf(code, 'camera', false)];
  return lists.some((action) => action === 'listen' || action.startsWith('without-'));
}

function tryAgain(code: FaultCode): FaultAction {
  return code === 'permission-ask' || code === 'revoked' ? 'allow' : 'retry';
}

const actions: Record<Exclude<FaultCode, 'in-use' | 'unplugged'>, FaultAction[]> = {
  'permission-ask': ['allow', 'listen'],
  'site-blocked': ['retry', 'listen'],
  'os-blocked': ['retry', 'listen'],
  'no-camera': ['without-camera', 'retry'],
  'no-microphone': ['without-microphone', 'retry'],
  unanswered: ['retry', 'listen'],
  revoked: ['allow', 'listen'],
  'not-secure': ['open-https'],
  unsupported: ['copy-link'],
  'link-incomplete': ['paste-link', 'new-call'],
  'link-wrong': ['new-call', 'retry'],
  'link-expired': ['new-call', 'retry'],
  clock: ['retry'],
  'server-clock': ['retry', 'report'],
  'clocks-differ': ['retry', 'report'],
  'room-full': ['retry', 'new-call'],
  'room-locked': ['retry', 'new-call'],
  'too-many': ['retry'],
  password: ['retry'],
  'not-allowed': ['retry'],
  'cannot-connect': ['retry', 'check', 'report'],
  'route-lost': ['retry', 'report'],
  'encryption-failed': ['reload', 'report'],
  'encryption-untested': ['retry', 'check', 'report'],
  version: ['reload'],
  'server-unreachable': ['retry', 'report'],
  draining: ['retry'],
  elsewhere: ['move-here', 'join-too'],
  moved: ['move-here', 'new-call'],
  internal: ['rejoin', 'report'],
};
