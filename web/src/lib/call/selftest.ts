/**
 * Before anything real is sent: two connections inside this page, made by the
 * same recipe, must show sealed frames at both ends and not one that was not.
 */
import { within } from '../browser/deadline';
import { clock } from '../clock';
import { random } from '../crypto/bytes';
import { importSecret } from '../crypto/kdf';
import type { FrameCrypto } from '../e2ee/frame-crypto';
import { Connection } from '../media/connection';
import { surplus } from '../media/health';
import { connectionConfig } from '../media/ice-servers';
import { sentOf } from '../media/stats';

export type SelfTest = { passed: true; ms: number } | { passed: false; why: string };

const wanted = 3;
const patience = 8_000;
const drawEvery = 40;
const statsLimit = 3_000;
/** A worker that is behind has this long to catch up. */
const settling = 1_500;

/** `frames` is a worker of its own: its keys are thrown away with it. */
export async function selfTest(frames: FrameCrypto): Promise<SelfTest> {
  const began = clock.steady();
  const peer = 'self-test';
  const base = await importSecret(random(16));
  const roster = [{ leaf: 0, member: peer }];
  frames.setKey({ k: 'install', group: peer, epoch: 0n, base, suite: 4, self: 0, roster });
  frames.setKey({ k: 'switch', epoch: 0n });
  const picture = movingPicture();
  const pair = connect(frames, peer);
  try {
    for (const side of pair) side.setTrack('video', picture.track);
    while (clock.steady() - began < patience) {
      await new Promise((resolve) => setTimeout(resolve, drawEvery));
      const result = judge(pair);
      if (result === 'unmarked') return { passed: false, why: 'a frame came unencrypted' };
      if (result === 'enough') return await confirm(frames, pair, began);
    }
    const connected = pair.every((side) => side.state === 'connected');
    return { passed: false, why: connected ? 'no encrypted frames came' : 'no route inside' };
  } finally {
    picture.stop();
    for (const side of pair) side.close();
  }
}

function connect(frames: FrameCrypto, peer: string): [Connection, Connection] {
  const config = connectionConfig([], 'auto');
  const make = (impolite: boolean, other: () => Connection): Connection => {
    let order: Promise<void> = Promise.resolve();
    return new Connection({
      frames,
      peer,
      config,
      impolite,
      describe: (type, sdp) => {
        order = order.then(() => other().described(type, sdp));
      },
      candidate: (candidate) => {
        order = order.then(() => other().addCandidate(candidate));
      },
      onchange: () => {},
    });
  };
  const a: Connection = make(true, () => b);
  const b: Connection = make(false, () => a);
  return [a, b];
}

function judge(pair: Connection[]): 'enough' | 'unmarked' | 'wait' {
  const opened = pair.map((side) => side.lane('video')?.open.counters);
  if (opened.some((c) => c && c.authFailed + c.dropped > 0)) return 'unmarked';
  return opened.every((c) => c && c.out >= wanted) ? 'enough' : 'wait';
}

/** The senders must agree: what left went through the worker, all of it. */
async function confirm(frames: FrameCrypto, pair: Connection[], began: number): Promise<SelfTest> {
  const reports = await Promise.all(pair.map((side) => within(statsLimit, side.pc.getStats())));
  const until = clock.steady() + settling;
  for (;;) {
    if (!(await frames.poll())) return { passed: false, why: 'the worker is silent' };
    if (judge(pair) === 'unmarked') return { passed: false, why: 'a frame came unencrypted' };
    const clean = pair.every((side, i) => {
      const [report, lane] = [reports[i], side.lane('video')];
      return report && lane && surplus(sentOf(report, 'video', lane.seal.counters)) < 2;
    });
    if (clean) return { passed: true, ms: Math.round(clock.steady() - began) };
    if (clock.steady() > until) return { passed: false, why: 'more was sent than sealed' };
    await new Promise((resolve) => setTimeout(resolve, drawEvery));
  }
}

function movingPicture(): { track: MediaStreamTrack; stop(): void } {
  const canvas = document.createElement('canvas');
  canvas.width = 160;
  canvas.height = 120;
  const context = canvas.getContext('2d');
  let step = 0;
  const draw = () => {
    if (!context) return;
    step += 1;
    context.fillStyle = `hsl(${(step * 37) % 360} 80% 50%)`;
    context.fillRect(0, 0, canvas.width, canvas.height);
  };
  draw();
  const [track] = canvas.captureStream(25).getVideoTracks();
  if (!track) throw new Error('no canvas capture');
  const timer = setInterval(draw, drawEvery);
  return {
    track,
    stop: () => {
      clearInterval(timer);
      track.stop();
    },
  };
}
