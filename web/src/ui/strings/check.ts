/** The words of the page that checks browser and network. */
import type { Step, StepName, StepState, Verdict } from '../../lib/check/steps';

const unreachable = {
  socket: 'Something between blocks WebSockets (wss, port 443): a company proxy, a filter, a VPN.',
  server: 'The server did not make a room for the check.',
};

export const checkStrings = {
  title: 'Check this device',
  lead: 'Looks at everything a call needs: this browser, camera and microphone, and the ways through your network. It calls nobody; a room of its own is closed again.',
  start: 'Start the check',
  running: 'Checking…',
  again: 'Check again',
  report: 'Copy report',
  reported: 'Report copied',
  home: 'Back to the first page',
  link: 'Check this device and network',
  steps: {
    browser: 'Browser',
    microphone: 'Microphone',
    camera: 'Camera',
    server: 'Server',
    encryption: 'End-to-end encryption',
    socket: 'WebSocket',
    'stun-udp': 'STUN over UDP',
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
    server: { title: 'The server starts no call from here', body: '' },
    socket: {
      title: 'Your network blocks calls',
      body: 'The live connection to the server does not come through. Try mobile data, or ask whoever runs the network to let WebSockets pass.',
    },
    good: { title: 'Calls work from here', body: '' },
    'tcp-only': {
      title: 'Calls work from here, but not as well as they could',
      body: 'Media go over TCP, which stutters when the network is busy.',
    },
    'direct-only': {
      title: 'Calls work from here only with some people',
      body: 'The relay cannot be reached, so only direct connections are left. Try mobile data, or ask whoever runs the network to open the ports below.',
    },
    unknown: {
      title: 'The live connection works',
      body: 'The relay was not checked, for that takes a room.',
    },
  } satisfies Record<Verdict, { title: string; body: string }>,
};
