/** People with the library and no scruples, for tests; not part of the app. */
import { type ClientState, joinGroup } from 'ts-mls/clientState.js';
import { createCommit } from 'ts-mls/createCommit.js';
import type { Extension } from 'ts-mls/extension.js';
import { generateKeyPackageWithKey } from 'ts-mls/keyPackage.js';
import { encodeMlsMessage, type MLSMessage } from 'ts-mls/message.js';
import type { Proposal } from 'ts-mls/proposal.js';
import { expect } from 'vitest';
import { copy, random } from '../../crypto/bytes';
import { PskSource } from '../group/commit';
import { makeCredential } from '../group/credential';
import { decodeStrict } from '../group/decode';
import type { Group } from '../group/group';
import type { Member, OwnKeyPackage } from '../group/member';
import { capabilities, lifetime } from '../group/parameters';
import type { Reason } from '../group/refused';
import type { Room } from '../group/room';
import { loadSuite } from '../group/suite';
import { commitAs, newMember } from './members';

export const now = () => Math.floor(Date.now() / 1000);

/** Believes every credential. */
export const blind = { validateCredential: async () => true };

export function refused(reason: Reason) {
  return expect.objectContaining({ name: 'Refused', reason });
}

export function encode(message: MLSMessage) {
  return copy(encodeMlsMessage(message));
}

export function secretOf(own: OwnKeyPackage) {
  if (own.secret === null) throw new Error('was used');
  return own.secret;
}

/** Somebody who has the library, no scruples, and the link when `room` is the room's. */
export class MaliciousMember {
  readonly member: Member;
  state: ClientState;

  private constructor(member: Member, state: ClientState) {
    this.member = member;
    this.state = state;
  }

  /** Comes in as everybody does. */
  static async enter(groups: Group[]): Promise<MaliciousMember> {
    const { room, suite } = (groups[0] as Group).member;
    const member = await newMember(room);
    const own = await member.keyPackage();
    const { bytes } = own;
    const { commit, welcome, confirm } = await (groups[0] as Group).addMany([bytes]);
    for (const group of groups.slice(1)) await group.process(commit);
    await confirm();
    const { publicPackage, privatePackage } = secretOf(own);
    const { welcome: message } = decodeStrict(welcome as Uint8Array, 'mls_welcome');
    const psk = new PskSource(room, suite);
    const { config } = member;
    const args = [message, publicPackage, privatePackage, psk, suite.impl] as const;
    return new MaliciousMember(member, await joinGroup(...args, undefined, undefined, config));
  }

  /** Of any proposals, with the key of the link or another. */
  async commit(
    extraProposals: Proposal[],
    authenticatedData = new Uint8Array(),
    psk = this.member.room.psk,
  ) {
    const { impl } = this.member.suite;
    const pskIndex = { findPsk: () => psk };
    const made = await createCommit(
      { state: this.state, cipherSuite: impl, pskIndex },
      { extraProposals, wireAsPublicMessage: true, ratchetTreeExtension: true, authenticatedData },
    );
    return encode(made.commit);
  }
}

export async function add(member: Member): Promise<Proposal> {
  const { publicPackage } = secretOf(await member.keyPackage());
  return { proposalType: 'add', add: { keyPackage: publicPackage } };
}

export async function adding(bytes: Uint8Array): Promise<Proposal> {
  const { keyPackage } = decodeStrict(bytes, 'mls_key_package');
  return { proposalType: 'add', add: { keyPackage } };
}

/** A key package with anything in it. */
export async function keyPackageWith(
  room: Room,
  change: {
    identity?: Uint8Array;
    capabilities?: Partial<ReturnType<typeof capabilities>>;
    lifetime?: { notBefore: bigint; notAfter: bigint };
    extensions?: Extension[];
    leafExtensions?: Extension[];
    version?: 1 | 2;
  },
) {
  const used = await loadSuite(change.version ?? 1);
  const keys = await used.impl.signature.keygen();
  const credential =
    change.identity === undefined
      ? await makeCredential(room, random(16), copy(keys.publicKey))
      : { credentialType: 'basic' as const, identity: change.identity };
  const { publicPackage } = await generateKeyPackageWithKey(
    credential,
    { ...capabilities(used), ...change.capabilities },
    change.lifetime ?? lifetime(now()),
    change.extensions ?? [],
    keys,
    used.impl,
    change.leafExtensions,
  );
  return encode({ version: 'mls10', wireformat: 'mls_key_package', keyPackage: publicPackage });
}

/** Nobody moved, and the group still works. */
export async function unharmed(groups: Group[], epoch: bigint) {
  for (const group of groups) expect(group.epoch).toBe(epoch);
  await commitAs(groups, groups[0] as Group, {});
  for (const group of groups) expect(group.authenticator).toEqual(groups[0]?.authenticator);
}
