/** Every text a person can read or hear, in one place. Names are given as they are; '' is nobody known. */
import type { Route } from '../lib/call/types';
import { checkStrings } from './check-words';
import type { Change } from './logic/changes';
import type { FaultAction } from './logic/faults';
import type { Lock } from './logic/lock';
import { talkStrings } from './words';

const who = (name: string) => name || 'The other person';
const someone = (name: string) => name || 'Someone';

interface FaultWords {
  host: string;
  /** 'microphone' or 'camera' in the language of the page. */
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
  'no-camera': () => ({
    title: 'No camera found',
    body: 'The others will hear you, but not see you.',
  }),
  'no-microphone': () => ({
    title: 'No microphone found',
    body: 'The others will not hear you.',
  }),
  'not-secure': () => ({
    title: 'This page must be opened with https://',
    body: 'Browsers give camera, microphone and encryption to secure pages only.',
  }),
  unsupported: () => ({
    title: 'This browser can’t do encrypted calls',
    body: 'These can: Chrome and Edge 141, Firefox 153, Safari 17.4 (iPhone and iPad: iOS 17.4), and newer ones.',
  }),
  embedded: ({ browser }: FaultWords) => ({
    title: 'This browser can’t do encrypted calls',
    body: `Open in ${browser}: this page is shown inside another app. Copy the link and open it there.`,
  }),
  'link-incomplete': () => ({
    title: 'Part of the link is missing',
    body: 'The secret after # was lost. Ask for the whole link.',
  }),
  'link-wrong': () => ({
    title: 'This link is wrong',
    body: 'It does not open any call here. Ask for the link again, or start a call of your own.',
  }),
  'link-expired': () => ({
    title: 'This link has expired',
    body: 'Links work for a limited time. Start a new call and send its link.',
  }),
  clock: () => ({
    title: 'The clock of this device is wrong',
    body: 'It is off by hours, and encryption needs it. Set date, time and time zone, then try again.',
  }),
  'room-full': () => ({
    title: 'This call is full',
    body: 'As many people as it can hold are in it. Try again when somebody has left.',
  }),
  'room-locked': () => ({
    title: 'Nobody new is let into this call',
    body: 'Whoever runs this server has locked it. The people inside go on. Try again later.',
  }),
  'too-many': () => ({
    title: 'A lot of calls were started from your network.',
    body: 'Try again in {time}.',
  }),
  password: () => ({
    title: 'This server asks for a password',
    body: 'It starts calls only for those who know it. A link that you were sent works without.',
  }),
  'not-allowed': () => ({
    title: 'Calls can’t be started from here',
    body: 'This server starts them only from certain networks. A link that you were sent works anywhere.',
  }),
  'cannot-connect': () => ({
    title: 'Your network blocks calls',
    body: 'UDP and port 3478 are closed here. Try mobile data.',
  }),
  'encryption-failed': () => ({
    title: 'Encryption did not start',
    body: 'Nothing was sent. Reload the page; if this stays, use another browser.',
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
  moved: () => ({ title: 'This call is open in another tab', body: 'It goes on there.' }),
  internal: () => ({
    title: 'Something went wrong',
    body: 'This is a fault of the app, not yours.',
  }),
} satisfies Record<string, (words: FaultWords) => { title: string; body: string }>;

export type FaultText = keyof typeof texts;

const faultStrings = {
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
    rejoin: 'Rejoin',
    report: 'Copy problem report',
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

export const strings = {
  product: 'catchup',
  title: (page: string) => `${page} · catchup`,
  close: 'Close',
  cancel: 'Cancel',

  home: {
    title: 'Private video calls from a link',
    start: 'Start a call',
    starting: 'Starting…',
    lead: 'Start a call, send the link, talk. No account, nothing to install.',
    honest:
      'Calls are end-to-end encrypted: this server passes them on without being able to see or hear them, but it does learn when you call and from which network.',
    strangers: 'No cookies, no trackers, no third parties.',
    paste: 'Have a link?',
    pasteLabel: 'Link to a call',
    pasteHint: 'Paste the link here',
    open: 'Open',
    more: 'More',
    quantum: 'Post-quantum keys for the new call',
    quantumHint:
      'For secrets that must stay secret when quantum computers exist. Joining takes a little longer.',
    notLink: 'This is not a link to a call on this site.',
    passwordLabel: 'Password of this server',
    passwordWrong: 'That is not the password.',
  },

  prejoin: {
    title: 'Ready to join?',
    join: 'Join',
    joining: 'Joining…',
    listen: 'Join to listen only',
    name: 'Your name',
    nameHint: 'Shown to the others, never to the server',
    preview: 'Your camera',
    cameraStarting: 'Camera is starting…',
    cameraOff: 'Your camera is off',
    asking: 'Your browser is asking…',
    level: 'Microphone level',
    silent: 'We can’t hear your microphone',
    silentHint: 'Choose another microphone or check its mute switch.',
    devices: 'Devices',
    noMic: 'No microphone',
    noCam: 'No camera',
    noCamShort: 'Camera off',
    systemSpeaker: 'Speakers',
  },

  lock: {
    chip: 'End-to-end encrypted',
    title: 'End-to-end encrypted',
    body: 'Sound, picture, names and chat are encrypted in your browser with keys that only the people in the call have, and that change whenever somebody comes or goes. The part behind # never reaches the server, so the server cannot listen in. It does see when you call, for how long, from which addresses and how much data flows. Whoever has the link can join, so send it only to people you mean.',
    build: (version: string) => `Version ${version}`,
    states: {
      preparing: 'Checking encryption…',
      held: 'Nothing is being sent',
      verified: 'Verified',
      connecting: 'Connecting…',
      keys: 'Connecting keys…',
      encrypted: 'End-to-end encrypted',
      'cannot-decrypt': 'Can’t decrypt',
      reconnecting: 'Reconnecting…',
    } satisfies Record<Lock, string>,
  },

  call: {
    title: 'Call',
    joining: 'Joining…',
    aloneTitle: 'Waiting for the other person',
    aloneBody: 'Send them this link. Anyone who has it can join.',
    link: 'Link to this call',
    copy: 'Copy link',
    copied: 'Link copied',
    copyFailed: 'Couldn’t copy. Select the link and copy it yourself.',
    send: 'Send link…',
    shareText: 'Join my call',
    controls: 'Call controls',
    status: 'Call status',
    micOn: 'Mute microphone',
    micOff: 'Unmute microphone',
    micShort: 'Mic',
    camOn: 'Turn camera off',
    camOff: 'Turn camera on',
    camShort: 'Camera',
    flip: 'Switch between front and rear camera',
    flipShort: 'Flip',
    share: 'Share link',
    shareShort: 'Share',
    more: 'More',
    leave: 'Leave call',
    leaveShort: 'Leave',
    self: 'You',
    selfMoves: 'You: arrow keys move your picture to another corner',
    muted: 'Muted',
    mutedOf: (name: string) => `${who(name)} is muted`,
    unknown: 'Someone',
    cameraOffOf: (name: string) => `${who(name)}’s camera is off`,
    away: 'Reconnecting…',
    time: 'Time in call',
    routes: { direct: 'Direct', relayed: 'Relayed' } satisfies Record<Route, string>,
    routeHint: {
      direct: 'Your browsers are connected with each other',
      relayed: 'Passed on, still encrypted, by the server',
    } satisfies Record<Route, string>,
    tile: {
      connecting: (name: string) => `Connecting to ${name || 'the other person'}…`,
      keys: (name: string) => `Waiting for ${name || 'the other person'}’s key…`,
      locked: (name: string) => `${who(name)}’s sound and picture can’t be unlocked.`,
      lockedHint: 'Getting fresh keys. If this stays, rejoin the call.',
      reconnecting: 'Reconnecting…',
    },
    reconnecting: 'Reconnecting…',
    updating: 'Server is updating – reconnecting…',
    updateSoon: 'The server will restart soon. Your call goes on and comes back by itself.',
    reconnectTitle: 'Still reconnecting',
    reconnectBody: 'The connection to the server is lost. Your call may go on meanwhile.',
    keepTrying: 'Keep trying',
    audioBlocked: 'Tap to hear everyone',
    micTaken: 'Your phone took the microphone',
    resume: 'Resume',
    nowUsing: (label: string) => `Now using ${label}`,
    undo: 'Undo',
    leaveGuard: 'You are in a call.',
  },

  talk: talkStrings,
  check: checkStrings,

  sheets: {
    more: 'More',
    devices: 'Camera and sound',
    camera: 'Camera',
    microphone: 'Microphone',
    speaker: 'Speaker',
    noneFound: 'None found',
    unnamed: (kind: string, index: number) => `${kind} ${index}`,
    test: 'Play test sound',
    testing: 'Playing…',
    relay: 'Always relay my calls',
    relayHint: 'Hides your network address from the others. Calls may be a little slower.',
    relayNext: 'Takes effect the next time you join.',
    hideSelf: 'Hide my picture',
    help: 'Keyboard shortcuts',
    connection: 'Connection',
    rtt: 'Round trip',
    up: 'Sending',
    down: 'Receiving',
    loss: 'Lost',
    route: 'Route',
    unknown: '–',
    shortcuts: {
      m: 'Microphone on or off',
      v: 'Camera on or off',
      help: 'This help',
      escape: 'Close what is open',
    },
    keysOn: 'Use single-key shortcuts',
  },

  end: {
    title: (span: string | null) => (span ? `Call ended · ${span}` : 'Call ended'),
    rejoin: 'Rejoin',
    again: 'New call',
    report: 'Copy problem report',
    reported: 'Report copied',
  },

  devices: { microphone: 'microphone', camera: 'camera' },
  deviceTitles: { microphone: 'Microphone', camera: 'Camera' },
  faults: faultStrings,

  heard: (change: Change): string => {
    const name = someone(change.name);
    switch (change.kind) {
      case 'joined':
        return `${name} joined`;
      case 'left':
        return `${name} left`;
      case 'muted':
        return `${name} is muted`;
      case 'unmuted':
        return `${name} is no longer muted`;
      case 'locked':
        return `${name}’s video can’t be unlocked`;
      case 'raised':
        return talkStrings.hand.raised(change.name);
      case 'lost':
        return `Reconnecting with ${name}`;
      case 'restored':
        return `${name} is back`;
    }
  },
  heardMic: (on: boolean) => (on ? 'Microphone on' : 'Microphone muted'),
  heardCam: (on: boolean) => (on ? 'Camera on' : 'Camera off'),
} as const;
