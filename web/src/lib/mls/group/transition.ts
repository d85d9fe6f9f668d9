/** Checks the changes of a commit on the states before and after it. */
import type { ClientState } from 'ts-mls/clientState.js';
import type { IncomingMessageCallback } from 'ts-mls/incomingMessageAction.js';
import { encodeLeafNode } from 'ts-mls/leafNode.js';
import { copy, equal } from '../../crypto/bytes';
import type { CommitForm } from './commit';
import { memberOf } from './credential';
import type { Member } from './member';
import { checkExtensions } from './parameters';
import { Refused, require } from './refused';
import { checkTree, leafNodeAt, rosterOf } from './roster';

/** Whether the library is about to apply exactly what was inspected. */
export function checkProposals(
  form: CommitForm,
  found: Parameters<IncomingMessageCallback>[0],
): boolean {
  return (
    found.kind === 'commit' &&
    found.senderLeafIndex === form.sender &&
    found.proposals.length === form.proposals.length &&
    found.proposals.every(({ proposal }, i) => proposal === form.proposals[i])
  );
}

/** Throws Refused when `next` is anything but `old` with the commit applied. */
export async function checkNext(
  member: Member,
  old: ClientState,
  next: ClientState,
  form: CommitForm,
): Promise<void> {
  const before = old.groupContext;
  const after = next.groupContext;
  require(next.groupActiveState.kind === 'active', 'proposal');
  require(after.epoch === before.epoch + 1n, 'wrong-epoch');
  require(equal(copy(after.groupId), copy(before.groupId)), 'wrong-group');
  require(after.cipherSuite === before.cipherSuite, 'wrong-suite');
  require(after.version === before.version, 'parameters');
  checkExtensions(member.suite, after.extensions);
  require(next.privatePath.leafIndex === old.privatePath.leafIndex, 'proposal', 'our leaf moved');
  await checkTree(member, next.ratchetTree);
  checkLeaves(old, next, form);
}

function checkLeaves(old: ClientState, next: ClientState, form: CommitForm): void {
  const expected = rosterOf(old.ratchetTree).filter(({ leaf }) => !form.removes.includes(leaf));
  require(expected.length + form.removes.length === rosterOf(old.ratchetTree).length, 'proposal');
  const roster = rosterOf(next.ratchetTree);
  require(roster.length === expected.length + form.adds.length, 'proposal', 'roster');
  for (const { leaf } of expected) {
    const was = leafNodeAt(old.ratchetTree, leaf);
    const is = leafNodeAt(next.ratchetTree, leaf);
    if (was === null || is === null) throw new Refused('proposal', 'a member is missing');
    if (leaf !== form.sender || form.pathLeaf === null) {
      require(equal(encodeLeafNode(was), encodeLeafNode(is)), 'proposal', 'a leaf changed');
      continue;
    }
    // New encryption key, same person.
    const [a, b] = [memberOf(was.credential), memberOf(is.credential)];
    require(a !== null && b !== null && equal(a, b), 'credential', 'another member');
    require(equal(was.signaturePublicKey, is.signaturePublicKey), 'credential', 'another key');
    require(!equal(was.hpkePublicKey, is.hpkePublicKey), 'path', 'same key');
  }
  const added = roster.filter(({ leaf }) => !expected.some((entry) => entry.leaf === leaf));
  for (const keyPackage of form.adds) {
    const { signaturePublicKey, hpkePublicKey } = keyPackage.leafNode;
    const used = rosterOf(old.ratchetTree).some(({ leaf }) => {
      const node = leafNodeAt(old.ratchetTree, leaf);
      return node !== null && equal(node.hpkePublicKey, hpkePublicKey);
    });
    require(!used, 'duplicate', 'key package was used');
    const there = added.some((entry) => equal(entry.signatureKey, signaturePublicKey));
    require(there, 'proposal', 'not added');
  }
}
