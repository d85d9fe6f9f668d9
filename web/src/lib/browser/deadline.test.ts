import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { TimedOut, unwaited, within } from './deadline';

const never = new Promise<never>(() => {});
const later = <T>(ms: number, value: T) =>
  new Promise<T>((resolve) => setTimeout(() => resolve(value), ms));

describe('an answer that is awaited', () => {
  beforeEach(() => {
    vi.useFakeTimers();
  });
  afterEach(() => {
    expect(vi.getTimerCount()).toBe(0);
    vi.useRealTimers();
  });

  it('is given on when it comes in time, or its failure is', async () => {
    await expect(within(100, Promise.resolve(7))).resolves.toBe(7);
    await expect(within(100, Promise.reject(new Error('no')))).rejects.toThrow('no');
  });

  it('is given up after the limit', async () => {
    const waiting = expect(within(100, never)).rejects.toBeInstanceOf(TimedOut);
    await vi.advanceTimersByTimeAsync(100);
    await waiting;
  });

  it('is given up at once when its owner wants that', async () => {
    const owner = new AbortController();
    const waiting = expect(within(100, never, owner)).rejects.toThrow('left');
    owner.abort(new Error('left'));
    await waiting;
    await expect(within(100, never, owner)).rejects.toThrow('left');
  });

  it('goes to who stops it when it comes too late', async () => {
    const stopped: string[] = [];
    const late = (value: string) => void stopped.push(value);
    const owner = new AbortController();
    const slow = within(100, later(150, 'slow'), { late }).catch(() => 'gone');
    const left = within(1000, later(150, 'left'), { late, signal: owner.signal }).catch(
      () => 'gone',
    );
    await vi.advanceTimersByTimeAsync(50);
    owner.abort();
    await vi.advanceTimersByTimeAsync(200);
    expect(await Promise.all([slow, left])).toEqual(['gone', 'gone']);
    expect(stopped).toEqual(['slow', 'left']);
  });

  it('that fails too late is nobody’s business', async () => {
    const failing = later(150, 0).then(() => Promise.reject(new Error('late')));
    await expect(
      Promise.all([within(100, failing), vi.advanceTimersByTimeAsync(100)]),
    ).rejects.toBeInstanceOf(TimedOut);
    await vi.advanceTimersByTimeAsync(100);
  });
});

it('a promise that nobody waits for may fail, or not be there', async () => {
  const failed = vi.fn();
  unwaited(Promise.reject(new Error('blocked')), failed);
  unwaited(Promise.reject(new Error('blocked')));
  unwaited(undefined);
  await Promise.resolve();
  await Promise.resolve();
  expect(failed).toHaveBeenCalledOnce();
});

describe('the linter', () => {
  const folder = mkdtempSync(join(tmpdir(), 'catchup-lint-'));
  const file = join(folder, 'tried.ts');
  afterAll(() => rmSync(folder, { recursive: true }));

  /** How often Biome complains of a promise in this source. */
  function complaints(source: string): number {
    writeFileSync(file, source);
    const biome = join('node_modules', '.bin', 'biome');
    const args = ['lint', '--config-path=biome.json', '--max-diagnostics=50', file];
    try {
      execFileSync(biome, args, { stdio: 'pipe' });
      return 0;
    } catch (error) {
      const { stdout, stderr } = error as { stdout: Buffer; stderr: Buffer };
      return `${stdout}${stderr}`.split('may never settle').length - 1;
    }
  }

  it('refuses a promise of the browser that nobody owns', { timeout: 30_000 }, () => {
    const bare = [
      'await navigator.mediaDevices.getUserMedia({ audio: true });',
      'const state = await navigator.permissions.query({ name });',
      'element.play().catch(() => {});',
      'await pc.setLocalDescription();',
      "const lock = await navigator.wakeLock.request('screen');",
      "const answer = await fetch('/x');",
    ];
    expect(complaints(bare.join('\n'))).toBe(bare.length);
    const owned = [
      'await within(1000, navigator.mediaDevices.getUserMedia({ audio: true }), { late });',
      'unwaited(element.play());',
      "const answer = await fetch('/x', { signal: AbortSignal.timeout(1000) });",
      'group.query(1);',
    ];
    expect(complaints(owned.join('\n'))).toBe(0);
  });
});
