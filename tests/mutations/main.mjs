// Takes each rule away, one at a time, in a copy of the web app, and sees its tests fail.
//   node tests/mutations/main.mjs [--check] [RULE...]
// --check only looks whether every rule is still where it was. A RULE is the beginning
// of one's name. Needs the packages of web/; about a minute.
import { spawn } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { rules } from './rules.mjs';

const root = fileURLToPath(new URL('../..', import.meta.url));
const args = process.argv.slice(2);
const names = args.filter((arg) => !arg.startsWith('--'));
const chosen = rules.filter(({ rule }) => names.length === 0 || names.some((name) => rule.startsWith(name)));
const sourceOf = (tree, file) => join(tree, 'web/src/lib', file);
let bad = 0;

function say(ok, words) {
  if (!ok) bad++;
  console.log(`${ok ? 'ok' : 'not ok'}: ${words}`);
}

/** {code, text} of the tests in a copy of the tree. */
function test(tree, files) {
  return new Promise((done) => {
    const paths = [...new Set(files)].map((file) => `src/lib/${file}`);
    const vitest = join(root, 'web/node_modules/vitest/vitest.mjs');
    const child = spawn(process.execPath, [vitest, 'run', ...paths], {
      cwd: join(tree, 'web'),
      env: { ...process.env, NO_COLOR: '1', CI: '1' },
    });
    let text = '';
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (data) => (text += data));
    const late = setTimeout(() => child.kill('SIGKILL'), 120_000);
    child.on('exit', (code) => {
      clearTimeout(late);
      done({ code, text });
    });
  });
}

/** A copy of what the tests need. */
function copied() {
  const tree = mkdtempSync(join(tmpdir(), 'catchup-mutation-'));
  const skipped = /\/(?:node_modules|dist|dist-admin)$/;
  cpSync(join(root, 'web'), join(tree, 'web'), { recursive: true, filter: (path) => !skipped.test(path) });
  cpSync(join(root, 'tests/data'), join(tree, 'tests/data'), { recursive: true });
  symlinkSync(join(root, 'web/node_modules'), join(tree, 'web/node_modules'));
  return tree;
}

async function take({ rule, file, from, to, tests }) {
  const tree = copied();
  try {
    const path = sourceOf(tree, file);
    writeFileSync(path, readFileSync(path, 'utf8').replace(from, () => to));
    const { code, text } = await test(tree, tests);
    // A test must fail, not merely something break.
    const failed = code === 1 && /^\s+Tests .*\d+ failed/m.test(text) && !/Failed Suites/.test(text);
    const [first] = /^ FAIL .*$/m.exec(text) ?? ['no test failed'];
    say(failed, `without "${rule}": ${first.trim()}`);
    if (!failed) console.log(text.slice(-2000));
  } finally {
    rmSync(tree, { recursive: true, force: true });
  }
}

for (const { rule, file, from } of chosen) {
  const found = readFileSync(sourceOf(root, file), 'utf8').split(from).length - 1;
  if (found !== 1) say(false, `"${rule}" is in ${file} ${found} times`);
}
if (args.includes('--check')) {
  if (bad === 0) say(true, `all ${chosen.length} rules are where their changes expect them`);
} else if (bad === 0) {
  const whole = copied();
  const { code, text } = await test(whole, chosen.flatMap(({ tests }) => tests));
  rmSync(whole, { recursive: true, force: true });
  say(code === 0, 'with all rules the tests pass');
  if (code !== 0) console.log(text.slice(-3000));
  // Two at a time.
  const waiting = [...chosen];
  const work = async () => {
    for (let one = waiting.shift(); one; one = waiting.shift()) await take(one);
  };
  await Promise.all([work(), work()]);
}
process.exitCode = bad === 0 ? 0 : 1;
