// The group of the web app in Node: what the server of an attack makes itself.
import { mkdtempSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { root } from './server.mjs';

const require = createRequire(`${root}web/package.json`);
let loading = null;

/** web/src/lib/mls/testing/engine.ts, bundled at first use. */
export function engine() {
  loading ??= load();
  return loading;
}

async function load() {
  const { build } = await import(pathToFileURL(require.resolve('vite')));
  const folder = mkdtempSync(join(tmpdir(), 'catchup-engine-'));
  try {
    await build({
      configFile: false,
      root: `${root}web`,
      logLevel: 'error',
      ssr: { noExternal: true },
      build: {
        ssr: 'src/lib/mls/testing/engine.ts',
        outDir: folder,
        target: 'node20',
        minify: false,
        rollupOptions: { output: { codeSplitting: false } },
      },
    });
    return await import(pathToFileURL(join(folder, 'engine.js')));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
