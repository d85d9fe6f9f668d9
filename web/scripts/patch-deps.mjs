// Corrects installed packages by the edits in patches/. Runs after every
// install and before every build; does nothing where it has been. Ends with an
// error when a file is neither as published nor as corrected.
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

const web = dirname(dirname(fileURLToPath(import.meta.url)));
const sha256 = (text) => createHash('sha256').update(text).digest('hex');

/** The text of a published file with every edit made; each must fit exactly once. */
export function corrected(text, edits) {
  return edits.reduce((now, [from, to]) => {
    if (now.split(from).length !== 2) throw new Error(`does not fit exactly once: ${from.trim()}`);
    return now.replace(from, () => to);
  }, text);
}

function apply(patch) {
  const folder = join(web, 'node_modules', patch.name);
  const { version } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
  if (version !== patch.version)
    throw new Error(`is ${version}, the patch is for ${patch.version}`);
  const path = join(folder, patch.file);
  const text = readFileSync(path, 'utf8');
  if (sha256(text) === patch.after) return;
  if (sha256(text) !== patch.before) throw new Error(`${patch.file} is not as published`);
  const next = corrected(text, patch.edits);
  if (sha256(next) !== patch.after) throw new Error(`${patch.file} would be ${sha256(next)}`);
  writeFileSync(path, next);
  console.log(`${patch.name} ${version}: corrected ${patch.file}`);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  for (const name of readdirSync(join(web, 'patches')).filter((n) => n.endsWith('.mjs'))) {
    const patch = (await import(pathToFileURL(join(web, 'patches', name)).href)).default;
    try {
      apply(patch);
    } catch (error) {
      console.error(`patches/${name}: ${patch.name}: ${error.message}`);
      process.exitCode = 1;
    }
  }
}
