// Enroll, sign in and what the token is worth, in a real browser with the real widget.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { createRemoteJWKSet, decodeProtectedHeader, errors, jwtVerify } from 'jose';
import { launch_browser, open_page, screenshot, traffic } from './browser.mjs';
import { DemoPage } from './demo_page.mjs';
import { start_server } from './server.mjs';

let server;
let browser;
let somebody_is_enrolled = false;

before(async () => {
  server = await start_server();
  browser = await launch_browser();
});

after(async () => {
  await browser?.close();
  await server?.stop();
});

const post = (path, body) => fetch(`${server.url}${path}`, {
  method: 'POST',
  headers: { 'content-type': 'application/json' },
  body: JSON.stringify(body),
});

test('a person enrolls, is recognised, holds a token that an independent library verifies, and deletes herself', async () => {
  const page = await open_page(browser, { viewport: { width: 1440, height: 900 } });
  const demo = new DemoPage(page, server);
  await demo.open();
  await screenshot(page, 'start-1440');

  demo.expect(await demo.enroll('Ada Guard'), 'You are enrolled, Ada Guard');
  await screenshot(page, 'enrolled-1440');

  await demo.button('Sign in with your face').click();
  await demo.start_video();
  demo.expect(await demo.outcome(), 'Hello Ada Guard');
  await screenshot(page, 'recognised-1440');
  const token = await demo.token();

  const issuer = `${server.url}/demo`;
  const keys = createRemoteJWKSet(new URL(`${issuer}/.well-known/jwks.json`));
  const { tid } = JSON.parse(Buffer.from(token.split('.')[1], 'base64url').toString());
  const { payload } = await jwtVerify(token, keys, { issuer, audience: tid, algorithms: ['ES256'] });
  assert.equal(payload.name, 'Ada Guard');
  assert.equal(payload.role, 'demo');
  assert.equal(payload.exp - payload.iat, 15 * 60);
  assert.match(payload.sub, /^user_[0-9A-Za-z]+$/);
  assert.ok(payload.conf > 90 && payload.liv >= 90, `conf ${payload.conf}, liv ${payload.liv}`);

  const header = decodeProtectedHeader(token);
  const published = await (await fetch(`${issuer}/.well-known/jwks.json`)).json();
  assert.ok(published.keys.some((key) => key.kid === header.kid && key.d === undefined));
  // The live issuer's keys must not vouch for a demo token.
  const live_keys = createRemoteJWKSet(new URL(`${server.url}/.well-known/jwks.json`));
  await assert.rejects(jwtVerify(token, live_keys, { algorithms: ['ES256'] }), errors.JWKSNoMatchingKey);

  const replay = await post('/demo/verify', { liveness_session_id: demo.session_ids.at(-1) });
  assert.equal(replay.status, 400);
  assert.equal((await replay.json()).error, 'LIVENESS_SESSION_CONSUMED');

  await demo.button('Delete me').click();
  await demo.button('Yes, delete').click();
  await demo.heading('You are deleted').waitFor();
  await page.context().close();
});

test('the page works at 390 px: no sideways scroll, and the keyboard alone leads to the camera', async () => {
  const page = await open_page(browser, { viewport: { width: 390, height: 844 }, colorScheme: 'dark', reducedMotion: 'reduce' });
  const demo = new DemoPage(page, server);
  await demo.open();
  await screenshot(page, 'start-390-dark');
  const sideways = () => page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
  assert.equal(await sideways(), 0);

  const focused = () => page.evaluate(() => {
    const { id, innerText, ariaLabel } = document.activeElement;
    return id || innerText?.trim() || ariaLabel || '';
  });
  const tab_to = async (wanted) => {
    for (let presses = 0; presses < 20; presses += 1) {
      if ((await focused()) === wanted) return;
      await page.keyboard.press('Tab');
    }
    assert.fail(`Tab never reached ${wanted}, stopped at ${await focused()}`);
  };
  // Sent empty, the form says what is missing and takes the focus there.
  await tab_to('Start face check');
  await page.keyboard.press('Enter');
  assert.equal(await focused(), 'name');
  await page.keyboard.type('Ada Guard');
  await tab_to('consent');
  await page.keyboard.press('Space');
  await tab_to('Start face check');
  await page.keyboard.press('Enter');
  await demo.button('Start video check').waitFor();
  await screenshot(page, 'camera-390-dark');
  assert.equal(await sideways(), 0);
  await tab_to('Start video check');
  await page.keyboard.press('Enter');
  demo.expect(await demo.outcome(), 'You are enrolled, Ada Guard');
  assert.equal(await page.evaluate(() => document.activeElement.tagName), 'H1');
  assert.match(await page.getByRole('status').first().innerText(), /Ada Guard, you are enrolled/);
  await screenshot(page, 'enrolled-390-dark');
  assert.equal(await sideways(), 0);
  somebody_is_enrolled = true;
  await page.context().close();
});

test('another person than the one enrolled before is not matched', async () => {
  assert.ok(somebody_is_enrolled);
  const page = await open_page(browser, { person: 'b' });
  const demo = new DemoPage(page, server);
  await demo.open();
  demo.expect(await demo.sign_in(), 'We do not know this face');
  assert.equal(await page.getByTestId('raw-token').count(), 0);
  await screenshot(page, 'not-matched');
  await page.context().close();
});

test('no request left the origin, and the content policy was never touched', async () => {
  assert.ok(traffic.requests.length > 20 && traffic.sockets.length >= 4, 'the tests above made traffic');
  const { host } = new URL(server.url);
  const outside = [...traffic.requests, ...traffic.sockets].filter((url) => !/^(data|blob):/.test(url) && new URL(url).host !== host);
  assert.deepEqual(outside, []);
  assert.deepEqual(traffic.policy_violations, []);
});
