import { buildProject } from '../../build/build';
import { readEnvFile } from '../../build/env-file';
import { assertPortIsFree } from '../../local/ports';
import { bypassProxyForLoopback } from '../../local/proxy';
import { type LocalServer, startLocalServer } from './local-server';
import { prepareRun, type ServedRun } from './run';
import { onSignal } from './signals';

/** Changes a run before it is built, and continues once it is served. */
export type Extension = (run: ServedRun) => Promise<{
  readonly run: ServedRun;
  readonly whenServed: (server: LocalServer) => void;
}>;

/** Builds, then serves Functions and page on this machine: with the account of `.env`, or else with a sandbox. */
export async function serveLocally(port: number, extend?: Extension): Promise<void> {
  bypassProxyForLoopback();
  const variables = readEnvFile();
  onSignal(() => process.exit(0));
  await assertPortIsFree(port);
  const prepared = await prepareRun(variables, port);
  try {
    console.log(`${prepared.announcement}\n`);
    const extension = await extend?.(prepared);
    const run = extension?.run ?? prepared;
    await buildProject({ folder: run.builtFolder, ...run.buildOptions(variables) });
    // Another server may have started meanwhile, and twilio-run would ask on the terminal for another port.
    await assertPortIsFree(port);
    const server = await startLocalServer(run, port);
    if (server === undefined) return;
    console.log(run.welcome);
    extension?.whenServed(server);
  } catch (error) {
    await prepared.close();
    throw error;
  }
}
