// Bundles the demo page into a folder of static files: node build.mjs OUTPUT_DIR
import { build } from 'esbuild';
import { createHash } from 'node:crypto';
import { cp, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { licences_of } from './licences.mjs';

const here = dirname(fileURLToPath(import.meta.url));
const out = process.argv[2] ? resolve(process.argv[2]) : '';
if (!out) {
  console.error('usage: node build.mjs OUTPUT_DIR');
  process.exit(2);
}

await mkdir(out, { recursive: true });
const { metafile } = await build({
  absWorkingDir: here,
  entryPoints: { demo: 'src/main.tsx' },
  outdir: out,
  bundle: true,
  minify: true,
  format: 'esm',
  target: ['es2022', 'chrome105', 'firefox105', 'safari16'],
  define: { 'process.env.NODE_ENV': '"production"', global: 'globalThis' },
  platform: 'browser',
  legalComments: 'none',
  metafile: true,
  logLevel: 'warning',
});

const wasm_source = join(here, 'node_modules/@tensorflow/tfjs-backend-wasm/dist');
await rm(join(out, 'wasm'), { recursive: true, force: true });
await mkdir(join(out, 'wasm'));
for (const name of ['tfjs-backend-wasm.wasm', 'tfjs-backend-wasm-simd.wasm', 'tfjs-backend-wasm-threaded-simd.wasm']) {
  await cp(join(wasm_source, name), join(out, 'wasm', name));
}
const html = await readFile(join(here, 'src/demo.html'), 'utf8');
await writeFile(join(out, 'demo.html'), await stamped(html));
await cp(join(here, 'src/icon.svg'), join(out, 'icon.svg'));
await writeFile(join(out, 'licenses.txt'), await licences_of(here, metafile));

/** The page with a digest in the addresses of its script and style: caches never mix two builds. */
async function stamped(page) {
  let text = page;
  for (const name of ['demo.css', 'demo.js']) {
    const digest = createHash('sha256').update(await readFile(join(out, name))).digest('hex').slice(0, 12);
    text = text.replace(`/assets/${name}`, `/assets/${name}?v=${digest}`);
  }
  return text;
}
