// Stock browsers publish to the SFU and get what others publish.
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { makeCertificates } from '../lib/nginx.mjs';
import { scenario } from '../lib/scenario.mjs';
import { missing, SfuAlone } from '../lib/sfu-alone.mjs';

const layers = [
  { rid: 'f', maxBitrate: 1_700_000 },
  { rid: 'h', scaleResolutionDownBy: 2, maxBitrate: 500_000 },
  { rid: 'q', scaleResolutionDownBy: 4, maxBitrate: 160_000 },
];

const kinds = [
  ['chromium', 'chromium'],
  ['chromium', 'firefox'],
  ['firefox', 'chromium'],
  ['firefox', 'firefox'],
];
for (const [from, to] of kinds) {
  scenario(`SFU: ${to} sees and hears what ${from} publishes`, { skip: missing() }, async (stage) => {
    const sfu = stage.with(await SfuAlone.start());
    const publisher = stage.with(await sfu.participant(from, 'room', stage.server.url));
    await publisher.publish();
    const subscriber = stage.with(await sfu.participant(to, 'room', stage.server.url));
    await subscriber.watch();
    await subscriber.until('video', (s) => s.framesDecoded > 40);
    await subscriber.until('audio', (s) => s.packetsReceived > 50);
    const [video] = await subscriber.stats('inbound-rtp', 'video');
    // One request for a key frame per subscriber, and few when packets are late.
    assert.ok(video.keyFramesDecoded <= 5, `${video.keyFramesDecoded} key frames`);
    assert.ok(video.packetsLost <= 5, `${video.packetsLost} lost`);
  });
}

for (const kind of ['chromium', 'firefox'])
  scenario(`SFU: ${kind} reaches it over TCP when nothing else leads there`, { skip: missing() }, async (stage) => {
    const sfu = stage.with(await SfuAlone.start({ candidates: 'tcp' }));
    const publisher = stage.with(await sfu.participant(kind, 'room', stage.server.url));
    await publisher.publish();
    const subscriber = stage.with(await sfu.participant(kind, 'room', stage.server.url));
    await subscriber.watch();
    await subscriber.until('video', (s) => s.framesDecoded > 40);
    await subscriber.until('audio', (s) => s.packetsReceived > 50);
    for (const one of [publisher, subscriber]) assert.equal((await one.local()).protocol, 'tcp');
  });

for (const [kind, scheme, transport, protocol] of [
  ['chromium', 'turn', 'udp', 'udp'],
  ['chromium-credulous', 'turns', 'tcp', 'tls'],
])
  scenario(`SFU: ${kind} reaches it through the relay of the same port, ${scheme} over ${transport}`, { skip: missing() }, async (stage) => {
    const certificates = mkdtempSync(`${tmpdir()}/catchup-sfu-`);
    stage.with({ close: () => rmSync(certificates, { recursive: true, force: true }) });
    makeCertificates(certificates);
    const sfu = stage.with(await SfuAlone.start({ certificates }));
    const way = sfu.relayOnly(scheme, transport);
    const publisher = stage.with(await sfu.participant(kind, 'room', stage.server.url, way));
    await publisher.publish();
    const subscriber = stage.with(await sfu.participant(kind, 'room', stage.server.url, way));
    await subscriber.watch();
    await subscriber.until('video', (s) => s.framesDecoded > 40);
    await subscriber.until('audio', (s) => s.packetsReceived > 50);
    for (const one of [publisher, subscriber]) {
      const { candidateType, relayProtocol } = await one.local();
      assert.deepEqual([candidateType, relayProtocol], ['relay', protocol]);
    }
  });

for (const from of ['chromium', 'firefox']) {
  scenario(`SFU: a subscriber of ${from} gets the layer that it wishes`, { skip: missing() }, async (stage) => {
    const sfu = stage.with(await SfuAlone.start());
    const publisher = stage.with(await sfu.participant(from, 'room', stage.server.url));
    await publisher.publish(layers);
    const subscriber = stage.with(await sfu.participant('chromium', 'room', stage.server.url));
    await subscriber.watch();
    // The bitrate rises only with TWCC feedback: without it the largest layer never comes.
    await subscriber.until('video', (s) => s.frameWidth === 1280, 30_000);
    subscriber.wish(1, 0);
    await subscriber.until('video', (s) => s.frameWidth === 320);
    subscriber.wish(1, 1);
    await subscriber.until('video', (s) => s.frameWidth === 640);
    subscriber.wish(1, 'none');
    await new Promise((done) => setTimeout(done, 500));
    const [paused] = await subscriber.stats('inbound-rtp', 'video');
    await new Promise((done) => setTimeout(done, 1000));
    const [later] = await subscriber.stats('inbound-rtp', 'video');
    assert.equal(later.framesReceived, paused.framesReceived);
    subscriber.wish(1, 2);
    await subscriber.until('video', (s) => s.frameWidth === 1280);
  });
}
