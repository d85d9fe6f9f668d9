// Media under load from outside: every packet arrives, once, as it was sent.
// How fast is another matter: tests/bench/relay/run.mjs.
import assert from 'node:assert/strict';
import test from 'node:test';
import { measure, secret, servers } from '../bench/relay/servers.mjs';

const kinds = [
  ['ChannelData over UDP', {}],
  ['ChannelData over UDP in trains', { burst: 8 }],
  ['ChannelData of 171 bytes over UDP in trains', { burst: 5, size: 171 }],
  ['indications over UDP', { with: 'send' }],
  ['indications of 173 bytes over UDP in trains', { with: 'send', burst: 8, size: 173 }],
  ['ChannelData over TCP', { transport: 'tcp' }],
  ['ChannelData of 171 bytes over TCP', { transport: 'tcp', burst: 8, size: 171 }],
  ['indications over TCP', { transport: 'tcp', with: 'send' }],
];

for (const threads of [1, 2])
  test(`the relay carries media of twenty clients unchanged, media threads: ${threads}`, async (t) => {
    const server = await servers.ours({ CATCHUP_MEDIA_THREADS: `${threads}` });
    try {
      for (const [what, settings] of kinds)
        await t.test(what, async () => {
          const shape = { port: server.port, secret, clients: 20, rate: 2000, seconds: 0.5 };
          const seen = await measure('load', { ...shape, ...settings });
          assert.equal(seen.wrong, 0, 'changed on their way');
          assert.equal(seen.reordered, 0, 'out of order');
          assert.equal(seen.lost, 0, `of ${seen.sent} sent`);
          // A busy machine sends late, but it does send.
          assert.ok(seen.sent >= 100, `only ${seen.sent} sent`);
        });
    } finally {
      await server.stop();
    }
  });
