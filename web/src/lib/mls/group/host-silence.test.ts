// When a page's group worker sends nothing, when it goes on, and what becomes of words meanwhile.
import { describe, expect, it, vi } from 'vitest';
import { random } from '../../crypto/bytes';
import { closedLimitMs } from '../delivery/delivery-limits';
import type { ServerMessage } from '../delivery/delivery-types';
import { rotateEvery } from '../delivery/duty';
import { presenceEveryMs, silentAfterMs } from '../delivery/presence';
import { maxPending } from '../messages/pending-messages';
import { type TestPage, TestRoom } from '../testing/test-room';

const words = (page: TestPage) =>
  page.received().flatMap((message) => (message.k === 'chat' ? [message.text] : []));

/** Delivery state of the lines that the page numbered. */
const fates = (page: TestPage) =>
  page.all('delivered').map(({ line, lost }) => [line, lost ? 'lost' : 'sent']);

// Hours of many people take a while on a busy machine.
vi.setConfig({ testTimeout: 30_000 });

describe('a room', () => {
  it('stops sending when the removal of somebody who left is kept back', async () => {
    const testRoom = await TestRoom.build();
    const [alice, bob] = (await testRoom.addPages(2)) as [TestPage, TestPage];
    alice.tamper = (message) =>
      message.t === 'committed' || message.t === 'duty' ? null : message;
    bob.leave();
    await testRoom.pass(4900);
    expect(alice.frames().hold).toBe(false);
    await testRoom.pass(200);
    expect(alice.frames().hold).toBe(true);
    expect(alice.last('hold')?.on).toBe(true);
    const relayed = testRoom.relayed.length;
    alice.send({ k: 'chat', text: 'still here?' });
    await testRoom.settle();
    expect(testRoom.relayed).toHaveLength(relayed);
  });

  it('says what was held back when there are new keys, to those who stayed', async () => {
    const testRoom = await TestRoom.build();
    const [alice, bob, carol] = (await testRoom.addPages(3)) as [TestPage, TestPage, TestPage];
    const kept: ServerMessage[] = [];
    const hold = (message: ServerMessage) => {
      if (message.t !== 'committed' && message.t !== 'duty') return message;
      kept.push(message);
      return null;
    };
    alice.tamper = hold;
    carol.leave();
    await testRoom.pass(5100);
    alice.send({ k: 'chat', text: 'to those who stayed' });
    await testRoom.settle();
    expect(words(bob)).toEqual([]);
    alice.tamper = (message) => message;
    for (const message of kept) alice.host.take({ t: 'server', message });
    await testRoom.pass(100);
    expect(alice.last('hold')?.on).toBe(false);
    expect(words(bob)).toEqual(['to those who stayed']);
    expect(words(carol)).toEqual([]);
  });

  it.each([true, false])(
    'stops sending three minutes after a member is gone without a word; removed then: %s',
    async (removed) => {
      const testRoom = await TestRoom.build();
      const [alice, bob, carol] = (await testRoom.addPages(3)) as [TestPage, TestPage, TestPage];
      await testRoom.pass(100_000);
      // The page is gone, and only its socket seems to be there.
      carol.online = false;
      await testRoom.pass(silentAfterMs - 2 * presenceEveryMs);
      expect([alice, bob].map((page) => page.frames().hold)).toEqual([false, false]);
      await testRoom.pass(2 * presenceEveryMs);
      for (const page of [alice, bob]) {
        expect(page.frames().hold).toBe(true);
        expect(page.last('hold')?.on).toBe(true);
      }
      // Her removal ends it, or else a group without her.
      const group = alice.last('roster')?.group;
      alice.send({ k: 'chat', text: 'later' });
      await testRoom.settle();
      expect(words(bob)).toEqual([]);
      if (removed) testRoom.service.leave(carol.id, testRoom.now);
      await testRoom.pass(removed ? 1000 : closedLimitMs + 1000);
      for (const page of [alice, bob]) {
        expect(page.roster).toEqual([alice.name, bob.name].sort());
        expect(page.frames().hold).toBe(false);
      }
      expect(alice.last('roster')?.group === group).toBe(removed);
      expect(words(bob)).toEqual(['later']);
    },
  );

  it('says what waited for others when all of them are in the new group', async () => {
    const testRoom = await TestRoom.build();
    const [alice, bob, carol] = (await testRoom.addPages(3)) as [TestPage, TestPage, TestPage];
    await testRoom.pass(6000);
    const epoch = alice.last('roster')?.epoch ?? -1n;
    const incarnation = testRoom.service.incarnation;
    // Carol is slow to see that there is another group.
    const late: ServerMessage[] = [];
    carol.tamper = (message) => {
      late.push(message);
      return null;
    };
    const fork = { t: 'ready', incarnation, epoch, memberId: bob.id, tag: random(8) } as const;
    alice.host.take({ t: 'server', message: fork });
    await testRoom.settle();
    alice.send({ k: 'chat', text: 'for both' });
    await testRoom.pass(2000);
    expect(words(bob)).toEqual([]);
    carol.tamper = (message) => message;
    for (const message of late) carol.host.take({ t: 'server', message });
    await testRoom.pass(2000);
    expect([words(bob), words(carol)]).toEqual([['for both'], ['for both']]);
  });

  it('does not say to who comes much later what was for others', async () => {
    const testRoom = await TestRoom.build();
    const [alice, bob] = (await testRoom.addPages(2)) as [TestPage, TestPage];
    bob.online = false;
    await testRoom.pass(silentAfterMs + 1000);
    alice.send({ k: 'chat', text: 'for bob' }, 1);
    await testRoom.pass(closedLimitMs + 20_000);
    expect(alice.roster).toEqual([alice.name]);
    expect(fates(alice)).toEqual([[1, 'lost']]);
    const [carol] = (await testRoom.addPages(1)) as [TestPage];
    alice.send({ k: 'chat', text: 'for carol' }, 2);
    await testRoom.settle();
    expect(words(carol)).toEqual(['for carol']);
    expect(fates(alice)).toEqual([
      [1, 'lost'],
      [2, 'sent'],
    ]);
  });

  it('does not take new keys among people who are silent for being alone', async () => {
    const testRoom = await TestRoom.build();
    const [alice, bob] = (await testRoom.addPages(2)) as [TestPage, TestPage];
    await testRoom.pass(rotateEvery - silentAfterMs - 15_000);
    bob.online = false;
    await testRoom.pass(silentAfterMs + presenceEveryMs);
    expect(alice.frames().hold).toBe(true);
    const { group, epoch } = alice.last('roster') ?? expect.fail();
    expect(epoch).toBe(2n); // founded, with Bob, and with new keys
    alice.send({ k: 'chat', text: 'for bob' }, 1);
    await testRoom.pass(closedLimitMs);
    expect(alice.last('roster')?.group).not.toBe(group);
    const [carol] = (await testRoom.addPages(1)) as [TestPage];
    await testRoom.pass(20_000);
    expect(words(carol)).toEqual([]);
    expect(fates(alice)).toEqual([[1, 'lost']]);
  });

  it('says which words were too many', async () => {
    const testRoom = await TestRoom.build();
    const [alice] = (await testRoom.addPages(2)) as [TestPage, TestPage];
    testRoom.relaying = false;
    await testRoom.pass(silentAfterMs + 1000);
    for (let i = 0; i <= maxPending; i++) alice.send({ k: 'chat', text: `${i}` }, i);
    await testRoom.settle();
    expect(fates(alice)).toEqual([[maxPending, 'lost']]);
  });

  it('goes on when they turn out to be there after all', async () => {
    const testRoom = await TestRoom.build();
    const [alice, bob] = (await testRoom.addPages(2)) as [TestPage, TestPage];
    testRoom.relaying = false;
    await testRoom.pass(silentAfterMs);
    expect([alice, bob].map((page) => page.frames().hold)).toEqual([true, true]);
    testRoom.relaying = true;
    await testRoom.pass(2 * presenceEveryMs);
    expect([alice, bob].map((page) => page.frames().hold)).toEqual([false, false]);
  });

  it('goes on for an hour with nothing but new keys', async () => {
    const testRoom = await TestRoom.build();
    const pages = await testRoom.addPages(2);
    await testRoom.pass(3_600_000);
    expect(pages.flatMap((page) => page.all('hold'))).toEqual([]);
    expect(pages.map((page) => page.all('status').length)).toEqual([2, 2]);
  });

  it('hears nothing of an epoch that has been over for five seconds, or from who is gone', async () => {
    const testRoom = await TestRoom.build();
    const [alice, bob, carol] = (await testRoom.addPages(3)) as [TestPage, TestPage, TestPage];
    await testRoom.pass(10_000);
    testRoom.relaying = false;
    const sendAndTake = async (page: TestPage, text: string) => {
      page.send({ k: 'chat', text });
      await testRoom.settle();
      return testRoom.relayed.at(-1)?.data ?? expect.fail();
    };
    const [first, second] = [
      await sendAndTake(alice, 'in time'),
      await sendAndTake(alice, 'too late'),
    ];
    const last = await sendAndTake(carol, 'from outside');
    carol.leave();
    await testRoom.pass(1000);
    bob.host.take({ t: 'app', data: first });
    bob.host.take({ t: 'app', data: last });
    await testRoom.pass(5000);
    bob.host.take({ t: 'app', data: second });
    await testRoom.settle();
    expect(words(bob)).toEqual(['in time']);
  });

  it('sends messages that waited for a socket in the epoch of that time', async () => {
    const testRoom = await TestRoom.build();
    const [alice, bob, carol] = (await testRoom.addPages(3)) as [TestPage, TestPage, TestPage];
    bob.host.take({ t: 'disconnected' });
    bob.send({ k: 'chat', text: 'from the tunnel' });
    carol.leave();
    await testRoom.pass(8000);
    expect(words(alice)).toEqual([]);
    bob.host.take({ t: 'connected' });
    await testRoom.pass(1000);
    expect(words(alice)).toEqual(['from the tunnel']);
  });

  it('hears whoever comes, however many there were', async () => {
    const testRoom = await TestRoom.build();
    const [alice] = (await testRoom.addPages(1)) as [TestPage];
    for (let i = 0; i < 40; i++) {
      const [page] = (await testRoom.addPages(1)) as [TestPage];
      page.send({ k: 'chat', text: `${i}` });
      await testRoom.settle();
      page.leave();
      await testRoom.pass(50);
    }
    expect(words(alice)).toHaveLength(40);
  });
});
