// In which order a connection does things, with a browser that only takes notes:
// transforms before any negotiation, tracks after every transform has its key.
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { FrameCrypto } from '../e2ee/frame-crypto';
import { Connection } from './connection';
import type { Kind } from './types';

const sdp = 'v=0\r\nm=audio 9 UDP/TLS/RTP/SAVPF 111\r\nm=video 9 UDP/TLS/RTP/SAVPF 96\r\n';
let notes: string[] = [];
let ready: (() => void)[] = [];

/** Keeps what it is given, and notes when. */
function end(name: string) {
  let transform: object | null = null;
  return {
    get transform() {
      return transform;
    },
    set transform(next) {
      notes.push(next === null ? `${name} without` : transform ? `${name} again` : name);
      transform = next;
    },
  };
}

class FakeTransceiver {
  direction = 'recvonly';
  readonly sender;
  readonly receiver;

  constructor(readonly kind: Kind) {
    const replaceTrack = async (track: object | null) => {
      notes.push(`${kind} track ${track === null ? 'out' : 'in'}`);
      this.sender.track = track;
    };
    const parameters = { getParameters: () => ({}), setParameters: async () => {} };
    const track = null as object | null;
    this.sender = Object.assign(end(`seal ${kind}`), { track, replaceTrack, ...parameters });
    this.receiver = Object.assign(end(`open ${kind}`), { track: { kind } });
  }

  setCodecPreferences(codecs: { mimeType: string }[]) {
    notes.push(`${this.kind}: ${codecs.map(({ mimeType }) => mimeType).join()}`);
  }
}

class FakePeer {
  onnegotiationneeded: (() => void) | null = null;
  signalingState = 'stable';
  localDescription: object | null = null;
  remoteDescription: object | null = null;
  readonly transceivers: FakeTransceiver[] = [];

  constructor(readonly config: object) {}

  addTransceiver(what: unknown) {
    // A kind, and never a track.
    notes.push(`add ${what}`);
    const made = new FakeTransceiver(what as Kind);
    this.transceivers.push(made);
    return made;
  }
  getTransceivers() {
    return this.transceivers;
  }
  async setRemoteDescription(description: object) {
    await Promise.resolve();
    notes.push('remote description');
    this.remoteDescription = description;
    if (this.transceivers.length > 0) return;
    for (const kind of ['audio', 'video'] as const)
      this.transceivers.push(new FakeTransceiver(kind));
  }
  async setLocalDescription() {
    notes.push('local description');
    this.localDescription = { type: 'answer', sdp };
  }
  restartIce() {}
  close() {}
}

const frames = {
  transform: (options: object) => {
    const released = new Promise<void>((resolve) => ready.push(resolve));
    return { options, transform: {}, ready: released, onchange: null };
  },
  close: () => {},
} as unknown as FrameCrypto;

function connect(impolite: boolean) {
  const described: string[] = [];
  const connection = new Connection({
    frames,
    peer: 'bob',
    config: {},
    impolite,
    describe: (type) => described.push(type),
    candidate: () => {},
    onchange: () => {},
  });
  return { connection, peer: connection.pc as unknown as FakePeer, described };
}

const settle = () => new Promise((resolve) => setTimeout(resolve, 0));
const camera = {
  kind: 'video',
  contentHint: '',
  getSettings: () => ({}),
} as unknown as MediaStreamTrack;
const mic = { kind: 'audio' } as unknown as MediaStreamTrack;
const lane = (kind: Kind, mime: string) => [`seal ${kind}`, `open ${kind}`, `${kind}: ${mime}`];
const lanes = [...lane('audio', 'audio/opus'), ...lane('video', 'video/VP8,video/rtx')];

beforeEach(() => {
  notes = [];
  ready = [];
  vi.stubGlobal('RTCPeerConnection', FakePeer);
  vi.stubGlobal('MediaStream', class {});
  vi.stubGlobal('RTCRtpReceiver', {
    getCapabilities: (kind: Kind) => {
      const all = ['audio/opus', 'audio/red', 'audio/PCMU', 'video/VP8', 'video/rtx', 'video/H264'];
      return { codecs: all.filter((m) => m.startsWith(kind)).map((mimeType) => ({ mimeType })) };
    },
  });
});
afterEach(() => vi.unstubAllGlobals());

describe('transforms', () => {
  it('of who offers are there in the task in which the transceiver is made', () => {
    connect(true);
    expect(notes).toEqual(['add audio', ...lanes.slice(0, 3), 'add video', ...lanes.slice(3)]);
  });

  it('of who answers are there between the two descriptions', async () => {
    const { connection, described } = connect(false);
    expect(notes).toEqual([]);
    await connection.described('offer', sdp);
    expect(notes).toEqual(['remote description', ...lanes, 'local description']);
    expect(described).toEqual(['answer']);
  });

  it('are never taken off or changed, whatever happens', async () => {
    for (const impolite of [true, false]) {
      const { connection, peer } = connect(impolite);
      await connection.described(impolite ? 'answer' : 'offer', sdp);
      for (const release of ready) release();
      connection.setTrack('video', camera);
      await settle();
      connection.setTrack('video', null);
      peer.onnegotiationneeded?.();
      await connection.described(impolite ? 'answer' : 'offer', sdp);
      connection.restartIce();
      connection.close();
      await settle();
      expect(notes.filter((note) => /again|without/.test(note))).toEqual([]);
    }
    expect(notes.filter((note) => /^(?:seal|open) /.test(note))).toHaveLength(8);
  });
});

describe('tracks', () => {
  it.each([true, false])(
    'come in when all transforms run and have keys; impolite: %s',
    async (impolite) => {
      const { connection } = connect(impolite);
      if (!impolite) await connection.described('offer', sdp);
      connection.setTrack('video', camera);
      connection.setTrack('audio', mic);
      expect(ready).toHaveLength(4);
      for (const release of ready.slice(0, 3)) {
        release();
        await settle();
        expect(notes.filter((note) => note.includes('track'))).toEqual([]);
      }
      ready[3]?.();
      await settle();
      const came = notes.filter((note) => note.includes('track')).sort();
      expect(came).toEqual(['audio track in', 'video track in']);
    },
  );
});

describe('a description', () => {
  it('with more, less or other media than ours is not taken', async () => {
    const { connection } = connect(false);
    const [audio, video] = sdp.split(/(?=m=)/).slice(1);
    for (const odd of ['', `v=0\r\n${audio}`, `${sdp}${video}`, `${sdp}m=application 9 x y\r\n`]) {
      await connection.described('offer', odd);
    }
    expect(notes).toEqual([]);
  });
});

describe('a browser that does not answer', () => {
  beforeEach(() => {
    vi.useFakeTimers();
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  it('does not keep the next offer or description from being made', async () => {
    const { connection, peer, described } = connect(true);
    const real = peer.setLocalDescription.bind(peer);
    peer.setLocalDescription = () => new Promise(() => {});
    peer.onnegotiationneeded?.();
    await vi.advanceTimersByTimeAsync(10_000);
    expect(connection.problems).toBe(1);
    peer.setLocalDescription = real;
    await connection.described('offer', sdp);
    expect(described).toEqual(['answer']);
  });

  it('does not keep the next track from being put in', async () => {
    const { connection, peer } = connect(true);
    for (const release of ready) release();
    await vi.advanceTimersByTimeAsync(0);
    const sender = peer.transceivers[1]?.sender as { replaceTrack: unknown };
    const real = sender.replaceTrack;
    sender.replaceTrack = () => new Promise(() => {});
    connection.setTrack('video', camera);
    await vi.advanceTimersByTimeAsync(5_000);
    sender.replaceTrack = real;
    connection.setTrack('audio', mic);
    await vi.advanceTimersByTimeAsync(0);
    expect(notes.at(-1)).toBe('audio track in');
  });
});
