import { decode, encode } from '@msgpack/msgpack';
import { describe, expect, it } from 'vitest';
import { concat, random, u8 } from '../crypto/bytes';
import type { ClientMessage, ServerMessage } from '../mls/delivery/delivery-types';
import { groupBody } from './group-wire';
import { decodeMessage, encodeMessage } from './wire';

const [id, tag, hash, commit, welcome, keyPackage, groupId] = [
  random(16),
  random(8),
  random(32),
  random(700),
  random(900),
  random(300),
  random(32),
];

describe('messages of the group from the server', () => {
  const wire: [object, ServerMessage][] = [
    [{ t: 'mls-found' }, { t: 'found', incarnation: 7 }],
    [{ t: 'mls-reset' }, { t: 'reset', incarnation: 7 }],
    [{ t: 'mls-gone' }, { t: 'gone', incarnation: 7 }],
    [
      { t: 'mls-resumed', seq: 9 },
      { t: 'resumed', incarnation: 7, seq: 9 },
    ],
    [
      { t: 'mls-left', id },
      { t: 'left', incarnation: 7, memberId: id },
    ],
    [
      { t: 'mls-ready', epoch: 3, id, tag },
      { t: 'ready', incarnation: 7, epoch: 3n, memberId: id, tag },
    ],
    [
      { t: 'mls-rejected', epoch: 3, reason: 'rate' },
      { t: 'rejected', incarnation: 7, epoch: 3n, reason: 'rate' },
    ],
    [
      { t: 'mls-committed', seq: 4, epoch: 5, commit, hash },
      { t: 'committed', incarnation: 7, entry: { seq: 4, epoch: 5n, commit, hash } },
    ],
    [
      { t: 'mls-welcome', seq: 4, epoch: 5, hash, welcome },
      { t: 'welcome', incarnation: 7, seq: 4, hash, welcome },
    ],
    [
      {
        t: 'mls-duty',
        epoch: 5,
        committer: id,
        adds: [{ id, key_package: keyPackage }],
        removes: [{ id, leaf: 3 }],
      },
      {
        t: 'duty',
        incarnation: 7,
        epoch: 5n,
        committer: id,
        adds: [{ memberId: id, keyPackage }],
        removes: [{ memberId: id, leaf: 3 }],
      },
    ],
  ];

  it.each(wire.map(([f, m]) => [m.t, f, m] as const))('are read: %s', (_, fields, message) => {
    const bytes = new Uint8Array(encode({ n: 12, incarnation: 7, ...fields }));
    expect(decodeMessage(bytes.buffer)).toEqual({ t: 'group', n: 12, message });
    // Not one of them without any of its fields.
    for (const name of ['n', 'incarnation', ...Object.keys(fields).filter((f) => f !== 't')]) {
      if (name === 'epoch' && message.t === 'welcome') continue;
      const less = Object.entries({ n: 12, incarnation: 7, ...fields }).filter(([f]) => f !== name);
      const cut = new Uint8Array(encode(Object.fromEntries(less)));
      expect(decodeMessage(cut.buffer), name).toBeNull();
    }
  });
});

describe('messages of the group to the server', () => {
  const said: [ClientMessage, object][] = [
    [
      { t: 'join', keyPackage },
      { t: 'mls-join', key_package: keyPackage },
    ],
    [
      { t: 'join', keyPackage, refused: 4 },
      { t: 'mls-join', key_package: keyPackage, refused: 4 },
    ],
    [
      { t: 'founded', incarnation: 7, groupId },
      { t: 'mls-founded', incarnation: 7, group_id: groupId },
    ],
    [
      { t: 'commit', incarnation: 7, epoch: 3n, commit, welcome },
      { t: 'mls-commit', incarnation: 7, epoch: 3, commit, welcome },
    ],
    [
      { t: 'commit', incarnation: 7, epoch: 3n, commit, welcome: null },
      { t: 'mls-commit', incarnation: 7, epoch: 3, commit },
    ],
    [
      { t: 'ready', incarnation: 7, epoch: 3n, tag, hash },
      { t: 'mls-ready', incarnation: 7, epoch: 3, tag, hash },
    ],
    [
      { t: 'forked', incarnation: 7, epoch: 3n },
      { t: 'mls-forked', incarnation: 7, epoch: 3 },
    ],
    [
      {
        t: 'resume',
        incarnation: 7,
        epoch: 3n,
        seq: 2,
        groupId,
        tag,
        hash,
        roster: [
          { leaf: 0, memberId: id, signatureKey: random(32), packaged: null },
          { leaf: 5, memberId: hash.slice(16), signatureKey: random(32), packaged: null },
        ],
      },
      {
        t: 'mls-resume',
        incarnation: 7,
        epoch: 3,
        seq: 2,
        group_id: groupId,
        tag,
        hash,
        leaves: concat(u8(0), id, u8(5), hash.slice(16)),
      },
    ],
  ];

  it.each(said.map(([m, f]) => [m.t, m, f] as const))('are written: %s', (_, message, fields) => {
    const bytes = encodeMessage({ ...groupBody(message), n: 4 });
    expect(decode(bytes)).toEqual({ ...fields, n: 4 });
  });
});
