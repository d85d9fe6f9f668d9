/** Parameters of every group: ids, extensions, capabilities, lifetimes, limits. */
import type { Capabilities } from 'ts-mls/capabilities.js';
import type { Extension } from 'ts-mls/extension.js';
import type { Lifetime } from 'ts-mls/lifetime.js';
import { encodeRequiredCapabilities } from 'ts-mls/requiredCapabilities.js';
import { type Bytes, concat, copy, equal, random, u8, u16 } from '../../crypto/bytes';
import { require } from './refused';
import { type Room, tagLength } from './room';
import type { Suite } from './suite';

/** A private extension of the group context: `proto, frame suite, E, S, policy`. */
export const parametersType = 0xf0a1;
/** Low bits of the epoch and bits of the leaf in the key id of a frame. */
export const epochBits = 4;
export const leafBits = 6;

export const maxMembers = 16;
export const memberIdLength = 16;
const founderNonceLength = 16;
const groupIdLength = 3 + tagLength + founderNonceLength;

/** Of encoded messages, in bytes. */
export const limits = {
  keyPackage: 8 * 1024,
  commit: 64 * 1024,
  welcome: 128 * 1024,
  application: 32 * 1024,
} as const;
/** Of what is sealed in an application message. */
export const maxPlaintext = 16 * 1024;

export function newGroupId(room: Room): Bytes {
  return concat('RV1', room.tag, random(founderNonceLength));
}

export function checkGroupId(room: Room, groupId: Uint8Array): void {
  const prefix = concat('RV1', room.tag);
  const fits =
    groupId.length === groupIdLength && equal(groupId.subarray(0, prefix.length), prefix);
  require(fits, 'wrong-group');
}

/** Capabilities in the key packages of members, to the byte. */
export function capabilities(suite: Suite): Capabilities {
  return {
    versions: ['mls10'],
    ciphersuites: [suite.name],
    extensions: [parametersType],
    proposals: [],
    credentials: ['basic'],
  };
}

export function checkCapabilities(suite: Suite, found: Capabilities): void {
  const want = capabilities(suite);
  for (const key of Object.keys(want) as (keyof Capabilities)[]) {
    const same =
      found[key].length === want[key].length && found[key].every((v, i) => v === want[key][i]);
    require(same, 'parameters', key);
  }
}

export function groupExtensions(suite: Suite): Extension[] {
  const required = encodeRequiredCapabilities({
    extensionTypes: [parametersType],
    proposalTypes: [],
    credentialTypes: ['basic'],
  });
  const own = concat(u8(1), u16(suite.frameSuite), u8(epochBits), u8(leafBits), u8(0));
  return [
    { extensionType: 'required_capabilities', extensionData: required },
    { extensionType: parametersType, extensionData: own },
  ];
}

/** Ours, in our order, and nothing else: no external senders in particular. */
export function checkExtensions(suite: Suite, found: Extension[]): void {
  const want = groupExtensions(suite);
  const same =
    found.length === want.length &&
    found.every((f, i) => {
      const w = want[i];
      return (
        w !== undefined &&
        f.extensionType === w.extensionType &&
        equal(copy(f.extensionData), copy(w.extensionData))
      );
    });
  require(same, 'parameters', 'extensions');
}

const halfDay = 12n * 3600n;

/** A day with `now` (seconds) in its middle: clocks of callers differ by hours. */
export function lifetime(now: number): Lifetime {
  const at = BigInt(Math.floor(now));
  return { notBefore: at - halfDay, notAfter: at + halfDay };
}

export function checkLifetime(found: Lifetime): void {
  const span = found.notAfter - found.notBefore;
  require(span > 0n && span <= 2n * halfDay, 'parameters', 'lifetime');
}
