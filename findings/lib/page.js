// Placed before every page script.
const sleep = (ms) => new Promise((done) => setTimeout(done, ms));

/** "accepted", or the name of the error. */
const attempt = async (act) => {
  try {
    await act();
    return 'accepted';
  } catch (error) {
    return error.name;
  }
};

async function negotiate(a, b) {
  await a.setLocalDescription();
  await b.setRemoteDescription(a.localDescription);
  await b.setLocalDescription();
  await a.setRemoteDescription(b.localDescription);
}

/** Two connections in this page that exchange candidates. */
function connections() {
  const a = new RTCPeerConnection();
  const b = new RTCPeerConnection();
  a.onicecandidate = ({ candidate }) => candidate && b.addIceCandidate(candidate);
  b.onicecandidate = ({ candidate }) => candidate && a.addIceCandidate(candidate);
  return [a, b];
}

/** An open data channel of connection a, and the other end of it. */
async function openChannel(a, b) {
  const channel = a.createDataChannel('data');
  const other = new Promise((done) => {
    b.ondatachannel = (event) => done(event.channel);
  });
  await negotiate(a, b);
  if (channel.readyState !== 'open') await new Promise((done) => channel.addEventListener('open', done));
  return [channel, await other];
}

/** A worker that runs `code`; postMessage({ ask }) style questions are answered in order. */
function workerOf(code) {
  return new Worker(URL.createObjectURL(new Blob([code], { type: 'text/javascript' })));
}

const answerOf = (worker, question) =>
  new Promise((done) => {
    worker.onmessage = (event) => done(event.data);
    worker.postMessage(question);
  });

const statsOf = async (connection, type, kind) =>
  [...(await connection.getStats()).values()].find((each) => each.type === type && each.kind === kind);
