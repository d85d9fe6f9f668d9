// The service unit and the small scripts around it, as their own tools see them.
import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { root } from '../browser/lib/server.mjs';

const unit = `${root}mk/systemd/catchup.service`;

test('systemd finds no fault in the unit, with TLS for the relay too', () => {
  const folder = mkdtempSync(join(tmpdir(), 'catchup-unit-'));
  // The program is not installed here.
  writeFileSync(join(folder, 'catchup.service'), readFileSync(unit, 'utf8').replaceAll('/opt/catchup/current/catchup', '/bin/true'));
  mkdirSync(join(folder, 'catchup.service.d'));
  writeFileSync(join(folder, 'catchup.service.d/turn-tls.conf'), readFileSync(`${root}mk/systemd/turn-tls.conf`));
  const { status, stdout, stderr } = spawnSync('systemd-analyze', ['verify', join(folder, 'catchup.service')], { encoding: 'utf8' });
  rmSync(folder, { recursive: true });
  assert.equal(status, 0, stderr);
  assert.equal(stdout + stderr, '');
});

test('what the unit leaves open is at most 2.0 of 10', () => {
  const out = execFileSync('systemd-analyze', ['--offline=yes', '--no-pager', 'security', unit], { encoding: 'utf8' });
  const [, exposure] = /Overall exposure level for catchup\.service: ([\d.]+)/.exec(out);
  assert.ok(Number(exposure) <= 2.0, out);
});

test('the unit says what docs and deployment rely on', () => {
  const text = readFileSync(unit, 'utf8');
  for (const line of ['Type=notify', 'WatchdogSec=30', 'Restart=on-failure', 'EnvironmentFile=/etc/catchup.env', 'LimitNOFILE=65536', 'WantedBy=multi-user.target'])
    assert.ok(text.split('\n').includes(line), line);
});
