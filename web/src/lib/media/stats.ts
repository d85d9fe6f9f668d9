/** Reads what we need out of `RTCStatsReport`s, which browsers fill differently. */
import type { Counters } from '../e2ee/frame-messages';
import type { SentView } from './health';
import type { MediaStats, Route } from './types';

type Entry = Record<string, unknown> & { type: string; id: string };

function entries(report: RTCStatsReport): Entry[] {
  const out: Entry[] = [];
  report.forEach((entry: Entry) => {
    out.push(entry);
  });
  return out;
}

function num(entry: Entry, name: string): number {
  const value = entry[name];
  return typeof value === 'number' ? value : 0;
}

/** Frames sent of one kind, beside the frames that the worker saw. */
export function sentOf(
  report: RTCStatsReport,
  kind: 'audio' | 'video',
  worker: Counters,
): SentView {
  let sent = 0;
  let sentBytes = 0;
  for (const e of entries(report)) {
    if (e.type !== 'outbound-rtp' || e.kind !== kind) continue;
    const packets = num(e, 'packetsSent') - num(e, 'retransmittedPacketsSent');
    sent += kind === 'video' ? num(e, 'framesSent') : packets;
    sentBytes += num(e, 'bytesSent') - num(e, 'retransmittedBytesSent');
  }
  const { in: entered, out: sealed, outBytes: sealedBytes } = worker;
  return { kind, sent, sentBytes, entered, sealed, sealedBytes };
}

/** Frames of video or packets of audio that came in with content. */
export function receivedOf(report: RTCStatsReport, kind: 'audio' | 'video'): number {
  let received = 0;
  for (const e of entries(report)) {
    if (e.type !== 'inbound-rtp' || e.kind !== kind) continue;
    // Padding is no content: packets of it have no payload.
    if (kind === 'video') received += num(e, 'framesReceived');
    else if (num(e, 'bytesReceived') > 0) received += num(e, 'packetsReceived');
  }
  return received;
}

/**
 * Arrivals from the peer by entry: media, and everything else on the route in
 * use (feedback, checks of ICE). Browsers leave out different counters.
 */
export function arrivalsOf(report: RTCStatsReport): Map<string, number> {
  const all = entries(report);
  const arrivals = new Map<string, number>();
  for (const e of all) if (e.type === 'inbound-rtp') arrivals.set(e.id, num(e, 'packetsReceived'));
  const pair = selectedPair(all);
  if (pair) {
    const names = ['bytesReceived', 'packetsReceived', 'requestsReceived', 'responsesReceived'];
    arrivals.set(
      pair.id,
      names.reduce((sum, name) => sum + num(pair, name), 0),
    );
  }
  return arrivals;
}

/** Sums of a report that rates are made of. */
export interface Sample {
  at: number;
  route: Route | null;
  rttMs: number | null;
  sentBytes: number;
  receivedBytes: number;
  received: number;
  lost: number;
  /** Share of our packets that the other side reports lost, 0..1. */
  remoteLoss: number;
}

export function sampleOf(report: RTCStatsReport, now: number): Sample {
  const all = entries(report);
  const pair = selectedPair(all);
  const sample: Sample = {
    at: now,
    route: pair && routeOf(all, pair),
    rttMs: pair ? Math.round(num(pair, 'currentRoundTripTime') * 1000) || null : null,
    sentBytes: 0,
    receivedBytes: 0,
    received: 0,
    lost: 0,
    remoteLoss: 0,
  };
  for (const e of all) {
    if (e.type === 'outbound-rtp') sample.sentBytes += num(e, 'bytesSent');
    if (e.type === 'inbound-rtp') {
      sample.receivedBytes += num(e, 'bytesReceived');
      sample.received += num(e, 'packetsReceived');
      sample.lost += num(e, 'packetsLost');
    }
    if (e.type === 'remote-inbound-rtp') {
      sample.remoteLoss = Math.max(sample.remoteLoss, num(e, 'fractionLost'));
      sample.rttMs ??= Math.round(num(e, 'roundTripTime') * 1000) || null;
    }
  }
  return sample;
}

function selectedPair(all: Entry[]): Entry | null {
  const transport = all.find((e) => e.type === 'transport' && e.selectedCandidatePairId);
  const pairs = all.filter((e) => e.type === 'candidate-pair');
  return (
    pairs.find((e) => e.id === transport?.selectedCandidatePairId) ??
    pairs.find((e) => e.selected === true) ??
    pairs.find((e) => e.nominated === true && e.state === 'succeeded') ??
    null
  );
}

function routeOf(all: Entry[], pair: Entry): Route {
  const ends = [pair.localCandidateId, pair.remoteCandidateId];
  const relayed = all.some((e) => ends.includes(e.id) && e.candidateType === 'relay');
  return relayed ? 'relayed' : 'direct';
}

/** Rates between two samples of one connection; `before` null gives no rates. */
export function statsBetween(before: Sample | null, after: Sample): MediaStats {
  const seconds = before ? (after.at - before.at) / 1000 : 0;
  const kbps = (bytes: number) =>
    seconds > 0 ? Math.max(0, Math.round((bytes * 8) / 1000 / seconds)) : 0;
  const received = after.received - (before?.received ?? 0);
  const lost = Math.max(0, after.lost - (before?.lost ?? 0));
  const own = received + lost > 0 ? lost / (received + lost) : 0;
  return {
    route: after.route,
    rttMs: after.rttMs,
    sendKbps: kbps(after.sentBytes - (before?.sentBytes ?? 0)),
    recvKbps: kbps(after.receivedBytes - (before?.receivedBytes ?? 0)),
    lossPercent: Math.round(Math.max(own, after.remoteLoss) * 1000) / 10,
  };
}
