// A server that is not honest: it stands between a page and the real server, reads
// every message of /ws (docs/protocol.md §3), and drops, changes or makes up any.
// Numbers and acknowledgements are put right on both sides, so that neither the page
// nor the server notices anything but what the attack is about.
import { createHash } from 'node:crypto';
import { decode, encode } from '@msgpack/msgpack';
import WebSocket, { WebSocketServer } from 'ws';
import { Front } from './front.mjs';
import { leak } from './tap.mjs';

const pass = (message) => message;
const unnumbered = new Set(['challenge', 'resumed', 'pong', 'draining', 'error', 'bye', 'hello', 'admit', 'ping', 'leave']);

/** Numbers in one direction: what was theirs is given a number of ours. */
class Numbers {
  #given = [];
  #mine = 0;
  #theirs = 0;

  restart(from) {
    this.#given = [];
    this.#mine = from - 1;
    this.#theirs = 0;
  }

  /** Whether `theirs` was not here before. */
  arrive(theirs) {
    if (theirs <= this.#theirs) return false;
    this.#theirs = theirs;
    return true;
  }

  give() {
    this.#given.push([++this.#mine, this.#theirs]);
    if (this.#given.length > 1000) this.#given.shift();
    return this.#mine;
  }

  /** Meaning of an acknowledgement of `mine` on the other side. */
  acknowledged(mine) {
    if (mine >= this.#mine) return this.#theirs;
    return this.#given.findLast(([given]) => given <= mine)?.[1] ?? 0;
  }
}

export class Liar {
  /** Replacement of a message of the server: the same, another, several, or null. */
  down = pass;
  /** The same with what the server gets of the page. */
  up = pass;
  /** Messages of the page and of the server, before anything was changed. */
  said = [];
  answered = [];
  /** Where the page's group is, as the messages that went through say. */
  group = { incarnation: 0, epoch: 0, seq: 0, hash: Buffer.alloc(32) };
  id = null;
  #page = null;
  #server = null;
  #toPage = new Numbers();
  #toServer = new Numbers();
  #sockets = new Set();

  static async start(server, { prefixes = {} } = {}) {
    const liar = new Liar();
    liar.accepting = new WebSocketServer({ noServer: true, perMessageDeflate: false, handleProtocols: () => 'catchup.v1' });
    const upgrade = (...args) => liar.accepting.handleUpgrade(...args, (page) => liar.#between(page, args[0], server));
    liar.front = await Front.start(server, { prefixes: { group: leak, ...prefixes }, upgrade });
    liar.url = liar.front.url;
    return liar;
  }

  #between(page, request, server) {
    const { host, origin } = request.headers;
    const options = { origin, headers: { Host: host }, perMessageDeflate: false };
    const onward = new WebSocket(`ws://127.0.0.1:${server.port}/ws`, 'catchup.v1', options);
    this.#page = page;
    this.#server = onward;
    const early = [];
    onward.on('open', () => {
      for (const message of early.splice(0)) onward.send(message);
    });
    page.on('message', (data) => {
      for (const message of this.#fromPage(decode(data))) {
        if (onward.readyState === WebSocket.CONNECTING) early.push(message);
        else if (onward.readyState === WebSocket.OPEN) onward.send(message);
      }
    });
    onward.on('message', (data) => {
      for (const message of this.#fromServer(decode(data))) page.send(message);
    });
    for (const [one, other] of [[page, onward], [onward, page]]) {
      this.#sockets.add(one);
      one.on('error', () => {});
      one.on('close', () => {
        this.#sockets.delete(one);
        other.close();
      });
    }
  }

  #fromPage(message) {
    this.said.push(message);
    if (message.t === 'admit') this.#toServer.restart(1);
    if (message.n !== undefined && !this.#toServer.arrive(message.n)) return [];
    return this.#out(this.up(message), this.#toServer, this.#toPage);
  }

  #fromServer(message) {
    this.answered.push(message);
    if (message.t === 'welcome') {
      this.id = Buffer.from(message.you);
      this.#toPage.restart(message.n);
    }
    if (message.n !== undefined && !this.#toPage.arrive(message.n)) return [];
    return this.#out(this.down(message), this.#toPage, this.#toServer).map((out) => this.#noted(out));
  }

  /** Encoded, with numbers of their own and acknowledgements of the other direction. */
  #out(changed, numbers, opposite) {
    return [changed ?? []].flat().map((message) => {
      const out = { ...message };
      if (!unnumbered.has(out.t)) out.n = numbers.give();
      if (out.ack !== undefined) out.ack = opposite.acknowledged(out.ack);
      return encode(out);
    });
  }

  #noted(encoded) {
    const { t, incarnation, epoch, seq, hash } = decode(encoded);
    if (t === 'mls-found') this.group = { incarnation, epoch: 0, seq: 0, hash: Buffer.alloc(32) };
    if (t === 'mls-welcome' || t === 'mls-committed') {
      this.group = { incarnation, epoch, seq, hash: Buffer.from(hash) };
    }
    return encoded;
  }

  /** Says `messages` to the page, as if the server had. */
  tell(...messages) {
    for (const message of messages) {
      const whole = message.t.startsWith('mls-') ? { incarnation: this.group.incarnation, ...message } : message;
      for (const out of this.#out(whole, this.#toPage, this.#toServer)) this.#page.send(this.#noted(out));
    }
  }

  /** Says `message` to the server, as if the page had. */
  say(message) {
    for (const out of this.#out(message, this.#toServer, this.#toPage)) this.#server.send(out);
  }

  /** Tells the page that `commit` is the next one of the log, with a hash that fits. */
  commits(commit) {
    const { epoch, seq, hash: before } = this.group;
    const hash = chained(before, seq + 1, commit);
    this.tell({ t: 'mls-committed', seq: seq + 1, epoch: epoch + 1, commit, hash });
  }

  /** Tells the page that it is its turn to do this. */
  duty(adds, removes = [], committer = this.id) {
    this.tell({ t: 'mls-duty', epoch: this.group.epoch, committer, adds, removes });
  }

  honest() {
    this.down = pass;
    this.up = pass;
  }

  /** Resolves to the next message of the page of that kind; `up` may still keep it. */
  async next(t, from = this.said.length, ms = 8000) {
    const end = Date.now() + ms;
    for (;;) {
      const found = this.said.slice(from).find((message) => message.t === t);
      if (found) return found;
      if (Date.now() > end) throw new Error(`the page said no ${t} within ${ms} ms`);
      await new Promise((done) => setTimeout(done, 20));
    }
  }

  async close() {
    for (const socket of this.#sockets) socket.terminate();
    await this.front.close();
  }
}

/** The hash of entry `seq` of a log. */
export function chained(before, seq, commit) {
  const number = Buffer.alloc(8);
  number.writeBigUInt64BE(BigInt(seq));
  return createHash('sha256').update(before).update(number).update(commit).digest();
}
