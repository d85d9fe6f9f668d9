/** One way to the relay at a time, tried with connections inside this page. */
import { unwaited, within } from '../browser/deadline';
import { clock } from '../clock';

const stunLimit = 11_000;
const relayLimit = 12_000;
const stepLimit = 10_000;
const word = 'catchup check';

/** A STUN server answers when gathering at it alone ends without its error (RFC 8445 §5.1.1.2). */
export async function answersStun(server: RTCIceServer): Promise<boolean> {
  const pc = new RTCPeerConnection({ iceServers: [server] });
  try {
    pc.createDataChannel(word);
    const seen = new Promise<boolean>((resolve) => {
      let refused = false;
      pc.onicecandidateerror = () => {
        refused = true;
      };
      pc.onicecandidate = ({ candidate }) => {
        if (candidate?.type === 'srflx') resolve(true);
        // Without an error and without a candidate: what it would say is known already.
        if (candidate === null) resolve(!refused);
      };
      setTimeout(() => resolve(false), stunLimit);
    });
    await within(stepLimit, pc.setLocalDescription());
    return await seen;
  } finally {
    pc.close();
  }
}

/**
 * Two connections that may use nothing but this relay, and a word from one to the
 * other and back. Milliseconds that took, or null.
 */
export async function passesRelay(server: RTCIceServer): Promise<number | null> {
  const config: RTCConfiguration = { iceServers: [server], iceTransportPolicy: 'relay' };
  const [a, b] = [new RTCPeerConnection(config), new RTCPeerConnection(config)];
  try {
    const came = new Promise<number | null>((resolve) => {
      setTimeout(() => resolve(null), relayLimit);
      const channel = a.createDataChannel(word);
      let sent = 0;
      channel.onopen = () => {
        sent = clock.steady();
        channel.send(word);
      };
      channel.onmessage = () => resolve(clock.steady() - sent);
      b.ondatachannel = ({ channel: other }) => {
        other.onmessage = ({ data }) => other.send(data);
      };
    });
    trickle(a, b);
    trickle(b, a);
    await within(stepLimit, a.setLocalDescription());
    await describe(a, b);
    await within(stepLimit, b.setLocalDescription());
    await describe(b, a);
    return await came;
  } catch {
    return null;
  } finally {
    a.close();
    b.close();
  }
}

async function describe(from: RTCPeerConnection, to: RTCPeerConnection): Promise<void> {
  const description = from.localDescription;
  if (description) await within(stepLimit, to.setRemoteDescription(description));
}

/** Candidates of one go to the other as soon as it can take them. */
function trickle(from: RTCPeerConnection, to: RTCPeerConnection): void {
  const early: RTCIceCandidate[] = [];
  const add = (candidate: RTCIceCandidate) => unwaited(to.addIceCandidate(candidate));
  from.onicecandidate = ({ candidate }) => {
    if (!candidate) return;
    if (to.remoteDescription) add(candidate);
    else early.push(candidate);
  };
  to.addEventListener('signalingstatechange', () => {
    if (to.remoteDescription) for (const candidate of early.splice(0)) add(candidate);
  });
}
