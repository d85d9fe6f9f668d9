/** Application messages: sealed by one member for all, signed, forward secret. */
import type { ClientState } from 'ts-mls/clientState.js';
import { createApplicationMessage } from 'ts-mls/createMessage.js';
import { encodeMlsMessage } from 'ts-mls/message.js';
import { decryptSenderData, type PrivateMessage } from 'ts-mls/privateMessage.js';
import { processPrivateMessage } from 'ts-mls/processMessages.js';
import { type Bytes, copy, equal } from '../../crypto/bytes';
import { memberOf } from './credential';
import { decodeStrict } from './decode';
import type { Member } from './member';
import { maxPlaintext } from './parameters';
import { guarded, Refused, require } from './refused';
import { leafNodeAt } from './roster';
import { wipeBytes } from './wipe';

export interface Opened {
  epoch: bigint;
  /** Member id of the sender, which signed it. */
  leaf: number;
  memberId: Bytes;
  plaintext: Bytes;
}

export async function sealApplication(
  state: ClientState,
  member: Member,
  plaintext: Bytes,
): Promise<[ClientState, Bytes]> {
  require(plaintext.length <= maxPlaintext, 'too-large');
  const sealing = createApplicationMessage(state, plaintext, member.suite.impl);
  const { newState, privateMessage, consumed } = await guarded(sealing, member.timeout);
  wipeBytes(consumed);
  const message = { version: 'mls10', wireformat: 'mls_private_message', privateMessage } as const;
  return [newState, copy(encodeMlsMessage(message))];
}

export async function openApplication(
  state: ClientState,
  member: Member,
  bytes: Uint8Array,
): Promise<[ClientState, Opened]> {
  const { privateMessage } = decodeStrict(bytes, 'mls_private_message');
  const { epoch, groupId, contentType } = privateMessage;
  require(contentType === 'application', 'wrong-type');
  require(privateMessage.authenticatedData.length === 0, 'malformed');
  require(equal(groupId, state.groupContext.groupId), 'wrong-group');
  const opening = async () => {
    const sender = await senderOf(state, member, privateMessage);
    const none = { findPsk: () => undefined };
    const result = await processPrivateMessage(state, privateMessage, none, member.suite.impl);
    if (result.kind !== 'applicationMessage') throw new Refused('wrong-type');
    wipeBytes(result.consumed);
    const opened = { epoch, ...sender, plaintext: copy(result.message) };
    return [result.newState, opened] satisfies [ClientState, Opened];
  };
  return guarded(opening(), member.timeout);
}

/** The library checks the sender's signature but does not return the sender. */
async function senderOf(
  state: ClientState,
  member: Member,
  message: PrivateMessage,
): Promise<{ leaf: number; memberId: Bytes }> {
  const current = message.epoch === state.groupContext.epoch;
  const late = current ? undefined : state.historicalReceiverData.get(message.epoch);
  if (!current && late === undefined) throw new Refused('wrong-epoch');
  const secret = late?.senderDataSecret ?? state.keySchedule.senderDataSecret;
  const data = await decryptSenderData(message, secret, member.suite.impl);
  if (data === undefined) throw new Refused('crypto');
  const node = leafNodeAt(late?.ratchetTree ?? state.ratchetTree, data.leafIndex);
  const memberId = node === null ? null : memberOf(node.credential);
  if (memberId === null) throw new Refused('not-a-member');
  return { leaf: data.leafIndex, memberId };
}
