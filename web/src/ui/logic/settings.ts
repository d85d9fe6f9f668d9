/** Settings that this browser remembers: one key, no secrets. */
import type { RoutePolicy } from '../../lib/call/types';

export interface Settings {
  name: string;
  camId: string;
  micId: string;
  speakerId: string;
  route: RoutePolicy;
  /** Single-key shortcuts in a call. */
  keys: boolean;
}

export const SETTINGS_KEY = 'catchup.settings';
export const NAME_LIMIT = 64;

const defaults: Settings = {
  name: '',
  camId: '',
  micId: '',
  speakerId: '',
  route: 'auto',
  keys: true,
};
const routes: readonly string[] = ['auto', 'relay', 'relay-udp', 'relay-tcp'];

/** Reads what was stored; anything missing or odd gets its default. */
export function parseSettings(text: string | null): Settings {
  let raw: unknown;
  try {
    raw = JSON.parse(text ?? '{}');
  } catch {
    raw = {};
  }
  const from = (typeof raw === 'object' && raw !== null ? raw : {}) as Record<string, unknown>;
  const words = (key: string, limit: number): string => {
    const value = from[key];
    return typeof value === 'string' ? value.slice(0, limit) : '';
  };
  const route = words('route', 16);
  return {
    name: words('name', NAME_LIMIT),
    camId: words('camId', 512),
    micId: words('micId', 512),
    speakerId: words('speakerId', 512),
    route: routes.includes(route) ? (route as RoutePolicy) : defaults.route,
    keys: typeof from.keys === 'boolean' ? from.keys : defaults.keys,
  };
}

/** Storage may be absent (private windows, blocked site data): then nothing is remembered. */
export function loadSettings(): Settings {
  try {
    return parseSettings(localStorage.getItem(SETTINGS_KEY));
  } catch {
    return { ...defaults };
  }
}

export function saveSettings(settings: Settings): void {
  try {
    localStorage.setItem(SETTINGS_KEY, JSON.stringify(settings));
  } catch {
    // Nothing to do: the choices hold until the page closes.
  }
}
