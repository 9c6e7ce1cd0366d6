import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { assert_accessible, kAxeScript } from './accessibility.mjs';
import { open_page, painted_face } from './browser.mjs';
import { DemoPage } from './demo_page.mjs';
import { movement_and_light } from './event_stream.mjs';

const kCamera = await readFile(new URL('./painted_camera.js', import.meta.url), 'utf8');
const kStream = await readFile(new URL('./scripted_stream.js', import.meta.url), 'utf8');

/** Problems that axe has looked at: once is enough for each. */
const looked_at = new Set();

/** The demo page with the real widget, but a painted camera and a scripted stream: for what seldom happens. */
export class StagedPage {
  /** `challenges`: what the server says it allows; `script`: runs before the page's own. */
  static async open(browser, server, { challenges = null, script = '', ...options } = {}) {
    const page = await open_page(browser, { person: null, ...options });
    const face = JSON.stringify(await painted_face());
    await page.addInitScript(`${kCamera}\ninstall_painted_camera(${face});\n${kStream}\ninstall_scripted_stream();\n${script}`);
    await page.addInitScript(kAxeScript);
    const stage = new StagedPage();
    Object.assign(stage, { page, demo: new DemoPage(page, server), session_requests: [] });
    await page.route('**/demo/preflight', async (route) => {
      const answer = await route.fetch();
      const { challenges: _, ...said } = await answer.json();
      await route.fulfill({ response: answer, json: challenges ? { ...said, challenges } : said });
    });
    await page.route('**/demo/liveness-session', (route) => {
      stage.session_requests.push(route.request().postDataJSON());
      return route.continue({ postData: '{}' });
    });
    const looked_ahead = page.waitForResponse('**/demo/preflight');
    await stage.demo.open();
    await looked_ahead;
    await stage.set('scripted_stream.welcome', movement_and_light);
    return stage;
  }

  close() {
    return this.page.context().close();
  }

  /** Sets `object.name` in the page. */
  set(path, value) {
    return this.page.evaluate(([[object, name], to]) => { window[object][name] = to; }, [path.split('.'), value]);
  }

  /** A message of the server on the open stream. */
  say(message) {
    return this.page.evaluate((base64) => window.scripted_stream.say(base64), message);
  }

  /** What the widget says, in the place where a screen reader hears it. */
  live_hint(text) {
    return this.page.locator('.amplify-liveness-hint [aria-live=assertive]').getByText(text);
  }

  focused() {
    return this.page.evaluate(() => document.activeElement.id || document.activeElement.innerText.trim());
  }

  sideways() {
    return this.page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
  }

  /** The page shows that problem to everybody: focus on its heading, spoken, accessible, a way on, and the camera off. */
  async expect_problem(kind) {
    const { page, demo } = this;
    const shown = page.locator('[data-problem]');
    await shown.waitFor();
    assert.equal(await shown.getAttribute('data-problem'), kind, await shown.innerText());
    const title = await demo.problem(kind).getByRole('heading', { level: 1 }).innerText();
    assert.equal(await this.focused(), title);
    assert.ok((await page.locator('main > [role=status]').innerText()).startsWith(`${title}. `));
    assert.ok((await page.title()).startsWith(title));
    assert.equal(await demo.problem(kind).locator('button.primary').count(), 1);
    assert.ok(await page.locator('.other-way').isVisible());
    assert.ok(await page.evaluate(() => window.painted_camera.tracks.every((track) => track.readyState === 'ended')));
    if (!looked_at.has(kind)) await assert_accessible(page, kind);
    looked_at.add(kind);
  }
}
