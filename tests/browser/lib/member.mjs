// A member without a browser: speaks /ws by hand (docs/protocol.md §3).
import { randomBytes } from 'node:crypto';
import { decode, encode } from '@msgpack/msgpack';
import WebSocket from 'ws';
import { makeKeyPackage } from './key-package.mjs';
import { createRoom, linkKeys, sha256, signAdmission } from './keys.mjs';

export class Member {
  #inbox = [];
  #wake = () => {};

  /** Joins `room`, or a new one of these keys. Rejects with the code of a refusal. */
  static async join(server, keys, { room, url = server.url, options = {} } = {}) {
    const one = new Member();
    Object.assign(one, { server, keys, url, room: room ?? (await createRoom(server, keys)) });
    await one.#open(options);
    one.#send({ t: 'hello', v: 1, room: one.room });
    const challenge = await one.#answer();
    const member = randomBytes(16);
    const keyPackage = makeKeyPackage(keys, member, sha256);
    const nonce = Buffer.from(challenge.nonce);
    one.incarnation = challenge.incarnation;
    one.#send({
      t: 'admit',
      adm_pk: keys.admissionKey,
      member,
      key_package: keyPackage,
      lobby: randomBytes(40),
      sig: signAdmission(keys, { origin: url, room: one.room, nonce, member, keyPackage }),
    });
    one.session = (await one.#answer()).session;
    return one;
  }

  async #open(options) {
    const socket = new WebSocket(`${this.url.replace('http', 'ws')}/ws`, 'catchup.v1', { origin: this.url, ...options });
    this.socket = socket;
    socket.on('message', (data) => this.#take(decode(data)));
    socket.on('error', () => {});
    socket.on('close', () => this.#take({ t: 'closed' }));
    await new Promise((done, fail) => socket.once('open', done).once('error', fail));
  }

  #take(message) {
    this.#inbox.push(message);
    this.#wake();
  }

  #send(message) {
    this.socket.send(encode(message));
  }

  async #answer() {
    const message = await this.next();
    if (message.t === 'error' || message.t === 'closed') {
      this.close();
      throw new Error(message.code ?? message.t);
    }
    return message;
  }

  /** The next message, or the next of a kind. */
  async next(t, ms = 5000) {
    const end = Date.now() + ms;
    for (;;) {
      const at = this.#inbox.findIndex((message) => t === undefined || message.t === t);
      if (at >= 0) return this.#inbox.splice(at, 1)[0];
      const left = end - Date.now();
      if (left <= 0) throw new Error(`no ${t ?? 'message'} within ${ms} ms`);
      let timer;
      await new Promise((done) => {
        this.#wake = done;
        timer = setTimeout(done, left);
      });
      clearTimeout(timer);
    }
  }

  turnCredentials() {
    return fetch(`${this.url}/turn-cred`, { method: 'POST', headers: { Authorization: `Bearer ${this.session}` } });
  }

  async leave() {
    this.#send({ t: 'leave' });
    await this.next('bye');
    this.close();
  }

  close() {
    this.socket.close();
  }
}

/** A room that nobody has opened yet, and its keys. */
export async function emptyRoom(server) {
  const keys = linkKeys();
  return { keys, room: await createRoom(server, keys) };
}
