/** The two ways into a group: being its first member, and a Welcome. */
import { type ClientState, createGroup, joinGroupWithExtensions } from 'ts-mls/clientState.js';
import { equal } from '../../crypto/bytes';
import { PskSource } from './commit';
import { decodeStrict } from './decode';
import type { Member, OwnKeyPackage } from './member';
import {
  checkExtensions,
  checkGroupId,
  groupExtensions,
  maxMembers,
  newGroupId,
} from './parameters';
import { guarded, Refused, require } from './refused';
import { checkTree, rosterOf } from './roster';
import { wipeKeyPackage } from './wipe';

export async function startState(member: Member): Promise<ClientState> {
  const own = await member.keyPackage();
  if (own.secret === null) throw new Refused('crypto');
  const { room, suite, config } = member;
  const { publicPackage, privatePackage } = own.secret;
  const extensions = groupExtensions(suite);
  const id = newGroupId(room);
  const made = createGroup(id, publicPackage, privatePackage, extensions, suite.impl, config);
  const state = await guarded(made, member.timeout);
  wipeKeyPackage(own);
  return state;
}

export async function joinState(
  member: Member,
  own: OwnKeyPackage,
  welcome: Uint8Array,
): Promise<ClientState> {
  const { welcome: message } = decodeStrict(welcome, 'mls_welcome');
  require(message.cipherSuite === member.suite.name, 'wrong-suite');
  require(message.secrets.length <= maxMembers, 'full');
  const { secret } = own;
  if (secret === null) throw new Refused('superseded', 'key package was used');
  const { publicPackage, privatePackage } = secret;
  const joining = async () => {
    const psk = new PskSource(member.room, member.suite);
    const [state, extensions] = await joinGroupWithExtensions(
      message,
      publicPackage,
      privatePackage,
      psk,
      member.suite.impl,
      undefined,
      undefined,
      member.config,
    );
    // The library accepts a Welcome that asks for no pre-shared key at all.
    require(psk.uses === 1, 'psk');
    const only = extensions.length === 1 && extensions[0]?.extensionType === 'ratchet_tree';
    require(only, 'parameters', 'group info extensions');
    await checkJoined(member, state);
    return state;
  };
  const state = await guarded(joining(), member.timeout);
  wipeKeyPackage(own);
  return state;
}

async function checkJoined(member: Member, state: ClientState): Promise<void> {
  const { groupContext, ratchetTree } = state;
  require(groupContext.version === 'mls10', 'parameters');
  require(groupContext.cipherSuite === member.suite.name, 'wrong-suite');
  checkGroupId(member.room, groupContext.groupId);
  checkExtensions(member.suite, groupContext.extensions);
  require(groupContext.epoch > 0n, 'wrong-epoch');
  await checkTree(member, ratchetTree);
  const own = rosterOf(ratchetTree).find((entry) => entry.leaf === state.privatePath.leafIndex);
  const isUs =
    own !== undefined &&
    equal(own.memberId, member.id) &&
    equal(own.signatureKey, member.signatureKey);
  require(isUs, 'credential', 'not our leaf');
}
