/**
 * One RTCPeerConnection: made so that no frame can leave before the worker has
 * it (docs/e2ee.md). Only the impolite side makes offers: when Chromium rolls an
 * offer back, frames go past the transforms of the receivers from then on.
 */
import { unwaited, within } from '../browser/deadline';
import { type Codec, type Context, cameraContext, micContext } from '../e2ee/codec';
import type { FrameCrypto, FrameTransform } from '../e2ee/frame-crypto';
import { events } from '../events';
import type { IceCandidate } from '../mls/messages/peer-message';
import { acceptable, cleanSdp } from './sdp';
import type { Kind } from './types';

/** One kind of media, both ways. */
export interface Lane {
  kind: Kind;
  transceiver: RTCRtpTransceiver;
  seal: FrameTransform;
  open: FrameTransform;
  /** Incoming stream; not played before a frame was decrypted. */
  stream: MediaStream;
}

export interface ConnectionOptions {
  frames: FrameCrypto;
  /** The member whose frames arrive. */
  peer: string;
  config: RTCConfiguration;
  /** The impolite side; it makes the first offer. */
  impolite: boolean;
  describe(type: 'offer' | 'answer', sdp: string): void;
  candidate(candidate: IceCandidate): void;
  /** A relay refused our credentials (not told by Firefox). */
  refused?(): void;
  onchange(): void;
}

const kinds: Record<Kind, { context: Context; codec: Codec; mime: RegExp }> = {
  audio: { context: micContext, codec: 'opus', mime: /^audio\/opus$/i },
  video: { context: cameraContext, codec: 'vp8', mime: /^video\/(?:vp8|rtx)$/i },
};

/** Errors of a TURN server (RFC 8489 §14.8, RFC 8656 §19). */
const unauthorized = 401;
const wrongCredentials = 441;
const maxWaiting = 64;
/** Milliseconds for one step of a negotiation, and for a change of what is sent. */
const stepLimit = 10_000;
const senderLimit = 5_000;
const videoBitrate = 1_700_000;
const videoHeight = 720;

export class Connection {
  readonly pc: RTCPeerConnection;
  lanes: Lane[] = [];
  /** Every transform is attached and has its key: tracks may be sent. */
  unlocked = false;
  /** Negotiation steps that went wrong; for problem reports. */
  problems = 0;
  private makingOffer = false;
  private closed = false;
  private waiting: RTCIceCandidateInit[] = [];
  private readonly tracks: Record<Kind, MediaStreamTrack | null> = { audio: null, video: null };
  private replacing: Promise<void> = Promise.resolve();

  constructor(private readonly options: ConnectionOptions) {
    this.pc = new RTCPeerConnection(options.config);
    this.pc.onicecandidate = ({ candidate }) => this.gathered(candidate);
    this.pc.onicecandidateerror = ({ errorCode }) => {
      events.note('ice server error', errorCode);
      if (errorCode === unauthorized || errorCode === wrongCredentials) options.refused?.();
    };
    this.pc.onconnectionstatechange = () => {
      events.note('connection', this.pc.connectionState);
      options.onchange();
    };
    this.pc.oniceconnectionstatechange = () => options.onchange();
    if (options.impolite) {
      this.pc.onnegotiationneeded = () => void this.offer();
      for (const kind of ['audio', 'video'] as const) {
        this.attach(this.pc.addTransceiver(kind, { direction: 'sendrecv' }), kind);
      }
      this.unlockWhenReady();
    }
  }

  get state(): RTCPeerConnectionState {
    // Firefox tells of a lost route here first.
    const ice = this.pc.iceConnectionState;
    if (this.pc.connectionState === 'connected' && ice === 'disconnected') return 'disconnected';
    return this.pc.connectionState;
  }

  lane(kind: Kind): Lane | undefined {
    return this.lanes.find((lane) => lane.kind === kind);
  }

  setTrack(kind: Kind, track: MediaStreamTrack | null): void {
    this.tracks[kind] = track;
    if (this.unlocked) this.replace(kind);
  }

  /** A description from the other side. */
  async described(type: 'offer' | 'answer', sdp: string): Promise<void> {
    const { pc } = this;
    if (this.closed || !acceptable(sdp)) return;
    const busy = this.makingOffer || pc.signalingState !== 'stable';
    if (type === 'offer' && busy) return;
    try {
      await within(stepLimit, pc.setRemoteDescription({ type, sdp: cleanSdp(sdp) }));
      if (this.lanes.length === 0) this.attachAll();
      for (const candidate of this.waiting.splice(0)) this.add(candidate);
      if (type !== 'offer') return;
      await within(stepLimit, pc.setLocalDescription());
      this.describe();
    } catch (error) {
      this.countProblem('description refused', error);
    }
  }

  /** A candidate from the other side. */
  addCandidate({ candidate, mid, line, ufrag }: IceCandidate): void {
    // Browsers notice the end of candidates by themselves.
    if (this.closed || candidate === null || candidate === '') return;
    const init: RTCIceCandidateInit = { candidate, sdpMid: mid, sdpMLineIndex: line };
    if (ufrag !== '') init.usernameFragment = ufrag;
    if (this.pc.remoteDescription) this.add(init);
    else if (this.waiting.length < maxWaiting) this.waiting.push(init);
  }

  /** Fresh credentials, used when routes are looked for the next time. */
  configure(config: RTCConfiguration): void {
    if (this.closed) return;
    try {
      this.pc.setConfiguration(config);
    } catch (error) {
      events.failed('relay credentials not taken', error);
      // The old servers are still good for a try.
    }
  }

  /** Looks for routes again; on the impolite side alone. */
  restartIce(): void {
    if (!this.closed && this.options.impolite) this.pc.restartIce();
  }

  /** An offer may have been lost on the way: says it again. */
  repeatOffer(): void {
    if (this.pc.signalingState === 'have-local-offer') this.describe();
  }

  close(): void {
    if (this.closed) return;
    this.closed = true;
    const { pc } = this;
    pc.onnegotiationneeded = null;
    pc.onicecandidate = null;
    pc.onicecandidateerror = null;
    pc.onconnectionstatechange = null;
    pc.oniceconnectionstatechange = null;
    pc.close();
    for (const lane of this.lanes) {
      this.options.frames.close(lane.seal);
      this.options.frames.close(lane.open);
    }
  }

  /** A step of the negotiation went wrong; the next repair makes up for it. */
  private countProblem(what: string, error: unknown): void {
    this.problems += 1;
    events.failed(what, error);
  }

  private gathered(candidate: RTCIceCandidate | null): void {
    this.options.candidate({
      candidate: candidate ? candidate.candidate : null,
      mid: candidate?.sdpMid ?? '',
      line: candidate?.sdpMLineIndex ?? 0,
      ufrag: candidate?.usernameFragment ?? '',
    });
  }

  private async offer(): Promise<void> {
    if (this.closed) return;
    this.makingOffer = true;
    try {
      await within(stepLimit, this.pc.setLocalDescription());
      this.describe();
    } catch (error) {
      this.countProblem('no offer', error);
    } finally {
      this.makingOffer = false;
    }
  }

  private describe(): void {
    const local = this.pc.localDescription;
    if (this.closed || local === null) return;
    if (local.type !== 'offer' && local.type !== 'answer') return;
    this.options.describe(local.type, cleanSdp(local.sdp));
  }

  private add(candidate: RTCIceCandidateInit): void {
    unwaited(this.pc.addIceCandidate(candidate), (error) => {
      this.countProblem('candidate refused', error);
    });
  }

  /** Answering: the offer made the transceivers; nothing was negotiated yet. */
  private attachAll(): void {
    for (const transceiver of this.pc.getTransceivers()) {
      const { kind } = transceiver.receiver.track;
      if (kind !== 'audio' && kind !== 'video') continue;
      transceiver.direction = 'sendrecv';
      this.attach(transceiver, kind);
    }
    this.unlockWhenReady();
  }

  /**
   * Makes the next picture a key frame (WebRTC extensions, `encodingOptions`). Without it
   * receivers in Chromium stay frozen for 3 s after a dropped frame, until they ask.
   */
  private sendKeyFrame(sender: RTCRtpSender): void {
    if (this.closed) return;
    const parameters = sender.getParameters();
    if (!parameters.encodings?.length) return;
    const options = { encodingOptions: parameters.encodings.map(() => ({ keyFrame: true })) };
    const set = sender.setParameters as (p: RTCRtpSendParameters, o: object) => Promise<void>;
    unwaited(set.call(sender, parameters, options), (error) => {
      events.failed('no key frame', error);
    });
  }

  /** Transforms first, in the task in which the transceiver appeared; they stay for ever. */
  private attach(transceiver: RTCRtpTransceiver, kind: Kind): void {
    const { frames, peer } = this.options;
    const { context, codec, mime } = kinds[kind];
    const seal = frames.transform({ direction: 'seal', context, codec, peer });
    transceiver.sender.transform = seal.transform;
    if (kind === 'video') seal.onkeyframe = () => this.sendKeyFrame(transceiver.sender);
    const open = frames.transform({ direction: 'open', context, codec, peer });
    transceiver.receiver.transform = open.transform;
    open.onchange = () => this.options.onchange();
    const known = RTCRtpReceiver.getCapabilities(kind)?.codecs ?? [];
    transceiver.setCodecPreferences(known.filter(({ mimeType }) => mime.test(mimeType)));
    const stream = new MediaStream([transceiver.receiver.track]);
    this.lanes.push({ kind, transceiver, seal, open, stream });
  }

  private unlockWhenReady(): void {
    const all = this.lanes.flatMap((lane) => [lane.seal.ready, lane.open.ready]);
    void Promise.all(all).then(() => {
      if (this.closed) return;
      this.unlocked = true;
      for (const { kind } of this.lanes) this.replace(kind);
    });
  }

  private replace(kind: Kind): void {
    this.replacing = this.replacing.then(async () => {
      const sender = this.lane(kind)?.transceiver.sender;
      const track = this.tracks[kind];
      if (this.closed || !sender || sender.track === track) return;
      try {
        if (track && kind === 'video' && track.contentHint === '') track.contentHint = 'motion';
        await within(senderLimit, sender.replaceTrack(track));
        if (track && kind === 'video') await limit(sender, track);
      } catch (error) {
        this.countProblem('track not replaced', error);
      }
    });
  }
}

/** One picture of at most 720 lines; detail gives way before smoothness. */
async function limit(sender: RTCRtpSender, track: MediaStreamTrack): Promise<void> {
  const parameters = sender.getParameters();
  const [encoding] = parameters.encodings ?? [];
  if (!encoding) return;
  const height = track.getSettings().height ?? videoHeight;
  encoding.maxBitrate = videoBitrate;
  encoding.maxFramerate = 30;
  encoding.scaleResolutionDownBy = Math.max(1, height / videoHeight);
  (parameters as { degradationPreference?: string }).degradationPreference = 'balanced';
  await within(senderLimit, sender.setParameters(parameters));
}
