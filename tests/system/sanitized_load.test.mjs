// TEST_LONG=1: media and strangers for half a minute on the builds with
// sanitizers, which the stages asan and tsan of mk/test leave behind.
import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'node:test';
import { root } from '../browser/lib/server.mjs';
import { measure, secret, servers } from '../bench/relay/servers.mjs';

const loads = [
  {},
  { burst: 8 },
  { with: 'send' },
  { with: 'send', burst: 8, size: 173 },
  { transport: 'tcp' },
  { transport: 'tcp', burst: 8, size: 171 },
  { transport: 'tcp', with: 'send' },
];

for (const kind of ['asan', 'tsan']) {
  const program = `${root}build/${kind}/catchup`;
  const skip = process.env.TEST_LONG !== '1' || !existsSync(program);
  test(`under load ${kind} finds nothing`, { skip, timeout: 180_000 }, async () => {
    const folder = mkdtempSync(join(tmpdir(), 'catchup-sanitized-'));
    const options = `log_path=${folder}/report`;
    const server = await servers.ours(
      {
        CATCHUP_MEDIA_THREADS: '2',
        ASAN_OPTIONS: options,
        UBSAN_OPTIONS: `${options}:print_stacktrace=1`,
        TSAN_OPTIONS: `${options}:suppressions=${root}mk/tsan.supp:halt_on_error=1`,
      },
      program,
    );
    try {
      const to = { port: server.port, secret };
      for (const load of loads) {
        const [seen] = await Promise.all([
          measure('load', { ...to, clients: 20, rate: 4000, seconds: 4, ...load }),
          measure('flood', { ...to, rate: 1000, count: 4000, what: 'allocate' }),
        ]);
        assert.equal(seen.wrong, 0, 'changed on their way');
        assert.ok(seen.received > 100, `only ${seen.received} of ${seen.sent} arrived`);
      }
      await measure('hold', { ...to, clients: 300 });
      assert.equal(await server.end(), 0);
      const reports = readdirSync(folder).map((name) => readFileSync(join(folder, name), 'utf8'));
      assert.deepEqual(reports, []);
    } finally {
      await server.stop();
      rmSync(folder, { recursive: true, force: true });
    }
  });
}
