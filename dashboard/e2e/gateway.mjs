// A gateway of its own for a walk: the real binary on SQLite, on a free port of this machine.
import { execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const binary =
  process.env.ZENWALLET_BINARY ?? new URL('../../target/debug/zenwallet', import.meta.url).pathname;
const START_MS = 30_000;

function freePort() {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.on('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });
}

/** Starts it; `prepare` is called before, with the data directory and the console. */
export async function startGateway({ prepare } = {}) {
  const port = await freePort();
  const dir = mkdtempSync(join(tmpdir(), 'zenwallet-walk-'));
  const url = `http://127.0.0.1:${port}`;
  const env = {
    ...Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('ZENWALLET_'))),
    ZENWALLET_LISTEN: `127.0.0.1:${port}`,
    ZENWALLET_DATA_DIR: join(dir, 'data'),
    ZENWALLET_PUBLIC_URL: url,
    RUST_LOG: 'warn',
  };
  delete env.DATABASE_URL;
  const console = (...args) => execFileSync(binary, args, { env, encoding: 'utf8' });
  prepare?.({ dataDir: env.ZENWALLET_DATA_DIR, console });
  const child = spawn(binary, ['serve'], { env, stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk) => {
      output += chunk;
    });
  }
  const ended = new Promise((resolve) => child.on('exit', resolve));
  const stop = async () => {
    child.kill('SIGTERM');
    await ended;
    rmSync(dir, { recursive: true, force: true });
  };
  const until = Date.now() + START_MS;
  for (;;) {
    const isUp = await fetch(`${url}/readyz`).then(
      (answer) => answer.ok,
      () => false,
    );
    // The one-time link stands alone in its line.
    const setup = output.match(/https?:\S+\/setup#token=\S+/)?.[0];
    if (isUp && setup) {
      return { url, setup, console, stop, output: () => output };
    }
    if (Date.now() > until || child.exitCode !== null) {
      await stop();
      throw new Error(`the gateway did not start:\n${output}`);
    }
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
