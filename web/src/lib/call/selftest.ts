/**
 * Before anything real is sent: two connections inside this page, made by the
 * same recipe, must show sealed frames at both ends and not one that was not.
 * The route between them is whatever the configuration allows: inside the machine,
 * or through the relay where the browser or the machine lets nothing out directly.
 */
import { within } from '../browser/deadline';
import { clock } from '../clock';
import { random } from '../crypto/bytes';
import { importSecret } from '../crypto/kdf';
import type { FrameCrypto } from '../e2ee/frame-crypto';
import { Connection } from '../media/connection';
import { surplus } from '../media/health';
import { sentOf } from '../media/stats';

export type SelfTest =
  | { passed: true; ms: number }
  /** `untested`: the two connections found no route, so nothing is known of encryption. */
  | { passed: false; why: string; untested?: true };

const wanted = 3;
/** Milliseconds until frames must have come, once there is a route. */
const patience = 8_000;
const drawEvery = 40;
const statsLimit = 3_000;
/** A worker that is behind has this long to catch up. */
const settling = 1_500;

/**
 * `frames` is a worker of its own: its keys are thrown away with it. `routeLimit` is how many
 * milliseconds a route may take to come up.
 */
export async function selfTest(
  frames: FrameCrypto,
  config: RTCConfiguration,
  routeLimit: number,
): Promise<SelfTest> {
  const began = clock.steady();
  const peer = 'self-test';
  const base = await importSecret(random(16));
  const roster = [{ leaf: 0, member: peer }];
  frames.setKey({ k: 'install', group: peer, epoch: 0n, base, suite: 4, self: 0, roster });
  frames.setKey({ k: 'switch', epoch: 0n });
  const picture = movingPicture();
  const { pair, dead } = connect(frames, peer, config);
  let connectedAt: number | null = null;
  try {
    for (const side of pair) side.setTrack('video', picture.track);
    for (;;) {
      await new Promise((resolve) => setTimeout(resolve, drawEvery));
      const result = judge(pair);
      if (result === 'unmarked') return { passed: false, why: 'a frame came unencrypted' };
      if (result === 'enough') return await confirm(frames, pair, began);
      const now = clock.steady();
      if (pair.every((side) => side.state === 'connected')) connectedAt ??= now;
      if (connectedAt === null && (dead() || now - began > routeLimit)) {
        return { passed: false, why: 'no route', untested: true };
      }
      if (connectedAt !== null && now - connectedAt > patience) {
        return { passed: false, why: 'no encrypted frames came' };
      }
    }
  } finally {
    picture.stop();
    for (const side of pair) side.close();
  }
}

/** `dead` tells that no route can come up any more. */
function connect(frames: FrameCrypto, peer: string, config: RTCConfiguration) {
  const sides: Connection[] = [];
  /** Candidates of each side, and whether there are no more to come. */
  const found = [0, 0];
  const all = [false, false];
  for (const [i, impolite] of [true, false].entries()) {
    let order: Promise<void> = Promise.resolve();
    const other = () => sides[1 - i] as Connection;
    const side = new Connection({
      frames,
      peer,
      config,
      impolite,
      describe: (type, sdp) => {
        order = order.then(() => other().described(type, sdp));
      },
      candidate: (candidate) => {
        if (candidate.candidate) found[i] = (found[i] ?? 0) + 1;
        else if (candidate.candidate === null) all[i] = true;
        order = order.then(() => other().addCandidate(candidate));
      },
      onchange: () => {},
    });
    sides.push(side);
  }
  const pair = sides as [Connection, Connection];
  const dead = () =>
    pair.some((side) => side.state === 'failed') ||
    [0, 1].some((i) => all[i] === true && found[i] === 0);
  return { pair, dead };
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
