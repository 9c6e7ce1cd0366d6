// The documentation pages, from phone to desk, in light and dark, by keyboard.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { assert_accessible, kAxeScript } from './accessibility.mjs';
import { launch_browser, screenshot } from './browser.mjs';
import { start_server } from './server.mjs';

let server;
let browser;

before(async () => {
  server = await start_server();
  browser = await launch_browser();
});

after(async () => {
  await browser?.close();
  await server?.stop();
});

async function open(path, width) {
  const context = await browser.newContext({ viewport: { width, height: 900 }, bypassCSP: true });
  const page = await context.newPage();
  const complaints = [];
  page.on('console', (message) => { if (message.type() === 'error') complaints.push(message.text()); });
  await page.goto(server.url + path);
  assert.deepEqual(complaints, []);
  return page;
}

for (const width of [390, 1440]) {
  for (const path of ['/docs', '/docs/errors']) {
    test(`${path} fits into ${width} pixels and is accessible with everything open`, async () => {
      const page = await open(path, width);
      await page.evaluate(() => document.querySelectorAll('details').forEach((one) => { one.open = true; }));
      assert.equal(await page.evaluate(() => document.documentElement.scrollWidth - innerWidth), 0, 'scrolls sideways');
      await page.addScriptTag(kAxeScript);
      await assert_accessible(page, `${path} at ${width}`);
      await screenshot(page, `docs${path.endsWith('errors') ? '-errors' : ''}-${width}`);
      await page.context().close();
    });
  }
}

test('by keyboard: past the contents at once, or to an operation by its link', async () => {
  const page = await open('/docs', 1440);
  await page.keyboard.press('Tab');
  assert.equal(await page.evaluate(() => document.activeElement.textContent), 'To the content');
  const seen = await page.locator('.skip').boundingBox();
  assert.ok(seen.x >= 0 && seen.y >= 0, 'the link is visible when it has the focus');
  await page.keyboard.press('Enter');
  await page.keyboard.press('Tab');
  assert.ok(await page.evaluate(() => document.querySelector('main').contains(document.activeElement)));

  await page.locator('nav a[href="#post_v1_verify"]').focus();
  await page.keyboard.press('Enter');
  assert.ok(page.url().endsWith('#post_v1_verify'));
  const heading = await page.locator('#post_v1_verify h3').boundingBox();
  assert.ok(heading.y >= 0 && heading.y < 900, 'the operation is in view');
  await page.context().close();
});
