// A data channel of @roamhq/wrtc (libwebrtc) whose both ends use relayed candidates
// alone (contract: ../README.md).
import { ask, drive, End, exchange, load, openPath, timed } from './contract.mjs';

const { RTCPeerConnection } = load('@roamhq/wrtc');

function connect({ username, password }) {
  const urls = `turn:${ask.host}:${ask.port}?transport=${ask.transport}`;
  return new RTCPeerConnection({
    iceServers: [{ urls, username, credential: password }],
    iceTransportPolicy: 'relay',
  });
}

/** Candidates go to the other side as they come; resolves at the first relayed one. */
function introduce(from, to) {
  return new Promise((done, failed) => {
    from.onicecandidate = ({ candidate }) => {
      if (candidate) {
        void to.addIceCandidate(candidate);
        done();
      } else setTimeout(failed, 50, new Error('no relayed candidate'));
    };
  });
}

const opened = (channel) => new Promise((done) => {
  if (channel.readyState === 'open') done(channel);
  else channel.onopen = () => done(channel);
});

function endOf(channel) {
  channel.binaryType = 'arraybuffer';
  const end = new End((bytes) => channel.send(new Uint8Array(bytes)));
  channel.onmessage = ({ data }) => end.take(new Uint8Array(data));
  return end;
}

async function negotiate(pa, pb) {
  const offer = await pa.createOffer();
  await pa.setLocalDescription(offer);
  await pb.setRemoteDescription(offer);
  const answer = await pb.createAnswer();
  await pb.setLocalDescription(answer);
  await pa.setRemoteDescription(answer);
}

await drive('@roamhq/wrtc', async () => {
  const [pa, pb] = [connect(ask.a), connect(ask.b)];
  const gathered = [introduce(pa, pb), introduce(pb, pa)];
  for (const one of gathered) one.catch(() => {});
  const incoming = new Promise((done) => {
    pb.ondatachannel = ({ channel }) => done(channel);
  });
  const outgoing = pa.createDataChannel('interop', { ordered: false, maxRetransmits: 0 });
  await negotiate(pa, pb);
  await timed('allocate', () => Promise.all(gathered));
  const channels = await timed('open', () => Promise.all([opened(outgoing), incoming.then(opened)]));
  const [a, b] = channels.map(endOf);
  await timed('talk', () => openPath(a, b));
  const seen = await exchange(a, b);
  await timed('close', async () => {
    pa.close();
    pb.close();
    // libwebrtc gives its allocations back on a thread of its own.
    await new Promise((done) => setTimeout(done, 300));
  });
  return seen;
});
