// Runs in a page before the app: keeps what the app makes within a test's reach.
// It changes nothing but, when `relay` is set, the port of the TURN server, with
// `only` (a pattern) which of its addresses there are, and, when `light` is set,
// what camera and microphone give: little enough for twenty pages, and not worked on.

/** Init script; `options` = {relay?: {from: port, to: port}, only?: string, storage?: {key: value}, light?: boolean}. */
export function observe(options) {
  const seen = { connections: [], sockets: [], violations: [] };
  Object.defineProperty(window, '__seen', { value: seen });
  for (const [key, value] of Object.entries(options.storage ?? {})) {
    try {
      if (localStorage.getItem(key) === null) localStorage.setItem(key, value);
    } catch {
      // about:blank has none
    }
  }
  addEventListener('securitypolicyviolation', (e) =>
    seen.violations.push(`${e.violatedDirective} ${e.blockedURI}`),
  );

  const { relay, only } = options;
  const redirect = (url) => (relay ? url.replace(`localhost:${relay.from}`, `127.0.0.1:${relay.to}`) : url);
  const allowed = (url) => !only || new RegExp(only).test(url);
  const redirected = (config) =>
    (relay || only) && config?.iceServers
      ? {
          ...config,
          iceServers: config.iceServers
            .map((s) => ({ ...s, urls: [s.urls].flat().filter(allowed).map(redirect) }))
            .filter((s) => s.urls.length > 0),
        }
      : config;
  const Connection = window.RTCPeerConnection;
  window.RTCPeerConnection = class RTCPeerConnection extends Connection {
    constructor(config, ...rest) {
      super(redirected(config), ...rest);
      seen.connections.push(this);
    }
    setConfiguration(config) {
      return super.setConfiguration(redirected(config));
    }
  };
  if (options.light && navigator.mediaDevices) {
    const open = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
    const video = { width: 160, height: 120, frameRate: 5 };
    const audio = { echoCancellation: false, noiseSuppression: false, autoGainControl: false };
    navigator.mediaDevices.getUserMedia = (wanted = {}) =>
      open({ ...(wanted.audio ? { audio } : {}), ...(wanted.video ? { video } : {}) });
  }
  const Socket = window.WebSocket;
  window.WebSocket = class WebSocket extends Socket {
    constructor(...args) {
      super(...args);
      seen.sockets.push(this);
    }
  };
}

/** Arrivals, summed over every open connection. Runs in the page. */
export async function measure() {
  const sum = { framesReceived: 0, framesDecoded: 0, audioEnergy: 0, audioPackets: 0, videoPackets: 0, pairs: [] };
  for (const connection of window.__seen.connections) {
    if (connection.connectionState === 'closed') continue;
    const stats = await connection.getStats();
    for (const r of stats.values()) {
      if (r.type === 'inbound-rtp' && r.kind === 'video') {
        sum.framesReceived += r.framesReceived ?? 0;
        sum.framesDecoded += r.framesDecoded ?? 0;
        sum.videoPackets += r.packetsReceived ?? 0;
      }
      if (r.type === 'inbound-rtp' && r.kind === 'audio') {
        sum.audioEnergy += r.totalAudioEnergy ?? 0;
        sum.audioPackets += r.packetsReceived ?? 0;
      }
      if (r.type === 'candidate-pair' && r.nominated && r.state === 'succeeded') {
        const local = stats.get(r.localCandidateId);
        const remote = stats.get(r.remoteCandidateId);
        sum.pairs.push({
          local: local?.candidateType,
          protocol: local?.relayProtocol ?? local?.protocol,
          remote: remote?.candidateType,
          sent: r.bytesSent ?? 0,
          received: r.bytesReceived ?? 0,
        });
      }
    }
  }
  sum.pairs.sort((a, b) => b.received - a.received);
  return sum;
}

/** Waits for `wanted` frames on screen; resolves to {frames, width}. Runs in the page. */
export function watch(selector, wanted, timeout) {
  return new Promise((done) => {
    let video = null;
    let frames = 0;
    const finish = () => {
      clearTimeout(late);
      clearInterval(looking);
      done({ frames, width: video?.videoWidth ?? 0, muted: video?.muted, missing: !video });
    };
    const next = (of) => () => {
      if (of !== video) return;
      frames++;
      if (frames < wanted) of.requestVideoFrameCallback(next(of));
      else finish();
    };
    // The page may put another element in its place, as when pictures stop and come back.
    const look = () => {
      const now = document.querySelector(selector);
      if (now === video) return;
      video = now;
      video?.requestVideoFrameCallback(next(video));
    };
    const late = setTimeout(finish, timeout);
    const looking = setInterval(look, 100);
    look();
  });
}

/** The state of every connection, for whoever looks into a failure. Runs in the page. */
export async function diagnose() {
  const all = [];
  for (const c of window.__seen.connections) {
    const candidates = [];
    const pairs = [];
    for (const r of (await c.getStats()).values()) {
      if (/^(local|remote)-candidate$/.test(r.type)) {
        candidates.push(`${r.type} ${r.candidateType} ${r.relayProtocol ?? r.protocol} ${r.address}:${r.port}`);
      }
      if (r.type === 'candidate-pair') pairs.push(`${r.state} ${r.nominated} sent ${r.bytesSent} received ${r.bytesReceived}`);
    }
    all.push({
      signaling: c.signalingState,
      ice: c.iceConnectionState,
      gathering: c.iceGatheringState,
      connection: c.connectionState,
      transceivers: c.getTransceivers().map((t) => `${t.mid} ${t.direction} ${t.currentDirection}`),
      candidates,
      pairs,
      local: c.localDescription?.sdp,
      remote: c.remoteDescription?.sdp,
    });
  }
  return all;
}
