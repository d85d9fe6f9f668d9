/** Every text a person can read or hear. A name is passed as its owner gave it; '' means unknown. */
import type { Route } from '../../lib/call/types';
import type { Change } from '../logic/changes';
import type { Lock } from '../logic/lock';
import { checkStrings } from './check';
import { faultStrings } from './faults';
import { talkStrings } from './talk';

export type { FaultText } from './faults';

const who = (name: string) => name || 'The other person';
const someone = (name: string) => name || 'Someone';

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
      'Keeps recordings of this call closed to future quantum computers. Joining takes a little longer.',
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
    asking:
      'Your browser is waiting for your answer: allow or block camera and microphone. Or join to listen only.',
    slow: 'Your camera or microphone is slow to start. You can join to listen only.',
    level: 'Microphone level',
    silent: 'We can’t hear your microphone',
    silentHint: 'Choose another microphone or check its mute switch.',
    devices: 'Camera and sound',
    noMic: 'No microphone',
    noCam: 'No camera',
    noCamShort: 'Camera off',
    systemSpeaker: 'Speakers',
  },

  lock: {
    chip: 'End-to-end encrypted',
    title: 'Security',
    body: 'Sound, picture, names and chat are encrypted in your browser with keys that only the people in the call have, and that change whenever somebody comes or goes. The part behind # never reaches the server, so the server cannot listen in. It does see when you call, for how long, from which addresses and how much data flows. Anyone who has the link can join, so send it only to people you want in the call.',
    build: (version: string) => `Version ${version}`,
    states: {
      preparing: 'Checking encryption…',
      held: 'Nothing is being sent',
      verified: 'Verified',
      connecting: 'Connecting…',
      keys: 'Starting encryption…',
      encrypted: 'End-to-end encrypted',
      'cannot-decrypt': 'Can’t decrypt',
      reconnecting: 'Connection interrupted',
    } satisfies Record<Lock, string>,
  },

  nowhere: {
    title: 'There is no page here',
    body: 'Check the address. If somebody sent you a link to a call, paste it here.',
    home: 'Go to the start page',
  },

  call: {
    title: 'Call',
    joining: 'Joining…',
    aloneTitle: 'Waiting for the other person',
    aloneBody: 'Send them this link. Anyone who has it can join.',
    leftTitle: 'Everybody else has left',
    leftBody: 'You can leave, too, or wait: anyone who has this link can join again.',
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
    micWaits: 'Stop waiting for the microphone',
    micShort: 'Mic',
    camOn: 'Turn camera off',
    camOff: 'Turn camera on',
    camWaits: 'Stop waiting for the camera',
    camShort: 'Camera',
    asking: (devices: string) =>
      `Your browser is waiting for your answer: allow or block the ${devices}. Its question is near the address bar.`,
    slow: (devices: string) => `The ${devices} takes long to start. Nothing of it is sent yet.`,
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
      direct: 'Your browsers are connected to each other',
      relayed: 'The server passes your call on, still encrypted',
    } satisfies Record<Route, string>,
    tile: {
      connecting: (name: string) => `Connecting to ${name || 'the other person'}…`,
      keys: (name: string) => `Starting encryption with ${name || 'the other person'}…`,
      locked: (name: string) => `${who(name)}’s sound and picture can’t be unlocked.`,
      lockedHint: 'Getting fresh keys. If this stays, rejoin the call.',
      interrupted: (name: string) =>
        `Connection to ${name || 'the other person'} interrupted. Reconnecting…`,
      reconnecting: 'Reconnecting…',
    },
    reconnecting: 'Reconnecting…',
    updating: 'Server is updating – reconnecting…',
    updateSoon: 'The server will restart soon. Your call continues, or reconnects by itself.',
    reconnectTitle: 'Still reconnecting',
    reconnectBody: 'The connection to the server is lost. Your call may continue meanwhile.',
    keepTrying: 'Keep trying',
    audioBlocked: 'Tap to hear everyone',
    mutedTalking: 'You are muted',
    mutedTalkingHint: 'The others can’t hear you.',
    unmute: 'Unmute',
    silent: 'We can’t hear your microphone',
    silentHint: 'Check its mute switch, or choose another one.',
    chooseDevice: 'Devices',
    micTaken: 'Your phone took the microphone',
    resume: 'Resume',
    without: (kinds: readonly ('audio' | 'video')[]) => {
      const names = kinds.map((kind) => (kind === 'audio' ? 'microphone' : 'camera'));
      const listens = kinds.length === 2 ? 'You are in to listen only' : 'You are in';
      return `${listens}, without ${names.join(' and ')}. Press the button of a device to see why.`;
    },
    speakerGone: (label: string) => `${label} is gone. You hear the others on the default speaker.`,
    speakerBack: (label: string) => `You hear the others on ${label} again.`,
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

  devices: { microphone: 'microphone', camera: 'camera', both: 'microphone and camera' },
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
      case 'reacted':
        return talkStrings.reactions.of(
          change.name,
          talkStrings.reactions.names[change.emoji] ?? change.emoji,
        );
      case 'raised':
        return talkStrings.hand.raised(change.name);
      case 'lost':
        return `Connection to ${name} interrupted`;
      case 'restored':
        return `${name} is back`;
    }
  },
  heardMic: (on: boolean) => (on ? 'Microphone on' : 'Microphone muted'),
  heardCam: (on: boolean) => (on ? 'Camera on' : 'Camera off'),
} as const;
