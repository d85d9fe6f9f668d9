/** The words of the page that checks browser and network. */
import type { Step, StepName, StepState, Verdict } from '../../lib/check/steps';

const unreachable = {
  socket:
    'Something on the way blocks WebSockets (wss, port 443): a company proxy, a filter or a VPN.',
  server: 'The server did not open a room for the check.',
};

export const checkStrings = {
  title: 'Check this device',
  lead: 'Checks everything that a call needs: this browser, your camera and microphone, and the connections through your network. Nobody is called.',
  start: 'Start the check',
  running: 'Checking…',
  again: 'Check again',
  report: 'Copy report',
  reported: 'Report copied',
  home: 'Go to the start page',
  link: 'Check this device and network',
  steps: {
    browser: 'Browser',
    microphone: 'Microphone',
    camera: 'Camera',
    server: 'Server',
    encryption: 'End-to-end encryption',
    socket: 'WebSocket',
    'stun-udp': 'Address lookup over UDP (STUN)',
    'relay-udp': 'Relay over UDP',
    'relay-tcp': 'Relay over TCP',
    'relay-tls': 'Relay over TLS',
  } satisfies Record<StepName, string>,
  states: {
    waiting: 'Waiting',
    running: 'Checking…',
    ok: 'Works',
    failed: 'Does not work',
    skipped: 'Not checked',
  } satisfies Record<StepState, string>,
  ms: (ms: number) => `${Math.max(1, Math.round(ms))} ms`,
  closed: (transport: string, port: number) => `Port ${port} is closed for ${transport} here.`,
  hint: ({ name, port }: Step): string => {
    if (name === 'socket' || name === 'server') return unreachable[name];
    if (port) return checkStrings.closed(name.endsWith('-udp') ? 'UDP' : 'TCP', port);
    return '';
  },
  verdicts: {
    running: { title: 'Checking…', body: '' },
    browser: {
      title: 'This browser can’t do encrypted calls',
      body: 'Update it, or use Chrome, Edge, Firefox or Safari.',
    },
    server: { title: 'The server does not start calls from here', body: '' },
    socket: {
      title: 'Your network blocks calls',
      body: 'The live connection to the server is blocked. Try mobile data, or ask the people who run the network to allow WebSockets.',
    },
    good: { title: 'Calls work from here', body: '' },
    'tcp-only': {
      title: 'Calls work from here, but not as well as they could',
      body: 'Sound and picture use TCP, which stutters when the network is busy.',
    },
    'direct-only': {
      title: 'Calls work from here only with some people',
      body: 'The relay cannot be reached, so only direct connections work. Try mobile data, or ask the people who run the network to open the ports below.',
    },
    unknown: {
      title: 'The live connection works',
      body: 'The relay was not checked, because that needs a room.',
    },
  } satisfies Record<Verdict, { title: string; body: string }>,
};
