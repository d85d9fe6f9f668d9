/** Checks before anything is sent: browser, link, encryption. */
import { buildState } from '../build';
import { belongsTo, deriveRoomKeys, type RoomKeys } from '../crypto/room-keys';
import { FrameCrypto } from '../e2ee/frame-crypto';
import { connectionConfig } from '../media/ice-servers';
import { GroupClient } from '../mls/group/group-client';
import { missingCapability } from './capabilities';
import type { ParsedLink } from './link';
import { type SelfTest, selfTest } from './selftest';
import type { CallError } from './types';

export interface Workers {
  frames: FrameCrypto;
  group: GroupClient;
  /** The self-test has passed. If not, it found no route inside this machine. */
  proven: boolean;
}

/** Milliseconds for a route inside the machine, and for one through the relay. */
const insideLimit = 3_000;
const relayLimit = 10_000;

let inside: Promise<SelfTest> | null = null;
/** Passed once is enough for the page. */
let passed: SelfTest | null = null;

/** Without any server. A failed one may be tried again, for it may have been bad luck. */
function testInside(): Promise<SelfTest> {
  inside ??= runTest(connectionConfig([], 'auto'), insideLimit).then((result) => {
    if (!result.passed) inside = null;
    return result;
  });
  return inside;
}

/** With servers: for browsers and machines that let nothing out but to the relay. */
export async function testThrough(config: RTCConfiguration): Promise<SelfTest> {
  return passed ?? runTest(config, relayLimit);
}

async function runTest(config: RTCConfiguration, routeLimit: number): Promise<SelfTest> {
  let result: SelfTest = { passed: false, why: 'not run' };
  for (let attempt = 0; attempt < 2; attempt++) {
    try {
      const frames = await FrameCrypto.start();
      result = await selfTest(frames, config, routeLimit).finally(() => frames.stop());
    } catch (error) {
      result = { passed: false, why: error instanceof Error ? error.name : 'error' };
    }
    // A frame in clear is no bad luck, and a route that is closed is closed.
    if (result.passed || result.untested || /unencrypted|sealed/.test(result.why)) break;
  }
  if (result.passed) passed = result;
  return result;
}

/** The keys of the room, or why there can be no call. Sends nothing. */
export async function openLink(link: ParsedLink): Promise<RoomKeys | { error: CallError }> {
  const missing = await missingCapability();
  if (missing) return { error: missing };
  try {
    const keys = await deriveRoomKeys(link.secret, link.version);
    return belongsTo(keys, link.room) ? keys : { error: { code: 'link-wrong' } };
  } catch {
    return { error: { code: 'unsupported', detail: 'keys' } };
  }
}

/**
 * Both workers for the call, connected with each other, after the self-test has passed,
 * or has found no route (`proven` is false then).
 */
export async function prepareWorkers(link: ParsedLink): Promise<Workers | { error: CallError }> {
  const { port1, port2 } = new MessageChannel();
  const loading = startGroup(link, port1, 0);
  const result = passed ?? (await testInside());
  if (!result.passed && !result.untested) {
    void loading.then((group) => group?.stop());
    return { error: await whyNotStarted(result.why) };
  }
  const [frames, group] = await Promise.all([FrameCrypto.start().catch(() => null), loading]);
  if (frames === null || group === null) {
    frames?.stop();
    group?.stop();
    return { error: await whyNotStarted('a worker did not start') };
  }
  frames.listenTo(port2);
  return { frames, group, proven: result.passed };
}

/**
 * Why encryption did not start: a page that is older than the server cannot fetch its
 * workers, and a page without a network cannot either.
 */
export async function whyNotStarted(detail: string): Promise<CallError> {
  const build = await buildState();
  if (build === 'outdated') return { code: 'version', detail };
  if (build === 'unreachable') return { code: 'server-unreachable', detail };
  return { code: 'encryption-failed', detail };
}

/** Another group worker in the place of one that died; `frames` has no keys until it has. */
export function replaceGroup(
  link: ParsedLink,
  frames: FrameCrypto,
  generation: number,
): Promise<GroupClient | null> {
  const { port1, port2 } = new MessageChannel();
  frames.listenTo(port2);
  return startGroup(link, port1, generation);
}

function startGroup({ secret, version }: ParsedLink, keys: MessagePort, generation: number) {
  return GroupClient.start(secret, version, keys, generation).catch(() => null);
}
