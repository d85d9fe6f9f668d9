// Stands between browsers and the relay, on UDP and TCP; keeps what passes and
// can cut the way.
import dgram from 'node:dgram';
import net from 'node:net';

const limit = 256 * 1024 * 1024;

export class RelayRecorder {
  packets = []; // {protocol, up: boolean, data}
  #size = 0;
  #ways = new Map(); // client's UDP port → socket towards the relay
  #dead = new Set();
  #sockets = new Set();

  static async start(server) {
    const recorder = new RelayRecorder();
    recorder.target = server.relayPort;
    recorder.tcp = net.createServer((socket) => recorder.#accept(socket));
    await new Promise((done) => recorder.tcp.listen(0, '127.0.0.1', done));
    recorder.port = recorder.tcp.address().port;
    recorder.udp = dgram.createSocket('udp4');
    recorder.udp.on('message', (data, from) => recorder.#datagram(data, from));
    await new Promise((done, fail) => {
      recorder.udp.once('error', fail);
      recorder.udp.bind(recorder.port, '127.0.0.1', done);
    });
    return recorder;
  }

  #keep(protocol, up, data) {
    this.#size += data.length;
    if (this.#size < limit) this.packets.push({ protocol, up, data });
  }

  #datagram(data, from) {
    if (this.#dead.has(from.port)) return;
    let way = this.#ways.get(from.port);
    if (!way) {
      way = dgram.createSocket('udp4');
      way.on('message', (answer) => {
        if (this.#dead.has(from.port)) return;
        this.#keep('udp', false, answer);
        this.udp.send(answer, from.port, from.address);
      });
      way.on('error', () => {});
      this.#ways.set(from.port, way);
    }
    this.#keep('udp', true, data);
    way.send(data, this.target, '127.0.0.1');
  }

  #accept(socket) {
    const onward = net.connect(this.target, '127.0.0.1');
    const pair = [socket, onward];
    for (const [i, one] of pair.entries()) {
      const other = pair[1 - i];
      this.#sockets.add(one);
      one.setNoDelay(true);
      one.on('data', (data) => {
        this.#keep('tcp', i === 0, data);
        other.write(data);
      });
      one.on('error', () => other.destroy());
      one.on('close', () => {
        this.#sockets.delete(one);
        other.destroy();
      });
    }
  }

  /** Every way there is dies for good; new ones work. */
  cut() {
    for (const port of this.#ways.keys()) this.#dead.add(port);
    for (const socket of this.#sockets) socket.destroy();
  }

  bytes(protocol) {
    return Buffer.concat(this.packets.filter((p) => !protocol || p.protocol === protocol).map((p) => p.data));
  }

  async close() {
    this.cut();
    for (const way of this.#ways.values()) way.close();
    this.udp.close();
    await new Promise((done) => this.tcp.close(done));
  }
}
