// Stock LiveKit clients meet in a room of the program.
import assert from 'node:assert/strict';
import { livekitEnv, Participant, PlainSite, token } from '../lib/livekit.mjs';
import { scenario } from '../lib/scenario.mjs';
import { missing } from '../lib/sfu-alone.mjs';

const options = { skip: missing(), env: livekitEnv, timeout: 60_000 };

async function meet(stage, ...kinds) {
  const site = stage.with(await PlainSite.start());
  const all = [];
  for (const [i, kind] of kinds.entries()) {
    const one = stage.with(await Participant.open(kind, site, stage.server, `${kind}-${i}`));
    await one.join();
    await one.publish();
    all.push(one);
  }
  return all;
}

scenario('livekit-client: Chromium and Firefox see, hear and mute each other', options, async (stage) => {
  const [alice, bob] = await meet(stage, 'chromium', 'firefox');
  await Promise.all([alice.decodes(bob.identity), bob.decodes(alice.identity)]);

  await alice.page.evaluate(() => window.room.localParticipant.setMicrophoneEnabled(false));
  const muted = (identity) => window.room.remoteParticipants.get(identity)?.getTrackPublication('microphone')?.isMuted === true;
  await bob.until('alice is muted', muted, alice.identity);

  await bob.page.evaluate(() => {
    const own = window.room.localParticipant;
    return own.unpublishTrack(own.getTrackPublication('camera').track);
  });
  await alice.until('the camera of bob is gone', (identity) => !window.room.remoteParticipants.get(identity).getTrackPublication('camera'), bob.identity);

  await alice.page.evaluate(() => window.room.disconnect());
  await bob.until('alice left', (identity) => !window.room.remoteParticipants.has(identity), alice.identity, 5000);
});

scenario('livekit-client: media goes on while signalling is away and comes back', options, async (stage) => {
  const [alice, bob] = await meet(stage, 'chromium', 'chromium');
  await bob.decodes(alice.identity);
  const sid = await alice.page.evaluate(() => window.room.localParticipant.sid);
  const before = await bob.received(alice.identity, 'microphone');
  await alice.page.evaluate(() => window.room.simulateScenario('signal-reconnect'));
  await alice.until('back', () => window.events.some(([name]) => name === 'reconnected'));
  assert.equal(await alice.page.evaluate(() => window.room.localParticipant.sid), sid);
  const after = await bob.received(alice.identity, 'microphone');
  assert.ok(after > before + 10, `${after - before} packets meanwhile`);
  assert.equal(await bob.page.evaluate(() => window.events.filter(([name]) => name === 'participantDisconnected').length), 0);

  // A full reconnect is another participant of the same identity.
  await alice.page.evaluate(() => window.room.simulateScenario('full-reconnect'));
  await alice.until('anew', (sid) => window.room.state === 'connected' && window.room.localParticipant.sid !== sid, sid);
  await bob.decodes(alice.identity);
});

scenario('livekit-client: one identity is in the room once, and bad tokens are not', options, async (stage) => {
  const site = stage.with(await PlainSite.start());
  const first = stage.with(await Participant.open('chromium', site, stage.server, 'same'));
  await first.join();
  const second = stage.with(await Participant.open('chromium', site, stage.server, 'same'));
  await second.join();
  await first.until('told to go', () => window.room.state === 'disconnected');
  const reason = await first.page.evaluate(() => window.events.find(([name]) => name === 'disconnected')[1]);
  assert.equal(reason, '2'); // DUPLICATE_IDENTITY

  const third = stage.with(await Participant.open('chromium', site, stage.server, 'third'));
  const refusal = await third.join({ roomJoin: false }).then(
    () => 'came in',
    (error) => error.message,
  );
  assert.match(refusal, /no permissions to access the room/);
  const answer = await fetch(`${stage.server.url}/rtc/v1/validate?access_token=${await token('x')}`);
  assert.equal(answer.status, 400);
  assert.equal(answer.headers.get('access-control-allow-origin'), '*');
});
