/**
 * The group for programs in Node that play a malicious server against real pages
 * (tests/browser/lib/engine.mjs bundles it); not part of the app.
 */
import { createGroup } from 'ts-mls/clientState.js';
import { createCommit } from 'ts-mls/createCommit.js';
import { encodeMlsMessage } from 'ts-mls/message.js';
import { type Bytes, concat, copy, random, u8, u16 } from '../../crypto/bytes';
import { signingKeyFromSeed } from '../../crypto/ed25519';
import { deriveRoomKeys } from '../../crypto/room-keys';
import { PskSource, pskProposal } from '../group/commit';
import { decodeStrict } from '../group/decode';
import { Group } from '../group/group';
import { Member } from '../group/member';
import {
  epochBits,
  groupExtensions,
  leafBits,
  newGroupId,
  parametersType,
} from '../group/parameters';
import { makeRoom, type Room } from '../group/room';
import { loadSuite, type SuiteVersion } from '../group/suite';

export { logHash } from '../group/operations';

/** Secrets that follow from the link. */
export async function roomOf(secret: Bytes): Promise<Room> {
  const { tag, admission } = await deriveRoomKeys(secret, 1);
  return makeRoom(secret, 1, tag, admission);
}

/** All that a server can make of a room: the same tag, other secrets. */
export async function forgedRoom({ tag }: Room): Promise<Room> {
  return makeRoom(random(24), 1, tag, await signingKeyFromSeed(random(32)));
}

/** Somebody new, and the key package. */
export async function candidate(room: Room, id = random(16), version: SuiteVersion = 1) {
  const member = await Member.create(room, await loadSuite(version), id, { timeout: 30_000 });
  const own = await member.keyPackage();
  return {
    id,
    keyPackage: own.bytes,
    /** The ids of all in the group that `welcome` leads to. */
    join: async (welcome: Bytes): Promise<Bytes[]> => {
      return (await Group.join(member, own, welcome)).roster().map(({ memberId }) => memberId);
    },
  };
}

/** A commit of a group of one in this room, which nobody else is in. */
export async function commitElsewhere(room: Room): Promise<Bytes> {
  const member = await Member.create(room, await loadSuite(1), random(16), { timeout: 30_000 });
  return (await (await Group.create(member)).rotate()).commit;
}

/** Fault of the group that a Welcome leads to; none: an honest group. */
export type Wrong = 'nothing' | 'psk' | 'group-id' | 'frame-suite';

/** A Welcome for somebody's key package, by somebody who looks at no credential. */
export async function welcomeTo(room: Room, keyPackage: Bytes, wrong: Wrong): Promise<Bytes> {
  const suite = await loadSuite(1);
  const founder = await Member.create(room, suite, random(16), { timeout: 30_000 });
  const { secret } = await founder.keyPackage();
  if (secret === null) throw new Error('was used');
  const extensions = groupExtensions(suite);
  if (wrong === 'frame-suite') {
    const weaker = concat(u8(1), u16(3), u8(epochBits), u8(leafBits), u8(0));
    extensions[1] = { extensionType: parametersType, extensionData: weaker };
  }
  const state = await createGroup(
    wrong === 'group-id' ? random(32) : newGroupId(room),
    secret.publicPackage,
    secret.privatePackage,
    extensions,
    suite.impl,
    { ...founder.config, authService: { validateCredential: async () => true } },
  );
  const added = decodeStrict(keyPackage, 'mls_key_package').keyPackage;
  const { welcome } = await createCommit(
    { state, cipherSuite: suite.impl, pskIndex: new PskSource(room, suite) },
    {
      extraProposals: [
        { proposalType: 'add', add: { keyPackage: added } },
        ...(wrong === 'psk' ? [] : [pskProposal(room, suite)]),
      ],
      wireAsPublicMessage: true,
      ratchetTreeExtension: true,
    },
  );
  if (welcome === undefined) throw new Error('no welcome');
  return copy(encodeMlsMessage({ version: 'mls10', wireformat: 'mls_welcome', welcome }));
}
