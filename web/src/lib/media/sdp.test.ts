import { describe, expect, it } from 'vitest';
import { acceptable, cleanSdp } from './sdp';

const audio = [
  'm=audio 9 UDP/TLS/RTP/SAVPF 109',
  'a=extmap:1 urn:ietf:params:rtp-hdrext:ssrc-audio-level',
  'a=extmap:2/recvonly urn:ietf:params:rtp-hdrext:csrc-audio-level',
  'a=extmap:3 urn:ietf:params:rtp-hdrext:sdes:mid',
  'a=rtpmap:109 opus/48000/2',
];
const video = [
  'm=video 9 UDP/TLS/RTP/SAVPF 120 124',
  'a=rtpmap:120 VP8/90000',
  'a=fmtp:124 apt=120',
  'a=rtcp-fb:121 nack',
  'a=rtcp-fb:* transport-cc',
];
const sdp = (...lines: string[]) => ['v=0', 's=-', ...lines, ''].join('\r\n');

describe('cleaning', () => {
  it('takes away audio levels and lines about codecs that are not offered, no more', () => {
    expect(cleanSdp(sdp(...audio, ...video))).toBe(
      sdp(
        'm=audio 9 UDP/TLS/RTP/SAVPF 109',
        'a=extmap:3 urn:ietf:params:rtp-hdrext:sdes:mid',
        'a=rtpmap:109 opus/48000/2',
        'm=video 9 UDP/TLS/RTP/SAVPF 120 124',
        'a=rtpmap:120 VP8/90000',
        'a=fmtp:124 apt=120',
        'a=rtcp-fb:* transport-cc',
      ),
    );
  });
});

describe('a description', () => {
  it('has exactly one audio and one video part', () => {
    expect(acceptable(sdp(...audio, ...video))).toBe(true);
    expect(acceptable(sdp(...video, ...audio))).toBe(true);
    expect(acceptable(sdp(...audio))).toBe(false);
    expect(acceptable(sdp(...audio, ...audio))).toBe(false);
    expect(acceptable(sdp(...audio, ...video, ...video))).toBe(false);
    const data = 'm=application 9 UDP/DTLS/SCTP webrtc-datachannel';
    expect(acceptable(sdp(...audio, ...video, data))).toBe(false);
    expect(acceptable(`${sdp(...audio, ...video)}a=${'x'.repeat(30_000)}`)).toBe(false);
  });
});
