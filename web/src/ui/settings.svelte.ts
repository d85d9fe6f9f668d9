/** The remembered choices, shared by all screens. */
import { loadSettings, type Settings, saveSettings } from './logic/settings';

export const settings = $state<Settings>(loadSettings());

export function remember(part: Partial<Settings>): void {
  Object.assign(settings, part);
  saveSettings($state.snapshot(settings));
}
