import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { portIsTaken } from '../../local/ports';
import { startTwilioRun, waitUntilItAnswers } from '../../local/twilio-run';
import type { ServedRun } from './run';
import { onSignal, SIGNALS } from './signals';

const ROOT = resolve(__dirname, '../..');
const REQUEST_LIMIT_MS = 10_000;

/** The process that serves a run. It ends on a signal to this process, and this process ends with it. */
export interface LocalServer {
  /** Starts it again with the current settings and files. The port is closed meanwhile. */
  readonly restart: () => Promise<void>;
  /** Makes it load the built Functions again at their next request. */
  readonly reloadFunctions: () => Promise<void>;
}

/**
 * Starts to serve a run.
 *
 * @returns `undefined` if the server has ended, and this process is about to
 * @throws {Error} if it does not respond, or another server got the port
 */
export async function startLocalServer(run: ServedRun, port: number): Promise<LocalServer | undefined> {
  let child: ChildProcess;
  let isEnding = false;
  const end = (code: number | null, signal: NodeJS.Signals | null) => {
    const wasAsked = SIGNALS.some((name) => name === signal);
    void run.close().finally(() => process.exit(code ?? (wasAsked ? 0 : 1)));
  };
  const launch = async (): Promise<boolean> => {
    child = startTwilioRun(run, port).once('exit', end);
    try {
      if (!(await waitUntilItAnswers(run.origin, child))) return false;
      if (!(await isServed(run))) throw portIsTaken(port);
      return true;
    } catch (error) {
      child.off('exit', end).kill();
      throw error;
    }
  };
  onSignal(() => {
    isEnding = true;
    child.kill('SIGTERM');
  });
  if (!(await launch())) return undefined;
  return {
    restart: async () => {
      const ended = once(child.off('exit', end), 'exit');
      child.kill('SIGTERM');
      await ended;
      if (isEnding) end(0, null);
      else await launch();
    },
    reloadFunctions: async () => {
      const reloaded = once(child, 'message');
      child.send({ reload: resolve(ROOT, run.builtFolder, 'functions') });
      await reloaded;
    },
  };
}

/** If two are started at once, only one gets the port. A page names the sandbox that it belongs to, so it tells which one responds. */
async function isServed({ origin, builtFolder }: ServedRun): Promise<boolean> {
  const response = await fetch(`${origin}/login.html`, { signal: AbortSignal.timeout(REQUEST_LIMIT_MS) });
  return (await response.text()) === readFileSync(join(resolve(ROOT, builtFolder), 'assets/login.html'), 'utf8');
}
