// The library's check of unmerged leaves, as corrected by patches/ts-mls.mjs.
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import patch from '../../../../patches/ts-mls.mjs';
import { addTo, commitAs, newMember, newRoom } from '../testing/members';
import { Group } from './group';
import { loadSuite } from './suite';

const library = fileURLToPath(new URL('../../../../node_modules/ts-mls/dist/src', import.meta.url));
const file = patch.file.replace('dist/src/', '');

/** The library as published: a copy of the installed one with every edit taken back. */
const folder = mkdtempSync(join(tmpdir(), 'mls-as-published-'));
const copy = join(folder, 'node_modules/ts-mls');
let asPublished: typeof import('ts-mls/clientState.js');

beforeAll(async () => {
  cpSync(library, copy, { recursive: true, filter: (path) => !/\.(?:map|d\.ts)$/.test(path) });
  writeFileSync(join(copy, 'package.json'), '{ "type": "module" }');
  let text = readFileSync(join(copy, file), 'utf8');
  for (const [from, to] of patch.edits) text = text.replace(to, () => from);
  writeFileSync(join(copy, file), text);
  asPublished = await import(/* @vite-ignore */ pathToFileURL(join(copy, file)).href);
});

afterAll(() => rmSync(folder, { recursive: true }));

describe('a room in which four came, the first left and two more came', () => {
  async function room() {
    const link = await newRoom();
    let groups = [await Group.create(await newMember(link))];
    for (let i = 0; i < 4; i++) await addTo(groups, await newMember(link));
    groups = await commitAs(groups, groups[1] as Group, { remove: [0] });
    await addTo(groups, await newMember(link));
    return { link, groups };
  }

  it('can be joined by a sixth', async () => {
    const { link, groups } = await room();
    const [sixth] = await addTo(groups, await newMember(link));
    expect(sixth?.roster()).toHaveLength(6);
    expect(sixth?.authenticator).toEqual(groups[0]?.authenticator);
  });

  it('could not be with the library as published', async () => {
    const { link, groups } = await room();
    const member = await newMember(link);
    const own = await member.keyPackage();
    const { welcome } = await (groups[0] as Group).addMany([own.bytes]);
    const { decodeStrict } = await import('./decode');
    const { PskSource } = await import('./commit');
    const suite = await loadSuite(1);
    const joining = asPublished.joinGroup(
      decodeStrict(welcome as Uint8Array, 'mls_welcome').welcome,
      (own.secret as NonNullable<typeof own.secret>).publicPackage,
      (own.secret as NonNullable<typeof own.secret>).privatePackage,
      new PskSource(link, suite),
      suite.impl,
      undefined,
      undefined,
      member.config,
    );
    await expect(joining).rejects.toThrow('unmerged_leaves');
  });
});

describe('a received tree', () => {
  it('may not list unmerged leaves outside of it or beside the node that lists them', async () => {
    const { validateRatchetTree } = await import('ts-mls/clientState.js');
    const suite = await loadSuite(1);
    const link = await newRoom();
    const groups = [await Group.create(await newMember(link))];
    const tree = [];
    for (let i = 0; i < 4; i++) {
      const { secret } = await (await newMember(link)).keyPackage();
      tree.push({ nodeType: 'leaf', leaf: secret?.publicPackage.leafNode } as const, undefined);
    }
    tree.pop();
    const [group] = groups as [Group];
    const context = {
      version: 'mls10',
      cipherSuite: suite.name,
      epoch: 1n,
      groupId: group.id,
      treeHash: new Uint8Array(32),
      confirmedTranscriptHash: new Uint8Array(32),
      extensions: [],
    } as const;
    const { lifetimeConfig, authService } = group.member.config;
    for (const leaf of [2, 3, 4, 1000, 2 ** 31, 2 ** 32 - 1]) {
      const parent = {
        hpkePublicKey: new Uint8Array(32).fill(9),
        parentHash: new Uint8Array(),
        unmergedLeaves: [leaf],
      };
      const bad = tree.slice() as Parameters<typeof validateRatchetTree>[0];
      bad[1] = { nodeType: 'parent', parent };
      const { treeHash } = context;
      const result = validateRatchetTree(
        bad,
        { ...context, extensions: [] },
        lifetimeConfig,
        authService,
        treeHash,
        suite.impl,
      );
      expect((await result)?.message, String(leaf)).toMatch(/[Uu]nmerged leaf/);
    }
  });
});
