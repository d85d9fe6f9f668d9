import { describe, expect, it } from 'vitest';
import { noCounters } from '../e2ee/frame-messages';
import { arrivalsOf, receivedOf, sampleOf, sentOf, statsBetween } from './stats';

const report = (...entries: object[]): RTCStatsReport =>
  new Map(
    entries.map((entry, i) => [`${i}`, { id: `${i}`, ...entry }]),
  ) as unknown as RTCStatsReport;

const outbound = { type: 'outbound-rtp', kind: 'video', framesSent: 30, bytesSent: 9000 };

describe('what was sent', () => {
  it('is counted in frames of video and first-time packets of audio', () => {
    const audio = {
      type: 'outbound-rtp',
      kind: 'audio',
      packetsSent: 52,
      retransmittedPacketsSent: 2,
    };
    const all = report(outbound, audio, { type: 'inbound-rtp', kind: 'video', framesSent: 9 });
    const worker = { ...noCounters(), in: 32, out: 31, outBytes: 8 };
    expect(sentOf(all, 'video', worker)).toEqual({
      kind: 'video',
      sent: 30,
      sentBytes: 9000,
      entered: 32,
      sealed: 31,
      sealedBytes: 8,
    });
    expect(sentOf(all, 'audio', worker)).toMatchObject({ sent: 50, sentBytes: 0 });
  });
});

describe('what was received', () => {
  it('is of one kind', () => {
    const all = report(
      { type: 'inbound-rtp', kind: 'video', framesReceived: 20, packetsReceived: 90 },
      { type: 'inbound-rtp', kind: 'audio', packetsReceived: 40, bytesReceived: 100 },
    );
    expect([receivedOf(all, 'video'), receivedOf(all, 'audio')]).toEqual([20, 40]);
  });
});

describe('what arrived', () => {
  it('is media and everything on the route in use, not on other routes', () => {
    const all = report(
      { type: 'inbound-rtp', kind: 'video', packetsReceived: 90 },
      { type: 'transport', selectedCandidatePairId: 'used' },
      { type: 'candidate-pair', id: 'used', bytesReceived: 500, responsesReceived: 3 },
      { type: 'candidate-pair', id: 'spare', bytesReceived: 9, responsesReceived: 8 },
    );
    expect([...arrivalsOf(all)]).toEqual([
      ['0', 90],
      ['used', 503],
    ]);
  });
});

describe('the route', () => {
  const candidates = [
    { id: 'l', type: 'local-candidate', candidateType: 'host' },
    { id: 'r', type: 'remote-candidate', candidateType: 'relay' },
    { id: 'h', type: 'remote-candidate', candidateType: 'srflx' },
  ];
  const relayed = {
    id: 'p1',
    type: 'candidate-pair',
    localCandidateId: 'l',
    remoteCandidateId: 'r',
  };
  const direct = {
    id: 'p2',
    type: 'candidate-pair',
    localCandidateId: 'l',
    remoteCandidateId: 'h',
  };

  it('is that of the selected pair, however a browser marks it', () => {
    const transport = { id: 't', type: 'transport', selectedCandidatePairId: 'p1' };
    expect(sampleOf(report(...candidates, direct, relayed, transport), 0).route).toBe('relayed');
    const chosen = { ...direct, selected: true };
    expect(sampleOf(report(...candidates, relayed, chosen), 0).route).toBe('direct');
    const nominated = {
      ...relayed,
      nominated: true,
      state: 'succeeded',
      currentRoundTripTime: 0.042,
    };
    expect(sampleOf(report(...candidates, direct, nominated), 0)).toMatchObject({
      route: 'relayed',
      rttMs: 42,
    });
    expect(sampleOf(report(...candidates, direct), 0).route).toBeNull();
  });
});

describe('rates', () => {
  const at = (t: number, sent: number, lost: number) =>
    sampleOf(
      report(
        { ...outbound, bytesSent: sent },
        { type: 'inbound-rtp', bytesReceived: sent * 2, packetsReceived: t, packetsLost: lost },
      ),
      t,
    );

  it('are made of two samples', () => {
    expect(statsBetween(at(1000, 0, 0), at(3000, 250_000, 500))).toMatchObject({
      sendKbps: 1000,
      recvKbps: 2000,
      lossPercent: 20,
    });
    expect(statsBetween(null, at(1000, 250_000, 0))).toMatchObject({ sendKbps: 0, recvKbps: 0 });
  });

  it('are never negative when a connection was replaced', () => {
    expect(statsBetween(at(2000, 9000, 9), at(3000, 10, 0))).toMatchObject({
      sendKbps: 0,
      lossPercent: 0,
    });
  });
});
