import { expect, it } from 'vitest';
import { SpeakerWatch } from './speaker-choice';

const standard = { id: 'default', label: 'Default' };
const headset = { id: 'b', label: 'Headset' };
const monitor = { id: 'c', label: 'Monitor' };

it('uses the default speaker while the chosen one is gone, and says both', () => {
  const watch = new SpeakerWatch();
  expect([watch.update('b', [standard, headset]), watch.id]).toEqual([null, 'b']);
  expect([watch.update('b', [standard]), watch.id]).toEqual([
    { kind: 'gone', label: 'Headset' },
    '',
  ]);
  expect([watch.update('b', [standard, monitor]), watch.id]).toEqual([null, '']);
  const back = { kind: 'back', label: 'Headset' };
  expect([watch.update('b', [standard, headset]), watch.id]).toEqual([back, 'b']);
});

it('says nothing of a speaker that was not there from the beginning, but uses it when it comes', () => {
  const watch = new SpeakerWatch();
  expect([watch.update('b', [standard]), watch.id]).toEqual([null, '']);
  expect([watch.update('b', [standard, headset])?.kind, watch.id]).toEqual(['back', 'b']);
});

it('keeps to the choice while the list is not known', () => {
  const watch = new SpeakerWatch();
  expect([watch.update('b', []), watch.id]).toEqual([null, 'b']);
});

it('says nothing of other speakers, nor of the default one', () => {
  const watch = new SpeakerWatch();
  watch.update('b', [standard, headset, monitor]);
  expect(watch.update('b', [standard, headset])).toBeNull();
  expect([watch.update('', [standard]), watch.id]).toEqual([null, '']);
});

it('forgets one that is gone when another is chosen', () => {
  const watch = new SpeakerWatch();
  watch.update('b', [standard, headset]);
  watch.update('b', [standard, monitor]);
  expect([watch.update('c', [standard, monitor]), watch.id]).toEqual([null, 'c']);
  expect([watch.update('c', [standard, headset])?.label, watch.id]).toEqual(['Monitor', '']);
});
