import { join } from 'node:path';
import type { BuildProjectOptions } from '../../build/build';
import { hasCredentials } from '../../build/env-file';
import { startOwnProvider } from '../../local/own-provider';
import { makeRunFolder } from '../../local/run-folder';
import { prepareSandboxRun } from '../../local/sandbox-run';
import type { LocalRun, Variables } from '../../local/twilio-run';
import { placesOf, welcome } from '../../local/welcome';
import { startSandbox } from '../../sandbox/server';
import { readSettings } from '../../src/settings/settings';

/** A local run, with what to print before it starts and when it serves. */
export interface ServedRun extends LocalRun {
  readonly announcement: string;
  readonly welcome: string;
  readonly isSandbox: boolean;
  readonly origin: string;
  /** A temporary folder of this run. */
  readonly folder: string;
  /** What to build with these settings of `.env`. */
  readonly buildOptions: (variables: Variables) => Omit<BuildProjectOptions, 'folder'>;
  /**
   * Writes the file of settings for the next start of `twilio-run`.
   *
   * @throws {Error} if they are invalid
   */
  readonly update: (variables: Variables) => void;
}

/** @throws {Error} if the settings are invalid */
export function prepareRun(variables: Variables, port: number): Promise<ServedRun> {
  return hasCredentials(variables) ? prepareAccountRun(variables, port) : prepareSandbox(variables, port);
}

const originOf = (port: number) => `http://localhost:${port}`;

async function prepareAccountRun(variables: Variables, port: number): Promise<ServedRun> {
  const { accountSid } = readSettings(variables);
  const { folder, envFile, write, remove } = makeRunFolder(variables);
  // twilio-run passes these to the Functions, but Node itself reads them when it starts.
  const forNode = Object.entries(variables).filter(([name]) => name.startsWith('NODE_'));
  const origin = originOf(port);
  return {
    announcement: `Using Twilio account ${accountSid}, because .env has its credentials.`,
    welcome: `${placesOf(origin)}\n\nPress Ctrl-C to stop.`,
    isSandbox: false,
    origin,
    folder,
    envFile,
    builtFolder: 'dist',
    nodeArguments: [],
    environment: Object.fromEntries(forNode),
    buildOptions: (env) => ({ env }),
    update: (changed) => {
      readSettings(changed);
      write(changed);
    },
    close: async () => remove(),
  };
}

async function prepareSandbox(variables: Variables, port: number): Promise<ServedRun> {
  const origin = originOf(port);
  const sandbox = await startSandbox({
    trustedRedirectUrls: [origin, `http://127.0.0.1:${port}`].map((own) => `${own}/login.html`),
  });
  const provider = await startOwnProvider(variables, port);
  const run = await prepareSandboxRun(sandbox, variables, provider);
  const { maxTokenTtlSeconds } = readSettings({ ...variables, ...sandbox.environment() });
  return {
    ...run,
    announcement:
      'Using the sandbox, a local stand-in for Twilio, because .env has no credentials. Nothing leaves this machine.',
    welcome: welcome(sandbox, origin, maxTokenTtlSeconds, provider),
    isSandbox: true,
    origin,
    // Not `dist`: a deploy must not find a page that leads to the sandbox. And each run has its own sandbox.
    builtFolder: join(run.folder, 'build'),
    // The page knows the account, so that it does not use what the browser remembers of an earlier run.
    buildOptions: (changed) => ({
      env: { ...changed, ...sandbox.environment() },
      unsafeTwilioOrigin: sandbox.origin,
    }),
    close: async () => {
      await run.close();
      await provider?.close();
      await sandbox.close();
    },
  };
}
