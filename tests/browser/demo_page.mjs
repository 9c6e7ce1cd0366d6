import assert from 'node:assert/strict';

/** The demo page as a person uses it. Waits are for what appears on the page, never for time. */
export const kCheckTimeoutMs = 60_000;

export class DemoPage {
  constructor(page, server) {
    this.page = page;
    this.server = server;
    this.session_ids = [];
    page.on('response', async (response) => {
      if (response.url().endsWith('/demo/liveness-session') && response.ok()) {
        this.session_ids.push((await response.json()).session_id);
      }
    });
  }

  async open() {
    await this.page.goto(`${this.server.url}/demo`);
    await this.heading('Sign in with your face').waitFor();
  }

  heading(name) {
    return this.page.getByRole('heading', { level: 1, name });
  }

  button(name) {
    return this.page.getByRole('button', { name, exact: true });
  }

  /** The panel that says what went wrong; `kind` as in problems.ts. */
  problem(kind) {
    return this.page.locator(`[data-problem="${kind}"]`);
  }

  async fill_in(name) {
    await this.page.getByLabel('Your name').fill(name);
    await this.page.getByRole('checkbox').check();
  }

  /** Opens the widget for enrolling and waits for its own start button. */
  async begin_enroll(name) {
    await this.fill_in(name);
    await this.button('Start face check').click();
    await this.check_opened();
  }

  async begin_sign_in() {
    await this.button('I am enrolled already').click();
    await this.button('Sign in with your face').click();
    await this.check_opened();
  }

  /** Waits for the widget's start button; fails with the page's words when it has a problem instead. */
  async check_opened() {
    const problem = this.page.locator('[data-problem]');
    await this.button('Start video check').or(problem).first().waitFor({ timeout: kCheckTimeoutMs });
    if (await problem.count() > 0) assert.fail(`the check did not open: ${await problem.innerText()}`);
  }

  start_video() {
    return this.button('Start video check').click();
  }

  /** The page's next word after a check: an outcome heading. */
  async outcome() {
    const outcome = this.page.locator('h1').filter({ hasNotText: /Preparing|Camera check|Checking the result/ });
    await outcome.first().waitFor({ timeout: kCheckTimeoutMs });
    return outcome.first().innerText();
  }

  /** Fails with what the server measured, so that a starved camera is told from a broken verdict. */
  expect(outcome, expected) {
    assert.equal(outcome, expected, `the page said "${outcome}", not "${expected}"; ${this.server.last_check()}`);
  }

  async enroll(name) {
    await this.begin_enroll(name);
    await this.start_video();
    return this.outcome();
  }

  async sign_in() {
    await this.begin_sign_in();
    await this.start_video();
    return this.outcome();
  }

  async token() {
    await this.page.getByText('Raw token').click();
    return (await this.page.getByTestId('raw-token').innerText()).trim();
  }

  /** The oval that the server asked for in the newest session. */
  oval() {
    return this.page.evaluate(() => window.scripted_camera.oval);
  }
}
