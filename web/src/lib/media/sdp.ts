/** Checks and changes session descriptions, on the way out and in. */

const maxLength = 24 * 1024;
/** How loud somebody speaks would travel beside the encrypted frames. */
const levelExtension = /^a=extmap:\S+ urn:ietf:params:rtp-hdrext:(?:ssrc|csrc)-audio-level\b/;
const codecLine = /^a=(?:rtpmap|fmtp|rtcp-fb):(\d+) /;

/**
 * Without the extensions that carry audio levels in clear, and without lines
 * about codecs that are not offered: Firefox leaves such lines behind when
 * codecs are taken away, and Chromium refuses them.
 */
export function cleanSdp(sdp: string): string {
  let offered: Set<string> | null = null;
  const kept: string[] = [];
  for (const line of sdp.split('\r\n')) {
    if (line.startsWith('m=')) offered = new Set(line.split(' ').slice(3));
    const codec = codecLine.exec(line)?.[1];
    const orphan = codec !== undefined && offered !== null && !offered.has(codec);
    if (!orphan && !levelExtension.test(line)) kept.push(line);
  }
  return kept.join('\r\n');
}

/** Whether a description from the other side is of a connection as we make them. */
export function acceptable(sdp: string): boolean {
  if (sdp.length > maxLength) return false;
  const kinds = sdp
    .split(/\r?\n/)
    .filter((line) => line.startsWith('m='))
    .map((line) => line.slice(2, line.indexOf(' ')));
  return kinds.length === 2 && kinds.includes('audio') && kinds.includes('video');
}
