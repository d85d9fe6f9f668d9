/** A browser with devices that tests plug in, take away and make hang. */
import { vi } from 'vitest';
import type { DeviceKind, Permission } from './problems';

export class FakeTrack extends EventTarget {
  readyState: 'live' | 'ended' = 'live';
  enabled = true;
  muted = false;
  contentHint = '';
  onended: (() => void) | null = null;
  onmute: (() => void) | null = null;
  onunmute: (() => void) | null = null;

  constructor(
    readonly kind: DeviceKind,
    readonly deviceId: string,
    readonly label: string,
  ) {
    super();
  }

  getSettings() {
    return { deviceId: this.deviceId };
  }

  stop() {
    this.readyState = 'ended';
  }
}

type Listed = { kind: MediaDeviceKind; deviceId: string; label: string };

const listedKind = { audio: 'audioinput', video: 'videoinput' } as const;

/** Install with `use()`, take away with `vi.unstubAllGlobals()`. */
export class FakeBrowser {
  devices: Listed[] = [
    { kind: 'audioinput', deviceId: 'mic', label: 'Microphone' },
    { kind: 'videoinput', deviceId: 'cam', label: 'Camera' },
    { kind: 'audiooutput', deviceId: 'default', label: 'Default' },
  ];
  permissions: Record<DeviceKind, Permission> = { audio: 'granted', video: 'granted' };
  /** Questions stay open until `answer`. */
  asks = false;
  hidden = false;
  /** Every request, as the kinds it was for; and every track there ever was. */
  requests: string[] = [];
  tracks: FakeTrack[] = [];
  private readonly media = new EventTarget();
  private readonly page = new EventTarget();
  private readonly statuses: { kind: DeviceKind; status: EventTarget & { state: string } }[] = [];
  private questions: (() => void)[] = [];

  use(): void {
    const mediaDevices = Object.assign(this.media, {
      getUserMedia: (wanted: MediaStreamConstraints) => this.open(wanted),
      enumerateDevices: async () => this.devices,
    });
    const query = async ({ name }: { name: string }) => {
      const kind = name === 'camera' ? 'video' : 'audio';
      const status = Object.assign(new EventTarget(), { state: this.permissions[kind] as string });
      this.statuses.push({ kind, status });
      return status;
    };
    vi.stubGlobal('navigator', { mediaDevices, permissions: { query } });
    const page = Object.defineProperties(this.page, {
      hidden: { get: () => this.hidden },
      visibilityState: { get: () => (this.hidden ? 'hidden' : 'visible') },
    });
    vi.stubGlobal('document', page);
    vi.stubGlobal('window', globalThis);
  }

  /** The tracks that are open now, by kind. */
  get live(): string[] {
    return this.tracks.filter((track) => track.readyState === 'live').map((track) => track.kind);
  }

  /** The person allows what is asked. */
  async answer(): Promise<void> {
    for (const settle of this.questions.splice(0)) settle();
    await settled();
  }

  async plugIn(kind: MediaDeviceKind, deviceId: string, label: string): Promise<void> {
    this.devices = [...this.devices, { kind, deviceId, label }];
    await this.changed();
  }

  /** Tracks of the device end, as browsers have it. */
  async unplug(deviceId: string): Promise<void> {
    this.devices = this.devices.filter((device) => device.deviceId !== deviceId);
    this.endTracks((track) => track.deviceId === deviceId);
    await this.changed();
  }

  /** In the browser's own menus. Taking a permission away ends the tracks. */
  async permit(kind: DeviceKind, permission: PermissionState): Promise<void> {
    this.permissions[kind] = permission;
    for (const { kind: of, status } of this.statuses) {
      if (of !== kind) continue;
      status.state = permission;
      status.dispatchEvent(new Event('change'));
    }
    if (permission !== 'granted') this.endTracks((track) => track.kind === kind);
    await settled();
  }

  async show(visible: boolean): Promise<void> {
    this.hidden = !visible;
    this.page.dispatchEvent(new Event('visibilitychange'));
    await settled();
  }

  private async changed(): Promise<void> {
    this.media.dispatchEvent(new Event('devicechange'));
    await settled();
  }

  private endTracks(which: (track: FakeTrack) => boolean): void {
    for (const track of this.tracks) {
      if (track.readyState === 'ended' || !which(track)) continue;
      track.readyState = 'ended';
      track.onended?.();
    }
  }

  private async open(wanted: MediaStreamConstraints): Promise<object> {
    const kinds = (['audio', 'video'] as const).filter((kind) => wanted[kind]);
    this.requests.push(kinds.join('+'));
    if (this.asks) await new Promise<void>((resolve) => this.questions.push(resolve));
    for (const kind of kinds) {
      if (this.permissions[kind] === 'denied') throw failure('NotAllowedError');
    }
    const tracks = kinds.map((kind) => this.track(kind, wanted[kind] as MediaTrackConstraints));
    this.tracks.push(...tracks);
    return {
      getTracks: () => tracks,
      getAudioTracks: () => tracks.filter((track) => track.kind === 'audio'),
      getVideoTracks: () => tracks.filter((track) => track.kind === 'video'),
    };
  }

  private track(kind: DeviceKind, wanted: MediaTrackConstraints): FakeTrack {
    const there = this.devices.filter((device) => device.kind === listedKind[kind]);
    const id = wanted.deviceId as { exact?: string; ideal?: string } | undefined;
    const fitting = there.find(({ deviceId }) => deviceId === (id?.exact ?? id?.ideal));
    const device = fitting ?? (id?.exact ? undefined : there[0]);
    if (!device) throw failure('NotFoundError');
    return new FakeTrack(kind, device.deviceId, device.label);
  }
}

function failure(name: string): Error {
  return Object.assign(new Error(name), { name });
}

/** Everything that waits for promises alone has run. */
export async function settled(): Promise<void> {
  for (let i = 0; i < 30; i++) await Promise.resolve();
}
