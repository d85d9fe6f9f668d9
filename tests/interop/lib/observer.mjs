// A forwarder between a TURN client and the relay. It notes each request with
// its answer, and can change two things, with valid seals: the NONCE of the first
// request of some methods and of all later ones with that nonce (the relay then answers
// 438, as it does when a nonce has expired), and the LIFETIME in answers (the client
// then refreshes within seconds).
import dgram from 'node:dgram';
import net from 'node:net';
import { freePort } from '../../browser/lib/server.mjs';
import { attribute, errorCode, longTermKey, looksLikeStun, padded, parse, sealed, valueOf } from './stun.mjs';

/** Cuts what came over TCP into STUN messages and ChannelData. */
class Frames {
  #rest = Buffer.alloc(0);

  *of(bytes) {
    this.#rest = Buffer.concat([this.#rest, bytes]);
    while (this.#rest.length >= 4) {
      const length = this.#rest.readUInt16BE(2);
      const size = this.#rest[0] < 4 ? 20 + length : 4 + padded(length);
      if (this.#rest.length < size) return;
      yield this.#rest.subarray(0, size);
      this.#rest = this.#rest.subarray(size);
    }
  }
}

/** The message with another nonce, sealed anew where it was sealed. */
function withNonce(message, nonce, key) {
  const value = Buffer.from(nonce);
  const attributes = message.attributes.map((a) => (a.type === attribute.nonce ? { ...a, value } : a));
  return sealed({ ...message, attributes }, key);
}

/** Messages of one client: both directions of one 5-tuple. */
class Conversation {
  #asked = new Map(); // transaction id → {method, key, at, staled}
  #staled = new Set();
  // Nonces are numbered on their way to the client; those up to `#expired` are stale.
  #nonces = 0;
  #expired = 0;

  constructor(observer) {
    this.observer = observer;
  }

  #keyOf(request) {
    const { passwords } = this.observer;
    const user = valueOf(request, attribute.username)?.toString();
    const realm = valueOf(request, attribute.realm)?.toString();
    if (user === undefined || realm === undefined || passwords[user] === undefined) return null;
    const chosen = valueOf(request, attribute.passwordAlgorithm);
    return longTermKey(user, realm, passwords[user], chosen?.readUInt16BE(0) === 2);
  }

  fromClient(bytes) {
    const message = looksLikeStun(bytes) ? parse(bytes) : null;
    if (message?.kind !== 'request') return bytes;
    const text = bytes.toString('base64');
    const known = this.#asked.get(message.id);
    // Some clients use a transaction id again for another request (libjuice).
    const repeated = known?.text === text;
    const key = this.#keyOf(message);
    const asked = repeated ? known : { text, method: message.method, key, at: performance.now(), staled: false };
    this.#asked.set(message.id, asked);
    const nonce = valueOf(message, attribute.nonce)?.toString();
    if (!key || nonce === undefined || this.observer.stale.length === 0) return bytes;
    const [genuine, number] = [nonce.replace(/[.]\d+$/, ''), Number(nonce.match(/[.](\d+)$/)?.[1] ?? 0)];
    if (this.observer.stale.includes(message.method) && !this.#staled.has(message.method)) {
      this.#staled.add(message.method);
      this.#expired = Math.max(this.#expired, number);
    }
    asked.staled = number <= this.#expired;
    const other = genuine.at(-1) === 'A' ? 'B' : 'A';
    return withNonce(message, asked.staled ? genuine.slice(0, -1) + other : genuine, key);
  }

  fromServer(bytes) {
    const message = looksLikeStun(bytes) ? parse(bytes) : null;
    const asked = message && this.#asked.get(message.id);
    if (!asked || message.kind === 'indication') return bytes;
    const lifetime = valueOf(message, attribute.lifetime);
    this.observer.noted.push({
      client: this.name,
      method: asked.method,
      code: message.kind === 'success' ? 200 : errorCode(message),
      ended: asked.method === 'Refresh' && lifetime?.readUInt32BE(0) === 0,
      staled: asked.staled,
      ms: performance.now() - asked.at,
    });
    const nonce = valueOf(message, attribute.nonce)?.toString();
    if (nonce && this.observer.stale.length > 0) return withNonce(message, `${nonce}.${++this.#nonces}`, asked.key ?? '');
    const shorter = this.observer.lifetime;
    if (!shorter || message.kind !== 'success' || !asked.key || !lifetime || lifetime.readUInt32BE(0) === 0) return bytes;
    const value = Buffer.alloc(4);
    value.writeUInt32BE(shorter);
    message.attributes = message.attributes.map((a) => (a.type === attribute.lifetime ? { ...a, value } : a));
    return sealed(message, asked.key);
  }
}

export class Observer {
  /** `[{client, method, code, ended, staled, ms}]`: each answer that a client got, in order. */
  noted = [];
  #closers = [];
  #names = 0;

  /**
   * In front of the relay on `port` of this machine. `passwords` is `{user: password}`;
   * `stale` lists methods, `lifetime` is in seconds.
   */
  static async start({ port, passwords, stale = [], lifetime = 0 }) {
    const observer = new Observer();
    Object.assign(observer, { port: await freePort(), target: port, passwords, stale, lifetime });
    await observer.#listenTcp();
    await observer.#listenUdp();
    return observer;
  }

  #conversation() {
    const conversation = new Conversation(this);
    conversation.name = `client ${++this.#names}`;
    return conversation;
  }

  async #listenTcp() {
    const open = new Set();
    const server = net.createServer((client) => {
      const conversation = this.#conversation();
      const relay = net.connect({ port: this.target, host: '127.0.0.1', noDelay: true });
      client.setNoDelay(true);
      const up = new Frames();
      const down = new Frames();
      client.on('data', (data) => {
        for (const frame of up.of(data)) relay.write(conversation.fromClient(frame));
      });
      relay.on('data', (data) => {
        for (const frame of down.of(data)) client.write(conversation.fromServer(frame));
      });
      for (const [one, other] of [[client, relay], [relay, client]]) {
        open.add(one);
        one.on('error', () => {});
        one.on('close', () => {
          open.delete(one);
          other.destroy();
        });
      }
    });
    await new Promise((done, failed) => server.once('error', failed).listen(this.port, '127.0.0.1', done));
    this.#closers.push(() => {
      for (const socket of open) socket.destroy();
      return new Promise((done) => server.close(done));
    });
  }

  async #listenUdp() {
    const socket = dgram.createSocket('udp4');
    const upstream = new Map();
    await new Promise((done, failed) => {
      socket.once('error', failed);
      socket.bind(this.port, '127.0.0.1', done);
    });
    socket.on('message', (bytes, from) => {
      const name = `${from.address}:${from.port}`;
      if (!upstream.has(name)) {
        const conversation = this.#conversation();
        const relay = dgram.createSocket('udp4');
        relay.on('error', () => {});
        relay.on('message', (answer) => socket.send(conversation.fromServer(answer), from.port, from.address));
        upstream.set(name, { conversation, relay });
      }
      const { conversation, relay } = upstream.get(name);
      relay.send(conversation.fromClient(bytes), this.target, '127.0.0.1');
    });
    socket.on('error', () => {});
    this.#closers.push(async () => {
      for (const { relay } of upstream.values()) relay.close();
      await new Promise((done) => socket.close(done));
    });
  }

  async stop() {
    for (const close of this.#closers) await close();
  }
}
