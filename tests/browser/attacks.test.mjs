// Who is not a living person is refused by the real page. All of them come into the oval as they are asked to; the
// genuine head of seeds.test.mjs, in front of the same camera, is the control.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { launch_browser, open_page, screenshot } from './browser.mjs';
import { DemoPage } from './demo_page.mjs';
import { start_server } from './server.mjs';

let server;
let browser;
let recorded; // the flash of an earlier session

before(async () => {
  server = await start_server();
  browser = await launch_browser();
});

after(async () => {
  await browser?.close();
  await server?.stop();
});

/** Returns what the screen flashed in that session. */
async function expect_refused(camera, name) {
  const page = await open_page(browser, camera);
  const demo = new DemoPage(page, server);
  await demo.open();
  const outcome = await demo.enroll('Mallory');
  const flash = await page.evaluate(() => window.scripted_camera.flash);
  await screenshot(page, `refused-${name}`);
  demo.expect(outcome, 'We could not confirm a live person');
  assert.ok(flash.length > 20, 'the refusal came after the colours, not before');
  await page.context().close();
  return flash;
}

test('somebody who gives way to somebody else once in the oval is refused', async () => {
  recorded = await expect_refused({ person: 'b', swapped_for: 'a', seed: 303 }, 'swap');
});

test('a head that answers to the colours of another session is refused', async () => {
  await expect_refused({ reflects: recorded, seed: 302 }, 'replay');
});

test('a photo, moved into the oval and reflecting the right colours, is refused', async () => {
  await expect_refused({ shape: 'flat', seed: 301 }, 'photo');
});
