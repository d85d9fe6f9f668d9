// A data channel of node-datachannel (libdatachannel, libjuice) whose both ends
// use relayed candidates alone (contract: ../README.md).
import { ask, drive, End, exchange, load, openPath, pause, timed } from './contract.mjs';

const { PeerConnection, cleanup } = load('node-datachannel');

function connect(name, user) {
  return new PeerConnection(name, {
    iceServers: [{
      hostname: ask.host,
      port: ask.port,
      ...user,
      relayType: ask.transport === 'tcp' ? 'TurnTcp' : 'TurnUdp',
    }],
    iceTransportPolicy: 'relay',
  });
}

/** Candidates go to the other side as they come; resolves at the first relayed one. */
function introduce(from, to) {
  from.onLocalDescription((sdp, type) => to.setRemoteDescription(sdp, type));
  return new Promise((done, failed) => {
    from.onLocalCandidate((candidate, mid) => {
      to.addRemoteCandidate(candidate, mid);
      if (candidate.includes(' typ relay')) done();
    });
    from.onGatheringStateChange((state) => {
      if (state === 'complete') setTimeout(failed, 50, new Error('no relayed candidate'));
    });
  });
}

const opened = (channel) => new Promise((done) => {
  if (channel.isOpen()) done(channel);
  else channel.onOpen(() => done(channel));
});

function endOf(channel) {
  const end = new End((bytes) => channel.sendMessageBinary(bytes));
  channel.onMessage((bytes) => end.take(bytes));
  return end;
}

await drive('node-datachannel', async () => {
  const pa = connect('a', ask.a);
  const pb = connect('b', ask.b);
  const [atA, atB] = [introduce(pa, pb), introduce(pb, pa)];
  for (const gathered of [atA, atB]) gathered.catch(() => {});
  const incoming = new Promise((done) => pb.onDataChannel(done));
  const begun = performance.now();
  const outgoing = pa.createDataChannel('interop', { unordered: true, maxRetransmits: 0 });
  await timed('allocate', () => Promise.all([atA, atB]));
  const channels = await timed('open', () => Promise.all([opened(outgoing), incoming.then(opened)]));
  const openMs = performance.now() - begun;
  const [a, b] = channels.map(endOf);
  if (ask.only_open) {
    pa.close();
    pb.close();
    return { open_ms: openMs };
  }
  await timed('talk', () => openPath(a, b));
  const seen = await exchange(a, b);
  await timed('close', async () => {
    for (const connection of [pa, pb]) connection.close();
    while (pa.state() !== 'closed' || pb.state() !== 'closed') await pause(5);
  });
  cleanup();
  return { ...seen, open_ms: openMs };
});
