/** The members of the group, read from its tree and from nothing else. */
import type { LeafNode } from 'ts-mls/leafNode.js';
import type { RatchetTree } from 'ts-mls/ratchetTree.js';
import { type Bytes, copy, equal, hex } from '../../crypto/bytes';
import { memberOf } from './credential';
import type { Member } from './member';
import { checkLeaf } from './offered-key-package';
import { maxMembers } from './parameters';
import { Refused, require } from './refused';

export interface RosterEntry {
  /** Index of the leaf, part of the key id of frames. */
  leaf: number;
  memberId: Bytes;
  signatureKey: Bytes;
  /** Encryption key of the key package that added the member; null after its first commit with a path. */
  packaged: string | null;
}

/** In the order of leaves. */
export function rosterOf(tree: RatchetTree): RosterEntry[] {
  const roster: RosterEntry[] = [];
  forEachLeaf(tree, (leaf, node) => {
    const memberId = memberOf(node.credential);
    if (memberId === null) throw new Refused('credential');
    const packaged = node.leafNodeSource === 'key_package' ? nameOf(node.hpkePublicKey) : null;
    roster.push({ leaf, memberId, signatureKey: copy(node.signaturePublicKey), packaged });
  });
  return roster;
}

/** Enough of an encryption key to tell it from others. */
function nameOf(key: Uint8Array): string {
  return hex(key.subarray(0, 32));
}

/** Whether the member was added since `before`, or this page came to its group. */
export function isNew(entry: RosterEntry, before: RosterEntry[]): boolean {
  const known = find(before, entry.memberId);
  if (known === undefined || known.leaf !== entry.leaf) return true;
  return entry.packaged !== null && entry.packaged !== known.packaged;
}

export function leafNodeAt(tree: RatchetTree, leaf: number): LeafNode | null {
  const node = Number.isInteger(leaf) && leaf >= 0 ? tree[2 * leaf] : undefined;
  return node?.nodeType === 'leaf' ? node.leaf : null;
}

/** Every leaf is a member's with our parameters; no id and no key is there twice. */
export async function checkTree(self: Member, tree: RatchetTree): Promise<void> {
  const members = rosterOf(tree);
  require(members.length <= maxMembers, 'full');
  distinct(members.map((m) => m.memberId));
  distinct(members.map((m) => m.signatureKey));
  distinct(tree.flatMap((node) => (node === undefined ? [] : [encryptionKeyOf(node)])));
  for (const { leaf } of members) {
    const node = leafNodeAt(tree, leaf);
    if (node !== null) await checkLeaf(self, node);
  }
}

export function find(roster: RosterEntry[], memberId: Uint8Array): RosterEntry | undefined {
  return roster.find((entry) => equal(entry.memberId, memberId));
}

function encryptionKeyOf(node: NonNullable<RatchetTree[number]>): Uint8Array {
  return node.nodeType === 'leaf' ? node.leaf.hpkePublicKey : node.parent.hpkePublicKey;
}

function distinct(values: Uint8Array[]): void {
  require(new Set(values.map(hex)).size === values.length, 'duplicate');
}

function forEachLeaf(tree: RatchetTree, visit: (leaf: number, node: LeafNode) => void): void {
  for (let leaf = 0; 2 * leaf < tree.length; leaf++) {
    const node = leafNodeAt(tree, leaf);
    if (node !== null) visit(leaf, node);
  }
}
