/** Handing the link over. */
import { unwaited, within } from '../lib/browser/deadline';
import { strings } from './strings';

const copyLimit = 3_000;

/** False when the browser does not let us, or does not answer. */
export async function copyText(text: string): Promise<boolean> {
  try {
    await within(copyLimit, navigator.clipboard.writeText(text));
    return true;
  } catch {
    return false;
  }
}

export function canShare(): boolean {
  return typeof navigator.share === 'function';
}

/** The system's own sheet; closing it without choosing is fine. */
export function shareLink(url: string): void {
  unwaited(navigator.share({ url, text: strings.call.shareText }));
}
