/** The real browser, server and network for the check. */

import { missingCapability } from '../call/capabilities';
import { admissionOf } from '../call/identity';
import { createRoom, parseLink } from '../call/link';
import { openLink, prepareWorkers, testThrough } from '../call/prepare';
import { random } from '../crypto/bytes';
import { acquire } from '../devices/acquire';
import { connectionConfig, type FetchIce, fetchIce } from '../media/ice-servers';
import { groupBody } from '../protocol/group-wire';
import { Session, subprotocol } from '../protocol/session';
import { answersStun, passesRelay } from './routes';
import type { Tools, Visit, VisitError } from './run';

const socketLimit = 10_000;

function socketUrl(): string {
  const url = new URL('/ws', location.origin);
  url.protocol = url.protocol.replace('http', 'ws');
  return url.href;
}

/** `password` is that of a private server, '' for none. */
export function realTools(password: string): Tools {
  return {
    capability: missingCapability,
    devices,
    createRoom: () => createRoom(1, password),
    visit,
    socket: opens,
    stun: answersStun,
    relay: passesRelay,
  };
}

/** Asks for both, and lets go of them at once. */
async function devices() {
  const got = await acquire({ audio: {}, video: {} });
  for (const { track } of [got.audio, got.video]) track?.stop();
  return { microphone: got.audio.problem, camera: got.video.problem };
}

function opens(): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = new WebSocket(socketUrl(), subprotocol);
    const end = (yes: boolean) => {
      resolve(yes);
      socket.close();
    };
    socket.onopen = () => end(true);
    socket.onerror = () => end(false);
    setTimeout(() => end(false), socketLimit);
  });
}

/** Enters like a call does, alone, with a key that is thrown away. */
async function visit(
  url: string,
  passed: Parameters<Tools['visit']>[1],
): Promise<Visit | VisitError> {
  const { pathname, hash } = new URL(url, location.origin);
  const parsed = parseLink(pathname, hash);
  if ('error' in parsed) return parsed;
  const keys = await openLink(parsed.link);
  if ('error' in keys) return keys;
  const workers = await prepareWorkers(parsed.link);
  if ('error' in workers) return workers;
  const { frames, group, proven } = workers;
  if (proven) passed('encryption');
  const id = random(16);
  const { room } = parsed.link;
  const stop = () => {
    frames.stop();
    group.stop();
  };
  // A session would try for longer before it gives up.
  if (!(await opens())) {
    stop();
    return { error: { code: 'server-unreachable' }, at: 'socket' };
  }
  return new Promise((resolve) => {
    const session = new Session({
      url: socketUrl(),
      room,
      admission: async (nonce) => {
        const claim = { origin: location.origin, room, nonce, id, name: '', replaces: null };
        return admissionOf(keys, await group.offer(id), claim);
      },
      renewIdentity: () => {},
      onevent: (event) => {
        if (event.e === 'welcome') {
          group.post({ t: 'admitted' });
          passed('socket');
          const leave = () => {
            session.leave();
            stop();
          };
          void inside(fetchIce(session), proven, passed).then((visit) =>
            resolve({ ...visit, leave }),
          );
        } else if (event.e === 'group') {
          group.post({ t: 'server', message: event.message });
        } else if (event.e === 'failed') {
          stop();
          resolve({ error: { code: event.code }, at: 'socket' });
        }
      },
    });
    group.onmessage = (message) => {
      if (message.t === 'server') session.tell(groupBody(message.message));
    };
    session.start();
  });
}

/** The checks that need an open room: the servers, and encryption if it needs them. */
async function inside(
  ask: FetchIce,
  proven: boolean,
  passed: Parameters<Tools['visit']>[1],
): Promise<Omit<Visit, 'leave'>> {
  const answer = await ask();
  const list = answer && 'servers' in answer ? answer.servers : [];
  const servers = async () => list;
  if (proven) return { encryption: null, servers };
  const result = await testThrough(connectionConfig(list, 'auto'));
  if (result.passed) {
    passed('encryption');
    return { encryption: null, servers };
  }
  const code = result.untested ? 'encryption-untested' : 'encryption-failed';
  return { encryption: { code, detail: result.why }, servers };
}
