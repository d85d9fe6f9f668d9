/** The call in the system's own controls (lock screen, picture-in-picture), where there are any. */
import { unwaited } from '../lib/browser/deadline';

interface Handlers {
  toggleMic: () => void;
  toggleCam: () => void;
  leave: () => void;
}

const session: Partial<MediaSession> | undefined = navigator.mediaSession;

export function offerControls({ toggleMic, toggleCam, leave }: Handlers): () => void {
  const handlers = [
    ['togglemicrophone', toggleMic],
    ['togglecamera', toggleCam],
    ['hangup', leave],
  ] as const;
  const set = (action: string, handler: (() => void) | null) => {
    try {
      session?.setActionHandler?.(action as MediaSessionAction, handler);
    } catch {
      // This browser does not know the action.
    }
  };
  for (const [action, handler] of handlers) set(action, handler);
  return () => {
    for (const [action] of handlers) set(action, null);
  };
}

export function showControls(mic: boolean, cam: boolean): void {
  unwaited(session?.setMicrophoneActive?.(mic));
  unwaited(session?.setCameraActive?.(cam));
}

/** Tells an iPhone that this is a call, so that it is loud enough. */
export function beACall(on: boolean): void {
  const audio = (navigator as { audioSession?: { type: string } }).audioSession;
  if (audio) audio.type = on ? 'play-and-record' : 'auto';
}
