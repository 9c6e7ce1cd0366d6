import { execFile } from 'node:child_process';
import { mkdir, readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { chromium } from 'playwright-core';
import { kBinary, kRepository } from './server.mjs';

const kShare = join(kRepository, 'build/share');
const kSamples = process.env.FACEGATE_SAMPLES ?? join(kShare, 'samples');
const kExportHead = process.env.FACEGATE_EXPORT_HEAD ?? join(dirname(kBinary), 'export_head');
const text_of = (file) => readFile(new URL(file, import.meta.url), 'utf8');
const kCameraScript = await text_of('scripted_camera.js');
const kCameraWorker = (await Promise.all(['camera_renderer.js', 'camera_motion.js', 'camera_worker.js'].map(text_of))).join('\n');
const kFaces = JSON.parse(await readFile(join(kRepository, 'tests/data/browser/faces.json'), 'utf8'));
const run = promisify(execFile);

const models = new Map();
/** The surface that export_head makes of that person's face: 'head', or a sheet of paper, 'flat' or 'bent'. */
function model_of(person, shape) {
  const key = `${person} ${shape}`;
  if (!models.has(key)) {
    const { photo, face } = kFaces[person];
    const made = run(kExportHead, [kShare, join(kSamples, photo), String(face), shape], { maxBuffer: 16 << 20 });
    models.set(key, made.then(({ stdout }) => JSON.parse(stdout)));
  }
  return models.get(key);
}

/** A headless Chromium with a fresh profile. */
export function launch_browser() {
  return chromium.launch({
    executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
    headless: true,
    args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking',
      '--disable-component-update', '--disable-sync'],
  });
}

/** A photo with where the face in it is, for a camera that a test paints itself. */
export async function painted_face(person = 'a') {
  const { photo, ...face } = kFaces[person];
  return { face, photo: (await readFile(join(kSamples, photo))).toString('base64') };
}

/** Everything the browser asked for, over every page opened with `open_page`. */
export const traffic = { requests: [], sockets: [], policy_violations: [] };

// The page requires trusted types; the camera's worker is a script from a blob, which nobody else vouches for.
const kTrustCameraWorker = `trustedTypes.createPolicy('default', { createScriptURL: (url) => (url.startsWith('blob:') ? url : null) });`;

/**
 * Opens a page whose camera shows that person ('a' or 'b'); `person: null` leaves the browser's own (absent) camera.
 * `shape` is that of `model_of`. `reflects: false` is a face that does not answer to the screen's colours; a list is what
 * `scripted_camera.flash` was in another session, and answered to instead. `approaches: false` stays away from the oval.
 * `swapped_for` is who takes the person's place once the widget says to hold still. `seed` is that of every movement.
 */
export async function open_page(browser, { person = 'a', shape = 'head', swapped_for = null, reflects = true, approaches = true, seed = 1, viewport = { width: 640, height: 640 }, ...context_options } = {}) {
  const context = await browser.newContext({ viewport, ...context_options });
  if (person !== null) {
    const people = swapped_for === null ? [person] : [person, swapped_for];
    const options = { worker: kCameraWorker, models: await Promise.all(people.map((who) => model_of(who, shape))), reflects, approaches, seed, fps: 20 };
    await context.addInitScript(`${kTrustCameraWorker}
${kCameraScript}\ninstall_scripted_camera(${JSON.stringify(options)});`);
  }
  const page = await context.newPage();
  page.on('request', (request) => traffic.requests.push(request.url()));
  page.on('websocket', (socket) => traffic.sockets.push(socket.url()));
  page.on('console', (message) => {
    if (/content security policy|trusted ?(type|html|script)/i.test(message.text())) traffic.policy_violations.push(message.text());
  });
  return page;
}

/** Saves build/screenshots/NAME.png. */
export async function screenshot(page, name, options = {}) {
  const folder = join(kRepository, 'build/screenshots');
  await mkdir(folder, { recursive: true });
  await page.screenshot({ path: join(folder, `${name}.png`), fullPage: true, animations: 'disabled', ...options });
}
