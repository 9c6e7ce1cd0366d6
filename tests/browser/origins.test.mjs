// What a web page on another origin can do with a publishable key, in a real browser.
import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { after, before, test } from 'node:test';
import { launch_browser } from './browser.mjs';
import { start_server } from './server.mjs';

let server;
let browser;
const sites = [];
const keys = {};

/** A site of its own: an empty page on a port of its own. */
async function site() {
  const made = createServer((request, response) => {
    response.writeHead(200, { 'content-type': 'text/html' });
    response.end('<!doctype html><title>A site</title>');
  });
  await new Promise((done) => made.listen(0, '127.0.0.1', done));
  sites.push(made);
  return `http://127.0.0.1:${made.address().port}`;
}

async function tenant(name, ...origins) {
  const made = JSON.parse(await server.cli('tenant', 'create', name, ...origins.flatMap((origin) => ['--origin', origin]), '--json'));
  const key = (...flags) => server.cli('key', 'create', '--tenant', made.id, '--env', 'test', ...flags);
  return { id: made.id, secret: (await key()).trim(), publishable: (await key('--publishable')).trim() };
}

/** What fetch gave a script of that origin: status, body and the headers it may read; or that the browser refused. */
async function fetch_from(origin, path, { method = 'POST', key, body = {}, headers = {} } = {}) {
  const page = await browser.newPage();
  try {
    await page.goto(origin);
    return await page.evaluate(async (wanted) => {
      try {
        const response = await fetch(wanted.url, {
          method: wanted.method,
          headers: { ...wanted.headers, ...(wanted.key && { authorization: `Bearer ${wanted.key}` }) },
          ...(wanted.method === 'GET' ? {} : { body: JSON.stringify(wanted.body) }),
        });
        return { status: response.status, body: await response.json(), headers: Object.fromEntries(response.headers) };
      } catch (error) {
        return { blocked: error.name };
      }
    }, { url: server.url + path, method, key, body, headers: { 'content-type': 'application/json', ...headers } });
  } finally {
    await page.close();
  }
}

let ours;
let theirs;
let nobodys;

before(async () => {
  server = await start_server();
  browser = await launch_browser();
  [ours, theirs, nobodys] = [await site(), await site(), await site()];
  keys.ours = await tenant('Ours', ours);
  keys.theirs = await tenant('Theirs', theirs);
});

after(async () => {
  await browser?.close();
  for (const made of sites) made.close();
  await server?.stop();
});

test('a page of an allowed origin uses its publishable key, and reads what it needs to go on', async () => {
  const device = { 'x-device-fingerprint': 'ab'.repeat(32), 'x-device-id': 'browser-1', 'idempotency-key': 'once' };
  const created = await fetch_from(ours, '/v1/liveness/session', { key: keys.ours.publishable, headers: device });
  assert.equal(created.status, 200, JSON.stringify(created));
  assert.match(created.body.session_id, /^[0-9a-f-]{36}$/);
  for (const name of ['x-request-id', 'ratelimit', 'ratelimit-policy']) assert.ok(created.headers[name], name);
  const result = await fetch_from(ours, `/v1/liveness/result/${created.body.session_id}`, { method: 'GET', key: keys.ours.publishable });
  assert.deepEqual([result.status, result.body.status], [200, 'CREATED']);
  const early = await fetch_from(ours, '/v1/verify', { key: keys.ours.publishable, body: { liveness_session_id: created.body.session_id } });
  assert.deepEqual([early.status, early.body.error], [400, 'LIVENESS_SESSION_NOT_READY']);
  const no_key = await fetch_from(ours, '/v1/verify', { body: {} });
  assert.deepEqual([no_key.status, no_key.body.error], [401, 'UNAUTHORIZED']);
});

test('a publishable key opens nothing that a browser should not do', async () => {
  for (const [method, path] of [['GET', '/v1/users'], ['GET', '/v1/audit'], ['POST', '/v1/match'], ['POST', '/v1/policy/risk'],
    ['POST', '/v1/session/introspect'], ['POST', '/v1/enroll'], ['DELETE', '/v1/users/user_x'], ['PATCH', '/v1/users/user_x/status']]) {
    const answer = await fetch_from(ours, path, { method, key: keys.ours.publishable });
    assert.deepEqual([answer.status, answer.body?.error], [403, 'SECRET_KEY_REQUIRED'], `${method} ${path}`);
  }
});

test('a page of an origin that only another tenant allows is told so, whatever key it found', async () => {
  for (const key of [keys.ours.publishable, keys.ours.secret]) {
    const answer = await fetch_from(theirs, '/v1/liveness/session', { key });
    assert.deepEqual([answer.status, answer.body?.error], [403, 'ORIGIN_NOT_ALLOWED']);
  }
});

test('a page of an origin that no tenant allows never gets past the preflight', async () => {
  assert.deepEqual(await fetch_from(nobodys, '/v1/liveness/session', { key: keys.ours.publishable }), { blocked: 'TypeError' });
});

test('an origin is allowed, and refused again, without a restart', async () => {
  await server.cli('tenant', 'origins', keys.ours.id, ours, nobodys);
  const ask = () => fetch_from(nobodys, '/v1/liveness/session', { key: keys.ours.publishable });
  const until = async (wanted) => {
    for (let tries = 0; tries < 50; tries += 1) if (wanted(await ask())) return true;
    return false;
  };
  assert.ok(await until((answer) => answer.status === 200));
  await server.cli('tenant', 'origins', keys.ours.id, ours);
  assert.ok(await until((answer) => answer.blocked === 'TypeError'));
});
