/** One polite voice for what happens on screen; App.svelte has the live region. */

import { clock } from '../lib/clock';

export const spoken = $state({ text: '' });

/** Announcements this close together are read as one. */
const TOGETHER_MS = 500;
const FORGET_MS = 5000;
let last = 0;
let clear = 0;

export function announce(text: string): void {
  const now = clock.steady();
  if (spoken.text && now - last < TOGETHER_MS) spoken.text = `${spoken.text}. ${text}`;
  // The same words twice are only heard twice when the text differs.
  else spoken.text = spoken.text === text ? `${text}\u00a0` : text;
  last = now;
  clearTimeout(clear);
  clear = window.setTimeout(() => {
    spoken.text = '';
  }, FORGET_MS);
}
