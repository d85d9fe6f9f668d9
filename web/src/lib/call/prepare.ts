/** What must be true before anything is sent: browser, link, encryption. */
import { belongsTo, deriveRoomKeys, type RoomKeys } from '../crypto/room-keys';
import { FrameCrypto } from '../e2ee/frame-crypto';
import { missingCapability } from './capabilities';
import type { ParsedLink } from './link';
import { type SelfTest, selfTest } from './selftest';
import type { CallError } from './types';

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
    const keys = await deriveRoomKeys(link.secret);
    return belongsTo(keys, link.room) ? keys : { error: { code: 'link-wrong' } };
  } catch {
    return { error: { code: 'unsupported', detail: 'keys' } };
  }
}

/** The worker for the call, after the self-test has passed. */
export async function prepareFrames(): Promise<FrameCrypto | { error: CallError }> {
  const result = await testOnce();
  if (!result.passed) return { error: { code: 'encryption-failed', detail: result.why } };
  try {
    return await FrameCrypto.start();
  } catch {
    return { error: { code: 'encryption-failed', detail: 'the worker did not start' } };
  }
}
