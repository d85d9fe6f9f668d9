/** This page as a member: one id and one signature key for its whole life. */
import type { ClientConfig } from 'ts-mls/clientConfig.js';
import type { Credential } from 'ts-mls/credential.js';
import {
  generateKeyPackageWithKey,
  type KeyPackage,
  makeKeyPackageRef,
  type PrivateKeyPackage,
} from 'ts-mls/keyPackage.js';
import { defaultKeyPackageEqualityConfig } from 'ts-mls/keyPackageEqualityConfig.js';
import { encodeMlsMessage } from 'ts-mls/message.js';
import { defaultPaddingConfig } from 'ts-mls/paddingConfig.js';
import { clock } from '../../clock';
import { type Bytes, copy, hex } from '../../crypto/bytes';
import { CredentialCheck, makeCredential } from './credential';
import { capabilities, lifetime } from './parameters';
import { guarded } from './refused';
import type { Room } from './room';
import type { Suite } from './suite';

/** A key package and the keys that open the Welcome for it. */
export interface OwnKeyPackage {
  /** An MLSMessage. */
  bytes: Bytes;
  ref: Bytes;
  /** null once it has opened a Welcome: it opens one at most. */
  secret: { publicPackage: KeyPackage; privatePackage: PrivateKeyPackage } | null;
}

/** Limit of used key packages of other members that are remembered; the oldest go first. */
export const maxUsed = 4096;

export interface MemberOptions {
  /** Limit for one call of the library, in milliseconds. */
  timeout?: number;
}

export class Member {
  readonly room: Room;
  readonly suite: Suite;
  readonly id: Bytes;
  readonly signatureKey: Bytes;
  readonly timeout: number;
  readonly config: ClientConfig;
  readonly #privateKey: Uint8Array;
  readonly #credential: Credential;
  readonly #used = new Set<string>();

  private constructor(
    room: Room,
    suite: Suite,
    id: Bytes,
    keys: { publicKey: Uint8Array; signKey: Uint8Array },
    credential: Credential,
    options: MemberOptions,
  ) {
    this.room = room;
    this.suite = suite;
    this.id = id;
    this.signatureKey = copy(keys.publicKey);
    this.#privateKey = keys.signKey;
    this.#credential = credential;
    this.timeout = options.timeout ?? 2000;
    this.config = {
      authService: new CredentialCheck(room),
      keyPackageEqualityConfig: defaultKeyPackageEqualityConfig,
      keyRetentionConfig: {
        retainKeysForEpochs: 1,
        retainKeysForGenerations: 10,
        maximumForwardRatchetSteps: 200,
      },
      lifetimeConfig: { maximumTotalLifetime: 86_400n, validateLifetimeOnReceive: false },
      paddingConfig: defaultPaddingConfig,
    };
  }

  /** `id` is the member id of admission, 16 random bytes. */
  static async create(
    room: Room,
    suite: Suite,
    id: Bytes,
    options: MemberOptions = {},
  ): Promise<Member> {
    const keys = await suite.impl.signature.keygen();
    const credential = await makeCredential(room, id, copy(keys.publicKey));
    return new Member(room, suite, id, keys, credential, options);
  }

  /** A key package adds a member once: one that is offered again is the ghost of a former member. */
  wasUsed(ref: Bytes): boolean {
    return this.#used.has(hex(ref));
  }

  /** Notes key packages as used. */
  use(refs: Bytes[]): void {
    for (const ref of refs) this.#used.add(hex(ref));
    for (const oldest of this.#used) {
      if (this.#used.size <= maxUsed) break;
      this.#used.delete(oldest);
    }
  }

  /** Fresh keys under the same identity; `now` in seconds. */
  async keyPackage(now: number = clock.wall() / 1000): Promise<OwnKeyPackage> {
    const { impl } = this.suite;
    const made = generateKeyPackageWithKey(
      this.#credential,
      capabilities(this.suite),
      lifetime(now),
      [],
      { signKey: copy(this.#privateKey), publicKey: this.signatureKey },
      impl,
    );
    const secret = await guarded(made, this.timeout);
    const keyPackage = secret.publicPackage;
    const bytes = encodeMlsMessage({
      version: 'mls10',
      wireformat: 'mls_key_package',
      keyPackage,
    });
    return { bytes: copy(bytes), ref: await refOf(this.suite, keyPackage), secret };
  }
}

/** KeyPackageRef (RFC 9420 §5.2). */
export async function refOf(suite: Suite, keyPackage: KeyPackage): Promise<Bytes> {
  return copy(await makeKeyPackageRef(keyPackage, suite.impl.hash));
}
