import { join } from 'node:path';
import { buildProject } from '../../../build/build';
import { freePort } from '../../../local/ports';
import { prepareSandboxRun } from '../../../local/sandbox-run';
import { startTwilioRun, waitUntilItAnswers } from '../../../local/twilio-run';
import { type Sandbox, startSandbox } from '../../../sandbox/server';

/** The build for the sandbox, served over HTTP, as `npm start` does. */
export interface SandboxService {
  readonly origin: string;
  readonly assets: string;
  readonly sandbox: Sandbox;
  close(): Promise<void>;
}

export async function startSandboxService(): Promise<SandboxService> {
  const port = await freePort();
  const origin = `http://localhost:${port}`;
  const sandbox = await startSandbox({ trustedRedirectUrls: [`${origin}/login.html`] });
  const closing: (() => Promise<unknown>)[] = [sandbox.close];
  const close = async () => {
    for (const end of closing.reverse()) await end();
  };
  try {
    const run = await prepareSandboxRun(sandbox, {});
    closing.push(run.close);
    const builtFolder = join(run.folder, 'build');
    await buildProject({ folder: builtFolder, env: sandbox.environment(), unsafeTwilioOrigin: sandbox.origin });
    const server = startTwilioRun({ ...run, builtFolder }, port, 'pipe');
    const ended = new Promise((resolve) => server.once('exit', resolve));
    closing.push(async () => {
      server.kill();
      await ended;
    });
    if (!(await waitUntilItAnswers(origin, server))) throw new Error('The service ended before it was ready.');
    return { origin, sandbox, assets: join(builtFolder, 'assets'), close };
  } catch (error) {
    await close();
    throw error;
  }
}
