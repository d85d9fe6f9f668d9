// Fetches and builds clients in pinned versions, below build/interop. Each step is
// skipped while its inputs are as they were when it last went well.
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { cpSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { root } from '../../browser/lib/server.mjs';

export const built = `${root}build/interop`;
export const sources = `${root}tests/interop`;

const minutes = (n) => n * 60_000;

function run(command, args, options = {}) {
  return new Promise((done, failed) => {
    const wanted = { timeout: minutes(25), maxBuffer: 1 << 26, ...options };
    wanted.env = { ...process.env, ...options.env };
    // Builds give way to whatever else the machine does.
    execFile('nice', ['-n', '5', command, ...args], wanted, (error, out, errors) =>
      (error ? failed(new Error(`${command} ${args.join(' ')}\n${`${out}${errors}`.slice(-4000)}`)) : done(out)));
  });
}

/** Runs `work` unless it went well before with the same contents of `inputs`. */
async function once(name, inputs, work) {
  mkdirSync(built, { recursive: true });
  const hash = createHash('sha256');
  for (const input of inputs) hash.update(`${input}\n`).update(readFileSync(`${sources}/${input}`));
  const stamp = `${built}/${name}.stamp`;
  const state = hash.digest('hex');
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === state) return;
  await work();
  writeFileSync(stamp, state);
}

/** Installs Debian packages that are missing. */
export async function debian(...packages) {
  const missing = [];
  for (const name of packages) {
    const status = await run('dpkg-query', ['-W', '-f', '${Status}', name]).catch(() => '');
    if (status !== 'install ok installed') missing.push(name);
  }
  if (missing.length === 0) return;
  const [command, ...first] = [...(process.getuid() === 0 ? [] : ['sudo', '-n']), 'apt-get'];
  await run(command, [...first, 'install', '-y', '--no-install-recommends', ...missing]);
}

/** The version of an installed Debian package. */
const debianVersion = async (name) => (await run('dpkg-query', ['-W', '-f', '${Version}', name])).trim();

export function python() {
  return once('python', ['turn/aioice/requirements.txt'], async () => {
    await run('python3', ['-m', 'venv', `${built}/python`]);
    await run(`${built}/python/bin/pip`, [
      'install', '--quiet', '--require-hashes', '-r', `${sources}/turn/aioice/requirements.txt`,
    ]);
  });
}

export function npm() {
  const files = ['package.json', 'package-lock.json'];
  return once('npm', files.map((file) => `turn/npm/${file}`), async () => {
    for (const file of files) cpSync(`${sources}/turn/npm/${file}`, `${built}/npm/${file}`);
    await run('npm', ['ci', '--no-audit', '--no-fund'], { cwd: `${built}/npm` });
  });
}

export function go(folder, ...files) {
  return once(`go-${folder}`, ['go.mod', 'go.sum', ...files].map((file) => `turn/${folder}/${file}`), () =>
    run('go', ['build', '-o', `${built}/${folder}`, '.'], {
      cwd: `${sources}/turn/${folder}`,
      env: { GOFLAGS: '-mod=readonly', GOTOOLCHAIN: 'local' },
    }));
}

/** A C program with one of Debian's libraries, as pkg-config knows it. */
export async function c(name, library, ...packages) {
  await debian('pkg-config', ...packages);
  const version = await debianVersion(packages[0]);
  await once(`c-${name}`, [`turn/c/${name}.c`, 'turn/c/contract.h'], async () => {
    const flags = (await run('pkg-config', ['--cflags', '--libs', library])).trim().split(/\s+/);
    const warnings = ['-Wall', '-Wextra', '-Werror'];
    const include = flags.map((flag) => flag.replace(/^-I/, '-isystem'));
    await run('cc', [
      '-std=gnu17', '-O1', ...warnings, `-DINTEROP_VERSION="${version}"`,
      `${sources}/turn/c/${name}.c`, '-o', `${built}/${name}`, ...include,
    ]);
  });
}

/** A Rust program; all share the folder of compiled crates. */
export function cargo(folder, files) {
  const name = folder.replaceAll('/', '-');
  return once(`cargo-${name}`, ['Cargo.toml', 'Cargo.lock', ...files].map((file) => `${folder}/${file}`), () =>
    run('cargo', ['build', '--locked', '--manifest-path', `${sources}/${folder}/Cargo.toml`], {
      env: { CARGO_TARGET_DIR: `${built}/cargo` },
    }));
}
