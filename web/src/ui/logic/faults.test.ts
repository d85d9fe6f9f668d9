import { describe, expect, it } from 'vitest';
import { actionText, type FaultCode, faultOf, faultOfDevice, faultOfDevices } from './faults';
import { platformOf } from './platform';

const linux = platformOf('Mozilla/5.0 (X11; Linux x86_64) Chrome/141.0 Safari/537.36');
const windows = platformOf('Mozilla/5.0 (Windows NT 10.0; Win64; x64) Chrome/141.0 Safari/537.36');
const iphone = platformOf('Mozilla/5.0 (iPhone; CPU iPhone OS 18_4) Version/18.4 Safari/604.1', 5);
const context = { host: 'meet.example.com', platform: linux };

describe('the words of each fault', () => {
  it.each([
    [
      'permission-ask',
      'Let others see and hear you?',
      'Your browser will ask. Nothing is sent until you join.',
    ],
    [
      'link-incomplete',
      'Part of the link is missing',
      'Its end, the part after #, did not arrive whole. Ask for the link again.',
    ],
    [
      'cannot-connect',
      'Your network seems to block calls',
      'Neither a direct connection nor the relay of the server could be reached. Try mobile data or another network.',
    ],
    [
      'route-lost',
      'The connection is still interrupted',
      'Check your network. The call goes on by itself as soon as there is a way to the others.',
    ],
    ['too-many', 'Many calls were started from your network', 'Try again in {time}.'],
  ] as const)('%s', (code, title, body) => {
    expect(faultOf(code, context)).toMatchObject({ title, body });
  });
  it.each([
    ['site-blocked', 'meet.example.com may not use your microphone and camera'],
    ['os-blocked', 'Your computer is blocking the browser'],
    ['not-secure', 'This page must be opened with https://'],
    ['unsupported', 'This browser can’t do encrypted calls'],
    ['elsewhere', 'This call is open in another tab'],
    ['moved', 'The call has moved to another tab'],
    ['draining', 'Server is updating – reconnecting…'],
    ['no-camera', 'No camera found'],
  ] as const)('%s is headed "%s"', (code, title) => {
    expect(faultOf(code, context).title).toBe(title);
  });
  it('names the camera when only the camera is concerned', () => {
    const camera = { ...context, kinds: ['video' as const] };
    expect(faultOf('in-use', camera).title).toBe('Another app is using your camera');
    expect(faultOf('site-blocked', camera).title).toBe('meet.example.com may not use your camera');
  });
});

it('every fault says something and offers something to do', () => {
  const codes: FaultCode[] = [
    'permission-ask',
    'site-blocked',
    'os-blocked',
    'in-use',
    'no-camera',
    'no-microphone',
    'unplugged',
    'revoked',
    'unanswered',
    'link-incomplete',
    'link-wrong',
    'link-expired',
    'clock',
    'server-clock',
    'clocks-differ',
    'room-full',
    'room-locked',
    'password',
    'not-allowed',
    'too-many',
    'unsupported',
    'not-secure',
    'cannot-connect',
    'route-lost',
    'encryption-failed',
    'encryption-untested',
    'version',
    'server-unreachable',
    'draining',
    'elsewhere',
    'moved',
    'internal',
  ];
  const titles = new Set<string>();
  for (const code of codes) {
    const fault = faultOf(code, context);
    titles.add(fault.title);
    expect(fault.actions.length, code).toBeGreaterThan(0);
    expect(fault.body || fault.steps.length, code).toBeTruthy();
    expect(fault.body.includes('{time}'), code).toBe(fault.countdown !== null);
  }
  expect(titles.size).toBe(codes.length);
});

it('counts down for as long as the server said', () => {
  expect(faultOf('too-many', { ...context, retryAfter: 42 }).countdown).toBe(42);
  expect(faultOf('too-many', context).countdown).toBe(60);
  expect(faultOf('room-full', { ...context, retryAfter: 42 }).countdown).toBeNull();
});

it('offers a way into the settings only where there is one', () => {
  expect(faultOf('os-blocked', context).actions).not.toContain('open-settings');
  const there = faultOf('os-blocked', { ...context, platform: windows });
  expect(there.actions[0]).toBe('open-settings');
  expect(there.settingsUrl).toBe('ms-settings:privacy-microphone');
});

it('tells a phone from a computer, and each browser its own steps', () => {
  expect(faultOf('os-blocked', { ...context, platform: iphone }).title).toBe(
    'Your phone is blocking the browser',
  );
  const steps = faultOf('site-blocked', context).steps;
  expect(faultOf('site-blocked', { ...context, platform: iphone }).steps).not.toEqual(steps);
});

it('sends people inside another app to their browser', () => {
  const inside = platformOf('Mozilla/5.0 (iPhone; CPU iPhone OS 18_4) Mobile Instagram 350.0', 5);
  expect(faultOf('unsupported', { ...context, platform: inside }).body).toMatch(/^Open in Safari/);
});

it('uses the words of the screen for its buttons', () => {
  expect(actionText('retry', 'site-blocked')).toBe('I changed it – try again');
  expect(actionText('retry', 'in-use')).toBe('Try again');
  expect(actionText('without-camera', 'no-camera')).toBe('Continue without camera');
});

it.each([
  ['missing', 'video', 'no-camera'],
  ['missing', 'audio', 'no-microphone'],
  ['system-blocked', 'audio', 'os-blocked'],
  ['insecure', 'audio', 'not-secure'],
] as const)('a device that is %s (%s) shows %s', (problem, kind, code) => {
  expect(faultOfDevice(problem, kind)).toBe(code);
});

describe('both devices together', () => {
  it('are one fault when they have the same problem, else the microphone comes first', () => {
    const both = (problem: Parameters<typeof faultOfDevice>[0]) =>
      faultOfDevices(problem, problem, context);
    expect(both('site-blocked')?.title).toMatch(/microphone and camera$/);
    expect(both('in-use')?.title).toBe('Another app is using your microphone and camera');
    expect(both('unplugged')?.title).toBe('Your microphone and camera are gone');
    expect(both('revoked')?.title).toMatch(/your microphone and camera any more$/);
    expect(both('missing')?.title).toBe('No microphone and no camera found');
    expect(both('missing')?.actions).toEqual(['listen', 'retry']);
    expect(faultOfDevices('site-blocked', null, context)?.title).toMatch(/your microphone$/);
    expect(faultOfDevices('missing', 'site-blocked', context)?.code).toBe('no-microphone');
    expect(faultOfDevices(null, 'unplugged', context)?.title).toBe('Your camera is gone');
    expect(faultOfDevices(null, null, context)).toBeNull();
  });

  it('leave nobody to decide in a call: what helps is offered, and closing', () => {
    const inCall = { ...context, inCall: true };
    const actions = (problem: Parameters<typeof faultOfDevice>[0]) =>
      faultOfDevices(problem, null, inCall)?.actions;
    expect(actions('unplugged')).toEqual(['close']);
    expect(actions('missing')).toEqual(['retry', 'close']);
    expect(actions('site-blocked')).toEqual(['retry', 'close']);
    expect(actions('dismissed')).toEqual(['allow', 'close']);
    expect(faultOf('cannot-connect', inCall).actions).toEqual(['retry', 'check', 'report']);
  });
});

it('names the setting of the browser where encryption cannot be tested, and no other browser', () => {
  const firefox = platformOf('Mozilla/5.0 (X11; Linux x86_64; rv:153.0) Firefox/153.0');
  for (const [platform, setting] of [
    [linux, 'WebRtcIPHandling'],
    [firefox, 'about:config'],
  ] as const) {
    const { title, body, steps } = faultOf('encryption-untested', { ...context, platform });
    expect(steps.join(' ')).toContain(setting);
    expect(steps.join(' ')).toContain('TCP to port 3478');
    expect(`${title} ${body} ${steps}`).not.toContain('another browser');
  }
});
