// A room of pages as their group workers see it, with the double of the server.
import { describe, expect, it, vi } from 'vitest';
import { hex, random } from '../../crypto/bytes';
import type { EpochKey } from '../../e2ee/keys';
import { type TestPage, TestRoom } from '../testing/test-room';
import { maxRounds } from '../verify/compare';

const words = (guest: TestPage) =>
  guest.heard().flatMap((said) => (said.k === 'chat' ? [said.text] : []));

// Hours of many people take a while on a busy machine.
vi.setConfig({ testTimeout: 30_000 });

describe('a room', () => {
  it('gives everybody the same roster and the same keys for frames', async () => {
    const house = await TestRoom.build();
    const guests = await house.invite(4);
    await house.pass(10_000);
    const names = guests.map(({ name }) => name).sort();
    const newest = guests.map(({ keys }) => keys.findLast((key) => key.k === 'install'));
    const [first] = newest as EpochKey[];
    for (const [i, guest] of guests.entries()) {
      const key = newest[i] as EpochKey;
      expect(guest.roster).toEqual(names);
      expect(guest.frames()).toEqual({ epochs: [key.epoch], sealing: key.epoch, hold: false });
      expect([key.group, key.epoch, key.suite]).toEqual([first?.group, first?.epoch, 4]);
      expect(key.roster).toEqual(first?.roster);
      expect(key.roster.find(({ leaf }) => leaf === key.self)?.member).toBe(guest.name);
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

  it('hears what somebody says, once, and knows who said it', async () => {
    const house = await TestRoom.build();
    const [ann, bob, eve] = (await house.invite(3)) as [TestPage, TestPage, TestPage];
    ann.say({ k: 'chat', text: 'hello' });
    await house.settle();
    for (const guest of [bob, eve]) {
      expect(guest.last('heard')).toEqual({
        t: 'heard',
        from: ann.name,
        said: { k: 'chat', text: 'hello' },
      });
    }
    // The server says it again, and in another order.
    bob.say({ k: 'chat', text: 'one' });
    bob.say({ k: 'chat', text: 'two' });
    await house.settle();
    for (const { data } of [...house.relayed].reverse()) {
      for (const guest of house.guests) guest.host.take({ t: 'app', data });
    }
    await house.settle();
    expect([ann, bob, eve].map(words)).toEqual([
      ['one', 'two'],
      ['hello'],
      ['hello', 'one', 'two'],
    ]);
  });

  it('does not hear what was changed, made up, or said before somebody came', async () => {
    const house = await TestRoom.build();
    const [ann, bob] = (await house.invite(2)) as [TestPage, TestPage];
    house.relaying = false;
    ann.say({ k: 'chat', text: 'secret' });
    await house.settle();
    const [eve] = (await house.invite(1)) as [TestPage];
    const { data } = house.relayed[0] as { data: Uint8Array<ArrayBuffer> };
    eve.host.take({ t: 'app', data });
    for (const at of [0, 20, data.length - 1]) {
      const changed = data.slice();
      changed[at] = (changed[at] ?? 0) ^ 1;
      bob.host.take({ t: 'app', data: changed });
    }
    for (const length of [0, 1, 300]) bob.host.take({ t: 'app', data: random(length) });
    await house.settle();
    expect([...words(bob), ...words(eve)]).toEqual([]);
    bob.host.take({ t: 'app', data });
    await house.settle();
    expect(words(bob)).toEqual(['secret']);
  });

  it('says nothing readable, and only lengths that are multiples of 256 and a frame', async () => {
    const house = await TestRoom.build();
    const [ann] = (await house.invite(2)) as [TestPage];
    const lengths = new Set<number>();
    for (const length of [1, 50, 200]) {
      ann.say({ k: 'chat', text: 'x'.repeat(length) });
      await house.settle();
      const sealed = house.relayed.at(-1)?.data ?? new Uint8Array();
      lengths.add(sealed.length);
      expect(new TextDecoder('latin1').decode(sealed)).not.toContain('xxx');
    }
    expect(lengths.size).toBe(1);
  });

  it('changes its keys when somebody leaves, and seals with the new ones at once', async () => {
    const house = await TestRoom.build();
    const [ann, bob, eve] = (await house.invite(3)) as [TestPage, TestPage, TestPage];
    await house.pass(6000);
    const before = ann.frames().sealing as bigint;
    eve.leave();
    await house.pass(100);
    for (const guest of [ann, bob]) {
      expect(guest.roster).toEqual([ann.name, bob.name].sort());
      expect(guest.frames()).toMatchObject({ sealing: before + 1n, hold: false });
    }
    await house.pass(2100);
    expect(ann.frames().epochs).toEqual([before + 1n]);
    ann.say({ k: 'chat', text: 'alone' });
    await house.settle();
    eve.host.take({ t: 'app', data: house.relayed.at(-1)?.data ?? new Uint8Array() });
    await house.settle();
    expect(words(eve)).toEqual([]);
  });

  it('asks for its place with another key package each time', async () => {
    const house = await TestRoom.build();
    const [ann] = (await house.invite(1)) as [TestPage];
    ann.leave();
    ann.host.take({ t: 'server', message: { t: 'gone', incarnation: house.service.incarnation } });
    const seen = new Set<string>();
    for (let i = 0; i < 3; i++) {
      await house.settle();
      await ann.enter();
      seen.add(hex(ann.last('offer')?.offer.keyPackage ?? expect.fail()));
      ann.leave();
      ann.host.take({
        t: 'server',
        message: { t: 'gone', incarnation: house.service.incarnation },
      });
    }
    expect(seen.size).toBe(3);
  });

  it('shows a key package beside the group when it is admitted again, and goes on', async () => {
    const house = await TestRoom.build();
    const [ann, bob] = (await house.invite(2)) as [TestPage, TestPage];
    const epoch = ann.last('roster')?.epoch;
    bob.host.take({ t: 'disconnected' });
    await bob.enter();
    expect(bob.last('offer')?.offer.incarnation).toBe(1);
    expect(bob.last('send')?.message.t).toBe('resume');
    await house.pass(1000);
    expect(bob.last('roster')?.epoch).toBe(epoch);
    bob.say({ k: 'chat', text: 'still here' });
    await house.settle();
    expect(words(ann)).toEqual(['still here']);
  });

  it('takes somebody back whose keys do not work, as the same person', async () => {
    const house = await TestRoom.build();
    const [ann, bob] = (await house.invite(2)) as [TestPage, TestPage];
    const keyOf = () => ann.last('roster')?.roster.find(({ id }) => id === bob.name)?.signatureKey;
    const before = keyOf();
    bob.host.take({ t: 'rejoin' });
    await house.pass(1000);
    expect(bob.roster).toEqual([ann.name, bob.name].sort());
    expect(bob.frames().sealing).toBe(ann.frames().sealing);
    expect(keyOf()).toBe(before);
    bob.say({ k: 'chat', text: 'again' });
    await house.settle();
    expect(words(ann)).toEqual(['again']);
  });

  it('goes on after its worker died, as the same member with another key', async () => {
    const house = await TestRoom.build();
    const [ann, bob] = (await house.invite(2)) as [TestPage, TestPage];
    const keyOf = () => ann.last('roster')?.roster.find(({ id }) => id === bob.name)?.signatureKey;
    const before = keyOf();
    bob.say({ k: 'chat', text: 'one' });
    await house.settle();
    await bob.renew();
    expect(bob.frames()).toMatchObject({ epochs: [], sealing: null });
    await house.pass(1000);
    expect(bob.roster).toEqual([ann.name, bob.name].sort());
    expect(bob.frames()).toEqual({ ...ann.frames(), epochs: [ann.frames().sealing] });
    expect(keyOf()).not.toBe(before);
    // Numbers of what it says begin above those of its first life.
    bob.say({ k: 'chat', text: 'two' });
    await house.settle();
    expect(words(ann)).toEqual(['one', 'two']);
  });

  it('goes on after its worker died while it was alone', async () => {
    const house = await TestRoom.build();
    const [ann] = (await house.invite(1)) as [TestPage];
    const group = ann.last('roster')?.group;
    await ann.renew();
    await house.pass(6000);
    expect(ann.last('roster')?.group).not.toBe(group);
    expect(ann.last('status')?.status).toBe('in');
  });

  it('bears a flood from outside: 512 messages wait, and what is too much is lost', async () => {
    const house = await TestRoom.build();
    const [ann, bob] = (await house.invite(2)) as [TestPage, TestPage];
    for (let i = 0; i < 600; i++) ann.host.take({ t: 'app', data: new Uint8Array(1) });
    for (let i = 0; i < 100; i++) ann.say({ k: 'react', emoji: '👍' });
    ann.say({ k: 'chat', text: 'one too many' }, 7);
    expect(ann.last('said')).toMatchObject({ line: 7, lost: true });
    ann.host.take({ t: 'disconnected' });
    ann.host.take({ t: 'connected' });
    await house.settle();
    expect(ann.last('broken')).toBeUndefined();
    bob.say({ k: 'chat', text: 'afterwards' });
    await house.settle();
    expect(words(ann)).toEqual(['afterwards']);
    // Of its own page's making it is a fault.
    for (let i = 0; i < 1026; i++) ann.host.take({ t: 'code' });
    expect(ann.last('broken')?.why).toMatch(/too much/);
    await house.settle();
  });
});

describe('comparing', () => {
  const codes = (guests: TestPage[]) =>
    guests.map(({ comparison }) => (comparison.is === 'code' ? comparison.code.join() : null));

  it('shows all the same seven pictures, whoever begins, and others each time', async () => {
    const house = await TestRoom.build();
    const guests = await house.invite(3);
    const seen = new Set<string | null>();
    for (const beginner of [0, 2]) {
      guests[beginner]?.host.take({ t: 'compare', on: true });
      await house.settle();
      const [code] = codes(guests);
      expect(codes(guests)).toEqual([code, code, code]);
      expect(code?.split(',')).toHaveLength(7);
      seen.add(code ?? null);
    }
    expect(seen.size).toBe(2);
    const [{ comparison }] = guests as [TestPage];
    const keys = guests[1]?.last('roster')?.roster.map(({ signatureKey }) => signatureKey);
    expect(comparison).toMatchObject({ keys });
  });

  it('is begun sixteen times in ten minutes at most, whoever asks', async () => {
    const house = await TestRoom.build();
    const guests = await house.invite(2);
    const [ann, bob] = guests as [TestPage, TestPage];
    const rounds = (guest: TestPage) =>
      guest.all('comparison').filter(({ comparison }) => comparison.is === 'code').length;
    for (let i = 0; i < maxRounds + 4; i++) {
      ann.host.take({ t: 'compare', on: true });
      await house.pass(1000);
    }
    expect([ann, bob].map(rounds)).toEqual([maxRounds, maxRounds]);
    expect(ann.comparison).toEqual({ is: 'failed' });
    await house.pass(600_000);
    bob.host.take({ t: 'compare', on: true });
    await house.pass(1000);
    expect([ann, bob].map(rounds)).toEqual([maxRounds + 1, maxRounds + 1]);
  });

  it('is nothing for one alone', async () => {
    const house = await TestRoom.build();
    const [ann] = (await house.invite(1)) as [TestPage];
    ann.host.take({ t: 'compare', on: true });
    await house.settle();
    expect(ann.comparison).toEqual({ is: 'idle' });
  });

  it('fails when one of all says nothing for fifteen seconds', async () => {
    const house = await TestRoom.build();
    const guests = await house.invite(2);
    const bob = guests[1] as TestPage;
    bob.online = false;
    guests[0]?.host.take({ t: 'compare', on: true });
    await house.pass(14_000);
    expect(guests[0]?.comparison).toEqual({ is: 'waiting' });
    await house.pass(1100);
    expect(guests[0]?.comparison).toEqual({ is: 'failed' });
  });

  it('begins anew when somebody comes meanwhile', async () => {
    const house = await TestRoom.build();
    const guests = await house.invite(2);
    house.relaying = false;
    guests[0]?.host.take({ t: 'compare', on: true });
    await house.settle();
    house.relaying = true;
    guests.push(...(await house.invite(1)));
    await house.pass(500);
    const [code] = codes(guests);
    expect(code).not.toBeNull();
    expect(codes(guests)).toEqual([code, code, code]);
  });

  it('is void when the people change, and holds while only epochs do', async () => {
    const house = await TestRoom.build();
    const guests = await house.invite(2);
    guests[0]?.host.take({ t: 'compare', on: true });
    await house.settle();
    const [code] = codes(guests);
    await house.pass(330_000);
    expect(guests[0]?.last('roster')?.epoch).toBeGreaterThan(1n);
    expect(codes(guests)).toEqual([code, code]);
    await house.invite(1);
    expect(guests[0]?.comparison).toEqual({ is: 'idle' });
  });

  it('differs for two who are in two groups with somebody in the middle', async () => {
    const one = await TestRoom.build();
    // The same room for both, and the one in the middle has its link.
    const other = await TestRoom.build(one.room);
    const left = await one.invite(2);
    const right = await other.invite(2);
    left[0]?.host.take({ t: 'compare', on: true });
    right[0]?.host.take({ t: 'compare', on: true });
    await Promise.all([one.settle(), other.settle()]);
    const [a, b] = [codes(left)[0], codes(right)[0]];
    expect(a).not.toBeNull();
    expect(b).not.toBeNull();
    expect(a).not.toBe(b);
  });

  it('gives the room a code of sixty digits, the same for all and new in every epoch', async () => {
    const house = await TestRoom.build();
    const guests = await house.invite(2);
    const ask = async () => {
      for (const guest of guests) guest.host.take({ t: 'code' });
      await house.settle();
      return guests.map((guest) => guest.last('code')?.digits);
    };
    const [a, b] = await ask();
    expect(a).toMatch(/^\d{5}( \d{5}){11}$/);
    expect(b).toBe(a);
    guests.push(...(await house.invite(1)));
    const after = await ask();
    expect(new Set(after).size).toBe(1);
    expect(after[0]).not.toBe(a);
  });
});
