/** `window.catchup`: what tests and problem reports may see. No secret, name or address. */
import { events, type LoggedEvent } from '../events';
import type { ConnectionReport } from '../media/plane';
import type { CallState } from './types';

export interface Inspectable {
  state(): CallState;
  report(): ConnectionReport[];
}

declare global {
  interface Window {
    catchup?: {
      state(): object;
      frameCounters(): object;
      connections(): object;
      events(): LoggedEvent[];
    };
  }
}

/** The last call made is the one to be seen. */
export function inspect(call: Inspectable): void {
  window.catchup = {
    state: () => {
      const { phase, error, since, members, mic, cam, encryptionReady } = call.state();
      const others = members.map(({ away, media, mic, cam, audio, video, route }) => {
        return { away, media, mic, cam, audio: audio !== null, video: video !== null, route };
      });
      return { phase, error: error?.code ?? null, since, mic, cam, encryptionReady, others };
    },
    frameCounters: () => call.report().map(({ frames }) => frames),
    connections: () => call.report(),
    events: () => events.entries,
  };
}
