// Readers, the build and the machine's setup have the same oldest browsers.
import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { baseline, buildTargets } from './baseline';

const file = (path: string) =>
  readFileSync(new URL(`../../../../${path}`, import.meta.url), 'utf8');

it('README.md and mk/setup name the browsers that the app is built for', () => {
  const { chrome, firefox, safari } = baseline;
  const row = `Chromium, Chrome or Edge ${chrome}, Firefox ${firefox}, Safari ${safari}, or newer`;
  expect(file('README.md')).toContain(row);
  expect(file('mk/setup')).toContain(`firefox_wanted=${firefox} `);
  expect(buildTargets).toEqual(['chrome141', 'firefox153', 'safari17.4']);
});
