// A reverse proxy in front of the server: it keeps everything the server is sent
// and what it answers on WebSockets, and can slip scripts into the workers.
import http from 'node:http';
import net from 'node:net';

export class Front {
  received = []; // bytes the server was sent: heads, bodies, unmasked messages
  answered = []; // bytes of WebSocket messages it sent
  messages = []; // {client, data}: the client's messages, in order
  rewritten = 0;
  /** `answer(path)` gives {status, body, type} where the server is not to be asked, else null. */
  answer = null;
  #sockets = new Set();

  /**
   * `prefixes`: scripts to put before the worker for 'frame's and that for the 'group'.
   * `upgrade(request, socket, head)` takes WebSockets instead of handing them on.
   */
  static async start(server, { prefixes = {}, upgrade = null } = {}) {
    const front = new Front();
    front.target = server.port;
    front.prefixes = prefixes;
    front.takeOver = upgrade;
    front.http = http.createServer((request, response) => front.#forward(request, response));
    front.http.on('upgrade', (request, socket, head) => front.#upgrade(request, socket, head));
    await new Promise((done) => front.http.listen(0, '127.0.0.1', done));
    front.url = `http://localhost:${front.http.address().port}`;
    return front;
  }

  #head(request) {
    const lines = [`${request.method} ${request.url}`];
    for (let i = 0; i < request.rawHeaders.length; i += 2) {
      lines.push(`${request.rawHeaders[i]}: ${request.rawHeaders[i + 1]}`);
    }
    this.received.push(Buffer.from(`${lines.join('\n')}\n`));
    return lines;
  }

  #forward(request, response) {
    this.#head(request);
    const own = this.answer?.(request.url);
    if (own) {
      response.writeHead(own.status, { 'content-type': own.type });
      response.end(own.body);
      return;
    }
    const headers = { ...request.headers };
    const prefix = this.prefixes[/\/(frame|group)-worker[^/]*\.js$/.exec(request.url)?.[1]];
    if (prefix) {
      delete headers['accept-encoding'];
      delete headers['if-none-match'];
    }
    const { method, url: path } = request;
    const onward = http.request({ host: '127.0.0.1', port: this.target, method, path, headers }, (answer) => {
      if (!prefix) {
        response.writeHead(answer.statusCode, answer.headers);
        answer.pipe(response);
        return;
      }
      const parts = [];
      answer.on('data', (part) => parts.push(part));
      answer.on('end', () => {
        const body = Buffer.concat([Buffer.from(prefix), ...parts]);
        const { etag, ...rest } = answer.headers;
        response.writeHead(answer.statusCode, { ...rest, 'content-length': body.length });
        response.end(body);
        this.rewritten++;
      });
    });
    onward.on('error', () => response.destroy());
    request.on('data', (part) => this.received.push(part));
    request.pipe(onward);
  }

  #upgrade(request, socket, head) {
    if (this.refusing) {
      socket.destroy();
      return;
    }
    if (this.takeOver) {
      this.takeOver(request, socket, head);
      return;
    }
    const lines = this.#head(request);
    lines[0] += ' HTTP/1.1';
    const onward = net.connect(this.target, '127.0.0.1', () => {
      onward.write(`${lines.join('\r\n')}\r\n\r\n`);
      onward.write(head);
    });
    const client = {};
    const fromClient = new FrameReader((data) => {
      this.received.push(data);
      this.messages.push({ client, data });
    });
    const fromServer = new FrameReader((data) => this.answered.push(data), true);
    socket.on('data', (data) => {
      fromClient.take(data);
      onward.write(data);
    });
    onward.on('data', (data) => {
      fromServer.take(data);
      socket.write(data);
    });
    for (const [one, other] of [[socket, onward], [onward, socket]]) {
      this.#sockets.add(one);
      one.on('error', () => other.destroy());
      one.on('close', () => {
        this.#sockets.delete(one);
        other.destroy();
      });
    }
  }

  /** Breaks every WebSocket off, as a network that goes away does. */
  cut() {
    for (const socket of this.#sockets) socket.destroy();
  }

  /** The same, and no new ones for a while. */
  async refuse(milliseconds) {
    this.refusing = true;
    this.cut();
    await new Promise((done) => setTimeout(done, milliseconds));
    this.refusing = false;
  }

  get seen() {
    return Buffer.concat([...this.received, ...this.answered]);
  }

  async close() {
    this.cut();
    this.http.closeAllConnections();
    await new Promise((done) => this.http.close(done));
  }
}

/** Puts WebSocket frames (RFC 6455 §5.2) back together; no extension is spoken here. */
class FrameReader {
  #rest = Buffer.alloc(0);
  #parts = [];

  constructor(message, headFirst = false) {
    this.message = message;
    this.headFirst = headFirst;
  }

  take(data) {
    this.#rest = Buffer.concat([this.#rest, data]);
    if (this.headFirst) {
      const end = this.#rest.indexOf('\r\n\r\n');
      if (end < 0) return;
      this.#rest = this.#rest.subarray(end + 4);
      this.headFirst = false;
    }
    while (this.#one());
  }

  #one() {
    const b = this.#rest;
    if (b.length < 2) return false;
    if (b[0] & 0x70) throw new Error('a WebSocket extension is in use; this reader knows none');
    const masked = (b[1] & 0x80) !== 0;
    let length = b[1] & 0x7f;
    let at = 2;
    if (length === 126) {
      if (b.length < 4) return false;
      length = b.readUInt16BE(2);
      at = 4;
    } else if (length === 127) {
      if (b.length < 10) return false;
      length = Number(b.readBigUInt64BE(2));
      at = 10;
    }
    const mask = masked ? b.subarray(at, at + 4) : null;
    if (masked) at += 4;
    if (b.length < at + length) return false;
    const payload = Buffer.from(b.subarray(at, at + length));
    if (mask) for (let i = 0; i < length; i++) payload[i] ^= mask[i & 3];
    this.#rest = b.subarray(at + length);
    const control = (b[0] & 0x08) !== 0;
    if (!control) {
      this.#parts.push(payload);
      if (b[0] & 0x80) this.message(Buffer.concat(this.#parts.splice(0)));
    }
    return true;
  }
}
