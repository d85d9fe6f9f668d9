/** The texts of every fault, its steps and its buttons; part of `strings`. */
import { baseline } from '../../lib/browser/baseline';
import type { FaultAction } from '../logic/faults';

interface FaultWords {
  host: string;
  /** 'microphone', 'camera' or both in the language of the page. */
  device: string;
  /** The browser to open the page in. */
  browser: string;
}

const texts = {
  'permission-ask': () => ({
    title: 'Let others see and hear you?',
    body: 'Your browser will ask. Nothing is sent until you join.',
  }),
  'site-blocked': ({ host, device }: FaultWords) => ({
    title: `${host} may not use your ${device}`,
    body: '',
  }),
  'computer-blocks': () => ({ title: 'Your computer is blocking the browser', body: '' }),
  'phone-blocks': () => ({ title: 'Your phone is blocking the browser', body: '' }),
  'camera-in-use': () => ({
    title: 'Another app is using your camera',
    body: 'Close Zoom, Teams or another tab that shows your picture.',
  }),
  'microphone-in-use': () => ({
    title: 'Another app is using your microphone',
    body: 'Close Zoom, Teams or another tab that listens.',
  }),
  'devices-in-use': ({ device }: FaultWords) => ({
    title: `Another app is using your ${device}`,
    body: 'Close Zoom, Teams or another tab that has them.',
  }),
  'no-devices': () => ({
    title: 'No microphone and no camera found',
    body: 'The others will neither hear nor see you.',
  }),
  'no-camera': () => ({
    title: 'No camera found',
    body: 'The others will hear you, but not see you.',
  }),
  'no-microphone': () => ({
    title: 'No microphone found',
    body: 'The others will not hear you.',
  }),
  revoked: ({ device }: FaultWords) => ({
    title: `This page may not use your ${device} any more`,
    body: 'The permission was taken away. Allow it again, and it goes on.',
  }),
  unanswered: () => ({
    title: 'Your browser still waits for your answer',
    body: 'Its question is near the address bar. Until you allow it, nobody sees or hears you.',
  }),
  'microphone-unplugged': () => ({
    title: 'Your microphone is gone',
    body: 'The others can’t hear you. Plug it in again or choose another one: it goes on by itself.',
  }),
  'camera-unplugged': () => ({
    title: 'Your camera is gone',
    body: 'The others can’t see you. Plug it in again or choose another one: it goes on by itself.',
  }),
  'devices-unplugged': ({ device }: FaultWords) => ({
    title: `Your ${device} are gone`,
    body: 'The others can’t hear or see you. Plug them in again or choose others: it goes on by itself.',
  }),
  'not-secure': () => ({
    title: 'This page must be opened with https://',
    body: 'Browsers give camera, microphone and encryption to secure pages only.',
  }),
  unsupported: () => ({
    title: 'This browser can’t do encrypted calls',
    body: `These can: Chrome and Edge ${baseline.chrome}, Firefox ${baseline.firefox}, Safari ${baseline.safari} (iPhone and iPad: iOS ${baseline.safari}), and newer ones.`,
  }),
  embedded: ({ browser }: FaultWords) => ({
    title: 'This browser can’t do encrypted calls',
    body: `Open in ${browser}: this page is shown inside another app. Copy the link and open it there.`,
  }),
  'link-incomplete': () => ({
    title: 'Part of the link is missing',
    body: 'Its end, the part after #, did not arrive whole. Ask for the link again.',
  }),
  'link-wrong': () => ({
    title: 'This link opens no call here',
    body: 'Ask for the link again, or start a new call.',
  }),
  'link-expired': () => ({
    title: 'This link has expired',
    body: 'Links work for a limited time. Start a new call and send its link.',
  }),
  clock: () => ({
    title: 'The clock of this device is wrong',
    body: 'It is off by hours, and encryption needs the right time. Set date, time and time zone, then try again.',
  }),
  'server-clock': ({ host }: FaultWords) => ({
    title: 'The clock of the server is wrong',
    body: `Your device is fine. Tell the people who run ${host} that its clock is off by hours.`,
  }),
  'clocks-differ': ({ host }: FaultWords) => ({
    title: 'This device and the server disagree about the time',
    body: `Check date, time and time zone of this device. If they are right, tell the people who run ${host} that its clock is off by hours.`,
  }),
  'room-full': () => ({
    title: 'This call is full',
    body: 'No more people can join. Try again when somebody has left.',
  }),
  'room-locked': () => ({
    title: 'This call is locked',
    body: 'The people who run this server let nobody else in. Those inside stay connected. Try again later.',
  }),
  'too-many': () => ({
    title: 'Many calls were started from your network',
    body: 'Try again in {time}.',
  }),
  password: () => ({
    title: 'This server asks for a password',
    body: 'You need it to start a call. You do not need it to open a link that you were sent.',
  }),
  'not-allowed': () => ({
    title: 'Calls can’t be started from here',
    body: 'This server starts calls only for certain networks. A link that you were sent works anywhere.',
  }),
  'cannot-connect': () => ({
    title: 'Your network seems to block calls',
    body: 'Neither a direct connection nor the relay of the server could be reached. Try mobile data or another network.',
  }),
  'route-lost': () => ({
    title: 'The connection is still interrupted',
    body: 'Check your network. The call goes on by itself as soon as there is a way to the others.',
  }),
  'encryption-failed': () => ({
    title: 'Encryption did not start',
    body: 'Nothing was sent. Reload the page; if this stays, use another browser.',
  }),
  'encryption-untested': () => ({
    title: 'Nothing is sent: encryption can’t be tested',
    body: 'The test needs a connection inside this device or to the relay of this server. A setting of the browser or of this device blocks both.',
  }),
  version: () => ({
    title: 'This page is out of date',
    body: 'The server has been updated. Reload to go on.',
  }),
  'server-unreachable': () => ({
    title: 'The server can’t be reached',
    body: 'Check your connection. Trying again in {time}.',
  }),
  draining: () => ({
    title: 'Server is updating – reconnecting…',
    body: 'Trying again in {time}.',
  }),
  elsewhere: () => ({
    title: 'This call is open in another tab',
    body: 'You can go on there, or move the call to this tab. The other tab then leaves.',
  }),
  moved: () => ({ title: 'The call has moved to another tab', body: 'It continues there.' }),
  internal: () => ({
    title: 'Something went wrong',
    body: 'This is a fault of the app, not yours.',
  }),
} satisfies Record<string, (words: FaultWords) => { title: string; body: string }>;

export type FaultText = keyof typeof texts;

export const faultStrings = {
  texts: texts as Record<FaultText, (words: FaultWords) => { title: string; body: string }>,
  actions: {
    allow: 'Allow microphone and camera',
    check: 'Run check',
    listen: 'Listen only',
    retry: 'Try again',
    'without-camera': 'Join without camera',
    'without-microphone': 'Join without microphone',
    'open-settings': 'Open settings',
    'open-https': 'Open the https link',
    'copy-link': 'Copy link',
    'paste-link': 'Paste link',
    'new-call': 'New call',
    reload: 'Reload',
    'move-here': 'Move it here',
    'join-too': 'Join as one more person',
    rejoin: 'Rejoin',
    report: 'Copy problem report',
    close: 'Close',
  } satisfies Record<FaultAction, string>,
  /** Where a button has words of its own: the fault, then the action. */
  ownActions: {
    'site-blocked retry': 'I changed it – try again',
    'no-camera without-camera': 'Continue without camera',
    'no-microphone without-microphone': 'Continue without microphone',
  },
  blocked: {
    iosSafari: [
      'Tap the page menu beside the address.',
      'Tap the three dots, then Website Settings.',
      'Set Camera and Microphone to Allow.',
    ],
    iosOther: [
      'Open the Settings app of your phone.',
      'Tap Apps, then your browser.',
      'Switch Camera and Microphone on.',
      'Come back to this page.',
    ],
    androidFirefox: [
      'Tap the lock left of the address.',
      'Tap Blocked beside Camera and Microphone.',
      'Reload the page if nothing changes.',
    ],
    android: [
      'Tap the icon left of the address.',
      'Tap Permissions.',
      'Set Camera and Microphone to Allow.',
    ],
    firefox: (device: string) => [
      `Click the crossed-out ${device} left of the address.`,
      'Click × beside Blocked to remove it.',
      'Try again and choose Allow when the browser asks.',
    ],
    safari: [
      'Click Safari in the menu bar, then Settings for this website.',
      'Set Camera and Microphone to Allow.',
    ],
    other: ['Click the icon left of the address.', 'Set Camera and Microphone to Allow.'],
  },
  untested: {
    chromium: [
      'Switch off what hides addresses in calls (“WebRTC leak”) in extensions and VPN apps.',
      'On a managed device, ask its administrator about the policy WebRtcIPHandling.',
    ],
    firefox: ['Open about:config, look for media.peerconnection, and reset the lines in bold.'],
    all: ['Let the browser through the firewall of this device: UDP, or TCP to port 3478.'],
  },
  system: {
    windows: (name: string) => [
      `Open Settings, Privacy & security, ${name}.`,
      `Switch ${name} access on, also for desktop apps.`,
      'Come back and try again.',
    ],
    macos: (name: string) => [
      `Open System Settings, Privacy & Security, ${name}.`,
      'Switch your browser on.',
      'Quit the browser, open it again and come back.',
    ],
    android: (name: string) => [
      'Open Settings, Apps, your browser, Permissions.',
      `Allow ${name}.`,
      'See that it is not switched off in the quick settings.',
    ],
    ios: (name: string) => [
      'Open Settings, Apps, your browser.',
      `Switch ${name} on.`,
      'Come back and try again.',
    ],
    other: (name: string) => [
      `Look for ${name} in the privacy settings of your system.`,
      'Allow your browser to use it.',
      'Come back and try again.',
    ],
  },
};
