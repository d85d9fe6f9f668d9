// One link to each member: which signals reach it, and what they mean together.
import { beforeEach, describe, expect, it, vi } from 'vitest';
import type { PeerMessage } from '../mls/messages/peer-message';
import { Mesh } from './mesh';
import type { PeerLinkOptions } from './peer-link';
import type { MediaContext } from './plane';

const made = vi.hoisted(() => [] as FakeLink[]);

interface FakeLink {
  options: PeerLinkOptions;
  connected: boolean;
  givenUp: 'never-connected' | 'lost' | null;
  calls: string[];
}

vi.mock('./peer-link', () => ({
  PeerLink: class {
    connected = false;
    givenUp = null;
    media = 'encrypted';
    route = 'direct';
    calls: string[] = [];
    constructor(readonly options: PeerLinkOptions) {
      made.push(this as never);
    }
    setTrack(kind: string, track: unknown) {
      this.calls.push(`${kind} ${track === null ? 'off' : 'on'}`);
    }
    receive(signal: { k: string }) {
      this.calls.push(signal.k);
    }
    announce(audio: boolean, video: boolean) {
      this.calls.push(`announce ${audio} ${video}`);
    }
    stream = (kind: string) => ({ of: kind });
    close() {
      this.calls.push('close');
    }
  },
}));

const me = new Uint8Array(16).fill(1);
const bob = '02'.repeat(16);
const carol = '03'.repeat(16);
const signal = (to: Uint8Array): PeerMessage => ({ k: 'restart', to: to.slice(), gen: 1 });
const context = { me, reachable: (id: string) => id === bob } as unknown as MediaContext;
const link = (at: number) => made[at] as FakeLink;
let mesh: Mesh;

beforeEach(() => {
  made.length = 0;
  mesh = new Mesh(context);
});

describe('a mesh', () => {
  it('has one link to each member, with the tracks that are sent', () => {
    const track = {} as MediaStreamTrack;
    mesh.setTrack('audio', track);
    mesh.add(bob);
    mesh.add(bob);
    mesh.add(carol);
    expect(made.map(({ calls }) => calls)).toEqual(Array(2).fill(['audio on', 'video off']));
    expect([link(0).options.signalling(), link(1).options.signalling()]).toEqual([true, false]);
    mesh.setTrack('audio', null);
    expect(made.map(({ calls }) => calls.at(-1))).toEqual(['audio off', 'audio off']);
  });

  it('gives a member signals for me alone, and no other messages', () => {
    mesh.add(bob);
    mesh.receive(bob, signal(me));
    mesh.receive(bob, signal(new Uint8Array(16).fill(3)));
    mesh.receive(bob, { k: 'chat', text: 'hi' });
    mesh.receive(carol, signal(me));
    mesh.announce(bob, { audio: true, video: false });
    expect(link(0).calls.slice(2)).toEqual(['restart', 'announce true false']);
  });

  it('remembers the counters of a member that comes back', () => {
    mesh.add(bob);
    link(0).options.memory.gen = 7;
    mesh.remove(bob);
    expect(link(0).calls.at(-1)).toBe('close');
    mesh.add(bob);
    expect(link(1).options.memory.gen).toBe(7);
  });

  it('shows no media of a member that it does not have', () => {
    mesh.add(bob);
    expect(mesh.of(bob)).toMatchObject({ media: 'encrypted', audio: { of: 'audio' } });
    expect(mesh.of(carol)).toEqual({ media: 'connecting', audio: null, video: null, route: null });
  });

  it('reaches nobody only when one link gave up and none is connected', () => {
    for (const id of [bob, carol]) mesh.add(id);
    expect([mesh.connected, mesh.unreachable]).toEqual([false, null]);
    link(0).givenUp = 'never-connected';
    expect(mesh.unreachable).toBe('never-connected');
    link(1).givenUp = 'lost';
    expect(mesh.unreachable).toBe('lost');
    Object.assign(link(1), { givenUp: null, connected: true });
    expect([mesh.connected, mesh.unreachable]).toEqual([true, null]);
    mesh.close();
    expect(made.map(({ calls }) => calls.at(-1))).toEqual(['close', 'close']);
  });
});
