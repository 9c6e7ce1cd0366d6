// Every session asks for another oval and other colours: the widget must complete all of them, and the verdict be live.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { launch_browser, open_page } from './browser.mjs';
import { DemoPage } from './demo_page.mjs';
import { start_server } from './server.mjs';

const seeds = Number(process.env.SEEDS ?? (process.env.FACEGATE_TEST_MODE === 'long' ? 20 : 3));

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

test(`${seeds} random ovals complete and are judged live`, async (context) => {
  const page = await open_page(browser);
  const demo = new DemoPage(page, server);
  await demo.open();
  demo.expect(await demo.enroll('Ada Guard'), 'You are enrolled, Ada Guard');

  const ovals = [await demo.oval()];
  const failures = [];
  for (let seed = 1; seed < seeds; seed += 1) {
    await demo.open();
    const outcome = await demo.sign_in();
    const oval = await demo.oval();
    ovals.push(oval);
    if (outcome !== 'Hello Ada Guard') failures.push({ outcome, oval, server: server.last_check() });
  }
  context.diagnostic(`ovals: ${ovals.map(({ Width, Height, CenterX, CenterY }) => `${Width}x${Height}@${CenterX},${CenterY}`).join(' ')}`);
  assert.deepEqual(failures, []);
  assert.equal(new Set(ovals.map((oval) => JSON.stringify(oval))).size, seeds, 'the ovals differ');
  await page.context().close();
});
