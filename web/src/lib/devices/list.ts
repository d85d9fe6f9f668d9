/** The devices there are, and what to do when that changes. */
import { within } from '../browser/deadline';

export interface Device {
  id: string;
  label: string; // '' until a permission was given
}

export interface Devices {
  mics: Device[];
  cams: Device[];
  speakers: Device[];
}

export const noDevices: Devices = { mics: [], cams: [], speakers: [] };

export function sortDevices(
  infos: readonly Pick<MediaDeviceInfo, 'deviceId' | 'kind' | 'label'>[],
): Devices {
  // Before a permission was given a browser lists one entry without an id per kind.
  const of = (kind: MediaDeviceKind) =>
    infos
      .filter((info) => info.kind === kind && info.deviceId)
      .map(({ deviceId, label }) => ({ id: deviceId, label }));
  return { mics: of('audioinput'), cams: of('videoinput'), speakers: of('audiooutput') };
}

const listLimit = 3_000;

/** null: the browser does not tell, or not in time. */
export async function listDevices(): Promise<Devices | null> {
  try {
    return sortDevices(await within(listLimit, navigator.mediaDevices.enumerateDevices()));
  } catch {
    return null;
  }
}

/** Whether `id` came with a change of the devices; a list that becomes known is no change. */
export function cameBack(id: string, before: readonly Device[], after: readonly Device[]): boolean {
  const has = (devices: readonly Device[]) => devices.some((device) => device.id === id);
  return id !== '' && before.length > 0 && !has(before) && has(after);
}

const worn = /head(?:set|phone)|ear(?:bud|phone)|airpods|buds|hands-?free|bluetooth/i;

/**
 * The microphone to change to after a change of devices, or null to stay: only
 * to something worn on the head that was not there before, since that is a
 * more private device, never the other way round.
 */
export function micToTake(before: readonly Device[], after: readonly Device[]): Device | null {
  const known = new Set(before.map((device) => device.id));
  // 'default' and 'communications' stand for another entry of the same list.
  const fresh = after.filter(
    (device) => !known.has(device.id) && !['default', 'communications'].includes(device.id),
  );
  return before.length > 0 ? (fresh.find((device) => worn.test(device.label)) ?? null) : null;
}
