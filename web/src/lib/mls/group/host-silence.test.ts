// When a page's group worker sends nothing, when it goes on, and what becomes of words meanwhile.
import { describe, expect, it, vi } from 'vitest';
import { random } from '../../crypto/bytes';
import { closedLimitMs } from '../delivery/delivery-limits';
import type { ServerMessage } from '../delivery/delivery-types';
import { rotateEvery } from '../delivery/duty';
import { presenceEveryMs, silentAfterMs } from '../delivery/presence';
import { maxPending } from '../messages/pending-messages';
import { type TestPage, TestRoom } from '../testing/test-room';

const words = (guest: TestPage) =>
  guest.heard().flatMap((said) => (said.k === 'chat' ? [said.text] : []));

/** Delivery state of the lines that the page numbered. */
const fates = (guest: TestPage) =>
  guest.all('said').map(({ line, lost }) => [line, lost ? 'lost' : 'said']);

// Hours of many people take a while on a busy machine.
vi.setConfig({ testTimeout: 30_000 });

describe('a room', () => {
  it('stops sending when the removal of somebody who left is kept back', async () => {
    const house = await TestRoom.build();
    const [ann, bob] = (await house.invite(2)) as [TestPage, TestPage];
    ann.tamper = (message) => (message.t === 'committed' || message.t === 'duty' ? null : message);
    bob.leave();
    await house.pass(4900);
    expect(ann.frames().hold).toBe(false);
    await house.pass(200);
    expect(ann.frames().hold).toBe(true);
    expect(ann.last('hold')?.on).toBe(true);
    const relayed = house.relayed.length;
    ann.say({ k: 'chat', text: 'still here?' });
    await house.settle();
    expect(house.relayed).toHaveLength(relayed);
  });

  it('says what was held back when there are new keys, to those who stayed', async () => {
    const house = await TestRoom.build();
    const [ann, bob, eve] = (await house.invite(3)) as [TestPage, TestPage, TestPage];
    const kept: ServerMessage[] = [];
    const hold = (message: ServerMessage) => {
      if (message.t !== 'committed' && message.t !== 'duty') return message;
      kept.push(message);
      return null;
    };
    ann.tamper = hold;
    eve.leave();
    await house.pass(5100);
    ann.say({ k: 'chat', text: 'to those who stayed' });
    await house.settle();
    expect(words(bob)).toEqual([]);
    ann.tamper = (message) => message;
    for (const message of kept) ann.host.take({ t: 'server', message });
    await house.pass(100);
    expect(ann.last('hold')?.on).toBe(false);
    expect(words(bob)).toEqual(['to those who stayed']);
    expect(words(eve)).toEqual([]);
  });

  it.each([true, false])(
    'stops sending three minutes after a member is gone without a word; removed then: %s',
    async (removed) => {
      const house = await TestRoom.build();
      const [ann, bob, eve] = (await house.invite(3)) as [TestPage, TestPage, TestPage];
      await house.pass(100_000);
      // The page is gone, and only its socket seems to be there.
      eve.online = false;
      await house.pass(silentAfterMs - 2 * presenceEveryMs);
      expect([ann, bob].map((guest) => guest.frames().hold)).toEqual([false, false]);
      await house.pass(2 * presenceEveryMs);
      for (const guest of [ann, bob]) {
        expect(guest.frames().hold).toBe(true);
        expect(guest.last('hold')?.on).toBe(true);
      }
      // Her removal ends it, or else a group without her.
      const group = ann.last('roster')?.group;
      ann.say({ k: 'chat', text: 'later' });
      await house.settle();
      expect(words(bob)).toEqual([]);
      if (removed) house.service.leave(eve.id, house.now);
      await house.pass(removed ? 1000 : closedLimitMs + 1000);
      for (const guest of [ann, bob]) {
        expect(guest.roster).toEqual([ann.name, bob.name].sort());
        expect(guest.frames().hold).toBe(false);
      }
      expect(ann.last('roster')?.group === group).toBe(removed);
      expect(words(bob)).toEqual(['later']);
    },
  );

  it('says what waited for others when all of them are in the new group', async () => {
    const house = await TestRoom.build();
    const [ann, bob, eve] = (await house.invite(3)) as [TestPage, TestPage, TestPage];
    await house.pass(6000);
    const epoch = ann.last('roster')?.epoch ?? -1n;
    const incarnation = house.service.incarnation;
    // Eve is slow to see that there is another group.
    const late: ServerMessage[] = [];
    eve.tamper = (message) => {
      late.push(message);
      return null;
    };
    const fork = { t: 'ready', incarnation, epoch, memberId: bob.id, tag: random(8) } as const;
    ann.host.take({ t: 'server', message: fork });
    await house.settle();
    ann.say({ k: 'chat', text: 'for both' });
    await house.pass(2000);
    expect(words(bob)).toEqual([]);
    eve.tamper = (message) => message;
    for (const message of late) eve.host.take({ t: 'server', message });
    await house.pass(2000);
    expect([words(bob), words(eve)]).toEqual([['for both'], ['for both']]);
  });

  it('does not say to who comes much later what was for others', async () => {
    const house = await TestRoom.build();
    const [ann, bob] = (await house.invite(2)) as [TestPage, TestPage];
    bob.online = false;
    await house.pass(silentAfterMs + 1000);
    ann.say({ k: 'chat', text: 'for bob' }, 1);
    await house.pass(closedLimitMs + 20_000);
    expect(ann.roster).toEqual([ann.name]);
    expect(fates(ann)).toEqual([[1, 'lost']]);
    const [eve] = (await house.invite(1)) as [TestPage];
    ann.say({ k: 'chat', text: 'for eve' }, 2);
    await house.settle();
    expect(words(eve)).toEqual(['for eve']);
    expect(fates(ann)).toEqual([
      [1, 'lost'],
      [2, 'said'],
    ]);
  });

  it('does not take new keys among people who are silent for being alone', async () => {
    const house = await TestRoom.build();
    const [ann, bob] = (await house.invite(2)) as [TestPage, TestPage];
    await house.pass(rotateEvery - silentAfterMs - 15_000);
    bob.online = false;
    await house.pass(silentAfterMs + presenceEveryMs);
    expect(ann.frames().hold).toBe(true);
    const { group, epoch } = ann.last('roster') ?? expect.fail();
    expect(epoch).toBe(2n); // founded, with Bob, and with new keys
    ann.say({ k: 'chat', text: 'for bob' }, 1);
    await house.pass(closedLimitMs);
    expect(ann.last('roster')?.group).not.toBe(group);
    const [eve] = (await house.invite(1)) as [TestPage];
    await house.pass(20_000);
    expect(words(eve)).toEqual([]);
    expect(fates(ann)).toEqual([[1, 'lost']]);
  });

  it('says which words were too many', async () => {
    const house = await TestRoom.build();
    const [ann] = (await house.invite(2)) as [TestPage, TestPage];
    house.relaying = false;
    await house.pass(silentAfterMs + 1000);
    for (let i = 0; i <= maxPending; i++) ann.say({ k: 'chat', text: `${i}` }, i);
    await house.settle();
    expect(fates(ann)).toEqual([[maxPending, 'lost']]);
  });

  it('goes on when they turn out to be there after all', async () => {
    const house = await TestRoom.build();
    const [ann, bob] = (await house.invite(2)) as [TestPage, TestPage];
    house.relaying = false;
    await house.pass(silentAfterMs);
    expect([ann, bob].map((guest) => guest.frames().hold)).toEqual([true, true]);
    house.relaying = true;
    await house.pass(2 * presenceEveryMs);
    expect([ann, bob].map((guest) => guest.frames().hold)).toEqual([false, false]);
  });

  it('goes on for an hour with nothing but new keys', async () => {
    const house = await TestRoom.build();
    const guests = await house.invite(2);
    await house.pass(3_600_000);
    expect(guests.flatMap((guest) => guest.all('hold'))).toEqual([]);
    expect(guests.map((guest) => guest.all('status').length)).toEqual([2, 2]);
  });

  it('hears nothing of an epoch that has been over for five seconds, or from who is gone', async () => {
    const house = await TestRoom.build();
    const [ann, bob, eve] = (await house.invite(3)) as [TestPage, TestPage, TestPage];
    await house.pass(10_000);
    house.relaying = false;
    const said = async (guest: TestPage, text: string) => {
      guest.say({ k: 'chat', text });
      await house.settle();
      return house.relayed.at(-1)?.data ?? expect.fail();
    };
    const [first, second] = [await said(ann, 'in time'), await said(ann, 'too late')];
    const last = await said(eve, 'from outside');
    eve.leave();
    await house.pass(1000);
    bob.host.take({ t: 'app', data: first });
    bob.host.take({ t: 'app', data: last });
    await house.pass(5000);
    bob.host.take({ t: 'app', data: second });
    await house.settle();
    expect(words(bob)).toEqual(['in time']);
  });

  it('says what was said without a socket when it is back, in the epoch that is then', async () => {
    const house = await TestRoom.build();
    const [ann, bob, eve] = (await house.invite(3)) as [TestPage, TestPage, TestPage];
    bob.host.take({ t: 'disconnected' });
    bob.say({ k: 'chat', text: 'from the tunnel' });
    eve.leave();
    await house.pass(8000);
    expect(words(ann)).toEqual([]);
    bob.host.take({ t: 'connected' });
    await house.pass(1000);
    expect(words(ann)).toEqual(['from the tunnel']);
  });

  it('hears whoever comes, however many there were', async () => {
    const house = await TestRoom.build();
    const [ann] = (await house.invite(1)) as [TestPage];
    for (let i = 0; i < 40; i++) {
      const [guest] = (await house.invite(1)) as [TestPage];
      guest.say({ k: 'chat', text: `${i}` });
      await house.settle();
      guest.leave();
      await house.pass(50);
    }
    expect(words(ann)).toHaveLength(40);
  });
});
