import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';

/** Packages that the widget carries inside its own files, without their package.json. */
const kVendored = { '@mediapipe/face_detection': 'Apache-2.0', '@tensorflow-models/face-detection': 'Apache-2.0' };

/** Folder of the package that a bundled file belongs to, or null for this project's own files. */
function package_folder(file) {
  const match = /^((?:.*\/)?node_modules\/(?:@[^/]+\/)?[^/]+)\//.exec(file);
  return match ? match[1] : null;
}

async function package_of(folder) {
  try {
    return JSON.parse(await readFile(join(folder, 'package.json'), 'utf8'));
  } catch (error) {
    const name = folder.split('node_modules/').pop();
    if (error.code !== 'ENOENT' || !(name in kVendored)) throw error;
    return { name, version: '(as shipped in the liveness widget)', license: kVendored[name] };
  }
}

async function licence_text(folder) {
  const entries = await readdir(folder, { withFileTypes: true }).catch(() => []);
  const names = entries.filter((entry) => entry.isFile() && /^(licen[cs]e|copying|notice)/i.test(entry.name)).map((entry) => entry.name).sort();
  const texts = await Promise.all(names.map((name) => readFile(join(folder, name), 'utf8')));
  return texts.map((text) => text.trim()).join('\n\n');
}

/** One text that names each package in the bundle with its version, licence and the licence's own words. */
export async function licences_of(root, metafile) {
  const files = Object.values(metafile.outputs).flatMap((output) => Object.keys(output.inputs));
  const folders = [...new Set(files.map(package_folder).filter((folder) => folder !== null))];
  folders.push('node_modules/@tensorflow/tfjs-backend-wasm');  // its .wasm files are copied, not bundled

  const packages_by_text = new Map();
  for (const folder of folders) {
    const { name, version, license } = await package_of(join(root, folder));
    if (typeof license !== 'string') throw new Error(`${name} ${version} declares no licence`);
    const text = (await licence_text(join(root, folder))) || `Licensed under ${license}.`;
    const packages = packages_by_text.get(text) ?? new Set();
    packages_by_text.set(text, packages.add(`${name} ${version} (${license})`));
  }
  const sections = [...packages_by_text].map(([text, packages]) => `${[...packages].sort().join('\n')}\n\n${text}\n`).sort();
  return `The demo page contains the packages below.\n\n${sections.join(`\n${'-'.repeat(80)}\n\n`)}`;
}
