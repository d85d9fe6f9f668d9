// A room of pages as their group workers see it, with the double of the server.
import { describe, expect, it, vi } from 'vitest';
import { hex, random } from '../../crypto/bytes';
import type { EpochKey } from '../../e2ee/keys';
import { type TestPage, TestRoom } from '../testing/test-room';
import { maxRounds } from '../verify/compare';

const words = (page: TestPage) =>
  page.received().flatMap((message) => (message.k === 'chat' ? [message.text] : []));

// Hours of many people take a while on a busy machine.
vi.setConfig({ testTimeout: 30_000 });

describe('a room', () => {
  it('gives everybody the same roster and the same keys for frames', async () => {
    const testRoom = await TestRoom.build();
    const pages = await testRoom.addPages(4);
    await testRoom.pass(10_000);
    const names = pages.map(({ name }) => name).sort();
    const newest = pages.map(({ keys }) => keys.findLast((key) => key.k === 'install'));
    const [first] = newest as EpochKey[];
    for (const [i, page] of pages.entries()) {
      const key = newest[i] as EpochKey;
      expect(page.roster).toEqual(names);
      expect(page.frames()).toEqual({ epochs: [key.epoch], sealing: key.epoch, hold: false });
      expect([key.group, key.epoch, key.suite]).toEqual([first?.group, first?.epoch, 4]);
      expect(key.roster).toEqual(first?.roster);
      expect(key.roster.find(({ leaf }) => leaf === key.self)?.member).toBe(page.name);
      expect(key.base.extractable).toBe(false);
      const bits = (base: CryptoKey) => {
        const none = new Uint8Array();
        return crypto.subtle.deriveBits(
          { name: 'HKDF', hash: 'SHA-256', salt: none, info: none },
          base,
          128,
        );
      };
      expect(await bits(key.base)).toEqual(await bits((first as EpochKey).base));
    }
  });

  it('receives each message once, with its sender', async () => {
    const testRoom = await TestRoom.build();
    const [alice, bob, carol] = (await testRoom.addPages(3)) as [TestPage, TestPage, TestPage];
    alice.send({ k: 'chat', text: 'hello' });
    await testRoom.settle();
    for (const page of [bob, carol]) {
      expect(page.last('received')).toEqual({
        t: 'received',
        from: alice.name,
        message: { k: 'chat', text: 'hello' },
      });
    }
    // The server repeats the messages in another order.
    bob.send({ k: 'chat', text: 'one' });
    bob.send({ k: 'chat', text: 'two' });
    await testRoom.settle();
    for (const { data } of [...testRoom.relayed].reverse()) {
      for (const page of testRoom.pages) page.host.take({ t: 'app', data });
    }
    await testRoom.settle();
    expect([alice, bob, carol].map(words)).toEqual([
      ['one', 'two'],
      ['hello'],
      ['hello', 'one', 'two'],
    ]);
  });

  it('drops messages that were changed, made up, or sent before a member came', async () => {
    const testRoom = await TestRoom.build();
    const [alice, bob] = (await testRoom.addPages(2)) as [TestPage, TestPage];
    testRoom.relaying = false;
    alice.send({ k: 'chat', text: 'secret' });
    await testRoom.settle();
    const [carol] = (await testRoom.addPages(1)) as [TestPage];
    const { data } = testRoom.relayed[0] as { data: Uint8Array<ArrayBuffer> };
    carol.host.take({ t: 'app', data });
    for (const at of [0, 20, data.length - 1]) {
      const changed = data.slice();
      changed[at] = (changed[at] ?? 0) ^ 1;
      bob.host.take({ t: 'app', data: changed });
    }
    for (const length of [0, 1, 300]) bob.host.take({ t: 'app', data: random(length) });
    await testRoom.settle();
    expect([...words(bob), ...words(carol)]).toEqual([]);
    bob.host.take({ t: 'app', data });
    await testRoom.settle();
    expect(words(bob)).toEqual(['secret']);
  });

  it('says nothing readable, and only lengths that are multiples of 256 and a frame', async () => {
    const testRoom = await TestRoom.build();
    const [alice] = (await testRoom.addPages(2)) as [TestPage];
    const lengths = new Set<number>();
    for (const length of [1, 50, 200]) {
      alice.send({ k: 'chat', text: 'x'.repeat(length) });
      await testRoom.settle();
      const sealed = testRoom.relayed.at(-1)?.data ?? new Uint8Array();
      lengths.add(sealed.length);
      expect(new TextDecoder('latin1').decode(sealed)).not.toContain('xxx');
    }
    expect(lengths.size).toBe(1);
  });

  it('changes its keys when somebody leaves, and seals with the new ones at once', async () => {
    const testRoom = await TestRoom.build();
    const [alice, bob, carol] = (await testRoom.addPages(3)) as [TestPage, TestPage, TestPage];
    await testRoom.pass(6000);
    const before = alice.frames().sealing as bigint;
    carol.leave();
    await testRoom.pass(100);
    for (const page of [alice, bob]) {
      expect(page.roster).toEqual([alice.name, bob.name].sort());
      expect(page.frames()).toMatchObject({ sealing: before + 1n, hold: false });
    }
    await testRoom.pass(2100);
    expect(alice.frames().epochs).toEqual([before + 1n]);
    alice.send({ k: 'chat', text: 'alone' });
    await testRoom.settle();
    carol.host.take({ t: 'app', data: testRoom.relayed.at(-1)?.data ?? new Uint8Array() });
    await testRoom.settle();
    expect(words(carol)).toEqual([]);
  });

  it('asks for its place with another key package each time', async () => {
    const testRoom = await TestRoom.build();
    const [alice] = (await testRoom.addPages(1)) as [TestPage];
    alice.leave();
    alice.host.take({
      t: 'server',
      message: { t: 'gone', incarnation: testRoom.service.incarnation },
    });
    const seen = new Set<string>();
    for (let i = 0; i < 3; i++) {
      await testRoom.settle();
      await alice.enter();
      seen.add(hex(alice.last('offer')?.offer.keyPackage ?? expect.fail()));
      alice.leave();
      alice.host.take({
        t: 'server',
        message: { t: 'gone', incarnation: testRoom.service.incarnation },
      });
    }
    expect(seen.size).toBe(3);
  });

  it('shows a key package beside the group when it is admitted again, and goes on', async () => {
    const testRoom = await TestRoom.build();
    const [alice, bob] = (await testRoom.addPages(2)) as [TestPage, TestPage];
    const epoch = alice.last('roster')?.epoch;
    bob.host.take({ t: 'disconnected' });
    await bob.enter();
    expect(bob.last('offer')?.offer.incarnation).toBe(1);
    expect(bob.last('server')?.message.t).toBe('resume');
    await testRoom.pass(1000);
    expect(bob.last('roster')?.epoch).toBe(epoch);
    bob.send({ k: 'chat', text: 'still here' });
    await testRoom.settle();
    expect(words(alice)).toEqual(['still here']);
  });

  it('takes somebody back whose keys do not work, as the same person', async () => {
    const testRoom = await TestRoom.build();
    const [alice, bob] = (await testRoom.addPages(2)) as [TestPage, TestPage];
    const keyOf = () =>
      alice.last('roster')?.roster.find(({ id }) => id === bob.name)?.signatureKey;
    const before = keyOf();
    bob.host.take({ t: 'rejoin' });
    await testRoom.pass(1000);
    expect(bob.roster).toEqual([alice.name, bob.name].sort());
    expect(bob.frames().sealing).toBe(alice.frames().sealing);
    expect(keyOf()).toBe(before);
    bob.send({ k: 'chat', text: 'again' });
    await testRoom.settle();
    expect(words(alice)).toEqual(['again']);
  });

  it('goes on after its worker died, as the same member with another key', async () => {
    const testRoom = await TestRoom.build();
    const [alice, bob] = (await testRoom.addPages(2)) as [TestPage, TestPage];
    const keyOf = () =>
      alice.last('roster')?.roster.find(({ id }) => id === bob.name)?.signatureKey;
    const before = keyOf();
    bob.send({ k: 'chat', text: 'one' });
    await testRoom.settle();
    await bob.renew();
    expect(bob.frames()).toMatchObject({ epochs: [], sealing: null });
    await testRoom.pass(1000);
    expect(bob.roster).toEqual([alice.name, bob.name].sort());
    expect(bob.frames()).toEqual({ ...alice.frames(), epochs: [alice.frames().sealing] });
    expect(keyOf()).not.toBe(before);
    // Numbers of what it says begin above those of its first life.
    bob.send({ k: 'chat', text: 'two' });
    await testRoom.settle();
    expect(words(alice)).toEqual(['one', 'two']);
  });

  it('goes on after its worker died while it was alone', async () => {
    const testRoom = await TestRoom.build();
    const [alice] = (await testRoom.addPages(1)) as [TestPage];
    const group = alice.last('roster')?.group;
    await alice.renew();
    await testRoom.pass(6000);
    expect(alice.last('roster')?.group).not.toBe(group);
    expect(alice.last('status')?.status).toBe('in');
  });

  it('bears a flood from outside: 512 messages wait, and what is too much is lost', async () => {
    const testRoom = await TestRoom.build();
    const [alice, bob] = (await testRoom.addPages(2)) as [TestPage, TestPage];
    for (let i = 0; i < 600; i++) alice.host.take({ t: 'app', data: new Uint8Array(1) });
    for (let i = 0; i < 100; i++) alice.send({ k: 'react', emoji: '👍' });
    alice.send({ k: 'chat', text: 'one too many' }, 7);
    expect(alice.last('delivered')).toMatchObject({ line: 7, lost: true });
    alice.host.take({ t: 'disconnected' });
    alice.host.take({ t: 'connected' });
    await testRoom.settle();
    expect(alice.last('broken')).toBeUndefined();
    bob.send({ k: 'chat', text: 'afterwards' });
    await testRoom.settle();
    expect(words(alice)).toEqual(['afterwards']);
    // Of its own page's making it is a fault.
    for (let i = 0; i < 1026; i++) alice.host.take({ t: 'code' });
    expect(alice.last('broken')?.why).toMatch(/too much/);
    await testRoom.settle();
  });
});

describe('comparing', () => {
  const codes = (pages: TestPage[]) =>
    pages.map(({ comparison }) => (comparison.is === 'code' ? comparison.code.join() : null));

  it('shows all the same seven pictures, whoever begins, and others each time', async () => {
    const testRoom = await TestRoom.build();
    const pages = await testRoom.addPages(3);
    const seen = new Set<string | null>();
    for (const beginner of [0, 2]) {
      pages[beginner]?.host.take({ t: 'compare', on: true });
      await testRoom.settle();
      const [code] = codes(pages);
      expect(codes(pages)).toEqual([code, code, code]);
      expect(code?.split(',')).toHaveLength(7);
      seen.add(code ?? null);
    }
    expect(seen.size).toBe(2);
    const [{ comparison }] = pages as [TestPage];
    const keys = pages[1]?.last('roster')?.roster.map(({ signatureKey }) => signatureKey);
    expect(comparison).toMatchObject({ keys });
  });

  it('is begun sixteen times in ten minutes at most, whoever asks', async () => {
    const testRoom = await TestRoom.build();
    const pages = await testRoom.addPages(2);
    const [alice, bob] = pages as [TestPage, TestPage];
    const rounds = (page: TestPage) =>
      page.all('comparison').filter(({ comparison }) => comparison.is === 'code').length;
    for (let i = 0; i < maxRounds + 4; i++) {
      alice.host.take({ t: 'compare', on: true });
      await testRoom.pass(1000);
    }
    expect([alice, bob].map(rounds)).toEqual([maxRounds, maxRounds]);
    expect(alice.comparison).toEqual({ is: 'failed' });
    await testRoom.pass(600_000);
    bob.host.take({ t: 'compare', on: true });
    await testRoom.pass(1000);
    expect([alice, bob].map(rounds)).toEqual([maxRounds + 1, maxRounds + 1]);
  });

  it('is nothing for one alone', async () => {
    const testRoom = await TestRoom.build();
    const [alice] = (await testRoom.addPages(1)) as [TestPage];
    alice.host.take({ t: 'compare', on: true });
    await testRoom.settle();
    expect(alice.comparison).toEqual({ is: 'idle' });
  });

  it('fails when one of all says nothing for fifteen seconds', async () => {
    const testRoom = await TestRoom.build();
    const pages = await testRoom.addPages(2);
    const bob = pages[1] as TestPage;
    bob.online = false;
    pages[0]?.host.take({ t: 'compare', on: true });
    await testRoom.pass(14_000);
    expect(pages[0]?.comparison).toEqual({ is: 'waiting' });
    await testRoom.pass(1100);
    expect(pages[0]?.comparison).toEqual({ is: 'failed' });
  });

  it('begins anew when somebody comes meanwhile', async () => {
    const testRoom = await TestRoom.build();
    const pages = await testRoom.addPages(2);
    testRoom.relaying = false;
    pages[0]?.host.take({ t: 'compare', on: true });
    await testRoom.settle();
    testRoom.relaying = true;
    pages.push(...(await testRoom.addPages(1)));
    await testRoom.pass(500);
    const [code] = codes(pages);
    expect(code).not.toBeNull();
    expect(codes(pages)).toEqual([code, code, code]);
  });

  it('is void when the people change, and holds while only epochs do', async () => {
    const testRoom = await TestRoom.build();
    const pages = await testRoom.addPages(2);
    pages[0]?.host.take({ t: 'compare', on: true });
    await testRoom.settle();
    const [code] = codes(pages);
    await testRoom.pass(330_000);
    expect(pages[0]?.last('roster')?.epoch).toBeGreaterThan(1n);
    expect(codes(pages)).toEqual([code, code]);
    await testRoom.addPages(1);
    expect(pages[0]?.comparison).toEqual({ is: 'idle' });
  });

  it('differs for two who are in two groups with somebody in the middle', async () => {
    const one = await TestRoom.build();
    // The same room for both, and the one in the middle has its link.
    const other = await TestRoom.build(one.room);
    const left = await one.addPages(2);
    const right = await other.addPages(2);
    left[0]?.host.take({ t: 'compare', on: true });
    right[0]?.host.take({ t: 'compare', on: true });
    await Promise.all([one.settle(), other.settle()]);
    const [a, b] = [codes(left)[0], codes(right)[0]];
    expect(a).not.toBeNull();
    expect(b).not.toBeNull();
    expect(a).not.toBe(b);
  });

  it('gives the room a code of sixty digits, the same for all and new in every epoch', async () => {
    const testRoom = await TestRoom.build();
    const pages = await testRoom.addPages(2);
    const ask = async () => {
      for (const page of pages) page.host.take({ t: 'code' });
      await testRoom.settle();
      return pages.map((page) => page.last('code')?.digits);
    };
    const [a, b] = await ask();
    expect(a).toMatch(/^\d{5}( \d{5}){11}$/);
    expect(b).toBe(a);
    pages.push(...(await testRoom.addPages(1)));
    const after = await ask();
    expect(new Set(after).size).toBe(1);
    expect(after[0]).not.toBe(a);
  });
});
