import { expect, it } from 'vitest';
import { shortcutOf } from './shortcut';

const press = (key: string, code = '', more = {}) =>
  shortcutOf({ key, code, ctrlKey: false, metaKey: false, altKey: false, repeat: false, ...more });

it('knows its keys, whatever the case', () => {
  expect([press('m'), press('M'), press('v'), press('?')]).toEqual(['mic', 'mic', 'cam', 'help']);
});

it('follows what is printed on the key', () => {
  expect(press('v', 'KeyM')).toBe('cam');
});

it('follows the place of the key where nothing Latin is printed on it', () => {
  expect(press('ь', 'KeyM')).toBe('mic');
});

it('leaves other keys, combinations and held keys alone', () => {
  expect(press('x', 'KeyX')).toBeNull();
  expect(press('Enter', 'Enter')).toBeNull();
  expect(press('m', 'KeyM', { ctrlKey: true })).toBeNull();
  expect(press('m', 'KeyM', { metaKey: true })).toBeNull();
  expect(press('m', 'KeyM', { repeat: true })).toBeNull();
});
