// tests/data/mls_golden.json: messages of two small groups and what is in them.
// The server's parser is checked against the same file. To make it anew, after a
// change that is meant: MLS_GOLDEN_UPDATE=1 npx vitest run src/lib/mls/golden
import { readFileSync, writeFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { hex, random, unhex, utf8 } from '../../crypto/bytes';
import { newMember, newRoom } from '../testing/members';
import { inspectCommit } from './commit';
import { decodeStrict } from './decode';
import { Group, type Prepared } from './group';
import { refOf } from './member';
import { inspectKeyPackage } from './offered-key-package';
import { loadSuite, type SuiteVersion } from './suite';

interface Golden {
  rooms: {
    suite: number;
    tag: string;
    admission_public: string;
    group_id: string;
    key_packages: { member: string; message: string; ref: string }[];
    commits: {
      epoch: number;
      sender: number;
      adds: string[];
      removes: number[];
      path: number;
      message: string;
      welcome: string;
    }[];
    application: string;
  }[];
}

const path = new URL('../../../../../tests/data/mls_golden.json', import.meta.url);

/** Founder; second and third come; the third rotates; the second is added again and the third removed. */
async function play(version: SuiteVersion): Promise<Golden['rooms'][0]> {
  const room = await newRoom(version);
  const { suite } = await newMember(room, version);
  const founder = await Group.create(await newMember(room, version));
  const others = [await newMember(room, version), await newMember(room, version)] as const;
  const own = [await others[0].keyPackage(), await others[1].keyPackage()] as const;
  const out: Golden['rooms'][0] = {
    suite: suite.id,
    tag: hex(room.tag),
    admission_public: hex(room.admission.publicKey),
    group_id: hex(founder.id),
    key_packages: [],
    commits: [],
    application: '',
  };
  const note = async ({ commit, welcome }: Prepared) => {
    const form = inspectCommit(room, suite, commit);
    const refs = await Promise.all(form.adds.map((add) => refOf(suite, add)));
    out.commits.push({
      epoch: Number(form.epoch),
      sender: form.sender,
      adds: refs.map(hex),
      removes: form.removes,
      path: form.pathLeaf === null ? 0 : 1,
      message: hex(commit),
      welcome: welcome === null ? '' : hex(welcome),
    });
  };
  const adding = await founder.addMany(own.map(({ bytes }) => bytes));
  await note(adding);
  await adding.confirm();
  const welcome = adding.welcome as Uint8Array;
  const second = await Group.join(others[0], own[0], welcome);
  const third = await Group.join(others[1], own[1], welcome);
  const again = await others[0].keyPackage();
  for (const [i, key] of [own[0], own[1], again].entries()) {
    const member = hex((others[i % 2] as (typeof others)[0]).id);
    out.key_packages.push({ member, message: hex(key.bytes), ref: hex(key.ref) });
  }
  const rotating = await third.rotate();
  await note(rotating);
  await founder.process(rotating.commit);
  await second.process(rotating.commit);
  await rotating.confirm();
  await note(await founder.prepare({ remove: [1, 2], add: [again.bytes] }));
  out.application = hex(await founder.seal(utf8('hello')));
  return out;
}

describe('the golden messages', () => {
  it.runIf(process.env.MLS_GOLDEN_UPDATE)('are written', async () => {
    const golden: Golden = { rooms: [await play(1), await play(2)] };
    writeFileSync(path, `${JSON.stringify(golden, null, 1)}\n`);
  });

  const golden: Golden = JSON.parse(readFileSync(path, 'utf8'));

  it.each(golden.rooms)('of suite $suite are what the file says', async (room) => {
    const version = room.suite === 1 ? 1 : 2;
    const suite = await loadSuite(version);
    const publicKey = unhex(room.admission_public);
    const admission = { publicKey, sign: () => Promise.reject(new Error('not needed')) };
    const link = { tag: unhex(room.tag), admission, psk: random(32), sasSalt: random(32) };
    const stranger = await newMember(await newRoom(version), version);
    for (const { member, message, ref } of room.key_packages) {
      // It is of their room, not of ours.
      await expect(inspectKeyPackage(stranger, unhex(message))).rejects.toThrow('credential');
      const { keyPackage } = decodeStrict(unhex(message), 'mls_key_package');
      expect(hex(await refOf(suite, keyPackage))).toBe(ref);
      expect(message).toContain(member);
    }
    for (const { message, welcome, ...said } of room.commits) {
      const form = inspectCommit(link, suite, unhex(message));
      expect(hex(form.groupId)).toBe(room.group_id);
      expect(Number(form.epoch)).toBe(said.epoch);
      expect(form.sender).toBe(said.sender);
      const refs = await Promise.all(form.adds.map((add) => refOf(suite, add)));
      expect(refs.map(hex)).toEqual(said.adds);
      expect(form.removes).toEqual(said.removes);
      expect(form.pathLeaf === null ? 0 : 1).toBe(said.path);
      if (said.adds.length === 0) expect(welcome).toBe('');
      else {
        const { secrets } = decodeStrict(unhex(welcome), 'mls_welcome').welcome;
        expect(secrets.map(({ newMember }) => hex(newMember))).toEqual(said.adds);
      }
    }
    expect(() => decodeStrict(unhex(room.application), 'mls_private_message')).not.toThrow();
  });
});
