/** Overwriting what must not outlive its epoch, as far as a page can. */
import type { ClientState } from 'ts-mls/clientState.js';
import type { KeySchedule } from 'ts-mls/keySchedule.js';
import { allSecretTreeValues } from 'ts-mls/secretTree.js';
import type { OwnKeyPackage } from './member';

export function wipeBytes(secrets: Iterable<Uint8Array | undefined>): void {
  for (const secret of secrets) secret?.fill(0);
}

function wipeSchedule(keys: KeySchedule, spare: Uint8Array[] = []): void {
  wipeBytes(Object.values(keys).filter((key) => !spare.includes(key)));
}

/**
 * After `next` took the place of `old`: the old key schedule but for what opens
 * late messages, path keys that were replaced, and epochs no longer held.
 */
export function wipeReplaced(old: ClientState, next: ClientState): void {
  wipeSchedule(old.keySchedule, [old.keySchedule.senderDataSecret]);
  const kept = new Set(Object.values(next.privatePath.privateKeys));
  wipeBytes(Object.values(old.privatePath.privateKeys).filter((key) => !kept.has(key)));
  for (const [epoch, data] of old.historicalReceiverData) {
    if (next.historicalReceiverData.has(epoch)) continue;
    wipeBytes([...allSecretTreeValues(data.secretTree), data.senderDataSecret]);
  }
}

/** A next state that never came to be; what it shares with the current one stays. */
export function wipeUnused(unused: ClientState, current: ClientState): void {
  wipeSchedule(unused.keySchedule);
  wipeBytes(allSecretTreeValues(unused.secretTree));
  const kept = new Set(Object.values(current.privatePath.privateKeys));
  wipeBytes(Object.values(unused.privatePath.privateKeys).filter((key) => !kept.has(key)));
}

export function wipeState(state: ClientState): void {
  wipeSchedule(state.keySchedule);
  wipeBytes(allSecretTreeValues(state.secretTree));
  wipeBytes(Object.values(state.privatePath.privateKeys));
  for (const data of state.historicalReceiverData.values()) {
    wipeBytes([...allSecretTreeValues(data.secretTree), data.senderDataSecret]);
  }
}

/** The key package cannot open another Welcome. */
export function wipeKeyPackage(own: OwnKeyPackage): void {
  own.secret?.privatePackage.initPrivateKey.fill(0);
  own.secret = null;
}
