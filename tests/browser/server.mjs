import { execFile, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

export const kRepository = resolve(dirname(fileURLToPath(import.meta.url)), '../..');
export const kBinary = process.env.FACEGATE_BIN ?? join(kRepository, 'build/release/facegate');
const kStartTimeoutMs = 30_000;
const kStopTimeoutMs = 15_000;

function free_port() {
  return new Promise((done, failed) => {
    const probe = createServer();
    probe.once('error', failed);
    probe.listen(0, '127.0.0.1', () => {
      const { port } = probe.address();
      probe.close(() => done(port));
    });
  });
}

async function wait_until_healthy(url, server) {
  const deadline = Date.now() + kStartTimeoutMs;
  while (Date.now() < deadline) {
    if (server && server.exitCode !== null) break;
    try {
      if ((await fetch(`${url}/v1/health`)).ok) return;
    } catch {
      // Not listening yet.
    }
    await pause(100);
  }
  throw new Error(`the server at ${url} did not become healthy`);
}

const run = promisify(execFile);

/**
 * Starts the real server with the demo and an empty database. FACEGATE_URL tests one that runs already. `cli` runs a
 * command on its data directory and gives what it printed.
 */
export async function start_server() {
  if (process.env.FACEGATE_URL) {
    await wait_until_healthy(process.env.FACEGATE_URL, null);
    return { url: process.env.FACEGATE_URL, last_check: () => 'its log tells more', stop: async () => {} };
  }
  if (!existsSync(kBinary)) throw new Error(`${kBinary} is missing: build it, or set FACEGATE_BIN`);

  const data = await mkdtemp(join(tmpdir(), 'facegate-browser-'));
  const port = await free_port();
  const url = `http://localhost:${port}`;
  const server = spawn(kBinary, ['serve', '--listen', `127.0.0.1:${port}`, '--data-dir', data, '--demo'], {
    cwd: kRepository,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  for (const stream of [server.stdout, server.stderr]) stream.on('data', (text) => { output = (output + text).slice(-200_000); });
  const ended = new Promise((done) => server.once('exit', done));

  const stop = async () => {
    server.kill('SIGTERM');
    const killer = setTimeout(() => server.kill('SIGKILL'), kStopTimeoutMs);
    await ended;
    clearTimeout(killer);
    await rm(data, { recursive: true, force: true });
  };
  try {
    await wait_until_healthy(url, server);
  } catch (error) {
    await stop();
    throw new Error(`${error.message}\n${output}`);
  }
  const last_check = () => output.split('\n').filter((line) => line.includes('"liveness_finished"')).at(-1) ?? 'no check was finished';
  const cli = async (...args) => (await run(kBinary, [...args, '--data-dir', data], { cwd: kRepository })).stdout;
  return { url, last_check, stop, cli };
}
