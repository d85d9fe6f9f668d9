/** What we look at and change in session descriptions. */

const maxLength = 24 * 1024;
/** How loud somebody speaks would travel beside the encrypted frames. */
const levelExtensions = /^a=extmap:\S+ urn:ietf:params:rtp-hdrext:(?:ssrc|csrc)-audio-level\b/;

/** Without the extensions that carry audio levels in clear. */
export function withoutAudioLevels(sdp: string): string {
  return sdp
    .split('\r\n')
    .filter((line) => !levelExtensions.test(line))
    .join('\r\n');
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
