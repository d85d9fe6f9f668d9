// The TURN clients: how each is had, how its driver is started, over what it
// speaks to a relay, and what it never does (then there is nothing to test).
import { built, c, cargo, debian, go, npm, python, sources } from './prepare.mjs';

const node = (name, rest = {}) => ({
  name,
  prepare: npm,
  command: () => [process.execPath, `${sources}/turn/npm/${name}.mjs`],
  env: { INTEROP_MODULES: `${built}/npm` },
  ...rest,
});

/**
 * `never` is `{case: reason}`, `notes` `{case: text}`: both stand below the table. `stale` lists the
 * requests whose nonce is made stale; `long: false` leaves a client out of the long run.
 */
export const clients = [
  {
    name: 'aioice',
    transports: ['udp', 'tcp'],
    prepare: python,
    command: () => [`${built}/python/bin/python`, `${sources}/turn/aioice/driver.py`],
    never: { permission: 'binds channels alone' },
  },
  {
    name: 'pion/turn',
    transports: ['udp', 'tcp'],
    prepare: () => go('pion', 'main.go'),
    command: () => [`${built}/pion`],
  },
  {
    name: 'webrtc-rs',
    transports: ['udp'],
    prepare: () => cargo('turn/webrtc-rs', ['src/main.rs']),
    command: () => [`${built}/cargo/debug/turn-webrtc-rs`],
    stale: ['CreatePermission', 'Refresh'],
    notes: { 'stale nonce': 'not ChannelBind: after a 438 it goes on with Send indications' },
  },
  node('werift', {
    transports: ['udp', 'tcp'],
    stale: ['ChannelBind'],
    notes: { 'stale nonce': 'ChannelBind alone: its second try has a wrong seal, its next request the new nonce' },
    never: { teardown: 'closes its socket without a Refresh' },
  }),
  node('node-datachannel', {
    transports: ['udp'],
    never: {
      refresh: 'refreshes after 540 s whatever the lifetime: see the long run',
      teardown: 'closes its socket without a Refresh',
    },
  }),
  node('wrtc', { transports: ['udp', 'tcp'] }),
  {
    name: 'libnice',
    transports: ['udp', 'tcp'],
    prepare: () => c('libnice', 'nice', 'libnice-dev'),
    command: () => [`${built}/libnice`],
  },
  {
    name: 'libre',
    transports: ['udp', 'tcp'],
    prepare: () => c('libre', 'libre', 'libre-dev', 'libssl-dev'),
    command: () => [`${built}/libre`],
  },
  {
    name: 'coturn',
    transports: ['udp', 'tcp'],
    prepare: () => debian('coturn'),
    command: () => [process.execPath, `${sources}/turn/coturn/driver.mjs`],
    stale: ['ChannelBind', 'Refresh'],
    notes: { 'stale nonce': 'not CreatePermission, for whose answers it does not wait' },
    long: false,
    never: { teardown: 'leaves its first allocation of three behind' },
  },
];

const native = (name, version) => ({
  name,
  version,
  prepare: () => cargo('mls', [
    'native/Cargo.toml', 'openmls/Cargo.toml', 'mls-rs/Cargo.toml', 'openmls/src/main.rs', 'mls-rs/src/main.rs',
    ...['frames', 'group', 'lib', 'link', 'member', 'said', 'socket', 'wire'].map((part) => `native/src/${part}.rs`),
  ]),
});

/** MLS libraries as members of a room; all are built together. */
export const members = [native('openmls', '0.9.2'), native('mls-rs', '0.57.0')];
