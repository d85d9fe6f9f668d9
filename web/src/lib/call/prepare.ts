/** What must be true before anything is sent: browser, link, encryption. */
import { belongsTo, deriveRoomKeys, type RoomKeys } from '../crypto/room-keys';
import { FrameCrypto } from '../e2ee/frame-crypto';
import { GroupClient } from '../mls/group-client';
import { missingCapability } from './capabilities';
import type { ParsedLink } from './link';
import { type SelfTest, selfTest } from './selftest';
import type { CallError } from './types';

export interface Workers {
  frames: FrameCrypto;
  group: GroupClient;
}

let tested: Promise<SelfTest> | null = null;

/** Once for the page; a failed one may be tried again, for it may have been bad luck. */
function testOnce(): Promise<SelfTest> {
  tested ??= runTest().then((result) => {
    if (!result.passed) tested = null;
    return result;
  });
  return tested;
}

async function runTest(): Promise<SelfTest> {
  let result: SelfTest = { passed: false, why: 'not run' };
  for (let attempt = 0; attempt < 2; attempt++) {
    try {
      const frames = await FrameCrypto.start();
      result = await selfTest(frames).finally(() => frames.stop());
    } catch (error) {
      result = { passed: false, why: error instanceof Error ? error.name : 'error' };
    }
    // A frame in clear is no bad luck.
    if (result.passed || /unencrypted|sealed/.test(result.why)) break;
  }
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

/** Both workers for the call, connected with each other, after the self-test has passed. */
export async function prepareWorkers(link: ParsedLink): Promise<Workers | { error: CallError }> {
  const loading = loadGroup(link);
  const result = await testOnce();
  if (!result.passed) {
    void loading.then((loaded) => loaded?.group.stop());
    return { error: { code: 'encryption-failed', detail: result.why } };
  }
  const [frames, loaded] = await Promise.all([FrameCrypto.start().catch(() => null), loading]);
  if (frames === null || loaded === null) {
    frames?.stop();
    loaded?.group.stop();
    return { error: { code: 'encryption-failed', detail: 'a worker did not start' } };
  }
  frames.listenTo(loaded.keys);
  return { frames, group: loaded.group };
}

/** Loaded beside the self-test; `keys` is the end for the frame worker. */
async function loadGroup({ secret, version }: ParsedLink) {
  const { port1, port2 } = new MessageChannel();
  try {
    return { group: await GroupClient.start(secret, version, port1), keys: port2 };
  } catch {
    return null;
  }
}
