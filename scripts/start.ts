import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { dirname, join, resolve } from 'node:path';
import { parseArgs, parseEnv } from 'node:util';
import { prepareSandboxRun } from '../sandbox/local-run';
import { ApiError } from '../src/http/errors';
import { readSettings } from '../src/settings';
import { buildProject } from './build';
import type { LocalRun, Variables } from './local-run';

const ROOT = resolve(__dirname, '..');
const ENV_FILE = join(ROOT, '.env');
const CREDENTIALS = ['ACCOUNT_SID', 'AUTH_TOKEN', 'API_KEY', 'API_SECRET'];

async function main(): Promise<void> {
  const port = readPort();
  const variables: Variables = existsSync(ENV_FILE) ? parseEnv(readFileSync(ENV_FILE, 'utf8')) : {};
  const origin = `http://localhost:${port}`;
  const hasCredentials = CREDENTIALS.some((name) => variables[name]);
  const run = hasCredentials ? prepareTwilioRun(variables, origin) : await prepareSandboxRun(variables, origin);
  try {
    await assertPortIsFree(port);
    console.log(`${run.announcement}\n`);
    await buildProject();
    const server = startTwilioRun(run, port);
    endTogether(server, run);
    await waitUntilItAnswers(`${origin}/config`, server);
    console.log(run.welcome);
  } catch (error) {
    await run.close();
    throw error;
  }
}

function readPort(): number {
  const { values } = parseArgs({ options: { port: { type: 'string', short: 'p' } } });
  const text = values.port ?? process.env.PORT ?? '3000';
  const port = Number(text);
  if (!Number.isInteger(port) || port < 1 || port > 65_535) throw new Error(`${text} is not a port: 1 to 65535.`);
  return port;
}

function prepareTwilioRun(variables: Variables, origin: string): LocalRun {
  const { accountSid } = readSettings(variables);
  // twilio-run hands these to the Functions, but Node itself reads them when it starts.
  const forNode = Object.entries(variables).filter(([name]) => name.startsWith('NODE_'));
  return {
    announcement: `Using the real Twilio account ${accountSid}, since .env holds its credentials.`,
    envFile: ENV_FILE,
    nodeArguments: [],
    environment: Object.fromEntries(forNode),
    welcome: `Functions  ${['provision', 'lookup', 'mint', 'deprovision', 'config'].map((name) => `${origin}/${name}`).join('\n           ')}\n\nCtrl-C ends it.`,
    close: async () => undefined,
  };
}

/** twilio-run would ask on the terminal for another port. */
function assertPortIsFree(port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once('error', () => {
      reject(new Error(`Port ${port} is taken. End what uses it, or choose another: npm start -- --port ${port + 1}`));
    });
    probe.listen(port, () => probe.close(() => resolve()));
  });
}

/**
 * One process for all calls, as on the platform: what a Function keeps in its module scope is there at the next call.
 */
function startTwilioRun({ nodeArguments, environment, envFile }: LocalRun, port: number): ChildProcess {
  const bin = join(dirname(require.resolve('twilio-run/package.json')), 'bin/twilio-run.js');
  const options = [
    '--no-fork-process',
    '--no-live',
    '--no-logs',
    '--log-level',
    'warn',
    '--env',
    envFile,
    '--port',
    String(port),
  ];
  return spawn(process.execPath, [...nodeArguments, bin, 'start', ...options], {
    cwd: ROOT,
    env: { ...process.env, ...environment },
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });
}

/** Whichever ends first takes the other along: the server, or this process by Ctrl-C or a signal. */
function endTogether(server: ChildProcess, run: LocalRun): void {
  server.once('exit', (code) => {
    void run.close().finally(() => process.exit(code ?? 0));
  });
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => server.kill('SIGTERM'));
}

async function waitUntilItAnswers(url: string, server: ChildProcess): Promise<void> {
  while (server.exitCode === null) {
    const isThere = await fetch(url).then(
      () => true,
      () => false,
    );
    if (isThere) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

main().catch((error: unknown) => {
  // What is foreseen needs one line; a stack would hide it.
  const isForeseen = error instanceof ApiError || (error instanceof Error && error.name === 'Error');
  console.error(isForeseen ? (error as Error).message : error);
  process.exit(1);
});
