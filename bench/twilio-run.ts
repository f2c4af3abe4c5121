import { once } from 'node:events';
import { join } from 'node:path';
import { build } from 'esbuild';
import { freePort } from '../local/ports';
import { makeRunFolder } from '../local/run-folder';
import { startTwilioRun, waitUntilItAnswers } from '../local/twilio-run';
import { SETTINGS } from './account';

/** The built Functions under `twilio-run`, in a separate process. */
export interface LocalService {
  readonly origin: string;
  readonly close: () => Promise<void>;
}

/** @param upstreamPort the local port that gets the Functions' requests to Twilio */
export async function startLocalService(upstreamPort: number): Promise<LocalService> {
  const { folder, envFile, remove } = makeRunFolder(SETTINGS);
  const preload = join(folder, 'preload.cjs');
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
  // The Functions log a line for each call; if the output were not read, the pipe would fill and block them.
  for (const stream of [server.stdout, server.stderr]) stream?.resume();
  const close = async () => {
    server.kill();
    await ended;
    remove();
  };
  if (!(await waitUntilItAnswers(origin, server))) {
    await close();
    throw new Error('twilio-run ended before it responded');
  }
  return { origin, close };
}
