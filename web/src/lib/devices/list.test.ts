import { expect, it } from 'vitest';
import { micToTake, sortDevices } from './list';

const inside = { id: 'a', label: 'Built-in microphone' };
const headset = { id: 'b', label: 'Jabra Headset' };
const webcam = { id: 'c', label: 'USB camera' };

it('sorts devices by kind and leaves out the ones without an id', () => {
  const sorted = sortDevices([
    { kind: 'audioinput', deviceId: 'm', label: 'Mic' },
    { kind: 'videoinput', deviceId: '', label: '' },
    { kind: 'audiooutput', deviceId: 's', label: 'Speaker' },
  ]);
  expect(sorted).toEqual({
    mics: [{ id: 'm', label: 'Mic' }],
    cams: [],
    speakers: [{ id: 's', label: 'Speaker' }],
  });
});

it('changes to a headset that was just put on', () => {
  expect(micToTake([inside], [inside, headset])).toBe(headset);
});

it('stays when the new device is not worn on the head', () => {
  expect(micToTake([inside], [inside, webcam])).toBeNull();
});

it('stays when a device goes away', () => {
  expect(micToTake([inside, headset], [inside])).toBeNull();
});

it('stays when the list becomes known for the first time', () => {
  expect(micToTake([], [inside, headset])).toBeNull();
});

it('does not take the alias of a device for a new one', () => {
  const alias = { id: 'default', label: 'Default - Jabra Headset' };
  expect(micToTake([inside], [alias, inside])).toBeNull();
});
