// What the page says when a check does not succeed, and that the next try works.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { launch_browser, open_page, screenshot } from './browser.mjs';
import { DemoPage, kCheckTimeoutMs } from './demo_page.mjs';
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

async function open_demo(options) {
  const page = await open_page(browser, options);
  const demo = new DemoPage(page, server);
  await demo.open();
  return { page, demo };
}

const live_tracks = (page) => page.evaluate(() => window.scripted_camera.tracks.filter((track) => track.readyState === 'live').length);

test('a cancelled check says so, turns the camera off, and the retry succeeds with a new session', async () => {
  const { page, demo } = await open_demo();
  await demo.begin_enroll('Ada Guard');
  assert.equal(await live_tracks(page), 1);
  await demo.start_video();
  await page.getByRole('button', { name: 'Cancel Liveness check' }).click();
  await demo.problem('cancelled').waitFor();
  assert.match(await demo.problem('cancelled').innerText(), /You cancelled the check/);
  await page.waitForFunction(() => window.scripted_camera.tracks.every((track) => track.readyState === 'ended'));
  await screenshot(page, 'cancelled');

  await demo.button('Try again').click();
  await demo.button('Start video check').waitFor();
  await demo.start_video();
  demo.expect(await demo.outcome(), 'You are enrolled, Ada Guard');
  assert.equal(new Set(demo.session_ids).size, 2);
  await page.context().close();
});

test('leaving at the start screen ends the stream on the server too', async () => {
  const { page, demo } = await open_demo();
  const opened = page.waitForEvent('websocket');
  await demo.begin_enroll('Ada Guard');
  const socket = await opened;
  const closed = socket.waitForEvent('close');
  await demo.button('Stop and turn the camera off').click();
  await demo.problem('cancelled').waitFor();
  await closed;
  await page.context().close();
});

test('a face that does not reflect the colours is refused, and the page says why', async () => {
  const { page, demo } = await open_demo({ reflects: false });
  demo.expect(await demo.enroll('Nobody'), 'We could not confirm a live person');
  assert.match(await demo.problem('liveness_failed').innerText(), /reflects the colours/);
  await screenshot(page, 'liveness-failed');
  await page.context().close();
});

test('a face that stays away from the oval times out with advice', async () => {
  const { page, demo } = await open_demo({ approaches: false });
  await demo.begin_enroll('Ada Guard');
  await demo.start_video();
  await demo.problem('timeout').waitFor({ timeout: kCheckTimeoutMs });
  assert.match(await demo.problem('timeout').innerText(), /did not reach the oval in time[\s\S]*move your face towards the screen/);
  await page.context().close();
});

test('no camera and a refused camera are told apart', async () => {
  for (const [error, kind] of [['NotFoundError', 'no_camera'], ['NotAllowedError', 'permission']]) {
    const page = await open_page(browser, { person: null });
    const message = { NotFoundError: 'Requested device not found', NotAllowedError: 'Permission denied' }[error];
    await page.addInitScript(([name, text]) => {
      navigator.mediaDevices.getUserMedia = () => Promise.reject(new DOMException(text, name));
    }, [error, message]);
    const demo = new DemoPage(page, server);
    await demo.open();
    await demo.fill_in('Ada Guard');
    await demo.button('Start face check').click();
    await demo.problem(kind).waitFor();
    assert.ok(await demo.button('Try again').isVisible());
    await page.context().close();
  }
});

test('a server that cannot be reached is named, and the page recovers', async () => {
  const { page, demo } = await open_demo();
  await demo.fill_in('Ada Guard');
  await page.context().setOffline(true);
  await demo.button('Start face check').click();
  await demo.problem('unreachable').waitFor();
  await page.context().setOffline(false);
  await demo.button('Try again').click();
  await demo.button('Start video check').waitFor();
  await page.context().close();
});
