// Frames that could not be sealed are missing at the receivers: what is sent next has to be a
// whole picture (docs/e2ee.md). Chromium's encoder makes one when its page asks for it.
import assert from 'node:assert/strict';
import { Front } from '../lib/front.mjs';
import { scenario } from '../lib/scenario.mjs';
import { pause } from '../lib/server.mjs';
import { hold, holding } from '../lib/tap.mjs';

const holdMs = 1_000;
const withinMs = 1_000;
/** Chromium asks a sender by itself when it has decoded nothing for 3 s. */
const lookMs = 5_000;

/** Samples of the decoded pictures, taken in the page: [Date.now(), how many]. */
async function decoded(person, ms) {
  return person.page.evaluate(async (length) => {
    const samples = [];
    for (const end = Date.now() + length; Date.now() < end; ) {
      let frames = 0;
      for (const connection of window.__seen.connections) {
        if (connection.connectionState === 'closed') continue;
        for (const r of (await connection.getStats()).values()) {
          if (r.type === 'inbound-rtp' && r.kind === 'video') frames += r.framesDecoded ?? 0;
        }
      }
      samples.push([Date.now(), frames]);
      await new Promise((done) => setTimeout(done, 50));
    }
    return samples;
  }, ms);
}

for (const receiver of ['chromium', 'firefox']) {
  scenario(`keys held for a second in chromium: ${receiver} shows pictures again within a second`, {}, async (stage) => {
    const { path } = await stage.room();
    const front = stage.with(await Front.start(stage.server, { prefixes: { frame: holding } }));
    const sending = await stage.person('chromium', { site: front.url, name: 'Sender' });
    const seeing = await stage.person(receiver, { name: 'Receiver' });
    for (const person of [sending, seeing]) await person.join(path);
    await seeing.receives(2);
    const sampling = decoded(seeing, holdMs + lookMs);
    await hold(sending, true);
    await pause(holdMs);
    await hold(sending, false);
    const freeAt = Date.now();
    const samples = await sampling;
    const still = samples.filter(([at]) => at > freeAt - 400 && at < freeAt);
    assert.ok(still.length > 1 && still[0][1] === still.at(-1)[1], `nothing is sent while the keys are held: ${still}`);
    const [back] = samples.find(([at, frames]) => at >= freeAt && frames >= still[0][1] + 3) ?? [];
    console.log(`key frame: ${receiver} shows pictures ${back && back - freeAt} ms after the keys came back`);
    assert.ok(back - freeAt <= withinMs, `pictures after ${back - freeAt} ms`);
  });
}
