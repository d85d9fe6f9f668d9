// Every case, one after the other, in one process: the browsers are shared.
//   node [--test-name-pattern=TEXT] tests/browser/main.mjs [--update-screens] [CASE...]
import { readdirSync } from 'node:fs';
import { closeBrowsers } from './lib/browsers.mjs';
import { begin } from './lib/scenario.mjs';

const folders = ['cases/', 'screens/'].map((name) => new URL(name, import.meta.url));
const wanted = process.argv.slice(2).filter((arg) => !arg.startsWith('--'));
for (const folder of folders) {
  for (const file of readdirSync(folder).sort()) {
    const name = file.replace(/\.mjs$/, '');
    if (wanted.length === 0 || wanted.includes(name)) await import(new URL(file, folder));
  }
}
begin(closeBrowsers);
