/** Decodes bytes from outside; no others reach the library. */
import { decodeMlsMessage, encodeMlsMessage, type MLSMessage } from 'ts-mls/message.js';
import { type Bytes, copy, equal } from '../../crypto/bytes';
import { limits } from './parameters';
import { Refused, require } from './refused';

type Wireformat = MLSMessage['wireformat'];
export type MessageOf<W extends Wireformat> = Extract<MLSMessage, { wireformat: W }>;

const limitOf: Partial<Record<Wireformat, number>> = {
  mls_key_package: limits.keyPackage,
  mls_public_message: limits.commit,
  mls_welcome: limits.welcome,
  mls_private_message: limits.application,
};

/**
 * One whole MLSMessage of the given kind. Refuses what is too large, has bytes
 * behind it, or is spelled in another way than we would spell it (lengths must
 * be minimal, RFC 9420 §2.1.2). The message does not share memory with `input`.
 */
export function decodeStrict<W extends Wireformat>(input: Uint8Array, wireformat: W): MessageOf<W> {
  require(input.length <= (limitOf[wireformat] ?? 0), 'too-large');
  const bytes = copy(input);
  const message = decode(bytes);
  require(message.wireformat === wireformat, 'wrong-type');
  return message as MessageOf<W>;
}

function decode(bytes: Bytes): MLSMessage {
  let message: MLSMessage | undefined;
  let again: Uint8Array | undefined;
  try {
    const decoded = decodeMlsMessage(bytes, 0);
    if (decoded !== undefined && decoded[1] === bytes.length) message = decoded[0];
    if (message !== undefined) again = encodeMlsMessage(message);
  } catch {
    // Many malformed inputs make the decoder throw.
  }
  if (message === undefined || again === undefined || !equal(again, bytes)) {
    throw new Refused('malformed');
  }
  return message;
}
