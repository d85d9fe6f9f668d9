/** Handing the link over. */
import { strings } from './strings';

/** False when the browser does not let us. */
export async function copyText(text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return false;
  }
}

export function canShare(): boolean {
  return typeof navigator.share === 'function';
}

/** The system's own sheet; closing it without choosing is fine. */
export async function shareLink(url: string): Promise<void> {
  try {
    await navigator.share({ url, text: strings.call.shareText });
  } catch {
    // Dismissed.
  }
}
