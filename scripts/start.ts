import type { ChildProcess } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { buildProject } from '../build/build';
import { hasCredentials, readEnvFile } from '../build/env-file';
import { startOwnProvider } from '../local/own-provider';
import { assertPortIsFree, portIsTaken } from '../local/ports';
import { bypassProxyForLoopback } from '../local/proxy';
import { makeRunFolder } from '../local/run-folder';
import { prepareSandboxRun } from '../local/sandbox-run';
import { type LocalRun, startTwilioRun, type Variables, waitUntilItAnswers } from '../local/twilio-run';
import { placesOf, welcome } from '../local/welcome';
import { startSandbox } from '../sandbox/server';
import { ApiError } from '../src/errors';
import { readSettings } from '../src/settings/settings';

/** A run, and what to print before it and once it answers. */
interface AnnouncedRun extends LocalRun {
  readonly announcement: string;
  readonly build: () => Promise<void>;
  readonly welcome: string;
}

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT'] as const;
const endNow = () => process.exit(0);

async function main(): Promise<void> {
  const port = readPort();
  bypassProxyForLoopback();
  const variables = readEnvFile();
  const origin = `http://localhost:${port}`;
  // Until there is more to end than this process.
  for (const signal of SIGNALS) process.on(signal, endNow);
  await assertPortIsFree(port);
  const run = hasCredentials(variables)
    ? prepareTwilioRun(variables, origin)
    : await startWithSandbox(variables, origin, port);
  let server: ChildProcess | undefined;
  try {
    console.log(`${run.announcement}\n`);
    await run.build();
    // Another one may have been started meanwhile, and twilio-run would wait on the terminal for another port.
    await assertPortIsFree(port);
    server = startTwilioRun(run, port);
    endTogether(server, run);
    if (!(await waitUntilItAnswers(origin, server))) return;
    if (await isServedByAnother(origin, run)) throw portIsTaken(port);
    console.log(run.welcome);
  } catch (error) {
    server?.kill();
    await run.close();
    throw error;
  }
}

function readPort(): number {
  const text = portAskedFor() || process.env.PORT || '3000';
  const port = Number(text);
  if (!Number.isInteger(port) || port < 1 || port > 65_535) throw new Error(`${text} is not a port: 1 to 65535.`);
  return port;
}

function portAskedFor(): string | undefined {
  try {
    return parseArgs({ options: { port: { type: 'string', short: 'p' } } }).values.port;
  } catch {
    throw new Error('npm start takes a port and nothing else: npm start -- --port 4000');
  }
}

function prepareTwilioRun(variables: Variables, origin: string): AnnouncedRun {
  const { accountSid } = readSettings(variables);
  // twilio-run hands these to the Functions, but Node itself reads them when it starts.
  const forNode = Object.entries(variables).filter(([name]) => name.startsWith('NODE_'));
  const { envFile, remove } = makeRunFolder(variables);
  return {
    announcement: `Using the real Twilio account ${accountSid}, since .env holds its credentials.`,
    build: buildProject,
    envFile,
    builtFolder: 'dist',
    nodeArguments: [],
    environment: Object.fromEntries(forNode),
    welcome: `${placesOf(origin)}\n\nCtrl-C ends it.`,
    close: async () => remove(),
  };
}

async function startWithSandbox(variables: Variables, origin: string, port: number): Promise<AnnouncedRun> {
  const sandbox = await startSandbox({
    trustedRedirectUrls: [origin, `http://127.0.0.1:${port}`].map((own) => `${own}/login.html`),
  });
  const provider = await startOwnProvider(variables, port);
  const run = await prepareSandboxRun(sandbox, variables, provider);
  const builtFolder = join(run.folder, 'build');
  const { maxTokenTtlSeconds } = readSettings({ ...variables, ...sandbox.environment() });
  return {
    ...run,
    // Not `dist`: a page that leads to the sandbox must not be there for a deploy to find. And each run has its own sandbox.
    builtFolder,
    // The account is baked in, so that what the browser remembers of an earlier run's is not used.
    build: () =>
      buildProject({
        folder: builtFolder,
        env: { ...variables, ...sandbox.environment() },
        unsafeTwilioOrigin: sandbox.origin,
      }),
    announcement: 'Using the sandbox, a local Twilio, since .env holds no credentials. Nothing leaves this machine.',
    welcome: welcome(sandbox, origin, maxTokenTtlSeconds, provider),
    close: async () => {
      await run.close();
      await provider?.close();
      await sandbox.close();
    },
  };
}

/** Where two are started at once, one of them gets the port, and the other one's server waits. A page of the sandbox names its own. */
async function isServedByAnother(origin: string, { builtFolder }: LocalRun): Promise<boolean> {
  const served = await fetch(`${origin}/login.html`, { signal: AbortSignal.timeout(10_000) });
  return (await served.text()) !== readFileSync(resolve(__dirname, '..', builtFolder, 'assets/login.html'), 'utf8');
}

/** Whichever ends first ends the other: the server, or this process, by Ctrl-C, a signal, or the end of `npm`. */
function endTogether(server: ChildProcess, run: LocalRun): void {
  const end = () => void server.kill('SIGTERM');
  server.once('exit', (code, signal) => {
    const wasAsked = SIGNALS.some((name) => name === signal);
    void run.close().finally(() => process.exit(code ?? (wasAsked ? 0 : 1)));
  });
  for (const signal of SIGNALS) process.off(signal, endNow).on(signal, end);
}

main().catch((error: unknown) => {
  // What is foreseen needs one line; a stack would hide it.
  const isForeseen = error instanceof ApiError || (error instanceof Error && error.name === 'Error');
  console.error(isForeseen ? (error as Error).message : error);
  process.exit(1);
});
