/** The worker that holds the group and its keys. They leave it for the frame worker alone. */
import { clock } from '../../clock';
import { deriveRoomKeys } from '../../crypto/room-keys';
import { Host, type HostPort } from './host';
import type { FromGroup, ToGroup } from './host-messages';
import { makeRoom } from './room';
import { loadSuite } from './suite';

interface WorkerScope {
  onmessage: ((event: MessageEvent<ToGroup>) => void) | null;
  postMessage(message: FromGroup): void;
}

const scope = self as unknown as WorkerScope;
let host: Promise<Host> | null = null;
let timer: ReturnType<typeof setTimeout> | undefined;

async function open(message: Extract<ToGroup, { t: 'open' }>): Promise<Host> {
  const { secret, version, keys, generation } = message;
  const { tag, admission } = await deriveRoomKeys(secret, version);
  const room = await makeRoom(secret, version, tag, admission);
  secret.fill(0);
  const port: HostPort = {
    post: (out) => scope.postMessage(out),
    key: (key) => keys.postMessage(key),
    rearm: () => rearm(made),
  };
  const made: Host = new Host(room, await loadSuite(version), port, undefined, { generation });
  return made;
}

/** Timers of workers run on in pages that are not seen. */
function rearm(one: Host): void {
  clearTimeout(timer);
  const deadline = one.deadline();
  if (deadline === Infinity) return;
  const wait = Math.max(0, deadline - clock.elapsed());
  timer = setTimeout(() => {
    one.tick();
    rearm(one);
  }, wait);
}

/** A timer that was set before the machine slept is late by the sleep. */
function catchUp(one: Host): void {
  if (clock.elapsed() < one.deadline()) return;
  one.tick();
  rearm(one);
}

scope.onmessage = ({ data }) => {
  if (data.t === 'ping') {
    scope.postMessage({ t: 'pong', seq: data.seq });
    void host?.then(catchUp);
  } else if (data.t === 'open') {
    host ??= open(data);
    host.then(
      () => scope.postMessage({ t: 'ready' }),
      () => scope.postMessage({ t: 'broken', why: 'the group worker cannot work here' }),
    );
  } else {
    void host?.then((one) => one.take(data));
  }
};
