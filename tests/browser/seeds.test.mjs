// Every session asks for another oval and other colours, and every head sways, blinks and comes closer in its own way:
// the widget must complete all of them, and the verdict be live.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { launch_browser, open_page } from './browser.mjs';
import { DemoPage, kCheckTimeoutMs } from './demo_page.mjs';
import { start_server } from './server.mjs';

const long = process.env.FACEGATE_TEST_MODE === 'long';
const seeds = Number(process.env.SEEDS ?? (long ? 10 : 2));
const movement_seeds = Number(process.env.SEEDS ?? (long ? 10 : 1));

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

const describe = ({ Width, Height, CenterX, CenterY }) => `${Width}x${Height}@${CenterX},${CenterY}`;

/** Takes `count` checks, each a `check` on a freshly opened page, and asserts that all end with `expected`. */
async function expect_all(context, demo, count, expected, check) {
  const ovals = [];
  const failures = [];
  for (let number = 0; number < count; number += 1) {
    await demo.open();
    const outcome = await check();
    const oval = describe(await demo.oval());
    ovals.push(oval);
    if (outcome !== expected) failures.push({ outcome, oval, server: server.last_check() });
  }
  context.diagnostic(`ovals: ${ovals.join(' ')}`);
  assert.deepEqual(failures, []);
  assert.equal(new Set(ovals).size, count, 'the ovals differ');
}

test(`${seeds} checks by movement and light complete and are judged live`, async (context) => {
  const page = await open_page(browser, { seed: 100 });
  const demo = new DemoPage(page, server);
  await expect_all(context, demo, seeds, 'You are enrolled, Ada Guard', () => demo.enroll('Ada Guard'));
  await page.context().close();
});

test(`${movement_seeds} checks by movement alone complete and are judged live`, async (context) => {
  const page = await open_page(browser, { seed: 200 });
  const demo = new DemoPage(page, server);
  const asked = [];
  page.on('request', (request) => {
    if (request.url().endsWith('/demo/liveness-session')) asked.push(request.postDataJSON().challenge);
  });
  await expect_all(context, demo, movement_seeds, 'You are enrolled, Ada Guard', async () => {
    await demo.fill_in('Ada Guard');
    await demo.button('Use the check without flashing').click();
    await demo.button('Start video check').waitFor({ timeout: kCheckTimeoutMs });
    await demo.start_video();
    return demo.outcome();
  });
  assert.deepEqual(asked, Array(movement_seeds).fill('movement'));
  assert.equal(await page.evaluate(() => window.scripted_camera.flash.length), 0, 'nothing flashed');
  await page.context().close();
});
