import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { hours, Machine } from './testing/machine';

describe('the clocks of a machine that', () => {
  it('is awake agree', () => {
    const { clock, ...machine } = start();
    machine.pass(5_000);
    expect([clock.steady(), clock.elapsed(), clock.slept()]).toEqual([5_000, 5_000, 0]);
  });

  it('slept differ by the sleep, also when it sleeps again', () => {
    const { clock, ...machine } = start();
    machine.sleep(hours(14));
    expect([clock.steady(), clock.elapsed(), clock.slept()]).toEqual([0, hours(14), hours(14)]);
    machine.pass(10);
    machine.sleep(2_000);
    expect([clock.steady(), clock.elapsed()]).toEqual([10, hours(14) + 2_010]);
  });

  it('had its wall clock set back go on', () => {
    const { clock, ...machine } = start();
    machine.pass(1_000);
    machine.setWall(-hours(14));
    expect(clock.elapsed()).toBe(1_000);
    machine.pass(1_000);
    expect(clock.elapsed()).toBe(2_000);
    machine.sleep(hours(1));
    expect(clock.elapsed()).toBe(hours(1) + 2_000);
  });

  it('had its wall clock set ahead let lifetimes end early, never late', () => {
    const { clock, ...machine } = start();
    machine.setWall(hours(14));
    expect(clock.elapsed()).toBe(hours(14));
    expect(clock.steady()).toBe(0);
  });

  it('has clocks that drift a little do not run faster for being read often', () => {
    const { clock, ...machine } = start();
    for (let i = 0; i < 10_000; i++) {
      machine.pass(1);
      machine.setWall(i % 2 ? 0.5 : -0.5);
      clock.elapsed();
    }
    expect(clock.elapsed()).toBe(10_000);
  });
});

function start() {
  const machine = new Machine();
  return {
    clock: machine.clock,
    pass: (ms: number) => machine.pass(ms),
    sleep: (ms: number) => machine.sleep(ms),
    setWall: (ms: number) => machine.setWall(ms),
  };
}

describe('the sources', () => {
  it('read no clock but that of lib/clock', () => {
    const root = fileURLToPath(new URL('..', import.meta.url));
    const readers = readdirSync(root, { recursive: true, encoding: 'utf8' })
      .filter((file) => /\.(?:ts|svelte)$/.test(file) && !/\.test\.ts$|testing\//.test(file))
      .filter((file) => /\b(?:Date|performance)\.now\(/.test(code(file)));
    expect(readers).toEqual(['lib/clock.ts']);

    function code(file: string): string {
      return readFileSync(join(root, file), 'utf8').replace(/\/\*[\s\S]*?\*\/|\/\/.*$/gm, '');
    }
  });
});
