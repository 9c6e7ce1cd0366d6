// What the page says when a check does not succeed, that it says so to everybody, and that there is a way on.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { assert_accessible } from './accessibility.mjs';
import { launch_browser, open_page, screenshot, traffic } from './browser.mjs';
import { DemoPage, kCheckTimeoutMs } from './demo_page.mjs';
import { disconnection, exception_message, movement } from './event_stream.mjs';
import { StagedPage } from './staged_page.mjs';
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
  await page.getByRole('button', { name: 'Cancel Liveness check' }).waitFor();
  assert.equal(await page.evaluate(() => document.activeElement.ariaLabel), 'Cancel Liveness check');
  await page.keyboard.press('Enter');
  await demo.problem('cancelled').waitFor();
  assert.match(await demo.problem('cancelled').innerText(), /You cancelled the check/);
  await page.waitForFunction(() => window.scripted_camera.tracks.every((track) => track.readyState === 'ended'));
  await screenshot(page, 'cancelled');

  await demo.button('Try again').click();
  await demo.check_opened();
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

test('a face that does not reflect the colours is refused with advice, but not told what was noticed', async () => {
  const { page, demo } = await open_demo({ reflects: false });
  demo.expect(await demo.enroll('Nobody'), 'We could not confirm a live person');
  const words = await demo.problem('liveness_failed').innerText();
  assert.match(words, /also happens to honest people[\s\S]*brightness[\s\S]*even light[\s\S]*arm’s length/);
  assert.doesNotMatch(words, /flat|photo|replay|attack|score|planar/i);
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

test('each way to have no camera has its own words, and spends no session', async () => {
  const stage = await StagedPage.open(browser, server);
  const { demo } = stage;
  const cases = [
    ['NotFoundError', 'Requested device not found', 'no_camera'],
    ['NotAllowedError', 'Permission denied', 'permission'],
    ['NotReadableError', 'Could not start video source', 'camera_busy'],
    ['OverconstrainedError', 'Invalid constraint', 'camera_weak'],
  ];
  await demo.fill_in('Ada Guard');
  await demo.button('Start face check').focus();
  for (const [name, message, kind] of cases) {
    await stage.set('painted_camera.error', { name, message });
    await stage.page.keyboard.press('Enter');
    await stage.expect_problem(kind);
    // By keyboard: from the heading, which has the focus, the first stop is to try again.
    await stage.page.keyboard.press('Tab');
    assert.equal(await stage.focused(), 'Try again');
  }
  assert.deepEqual(demo.session_ids, []);
  await stage.set('painted_camera.error', null);
  await stage.page.keyboard.press('Enter');
  await demo.check_opened();
  assert.equal(demo.session_ids.length, 1);
  await stage.close();
});

test('a camera prompt that nobody answers can be left, and a late answer opens nothing', async () => {
  const stage = await StagedPage.open(browser, server);
  const { page, demo } = stage;
  await page.evaluate(() => {
    const answered = navigator.mediaDevices.getUserMedia;
    window.painted_camera.hold = new Promise((answer) => { window.answer_prompt = answer; });
    navigator.mediaDevices.getUserMedia = async (...args) => {
      await window.painted_camera.hold;
      return answered.apply(navigator.mediaDevices, args);
    };
  });
  await demo.fill_in('Ada Guard');
  await demo.button('Start face check').click();
  await demo.heading('Preparing your check').waitFor();
  await assert_accessible(page, 'camera prompt');
  await demo.button('Cancel').click();
  await stage.expect_problem('cancelled');
  await page.evaluate(() => window.answer_prompt());
  await page.waitForFunction(() => window.painted_camera.tracks.length === 1 && window.painted_camera.tracks[0].readyState === 'ended');
  await demo.button('Try again').click();
  await demo.check_opened();
  assert.equal(stage.session_requests.length, 1, 'only the second try asked for a session');
  await stage.close();
});

test('too little light, no face and too close are said before the start, and again when time runs out', async () => {
  const stage = await StagedPage.open(browser, server, { viewport: { width: 390, height: 844 } });
  const { page, demo } = stage;
  const too_late = exception_message('ValidationException', 'the stream did not start in time');

  await demo.begin_enroll('Ada Guard');
  for (const [scene, light, words] of [['covered', 'covered', /sees nothing/], ['dark', 'dark', /too dark/], ['empty', 'fine', /^$/]]) {
    await stage.set('painted_camera.scene', scene);
    const advice = page.locator(`.picture-advice[role=status][data-light=${light}]`);
    await advice.waitFor({ state: 'attached' });
    assert.match(await advice.innerText(), words);
    if (scene === 'dark') {
      await assert_accessible(page, 'too dark');
      await screenshot(page, 'too-dark-390');
    }
  }
  await stage.say(too_late);
  await stage.expect_problem('session_expired');

  for (const [scene, hint, kind] of [['near', 'Too close: move back', 'distance'], ['empty', 'Move your face in front of the camera', 'face_lost'], ['dark', 'Move your face in front of the camera', 'too_dark']]) {
    await stage.set('painted_camera.scene', scene);
    await demo.button('Try again').click();
    await demo.check_opened();
    await demo.start_video();
    await stage.live_hint(hint).waitFor({ timeout: kCheckTimeoutMs });
    if (scene === 'near') {
      assert.equal(await stage.sideways(), 0);
      await assert_accessible(page, 'too close');
      await screenshot(page, 'too-close-390');
    }
    if (scene === 'dark') await page.locator('[data-light=dark]').waitFor();
    await stage.say(too_late);
    await stage.expect_problem(kind);
  }
  assert.equal(new Set(demo.session_ids).size, 4, 'each try has a session of its own');
  await stage.close();
});

test('whatever ends a running check has its own words: server, network, camera', async () => {
  const stage = await StagedPage.open(browser, server);
  const { page, demo } = stage;
  await demo.begin_enroll('Ada Guard');

  const ends = [
    ['busy', () => stage.say(exception_message('ThrottlingException', 'too many streams'))],
    ['busy', () => stage.say(exception_message('ServiceQuotaExceededException', 'full'))],
    ['busy', () => stage.say(exception_message('ServiceUnavailableException', 'starting'))],
    ['server', () => stage.say(exception_message('InternalServerException', 'The server failed'))],
    ['stream', () => page.evaluate(() => window.scripted_stream.hang_up(1006))],
    ['camera_lost', () => page.evaluate(() => window.painted_camera.tracks.at(-1).dispatchEvent(new Event('ended')))],
    ['offline', () => page.context().setOffline(true)],
  ];
  for (const [kind, end] of ends) {
    await end();
    await stage.expect_problem(kind);
    await page.context().setOffline(false);
    await demo.button('Try again').click();
    await demo.check_opened();
  }
  await demo.button('Stop and turn the camera off').click();
  await stage.expect_problem('cancelled');
  assert.ok((await page.evaluate(() => window.scripted_stream.close_codes)).includes(4003));
  await stage.set('scripted_stream.refuses', true);
  await demo.button('Try again').click();
  await stage.expect_problem('unreachable');
  assert.match(await demo.problem('unreachable').innerText(), /WebSockets/);
  assert.equal(new Set(demo.session_ids).size, ends.length + 2);
  await stage.close();
});

test('what the server answers to a new session is said in words, and the page recovers', async () => {
  const stage = await StagedPage.open(browser, server);
  const { page, demo } = stage;
  const refuse = (status, error, headers = {}) => (route) => route.fulfill({ status, headers, json: { error, message: 'No.', request_id: 'req_1' } });
  const cases = [
    ['busy', refuse(503, 'OVERLOADED', { 'retry-after': '2' }), /busy[\s\S]*in 2 seconds/],
    ['rate_limited', refuse(429, 'RATE_LIMITED', { 'retry-after': '600' }), /Too many checks[\s\S]*10 minutes/],
    ['server', refuse(500, 'INTERNAL_ERROR'), /not your fault[\s\S]*req_1/],
    ['unreachable', (route) => route.abort(), /cannot be reached/],
  ];
  await demo.fill_in('Ada Guard');
  await demo.button('Start face check').click();
  await demo.check_opened();
  await demo.button('Stop and turn the camera off').click();
  for (const [kind, answer, words] of cases) {
    await page.route('**/demo/liveness-session', answer, { times: 1 });
    await demo.button('Try again').click();
    await stage.expect_problem(kind);
    assert.match(await demo.problem(kind).innerText(), words);
  }
  await page.context().setOffline(true);
  await demo.button('Try again').click();
  await stage.expect_problem('offline');
  await page.context().setOffline(false);
  await demo.button('Try again').click();
  await demo.check_opened();
  await stage.close();
});

test('who cannot take flashing light gets the check without it where it is allowed', async () => {
  const challenges = ['movement_and_light', 'movement'];
  const stage = await StagedPage.open(browser, server, { challenges, reducedMotion: 'reduce', viewport: { width: 320, height: 800 } });
  const { page, demo } = stage;
  const without_flashing = demo.button('Use the check without flashing');
  assert.match(await page.getByRole('region', { name: 'Flashing coloured light' }).innerText(), /four seconds[\s\S]*epilepsy[\s\S]*asks for less motion/);
  assert.equal(await without_flashing.getAttribute('class'), 'primary');
  await assert_accessible(page, 'start');
  assert.equal(await stage.sideways(), 0, 'at 320 points, as at 1280 enlarged four times');

  // The choice asks for name and consent like the other; in the camera check it can still be made.
  await without_flashing.click();
  assert.equal(await stage.focused(), 'name');
  await demo.begin_enroll('Ada Guard');
  assert.match(await page.getByRole('region', { name: 'Flashing coloured light' }).innerText(), /will flash coloured light/);
  await assert_accessible(page, 'camera check');
  await stage.set('scripted_stream.welcome', movement);
  await without_flashing.click();
  await page.waitForFunction(() => window.scripted_stream.close_codes.includes(4003));
  await demo.check_opened();
  assert.deepEqual(stage.session_requests, [{}, { challenge: 'movement' }]);
  assert.equal(await page.getByText(/flash/i).count(), 0, 'nothing flashes, so nothing warns of it');

  // A server that has changed its mind.
  await demo.button('Stop and turn the camera off').click();
  await page.route('**/demo/liveness-session', (route) => route.fulfill({ status: 403, json: { error: 'CHALLENGE_NOT_ALLOWED', message: 'No.' } }), { times: 1 });
  await demo.button('Try again').click();
  await stage.expect_problem('challenge_not_allowed');
  assert.equal(await demo.button('Try again').count(), 0);
  await stage.close();
});

test('what follows a check without flashing is accessible: recognised, with a step-up asked for, deleted, not recognised', async () => {
  const stage = await StagedPage.open(browser, server, { challenges: ['movement_and_light', 'movement'] });
  const { page, demo } = stage;
  await stage.set('scripted_stream.welcome', movement);
  const part = (value) => Buffer.from(JSON.stringify(value)).toString('base64url');
  const recognised = {
    matched: true, confidence: 99, verification_token: `${part({ alg: 'ES256' })}.${part({ name: 'Ada', amr: ['face', 'liveness_movement'] })}.x`,
    user: { id: 'user_1', name: 'Ada', role: 'demo' }, risk: { score: 0.4, level: 'medium', factors: ['reduced_liveness'], step_up_required: true },
  };
  const answers = [{ matched: false, confidence: 10 }, recognised];
  await page.route('**/demo/verify', (route) => route.fulfill({ json: answers.shift() }));
  await page.route('**/demo/me', (route) => route.fulfill({ json: { deleted: true, user_id: 'user_1', faces_deleted: 1 } }));
  const pass = async () => {
    await stage.set('painted_camera.scene', 'face');
    await demo.check_opened();
    await demo.start_video();
    await stage.live_hint('Move closer').waitFor({ timeout: kCheckTimeoutMs });
    await stage.set('painted_camera.scene', 'fit');
    await page.getByText('Verifying').waitFor();
    await stage.say(disconnection);
  };

  await demo.button('I am enrolled already').click();
  await demo.heading('Welcome back').waitFor();
  await assert_accessible(page, 'sign in');
  await demo.button('Use the check without flashing').click();
  await pass();
  await demo.heading('We do not know this face').waitFor();
  await assert_accessible(page, 'not recognised');
  await demo.button('Try again').click();
  await pass();
  await demo.heading('Hello Ada').waitFor();
  assert.match(await page.getByRole('note').innerText(), /second proof/);
  assert.deepEqual(stage.session_requests, [{ challenge: 'movement' }, { challenge: 'movement' }], 'a retry keeps the choice');
  await demo.button('Delete me').click();
  await assert_accessible(page, 'recognised');
  await demo.button('Yes, delete').click();
  await demo.heading('You are deleted').waitFor();
  await assert_accessible(page, 'deleted');
  await stage.close();
});

test('there is another way to sign in: the demo’s honest one, or the one its owner sets', async () => {
  const stage = await StagedPage.open(browser, server);
  const { page, demo } = stage;
  assert.match(await page.getByRole('region', { name: 'Flashing coloured light' }).innerText(), /not offered here: please sign in another way/);
  await demo.button('Sign in another way').click();
  await demo.heading('Continue without your face').waitFor();
  await assert_accessible(page, 'another way');
  await screenshot(page, 'other-way');
  await demo.button('Back to the start').click();
  await demo.heading('Sign in with your face').waitFor();

  await page.route('**/demo', async (route) => {
    const answer = await route.fetch();
    const body = (await answer.text()).replace('<div id="app">', '<div id="app" data-other-way-label="Use a passkey" data-other-way-href="/passkey">');
    await route.fulfill({ response: answer, body });
  });
  await demo.open();
  assert.equal(await page.getByRole('link', { name: 'Use a passkey' }).getAttribute('href'), '/passkey');
  await stage.set('painted_camera.error', { name: 'NotAllowedError', message: 'Permission denied' });
  await demo.fill_in('Ada Guard');
  await demo.button('Start face check').click();
  await stage.expect_problem('permission');
  assert.ok(await page.getByRole('link', { name: 'Use a passkey' }).isVisible());
  await stage.close();
});

test('a browser that cannot run the check, and an address without a camera, are named at once', async () => {
  const lacking = 'delete window.MediaRecorder; delete window.WebAssembly;';
  const insecure = "Object.defineProperty(window, 'isSecureContext', { value: false });";
  for (const [script, kind, words] of [[lacking, 'unsupported', /video recording and WebAssembly/], [insecure, 'insecure', /https or on localhost/]]) {
    const stage = await StagedPage.open(browser, server, { script });
    const { page, demo } = stage;
    await page.getByRole('alert').getByText(kind === 'unsupported' ? 'WebAssembly' : 'over https').waitFor();
    await demo.fill_in('Ada Guard');
    await demo.button('Start face check').click();
    await stage.expect_problem(kind);
    assert.match(await demo.problem(kind).innerText(), words);
    assert.equal(await demo.button('Try again').count(), 0, 'trying again would change nothing');
    await demo.button('Back').click();
    await demo.heading('Sign in with your face').waitFor();
    await stage.close();
  }
});

test('the page comes under a strict policy, and everything it loads comes from its own server', async () => {
  const { headers } = await fetch(`${server.url}/demo`);
  const { host } = new URL(server.url);
  const policy = Object.fromEntries(headers.get('content-security-policy').split('; ').map((part) => part.split(/ (.*)/s).slice(0, 2)));
  assert.deepEqual(policy, {
    'default-src': "'none'", 'script-src': "'self' 'wasm-unsafe-eval'", 'style-src': "'self'", 'img-src': "'self'",
    'connect-src': `'self' ws://${host}`, 'worker-src': "'self' blob:", 'frame-ancestors': "'none'", 'base-uri': "'none'",
    'form-action': "'none'", 'object-src': "'none'", 'require-trusted-types-for': "'script'",
  });
  assert.match(headers.get('permissions-policy'), /camera=\(self\), microphone=\(\)/);
  assert.equal(headers.get('cross-origin-opener-policy'), 'same-origin');
  assert.equal(headers.get('cross-origin-resource-policy'), 'same-origin');
  assert.equal(headers.get('referrer-policy'), 'no-referrer');
  assert.equal(headers.get('x-content-type-options'), 'nosniff');
  assert.equal(headers.get('x-frame-options'), 'DENY');

  // The tests above ran the widget with its SDK, its WebAssembly and its face model.
  const requested = traffic.requests.filter((url) => !/^(data|blob):/.test(url)).map((url) => new URL(url));
  assert.deepEqual(requested.filter((url) => url.host !== host), []);
  assert.ok(traffic.sockets.length > 0 && traffic.sockets.every((url) => new URL(url).host === host));
  for (const path of [/^\/assets\/demo\.js$/, /^\/assets\/demo\.css$/, /^\/assets\/wasm\/.*\.wasm$/, /^\/assets\/face-model\/.*\.bin$/]) {
    const url = requested.find(({ pathname }) => path.test(pathname));
    assert.ok(url, `${path} was loaded`);
    assert.equal((await fetch(url)).headers.get('x-content-type-options'), 'nosniff');
  }
  assert.deepEqual(traffic.policy_violations, []);
});
