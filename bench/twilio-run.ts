import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build } from 'esbuild';
import { startTwilioRun, waitUntilItAnswers } from '../scripts/local-run';
import { SETTINGS } from './account';

/** The built Functions under `twilio-run`, in a process of their own. */
export interface LocalService {
  readonly origin: string;
  readonly close: () => Promise<void>;
}

/** @param upstreamPort where the Functions' requests to Twilio go, on this machine */
export async function startLocalService(upstreamPort: number): Promise<LocalService> {
  const folder = mkdtempSync(join(tmpdir(), 'flex-bench-'));
  const envFile = join(folder, '.env');
  const preload = join(folder, 'preload.cjs');
  writeFileSync(
    envFile,
    Object.entries(SETTINGS)
      .map(([name, value]) => `${name}=${value}\n`)
      .join(''),
  );
  await build({
    entryPoints: [join(__dirname, 'redirect-preload.ts')],
    outfile: preload,
    bundle: true,
    platform: 'node',
    logLevel: 'warning',
  });
  const port = await freePort();
  const origin = `http://127.0.0.1:${port}`;
  const server = startTwilioRun(
    {
      envFile,
      builtFolder: 'dist',
      nodeArguments: ['--require', preload],
      environment: { UPSTREAM_PORT: String(upstreamPort) },
      close: async () => undefined,
    },
    port,
    'pipe',
  );
  const ended = once(server, 'exit');
  // The Functions log a line for each call; unread, the pipe would fill and stop them.
  for (const stream of [server.stdout, server.stderr]) stream?.resume();
  const close = async () => {
    server.kill();
    await ended;
    rmSync(folder, { recursive: true, force: true });
  };
  await waitUntilItAnswers(origin, server);
  if (server.exitCode !== null) {
    await close();
    throw new Error('twilio-run ended before it answered');
  }
  return { origin, close };
}

async function freePort(): Promise<number> {
  const probe = createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const { port } = probe.address() as AddressInfo;
  await new Promise((resolve) => probe.close(resolve));
  return port;
}
