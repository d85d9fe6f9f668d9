// The SFU without the rest of the program (tests/sfu/alone), and pages with a plain
// RTCPeerConnection to it.
import { spawn } from 'node:child_process';
import { createHmac } from 'node:crypto';
import { networkInterfaces } from 'node:os';
import { createInterface } from 'node:readline';
import { browser } from './browsers.mjs';
import { root } from './server.mjs';

const program = process.env.TEST_SFU ?? `${root}build/release/tests/sfu_alone`;

/** An address of this machine that browsers gather candidates of; Firefox takes no loopback. */
export function ownAddress() {
  const all = Object.values(networkInterfaces()).flat();
  return all.find((one) => one.family === 'IPv4' && !one.internal)?.address;
}

/** Why there can be none here; null when there can. */
export const missing = () => (ownAddress() ? null : 'needs a network interface besides loopback');

export class SfuAlone {
  #waiting = new Map();
  #ids = 0;
  events = [];

  /** `candidates` of its answers: `udp`, `tcp` or `all`. `certificates`: a folder, for TLS. */
  static async start({ candidates = 'all', certificates } = {}) {
    const sfu = new SfuAlone();
    sfu.port = 20_000 + Math.floor(Math.random() * 10_000);
    const args = [ownAddress(), `${sfu.port}`, candidates, ...(certificates ? [certificates] : [])];
    sfu.process = spawn(program, args, { stdio: ['pipe', 'pipe', 'inherit'] });
    const ready = new Promise((done, fail) => {
      sfu.#waiting.set('ready', done);
      sfu.process.once('exit', () => fail(new Error('sfu_alone ended')));
    });
    createInterface({ input: sfu.process.stdout }).on('line', (line) => sfu.#hear(line));
    await ready;
    return sfu;
  }

  #hear(line) {
    const [word, id, ...rest] = line.split(' ');
    const key = word === 'ready' ? word : id;
    if (['ready', 'answer', 'refused'].includes(word)) {
      this.#waiting.get(key)?.({ word, rest });
      this.#waiting.delete(key);
    } else {
      this.events.push(line);
    }
  }

  say(line) {
    this.process.stdin.write(`${line}\n`);
  }

  /** Resolves to the answer and to the tracks by mid. */
  offer(id, sdp) {
    return new Promise((done, fail) => {
      this.#waiting.set(`${id}`, ({ word, rest }) => {
        if (word === 'refused') return fail(new Error(`the offer was refused: ${rest}`));
        const tracks = Object.fromEntries((rest[1] ?? '').split(',').filter(Boolean).map((pair) => pair.split('=')));
        done({ sdp: Buffer.from(rest[0], 'base64url').toString(), tracks });
      });
      this.say(`offer ${id} ${Buffer.from(sdp).toString('base64url')}`);
    });
  }

  /** RTCConfiguration of a client that takes no way but the relay: `turn` or `turns`, `udp` or `tcp`. */
  relayOnly(scheme, transport) {
    const username = `${Math.floor(Date.now() / 1000) + 600}:someone`;
    const credential = createHmac('sha1', 's3cr3t').update(username).digest('base64');
    const urls = `${scheme}:${ownAddress()}:${this.port}?transport=${transport}`;
    return { iceTransportPolicy: 'relay', iceServers: [{ urls, username, credential }] };
  }

  /** A page of that browser as a participant of `room`. Microphones need a `site`. */
  async participant(kind, room, site, rtc = {}) {
    const page = await (await browser(kind)).newPage();
    await page.goto(`${site}/readyz`);
    await page.evaluate((rtc) => {
      window.rtc = rtc;
    }, rtc);
    const one = new Participant(this, page, ++this.#ids);
    this.say(`join ${room} ${one.id} PA_${one.id}`);
    return one;
  }

  async close() {
    this.process.kill();
  }
}

class Participant {
  tracks = {};

  constructor(sfu, page, id) {
    Object.assign(this, { sfu, page, id });
  }

  /** Sends camera and microphone; with several `encodings`, a canvas of 1280 by 720. */
  async publish(encodings = [{}]) {
    await this.page.evaluate(async (encodings) => {
      window.pc = new RTCPeerConnection(window.rtc);
      const layered = encodings.length > 1;
      // Without a sound card, an AudioContext of Firefox never starts.
      const own = await navigator.mediaDevices.getUserMedia({ audio: true, video: !layered });
      const picture = layered ? moving() : own.getVideoTracks()[0];
      window.pc.addTransceiver(own.getAudioTracks()[0], { direction: 'sendonly' });
      window.pc.addTransceiver(picture, { direction: 'sendonly', sendEncodings: encodings });

      function moving() {
        const canvas = Object.assign(document.createElement('canvas'), { width: 1280, height: 720 });
        const paint = canvas.getContext('2d');
        let n = 0;
        setInterval(() => {
          n += 1;
          for (let i = 0; i < 40; i += 1) {
            paint.fillStyle = `hsl(${(n * 7 + i * 13) % 360} 80% 50%)`;
            paint.fillRect((i * 97 + n * 5) % canvas.width, (i * 53 + n * 3) % canvas.height, 90, 70);
          }
        }, 50);
        return canvas.captureStream(20).getVideoTracks()[0];
      }
    }, encodings);
    await this.#negotiate();
  }

  /** Has a section for one sound and one picture of others. */
  async watch() {
    await this.page.evaluate(() => {
      window.pc = new RTCPeerConnection(window.rtc);
      window.pc.ontrack = ({ track, streams }) => {
        const media = document.createElement(track.kind);
        media.autoplay = true;
        media.muted = true;
        media.srcObject = streams[0];
        document.body.append(media);
      };
      for (const kind of ['audio', 'video']) window.pc.addTransceiver(kind, { direction: 'recvonly' });
    });
    await this.#negotiate();
  }

  async #negotiate() {
    const offer = await this.page.evaluate(async () => {
      await window.pc.setLocalDescription();
      return window.pc.localDescription.sdp;
    });
    const { sdp, tracks } = await this.sfu.offer(this.id, offer);
    this.tracks = tracks;
    await this.page.evaluate((sdp) => window.pc.setRemoteDescription({ type: 'answer', sdp }), sdp);
  }

  /** Statistics of that type and kind, as an array. */
  stats(type, kind) {
    return this.page.evaluate(
      async (type, kind) => [...(await window.pc.getStats()).values()].filter((one) => one.type === type && one.kind === kind),
      type,
      kind,
    );
  }

  /** The local candidate of the pair in use. */
  local() {
    return this.page.evaluate(async () => {
      const all = [...(await window.pc.getStats()).values()];
      const pair = all.find((one) => one.type === 'candidate-pair' && one.nominated && one.state === 'succeeded');
      return all.find((one) => one.id === pair?.localCandidateId);
    });
  }

  /** Waits until `check(stats)` of what comes in holds; resolves to the milliseconds it took. */
  async until(kind, check, ms = 20_000) {
    const begun = Date.now();
    for (;;) {
      const [stats] = await this.stats('inbound-rtp', kind);
      if (stats && check(stats)) return Date.now() - begun;
      if (Date.now() - begun > ms) throw new Error(`not within ${ms} ms: ${check}, at ${JSON.stringify(stats)}`);
      await new Promise((done) => setTimeout(done, 100));
    }
  }

  async close() {
    await this.page.close();
  }

  wish(mid, layer) {
    this.sfu.say(`wish ${this.id} ${this.tracks[mid]} ${layer}`);
  }
}
