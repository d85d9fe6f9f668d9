// Random histories of a room: people come in bursts, leave, crash, freeze and
// lose their connection; commits race. In the end all agree.
import { expect, it } from 'vitest';
import { equal, hex } from '../crypto/bytes';
import type { Room } from './room';
import type { Suite } from './suite';
import { fastSuite } from './testing/fast-suite';
import { newRoom } from './testing/people';
import { seeded, World } from './testing/world';

// As many as wanted, however long it takes: CATCHUP_HISTORIES=2000; 200 with TEST_LONG=1,
// which is one to two minutes.
const wanted = process.env.CATCHUP_HISTORIES ?? (process.env.TEST_LONG === '1' ? '200' : undefined);
const histories = Number(wanted ?? 40);
const patience = wanted === undefined ? 40_000 : 3_600_000;
const maxMembers = 8;

async function play(room: Room, suite: Suite, seed: number): Promise<World> {
  const random = seeded(seed);
  const world = new World(room, suite, random);
  const burst = 1 + random(3);
  for (let i = 0; i < burst; i++) await world.enter();
  for (let step = 4 + random(4); step > 0; step--) {
    await world.run(world.now + random(2500));
    const { present } = world;
    const someone = present[random(present.length)];
    const what = random(10);
    if (what < 5 || someone === undefined || present.length < 2) {
      for (let n = 1 + random(3); n > 0 && world.present.length < maxMembers; n--) {
        await world.enter();
      }
    } else if (what < 8) world.leave(someone, what === 7);
    else if (what === 8) world.freeze(someone, random(4000));
    else world.cut(someone, random(3000));
  }
  await world.run(world.now + 60_000);
  return world;
}

function check(world: World): void {
  const { present } = world;
  const [first] = present;
  for (const client of present) {
    const view = client.delivery.view;
    expect(client.status).toBe('in');
    expect(client.held).toBe(false);
    expect(view?.epoch).toBe(world.service.epoch);
    expect(client.sending).toBe(view?.epoch);
    expect([...client.installed]).toEqual([view?.epoch]);
    expect(view?.tag).toEqual(first?.delivery.view?.tag);
    const names = view?.roster.map(({ memberId }) => hex(memberId)).sort();
    expect(names).toEqual(present.map(({ id }) => hex(id)).sort());
    const own = view?.roster.find(({ leaf }) => leaf === view.leaf);
    expect(own !== undefined && equal(own.memberId, client.id)).toBe(true);
  }
  expect(world.service.strikes).toBe(0);
}

it(
  `all members agree after each of ${histories} random histories`,
  async () => {
    const room = await newRoom();
    const suite = await fastSuite();
    const started = performance.now();
    const elapsed = () => performance.now() - started;
    let epochs = 0n;
    let played = 0;
    // A machine that is busy with other things plays as many as it can.
    while (played < histories && elapsed() < patience) {
      const world = await play(room, suite, ++played);
      try {
        check(world);
      } catch (error) {
        throw new Error(`history ${played}`, { cause: error });
      }
      epochs += world.service.epoch ?? 0n;
      for (const client of world.clients) await client.operations.group?.end().catch(() => {});
    }
    console.log(`${played} histories, ${epochs} epochs, ${Math.round(elapsed())} ms`);
    expect(played).toBeGreaterThan(Math.min(histories, 10) - 1);
  },
  patience + 45_000,
);
