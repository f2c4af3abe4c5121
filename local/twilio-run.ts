import { type ChildProcess, type StdioOptions, spawn } from 'node:child_process';
import { dirname, join, relative, resolve } from 'node:path';

const ROOT = resolve(__dirname, '..');

export type Variables = Readonly<Record<string, string | undefined>>;

/** How to run the Functions on this machine, against Twilio or the sandbox. */
export interface LocalRun {
  /** The file that `twilio-run` reads the Functions' settings from. */
  readonly envFile: string;
  /** The folder that holds the built `functions` and `assets`, from the project's own on. */
  readonly builtFolder: string;
  readonly nodeArguments: readonly string[];
  readonly environment: Variables;
  /** Ends and removes what was prepared. */
  readonly close: () => Promise<void>;
}

/**
 * Starts the built Functions and assets under `twilio-run start`, in one process for all calls, as on the platform: what a Function
 * keeps in its module scope is there at the next call.
 */
export function startTwilioRun(
  { nodeArguments, environment, envFile, builtFolder }: LocalRun,
  port: number,
  output: 'inherit' | 'pipe' = 'inherit',
): ChildProcess {
  const bin = join(dirname(require.resolve('twilio-run/package.json')), 'bin/twilio-run.js');
  const options = ['--no-fork-process', '--no-live', '--no-logs', '--log-level', 'warn'];
  // Relative, because twilio-run joins these to the project's folder.
  const built = relative(ROOT, resolve(ROOT, builtFolder));
  const folders = ['--functions-folder', join(built, 'functions'), '--assets-folder', join(built, 'assets')];
  const stdio: StdioOptions = ['ignore', output, output, 'ipc'];
  return spawn(
    process.execPath,
    [...nodeArguments, bin, 'start', ...options, ...folders, '--env', envFile, '--port', String(port)],
    { cwd: ROOT, env: { ...process.env, ...environment }, stdio },
  );
}

/** Long enough for a machine that is many times slower than usual. */
const START_LIMIT_MS = 120_000;
const REQUEST_LIMIT_MS = 10_000;

/**
 * Waits until the service responds.
 *
 * @returns `false` if it has ended before
 * @throws {Error} after two minutes
 */
export async function waitUntilItAnswers(origin: string, server: ChildProcess): Promise<boolean> {
  const limit = performance.now() + START_LIMIT_MS;
  while (server.exitCode === null && server.signalCode === null) {
    if (await isResponding(origin)) return true;
    if (performance.now() > limit) {
      throw new Error(
        `No response from ${origin} within ${START_LIMIT_MS / 1000} s. Check proxy and firewall settings.`,
      );
    }
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  return false;
}

async function isResponding(origin: string): Promise<boolean> {
  try {
    await fetch(`${origin}/login.html`, { signal: AbortSignal.timeout(REQUEST_LIMIT_MS) });
    return true;
  } catch {
    return false;
  }
}
