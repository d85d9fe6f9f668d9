/**
 * Random histories of a room: people come in bursts, leave, crash, freeze and
 * lose their connection; commits race. In the end all agree.
 */
import { expect, it } from 'vitest';
import { equal, hex } from '../../crypto/bytes';
import type { Room } from '../group/room';
import type { Suite } from '../group/suite';
import { fastSuite } from './fast-suite';
import { newRoom } from './members';
import { seeded, TestWorld } from './test-world';

/** In all parts together; more are CATCHUP_HISTORIES=2000, however long they take. */
const histories = Number(process.env.CATCHUP_HISTORIES ?? 200);
const parts = 2;
const maxMembers = 8;

async function play(room: Room, suite: Suite, seed: number): Promise<TestWorld> {
  const random = seeded(seed);
  const world = new TestWorld(room, suite, random);
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

function check(world: TestWorld): void {
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

/** One part of them, for a test file of its own: files run side by side. */
export function playPart(part: number): void {
  const seeds = Array.from({ length: histories }, (_, i) => i + 1).filter(
    (n) => n % parts === part,
  );
  const limit = Math.max(300_000, histories * 3_000);
  it(`all members agree after each of ${seeds.length} random histories`, {
    timeout: limit,
  }, async () => {
    const room = await newRoom();
    const suite = await fastSuite();
    const started = performance.now();
    let epochs = 0n;
    for (const seed of seeds) {
      const world = await play(room, suite, seed);
      try {
        check(world);
      } catch (error) {
        throw new Error(`history ${seed}`, { cause: error });
      }
      epochs += world.service.epoch ?? 0n;
      for (const client of world.clients) await client.operations.group?.end().catch(() => {});
    }
    expect(epochs).toBeGreaterThan(BigInt(seeds.length));
    console.log(
      `${seeds.length} histories, ${epochs} epochs, ${Math.round(performance.now() - started)} ms`,
    );
  });
}
