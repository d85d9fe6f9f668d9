/** The messages of the group on `/ws` (docs/protocol.md §3.6). */
import { type Bytes, concat, u8 } from '../crypto/bytes';
import type { ClientMessage, ServerMessage } from '../mls/delivery/delivery-types';
import type { Fields } from './fields';

export type GroupBody =
  | { t: 'mls-join'; key_package: Bytes; refused?: number }
  | { t: 'mls-founded'; incarnation: number; group_id: Bytes }
  | { t: 'mls-commit'; incarnation: number; epoch: number; commit: Bytes; welcome?: Bytes }
  | { t: 'mls-ready'; incarnation: number; epoch: number; tag: Bytes; hash: Bytes }
  | {
      t: 'mls-resume';
      incarnation: number;
      epoch: number;
      seq: number;
      group_id: Bytes;
      tag: Bytes;
      hash: Bytes;
      leaves: Bytes;
    }
  | { t: 'mls-forked'; incarnation: number; epoch: number };

export function groupBody(message: ClientMessage): GroupBody {
  switch (message.t) {
    case 'join':
      return {
        t: 'mls-join',
        key_package: message.keyPackage,
        ...(message.refused !== undefined && { refused: message.refused }),
      };
    case 'founded':
      return {
        t: 'mls-founded',
        incarnation: message.incarnation,
        group_id: message.groupId,
      };
    case 'commit': {
      const { incarnation, epoch, commit, welcome } = message;
      const body = { t: 'mls-commit', incarnation, epoch: Number(epoch), commit } as const;
      return welcome === null ? body : { ...body, welcome };
    }
    case 'ready': {
      const { incarnation, epoch, tag, hash } = message;
      return { t: 'mls-ready', incarnation, epoch: Number(epoch), tag, hash };
    }
    case 'resume': {
      const { incarnation, epoch, seq, groupId: group_id, tag, hash, roster } = message;
      const leaves = concat(...roster.flatMap(({ leaf, memberId }) => [u8(leaf), memberId]));
      const where = { incarnation, epoch: Number(epoch), seq, group_id, tag, hash, leaves };
      return { t: 'mls-resume', ...where };
    }
    case 'forked': {
      const { incarnation, epoch } = message;
      return { t: 'mls-forked', incarnation, epoch: Number(epoch) };
    }
  }
}

/** null: none of these. Throws when it is one and malformed. */
export function readGroupMessage(t: string, f: Fields): ServerMessage | null {
  const body = readBody(t, f);
  return body === null ? null : ({ incarnation: f.uint('incarnation'), ...body } as ServerMessage);
}

type Without<T> = T extends unknown ? Omit<T, 'incarnation'> : never;

function readBody(t: string, f: Fields): Without<ServerMessage> | null {
  switch (t) {
    case 'mls-found':
      return { t: 'found' };
    case 'mls-reset':
      return { t: 'reset' };
    case 'mls-duty':
      return {
        t: 'duty',
        epoch: f.big('epoch'),
        committer: f.bytes('committer', 16),
        adds: f.maps('adds').map((add) => {
          return { memberId: add.bytes('id', 16), keyPackage: add.bytes('key_package') };
        }),
        removes: f.maps('removes').map((remove) => {
          return { memberId: remove.bytes('id', 16), leaf: remove.uint('leaf') };
        }),
      };
    case 'mls-committed': {
      const [seq, epoch] = [f.uint('seq'), f.big('epoch')];
      const entry = { seq, epoch, commit: f.bytes('commit'), hash: f.bytes('hash', 32) };
      return { t: 'committed', entry };
    }
    case 'mls-welcome': {
      const [seq, hash] = [f.uint('seq'), f.bytes('hash', 32)];
      return { t: 'welcome', seq, hash, welcome: f.bytes('welcome') };
    }
    case 'mls-rejected':
      return { t: 'rejected', epoch: f.big('epoch'), reason: reasonOf(f.text('reason')) };
    case 'mls-ready':
      return {
        t: 'ready',
        epoch: f.big('epoch'),
        memberId: f.bytes('id', 16),
        tag: f.bytes('tag', 8),
      };
    case 'mls-left':
      return { t: 'left', memberId: f.bytes('id', 16) };
    case 'mls-resumed':
      return { t: 'resumed', seq: f.uint('seq') };
    case 'mls-gone':
      return { t: 'gone' };
    default:
      return null;
  }
}

function reasonOf(text: string): 'epoch' | 'stale' | 'form' | 'rate' {
  return text === 'epoch' || text === 'form' || text === 'rate' ? text : 'stale';
}
