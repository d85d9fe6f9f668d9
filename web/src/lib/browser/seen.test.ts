import { afterEach, expect, it, vi } from 'vitest';
import { whenSeen } from './seen';

afterEach(() => vi.unstubAllGlobals());

function page(visibilityState: string) {
  const page = Object.assign(new EventTarget(), { visibilityState });
  vi.stubGlobal('document', page);
  return (next: string) => {
    page.visibilityState = next;
    page.dispatchEvent(new Event('visibilitychange'));
  };
}

it('runs at once on a page that is seen', () => {
  page('visible');
  const work = vi.fn();
  whenSeen(work);
  expect(work).toHaveBeenCalledOnce();
});

it('waits in a tab that is not in front, and runs once', () => {
  const show = page('hidden');
  const work = vi.fn();
  whenSeen(work);
  show('hidden');
  expect(work).not.toHaveBeenCalled();
  for (const next of ['visible', 'hidden', 'visible']) show(next);
  expect(work).toHaveBeenCalledOnce();
});

it('can be called off', () => {
  const show = page('hidden');
  const work = vi.fn();
  whenSeen(work)();
  show('visible');
  expect(work).not.toHaveBeenCalled();
});
