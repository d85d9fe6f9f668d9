/** One polite voice for what happens on screen; App.svelte has the live region. */

export const spoken = $state({ text: '' });

let clear = 0;

export function announce(text: string): void {
  // The same words twice are only heard twice when the text differs.
  spoken.text = spoken.text === text ? `${text}\u00a0` : text;
  clearTimeout(clear);
  clear = window.setTimeout(() => {
    spoken.text = '';
  }, 5000);
}
