/** Single keys that do something in a call. */

export type Shortcut = 'mic' | 'cam' | 'help';

interface Pressed {
  key: string;
  code: string;
  ctrlKey: boolean;
  metaKey: boolean;
  altKey: boolean;
  repeat: boolean;
}

/** Letters by what is printed on the key; by its place where the layout has no Latin ones. */
export function shortcutOf(event: Pressed): Shortcut | null {
  if (event.ctrlKey || event.metaKey || event.altKey || event.repeat) return null;
  if (event.key === '?') return 'help';
  const latin = /^[a-z]$/i.test(event.key);
  const letter = latin ? event.key.toLowerCase() : event.code.replace(/^Key/, '').toLowerCase();
  if (letter === 'm') return 'mic';
  return letter === 'v' ? 'cam' : null;
}
