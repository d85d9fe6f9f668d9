// A member with the code of the web app (group, words, media keys, messages of /ws),
// in Node: what a page does, without its screen and its media.
import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { pause, root } from '../../browser/lib/server.mjs';
import { sources } from './prepare.mjs';

const require = createRequire(`${root}web/package.json`);
const WebSocket = createRequire(`${root}tests/browser/package.json`)('ws');
const pingEvery = 5000;
let loading = null;

async function load() {
  const { build } = await import(pathToFileURL(require.resolve('vite')));
  const folder = mkdtempSync(join(tmpdir(), 'catchup-page-'));
  try {
    await build({
      configFile: false,
      root: `${root}web`,
      logLevel: 'error',
      ssr: { noExternal: true },
      build: {
        ssr: `${sources}/mls/page.mjs`,
        outDir: folder,
        emptyOutDir: false,
        target: 'node20',
        minify: false,
        rollupOptions: { output: { codeSplitting: false } },
      },
    });
    return await import(pathToFileURL(join(folder, 'page.js')));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

export const hex = (bytes) => Buffer.from(bytes).toString('hex');

export class PageMember {
  /** Messages of other members: `{from, message}`. */
  received = [];
  statuses = [];
  roster = [];
  epoch = -1n;
  held = false;
  #sent = 0;
  #received = 0;
  #timers = [];
  #keys = Promise.resolve();

  /** Goes into `room` with the 24 bytes of its link; resolves once it is let in. */
  static async join(server, secret, room) {
    loading ??= load();
    const app = await loading;
    const member = new PageMember();
    const keys = await app.deriveRoomKeys(new Uint8Array(secret), 1);
    const inside = await app.makeRoom(new Uint8Array(secret), 1, keys.tag, keys.admission);
    Object.assign(member, { app, server, room, keys, id: new Uint8Array(randomBytes(16)), frames: new app.FrameKeys() });
    member.name = hex(member.id);
    const port = {
      post: (message) => member.#take(message),
      key: (message) => member.#key(message),
      rearm: () => member.#rearm(),
    };
    member.host = new app.Host(inside, await app.loadSuite(1), port, undefined, { timeout: 30_000 });
    await member.#enter();
    return member;
  }

  async #enter() {
    const origin = this.server.url;
    this.socket = new WebSocket(`${origin.replace('http', 'ws')}/ws`, 'catchup.v1', { origin });
    this.socket.binaryType = 'arraybuffer';
    await new Promise((done, failed) => this.socket.once('open', done).once('error', failed));
    const admitted = new Promise((done, failed) => {
      this.admitted = done;
      this.refused = failed;
    });
    this.socket.on('message', (data) => this.#receive(this.app.decodeMessage(data)));
    this.#send({ t: 'hello', v: 1, room: this.room });
    this.#timers.push(setInterval(() => this.#send({ t: 'ping', ack: this.#received }), pingEvery));
    await admitted;
  }

  #send(message) {
    if (this.socket.readyState === WebSocket.OPEN) this.socket.send(this.app.encodeMessage(message));
  }

  #sendNumbered(body) {
    this.#send({ ...body, n: ++this.#sent });
  }

  #receive(message) {
    if (message === null) return;
    if (typeof message.n === 'number') this.#received = Math.max(this.#received, message.n);
    if (message.t === 'challenge') {
      this.nonce = message.nonce;
      this.host.take({ t: 'offer', seq: 1, id: this.id });
    } else if (message.t === 'welcome') {
      this.host.take({ t: 'admitted' });
      this.admitted();
    } else if (message.t === 'app') this.host.take({ t: 'app', data: message.data });
    else if (message.t === 'group') this.host.take({ t: 'server', message: message.message });
    else if (message.t === 'error') this.refused(new Error(message.code));
  }

  async #admit(keyPackage) {
    const { app, keys, id, room, nonce } = this;
    const claim = { origin: this.server.url, room, nonce, member: id, keyPackage };
    const sig = await app.signAdmission(keys, claim);
    const lobby = await app.sealName(keys.lobby, keys.tag, id, 'page');
    this.#send({ t: 'admit', adm_pk: keys.admission.publicKey, member: id, key_package: keyPackage, lobby, sig });
  }

  #take(message) {
    if (message.t === 'offer') void this.#admit(message.offer.keyPackage);
    // The key package of `admit` counts as the first mls-join.
    else if (message.t === 'server' && message.message.t === 'join' && this.#sent === 0 && this.roster.length === 0) return;
    else if (message.t === 'server') this.#sendNumbered(this.app.groupBody(message.message));
    else if (message.t === 'app') this.#sendNumbered({ t: 'app', data: message.data });
    else if (message.t === 'received') this.received.push(message);
    else if (message.t === 'roster') Object.assign(this, { roster: message.roster, epoch: message.epoch, leaf: message.self });
    else if (message.t === 'status') this.statuses.push(message.reason ? `${message.status}: ${message.reason}` : message.status);
    else if (message.t === 'hold') this.held = message.on;
    else if (message.t === 'refused') this.statuses.push(`refused ${message.count}`);
    else if (message.t === 'broken') this.statuses.push(`broken: ${message.why}`);
  }

  #key(message) {
    const { frames } = this;
    this.#keys = this.#keys.then(async () => {
      if (message.k === 'install') await frames.install(message);
      else if (message.k === 'switch') frames.switch(message.epoch);
      else if (message.k === 'forget') frames.forget(message.epoch);
      else if (message.k === 'forget-all') frames.forgetAll();
      else frames.hold(message.on);
    });
  }

  #rearm() {
    clearTimeout(this.timer);
    const wait = this.host.deadline() - performance.now();
    if (wait === Infinity) return;
    this.timer = setTimeout(() => {
      this.host.tick();
      this.#rearm();
    }, Math.max(0, wait));
  }

  say(text) {
    this.host.take({ t: 'send', message: { k: 'chat', text } });
  }

  /** As the frame worker does; null without a key. */
  async seal(context, codec, frame) {
    await this.#keys;
    return this.frames.seal(context, codec, new Uint8Array(frame));
  }

  /**
   * The frame, or `{problem}`; `member` is a member id in hex. The keys of an epoch come a
   * moment after its roster: as a page that shows the next frame does, it tries again.
   */
  async open(member, context, codec, wire) {
    for (const end = Date.now() + 2000; ; await pause(10)) {
      await this.#keys;
      const opened = await this.frames.open(member, context, codec, new Uint8Array(wire));
      if (opened.problem !== 'no-key' || Date.now() > end) return opened;
    }
  }

  leave() {
    this.#send({ t: 'leave' });
    this.close();
  }

  close() {
    for (const timer of this.#timers) clearInterval(timer);
    clearTimeout(this.timer);
    setTimeout(() => this.socket.close(), 200);
  }
}
