// The TURN clients: how each is had, how its driver is started, over what it
// speaks to a relay, and what it never does (then there is nothing to test).
import { built, cargo, debian, go, npm, python, sources } from './prepare.mjs';

const node = (name, rest = {}) => ({
  name,
  prepare: npm,
  command: () => [process.execPath, `${sources}/turn/npm/${name}.mjs`],
  env: { INTEROP_MODULES: `${built}/npm` },
  ...rest,
});

/** `never` is `{case: reason}`, a note below the table; `stale` the requests whose nonce is made stale;
 * `long: false` leaves it out of the long run. */
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
  node('werift', {
    transports: ['udp', 'tcp'],
    never: {
      teardown: 'closes its socket without a Refresh',
      'stale nonce': 'drops an answer 438 that is not signed',
    },
  }),
  node('node-datachannel', {
    transports: ['udp'],
    never: {
      refresh: 'refreshes after 540 s whatever the lifetime: see the long run',
      teardown: 'closes its socket without a Refresh',
    },
  }),
  {
    name: 'coturn',
    transports: ['udp', 'tcp'],
    prepare: () => debian('coturn'),
    command: () => [process.execPath, `${sources}/turn/coturn/driver.mjs`],
    // It sends CreatePermission again and again and waits for no answer.
    stale: ['ChannelBind', 'Refresh'],
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
