import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { chromium } from 'playwright-core';
import { kRepository } from './server.mjs';

const kSamples = process.env.FACEGATE_SAMPLES ?? join(kRepository, 'build/share/samples');
const kCameraScript = await readFile(new URL('./scripted_camera.js', import.meta.url), 'utf8');
const kCameraWorker = await readFile(new URL('./camera_worker.js', import.meta.url), 'utf8');
const kFaces = JSON.parse(await readFile(join(kRepository, 'tests/data/browser/faces.json'), 'utf8'));

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
 * `reflects: false` is a face that does not answer to the screen's colours, `approaches: false` one that stays away.
 */
export async function open_page(browser, { person = 'a', reflects = true, approaches = true, viewport = { width: 640, height: 640 }, ...context_options } = {}) {
  const context = await browser.newContext({ viewport, ...context_options });
  if (person !== null) {
    const { photo, ...face } = kFaces[person];
    const options = { worker: kCameraWorker, photo: (await readFile(join(kSamples, photo))).toString('base64'), face, reflects, approaches, fps: 20 };
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
