// Rubbish on every port while two people talk changes nothing for them.
import { randomBytes, randomInt } from 'node:crypto';
import dgram from 'node:dgram';
import net from 'node:net';
import { encode } from '@msgpack/msgpack';
import WebSocket from 'ws';
import { long, scenario } from '../lib/scenario.mjs';
import { pause } from '../lib/server.mjs';

const seconds = long ? 60 : 10;

/** A connection that is given `bytes` and then held for a moment. */
function throwAt(port, bytes) {
  return new Promise((done) => {
    const socket = net.connect(port, '127.0.0.1', () => socket.write(bytes));
    socket.on('error', () => {});
    socket.on('data', () => {});
    socket.on('close', done);
    setTimeout(() => socket.destroy(), 300);
  });
}

function stun(length) {
  const head = Buffer.concat([Buffer.from([0, 3, length >> 8, length & 255, 0x21, 0x12, 0xa4, 0x42]), randomBytes(12)]);
  return Buffer.concat([head, randomBytes(randomInt(40))]);
}

const http = [
  () => randomBytes(randomInt(1, 4000)),
  () => Buffer.from('GET / HTTP/1.1\r\nHost: loc'),
  () => Buffer.from(`GET /${'a'.repeat(70_000)} HTTP/1.1\r\n\r\n`),
  () => Buffer.from(`POST /create-room HTTP/1.1\r\nHost: localhost\r\nContent-Length: 99999999\r\n\r\n{`),
  () => Buffer.from('POST /create-room HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\nFFFFFFFFFFFFFFFFF\r\n'),
  () => Buffer.from('GET /ws HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: x\r\n\r\n'),
  () => Buffer.from('GET /../../../../etc/passwd HTTP/1.1\r\nHost: localhost\r\n\r\n'),
];

const relay = [
  () => randomBytes(randomInt(1, 1400)),
  () => stun(randomInt(65_536)).subarray(0, randomInt(1, 40)),
  () => stun(randomInt(0, 64) * 4),
  () => Buffer.concat([Buffer.from([0x40 + randomInt(16), randomInt(256), 0xff, 0xff]), randomBytes(100)]),
  () => Buffer.concat([Buffer.from([22, 254, 253]), randomBytes(200)]),
  () => Buffer.concat([Buffer.from([128, 96]), randomBytes(300)]),
  () => Buffer.alloc(0),
];

const pick = (list) => list[randomInt(list.length)]();

/** A WebSocket that says one odd thing. */
function oddSocket(server) {
  return new Promise((done) => {
    const socket = new WebSocket(`ws://127.0.0.1:${server.port}/ws`, 'catchup.v1', { origin: server.url });
    const says = pick([
      () => randomBytes(randomInt(1, 3000)),
      () => encode({ t: 'hello', v: 1, room: 'x'.repeat(60_000) }),
      () => encode({ t: 'admit', adm_pk: randomBytes(32), member: randomBytes(16), sig: randomBytes(64) }),
      () => encode({ t: 'app', n: 1, data: randomBytes(32_768) }),
      () => Buffer.from([0xdf, 0xff, 0xff, 0xff, 0xff]), // a map of 2^32 - 1 entries
      () => Buffer.from([0xc6, 0xff, 0xff, 0xff, 0xff]), // a binary of as many bytes
      () => Buffer.alloc(2000, 0x91), // arrays in arrays
      () => randomBytes(200_000), // more than a message may have
      () => 'text',
    ]);
    socket.on('open', () => socket.send(says));
    socket.on('error', () => {});
    socket.on('close', done);
    setTimeout(() => socket.terminate(), 400);
  });
}

scenario(`rubbish on every port for ${seconds} s changes nothing for a call`, { timeout: 60_000 + seconds * 1000 }, async (stage) => {
  const { pair } = await stage.call(['chromium', 'firefox'], { each: [{ route: 'relay-udp' }, { route: 'relay-tcp' }] });
  const { port, relayPort } = stage.server;
  const udp = dgram.createSocket('udp4');
  const end = Date.now() + seconds * 1000;
  const rubbish = async () => {
    while (Date.now() < end) {
      for (let i = 0; i < 20; i++) udp.send(pick(relay), relayPort, '127.0.0.1');
      await Promise.all([
        throwAt(port, pick(http)),
        throwAt(port, pick(http)),
        throwAt(relayPort, pick(relay)),
        throwAt(relayPort, pick(relay)),
        oddSocket(stage.server),
        oddSocket(stage.server),
        pause(50),
      ]);
    }
  };
  await Promise.all([rubbish(), ...pair.map((p) => p.receives(seconds))]);
  udp.close();
  await Promise.all(pair.map((p) => p.phase('active')));
  await Promise.all(pair.map((p) => p.receives(2)));
});
