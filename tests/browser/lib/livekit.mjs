// The unmodified livekit-client on a plain page of another site, and tokens made by
// livekit-server-sdk.
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { createRequire } from 'node:module';
import { AccessToken } from 'livekit-server-sdk';
import { browser } from './browsers.mjs';
import { ownAddress } from './sfu-alone.mjs';

const key = 'browser-test';
const secret = 'secret-of-the-browser-test';

/** Settings of a server that these clients reach. */
export const livekitEnv = { LIVEKIT_API_KEY: key, LIVEKIT_API_SECRET: secret, CATCHUP_PUBLIC_IP: ownAddress() ?? '' };

const client = readFileSync(createRequire(import.meta.url).resolve('livekit-client').replace(/[^/]+$/, 'livekit-client.esm.mjs'));
const page = `<!doctype html><title>plain</title><script type="module">
import * as LiveKit from '/livekit-client.mjs';
window.LiveKit = LiveKit;
</script>`;

/** A site that only has the client. */
export class PlainSite {
  static async start() {
    const site = new PlainSite();
    site.http = createServer((request, response) => {
      const module = request.url === '/livekit-client.mjs';
      response.setHeader('Content-Type', module ? 'text/javascript' : 'text/html');
      response.end(module ? client : page);
    });
    await new Promise((done) => site.http.listen(0, '127.0.0.1', done));
    site.url = `http://localhost:${site.http.address().port}`;
    return site;
  }

  async close() {
    this.http.closeAllConnections();
    this.http.close();
  }
}

export async function token(identity, grant = {}) {
  const out = new AccessToken(key, secret, { identity, ttl: '10m' });
  out.addGrant({ roomJoin: true, room: 'plain', ...grant });
  return out.toJwt();
}

/** A participant: a page of that browser with the client on it. */
export class Participant {
  static async open(kind, site, server, identity) {
    const one = new Participant();
    one.identity = identity;
    one.server = server;
    one.page = await (await browser(kind)).newPage();
    await one.page.goto(site.url);
    await one.page.waitForFunction(() => window.LiveKit !== undefined);
    await one.page.evaluate(() => {
      window.log = [];
      window.room = new window.LiveKit.Room({ adaptiveStream: true, dynacast: true });
      window.events = [];
      for (const name of Object.values(window.LiveKit.RoomEvent))
        window.room.on(name, (...args) => window.events.push([name, ...args.map((a) => a?.identity ?? a?.sid ?? a?.trackSid ?? `${a}`)]));
      // Without a size on the screen, the client asks for no picture.
      window.room.on('trackSubscribed', (track) => {
        const element = track.attach();
        if (track.kind === 'video') Object.assign(element.style, { width: '640px', height: '360px' });
        document.body.append(element);
      });
      window.room.on('trackUnsubscribed', (track) => {
        for (const element of track.detach()) element.remove();
      });
    });
    return one;
  }

  async join(grant = {}) {
    const url = this.server.url.replace('http', 'ws');
    await this.page.evaluate((url, token) => window.room.connect(url, token), url, await token(this.identity, grant));
  }

  async publish() {
    await this.page.evaluate(async () => {
      const own = window.room.localParticipant;
      const [picture] = await window.LiveKit.createLocalTracks({ video: { resolution: { width: 1280, height: 720 } } });
      const [sound] = await window.LiveKit.createLocalTracks({ audio: true });
      await own.publishTrack(picture, { source: 'camera' });
      await own.publishTrack(sound, { source: 'microphone' });
    });
  }

  /** Runs `check(argument)` in the page until it holds. */
  async until(what, check, argument, timeout = 20_000) {
    try {
      await this.page.waitForFunction(check, { timeout, polling: 100 }, argument);
    } catch (error) {
      const events = await this.page.evaluate(() => window.events.slice(-30).map((e) => e.join(' ')));
      throw new Error(`${this.identity} waits for "${what}" (${error.message}); events:\n${events.join('\n')}`);
    }
  }

  /** Waits until this page decodes camera and microphone of `identity`. */
  async decodes(identity) {
    await this.until(
      `frames of ${identity}`,
      async (identity) => {
        const all = [...(window.room.remoteParticipants.get(identity)?.trackPublications.values() ?? [])];
        const tracks = all.map((p) => p.track).filter(Boolean);
        if (tracks.length < 2) return false;
        for (const track of tracks) {
          const stats = [...((await track.getRTCStatsReport())?.values() ?? [])].find((s) => s.type === 'inbound-rtp');
          if (!stats || (track.kind === 'video' ? (stats.framesDecoded ?? 0) < 20 : stats.packetsReceived < 30)) return false;
        }
        return true;
      },
      identity,
    );
  }

  received(identity, source) {
    return this.page.evaluate(
      async (identity, source) => {
        const track = window.room.remoteParticipants.get(identity)?.getTrackPublication(source)?.track;
        const stats = [...((await track?.getRTCStatsReport())?.values() ?? [])].find((s) => s.type === 'inbound-rtp');
        return stats?.packetsReceived ?? 0;
      },
      identity,
      source,
    );
  }

  async close() {
    await this.page.evaluate(() => window.room.disconnect()).catch(() => {});
    await this.page.close().catch(() => {});
  }
}
