// Writes a .br and a .gz beside every file of the two builds that shrinks by it,
// so that the server never compresses anything itself.
import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { brotliCompressSync, constants, gzipSync } from 'node:zlib';

const builds = ['dist', 'dist-admin'].map((name) =>
  fileURLToPath(new URL(`../${name}`, import.meta.url)),
);
const compressible = /\.(?:html|js|css|svg|json|webmanifest|txt|wasm|map)$/;

function* files(folder) {
  for (const name of readdirSync(folder)) {
    const path = join(folder, name);
    if (statSync(path).isDirectory()) yield* files(path);
    else yield path;
  }
}

function brotli(bytes) {
  const params = {
    [constants.BROTLI_PARAM_QUALITY]: constants.BROTLI_MAX_QUALITY,
    [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length,
  };
  return brotliCompressSync(bytes, { params });
}

for (const build of builds) {
  const total = { raw: 0, br: 0, gz: 0 };
  for (const path of [...files(build)]) {
    if (!compressible.test(path)) continue;
    const raw = readFileSync(path);
    const br = brotli(raw);
    const gz = gzipSync(raw, { level: 9 });
    if (br.length < raw.length) writeFileSync(`${path}.br`, br);
    if (gz.length < raw.length) writeFileSync(`${path}.gz`, gz);
    total.raw += raw.length;
    total.br += br.length;
    total.gz += gz.length;
    console.log(
      `${path.slice(build.length + 1)}  ${raw.length}  gzip ${gz.length}  br ${br.length}`,
    );
  }
  console.log(`total  ${total.raw}  gzip ${total.gz}  br ${total.br}`);
}
