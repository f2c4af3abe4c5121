import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { type Sandbox, type SandboxOptions, startSandbox } from '../sandbox/server';
import { freePort } from './ports';
import { bypassProxyForLoopback } from './proxy';
import { prepareSandboxRun } from './sandbox-run';
import { startTwilioRun, type Variables, waitUntilItAnswers } from './twilio-run';

/** The built Functions under `twilio-run start`, with a separate sandbox as Twilio. */
export interface Service {
  readonly origin: string;
  readonly sandbox: Sandbox;
  /** The lines that the Functions have logged since the last `forgetLog()`. */
  readonly log: () => readonly Record<string, unknown>[];
  readonly forgetLog: () => void;
  readonly close: () => Promise<void>;
}

/**
 * @param variables settings besides those of the sandbox's account
 * @param options of the sandbox, such as its clock
 */
export async function startService(variables: Variables = {}, options: SandboxOptions = {}): Promise<Service> {
  bypassProxyForLoopback();
  const sandbox = await startSandbox(options);
  const run = await prepareSandboxRun(sandbox, variables).catch(async (error: unknown) => {
    await sandbox.close();
    throw error;
  });
  const port = await freePort();
  const origin = `http://localhost:${port}`;
  sandbox.signIn.trust(`${origin}/login.html`);
  const server = startTwilioRun(run, port, 'pipe');
  let output = '';
  for (const stream of [server.stdout, server.stderr]) {
    stream?.setEncoding('utf8').on('data', (text) => {
      output += text;
    });
  }
  const close = async () => {
    await end(server);
    await run.close();
    await sandbox.close();
  };
  if (!(await waitUntilItAnswers(origin, server))) {
    await close();
    throw new Error(`twilio-run ended: ${output}`);
  }
  return {
    origin,
    sandbox,
    log: () => linesOf(output),
    forgetLog: () => {
      output = '';
    },
    close,
  };
}

const linesOf = (output: string): Record<string, unknown>[] =>
  output
    .split('\n')
    .filter((line) => line.startsWith('{'))
    .map((line) => JSON.parse(line));

async function end(server: ChildProcess): Promise<void> {
  if (server.exitCode !== null || server.signalCode !== null) return;
  const ended = once(server, 'exit');
  server.kill();
  await ended;
}
