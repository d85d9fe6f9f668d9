/** Checks the key package of another member in full before it is added. */
import { type KeyPackage, verifyKeyPackage } from 'ts-mls/keyPackage.js';
import { type LeafNode, verifyLeafNodeSignatureKeyPackage } from 'ts-mls/leafNode.js';
import { type Bytes, copy, equal } from '../../crypto/bytes';
import { memberOf } from './credential';
import { decodeStrict } from './decode';
import { type Member, refOf } from './member';
import { checkCapabilities, checkLifetime } from './parameters';
import { Refused, require } from './refused';
import type { Suite } from './suite';

export interface Candidate {
  memberId: Bytes;
  signatureKey: Bytes;
  ref: Bytes;
  keyPackage: KeyPackage;
}

/** `self`: the member that checks, with its room and suite. Throws Refused. */
export async function inspectKeyPackage(self: Member, bytes: Uint8Array): Promise<Candidate> {
  return checkKeyPackage(self, decodeStrict(bytes, 'mls_key_package').keyPackage);
}

export async function checkKeyPackage(self: Member, keyPackage: KeyPackage): Promise<Candidate> {
  const { suite } = self;
  const leaf = keyPackage.leafNode;
  require(keyPackage.cipherSuite === suite.name, 'wrong-suite');
  require(keyPackage.version === 'mls10', 'parameters');
  require(keyPackage.extensions.length === 0, 'parameters', 'extensions');
  require(leaf.leafNodeSource === 'key_package', 'parameters', 'source');
  checkLifetime(leaf.lifetime);
  require(!equal(copy(keyPackage.initKey), copy(leaf.hpkePublicKey)), 'parameters', 'init key');
  const memberId = await checkLeaf(self, leaf);
  const { signature } = suite.impl;
  require(await verifyLeafNodeSignatureKeyPackage(leaf, signature), 'crypto', 'leaf signature');
  require(await verifyKeyPackage(keyPackage, signature), 'crypto', 'signature');
  const ref = await refOf(suite, keyPackage);
  require(!self.wasUsed(ref), 'duplicate', 'key package was used');
  return { memberId, signatureKey: copy(leaf.signaturePublicKey), ref, keyPackage };
}

/** Whether the lifetime is valid now; only the member that adds it checks the clock. */
export function checkValidNow(keyPackage: KeyPackage, now: number): void {
  const { lifetime } = keyPackage.leafNode;
  const at = BigInt(Math.floor(now));
  require(lifetime.notBefore <= at && at <= lifetime.notAfter, 'parameters', 'expired');
}

/** Checks capabilities, extensions and credential of a leaf; returns its member id. */
export async function checkLeaf(self: Member, leaf: LeafNode): Promise<Bytes> {
  checkCapabilities(self.suite, leaf.capabilities);
  require(leaf.extensions.length === 0, 'parameters', 'leaf extensions');
  require(keyFits(self.suite, leaf.hpkePublicKey), 'parameters', 'key length');
  const memberId = memberOf(leaf.credential);
  if (memberId === null) throw new Refused('credential');
  const { authService } = self.config;
  const good = await authService.validateCredential(leaf.credential, leaf.signaturePublicKey);
  require(good, 'credential');
  return memberId;
}

/** X25519, or ML-KEM-768 in front of it. */
function keyFits(suite: Suite, key: Uint8Array): boolean {
  return key.length === (suite.version === 1 ? 32 : 1216);
}
