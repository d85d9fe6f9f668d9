/** Small things done to elements: `{@attach …}`. */
import type { Attachment } from 'svelte/attachments';
import { unwaited } from '../lib/browser/deadline';

/** Shows a stream or a single track; a video without sound, so it may always play. */
export function shows(media: MediaStream | MediaStreamTrack | null): Attachment<HTMLVideoElement> {
  return (element) => {
    const stream = media && 'getTracks' in media ? media : media ? new MediaStream([media]) : null;
    element.muted = true;
    element.srcObject = stream;
    if (stream) unwaited(element.play());
    return () => {
      element.srcObject = null;
    };
  };
}

let first = true;

/** For the heading of a screen: takes the focus, except on the very first one. */
export const arrives: Attachment<HTMLElement> = (element) => {
  if (!first) element.focus({ preventScroll: true });
  first = false;
};

/** For a heading that explains why something just went wrong. */
export const takesFocus: Attachment<HTMLElement> = (element) => element.focus();
