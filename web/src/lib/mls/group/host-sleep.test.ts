// A machine that slept with its group in hand: its clock (lib/clock) is hours on, and
// while nobody has told it anything it must not send to members of the day before.
import { describe, expect, it, vi } from 'vitest';
import { presenceEveryMs } from '../delivery/presence';
import { type TestPage, TestRoom } from '../testing/test-room';

const minutes = (count: number) => count * 60_000;

vi.setConfig({ testTimeout: 30_000 });

describe('a member whose machine slept', () => {
  it('sends nothing until the others have proven that they are there', async () => {
    const testRoom = await TestRoom.build();
    const [alice, bob] = (await testRoom.addPages(2)) as [TestPage, TestPage];
    await testRoom.pass(2 * presenceEveryMs);
    expect(alice.frames().hold).toBe(false);
    alice.slept = minutes(10);
    alice.tick();
    await testRoom.settle();
    expect(alice.frames().hold).toBe(true);
    expect(bob.frames().hold).toBe(false);
    // Bob's next presence message echoes the nonce that Alice sent after she woke up.
    await testRoom.pass(presenceEveryMs + 1_000);
    expect(alice.frames().hold).toBe(false);
  });

  it('goes on sending nothing when a server replays earlier messages', async () => {
    const testRoom = await TestRoom.build();
    const [alice, bob] = (await testRoom.addPages(2)) as [TestPage, TestPage];
    await testRoom.pass(2 * presenceEveryMs);
    const before = testRoom.relayed.filter(({ from }) => from === bob);
    testRoom.relaying = false;
    alice.slept = minutes(10);
    alice.tick();
    for (const { data } of before) alice.host.take({ t: 'app', data });
    await testRoom.pass(presenceEveryMs);
    expect(alice.frames().hold).toBe(true);
  });

  it('for longer than path keys live comes back with fresh keys, and seals with no old ones', async () => {
    const testRoom = await TestRoom.build();
    const [alice] = (await testRoom.addPages(2)) as [TestPage, TestPage];
    await testRoom.pass(2 * presenceEveryMs);
    const before = alice.frames().sealing;
    alice.slept = minutes(14 * 60);
    alice.tick();
    await testRoom.settle();
    expect(alice.frames()).toMatchObject({ epochs: [], sealing: null });
    await testRoom.pass(2_000);
    const { sealing, hold } = alice.frames();
    expect(sealing).toBeGreaterThan(before ?? 0n);
    expect(hold).toBe(false);
  });
});
