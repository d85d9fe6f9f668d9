// Ports 80, 443 and 3478 are enough: a whole call with everything else dropped.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { missing } from '../lib/firewall.mjs';
import { Nginx } from '../lib/nginx.mjs';
import { scenario } from '../lib/scenario.mjs';

/** curl's exit code: 28 is nothing came back. */
function reaches(url) {
  try {
    execFileSync('curl', ['-ksS', '--max-time', '2', '-o', '/dev/null', url], { stdio: 'pipe' });
    return 0;
  } catch (error) {
    return error.status;
  }
}

for (const route of ['relay-udp', 'relay-tcp'])
  scenario(`a call through a packet filter, ${route}`, { firewall: true, skip: missing() }, async (stage) => {
    const { firewall } = stage;
    const nginx = stage.with(await Nginx.start(stage.server, { firewall }));
    assert.equal(reaches(`http://${firewall.address}:80/`), 0);
    assert.equal(reaches(`http://${firewall.address}:${stage.server.port}/`), 28, 'the filter drops what is not for everybody');
    const pair = [];
    for (let i = 0; i < 2; i++) pair.push(await stage.person('chromium', { site: nginx.url, route, insecure: true }));
    await pair[0].open('/');
    await pair[0].click('start-call');
    await pair[0].find('join');
    const link = await pair[0].page.evaluate(() => location.pathname + location.hash);
    await pair[0].joinHere();
    await pair[1].join(link);
    await Promise.all(pair.map((p) => p.receives(2)));
  });
