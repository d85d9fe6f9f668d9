/** A report a person can send along: no secrets, addresses, names or ids. */
import type { CallError } from '../lib/call/types';
import { events } from '../lib/events';
import { platform } from './platform';

export function problemReport(where: string, error: CallError | null): string {
  return JSON.stringify(
    {
      app: 'catchup',
      where,
      error: error?.code ?? null,
      detail: error?.detail ?? null,
      browser: platform.browser,
      system: platform.system,
      embedded: platform.embedded,
      online: navigator.onLine,
      time: new Date().toISOString(),
      connections: window.catchup?.connections() ?? [],
      events: events.entries,
    },
    null,
    2,
  );
}
