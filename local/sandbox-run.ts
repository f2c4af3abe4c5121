import { join } from 'node:path';
import type { OpenIdProvider } from '../sandbox/openid/server';
import type { Sandbox } from '../sandbox/server';
import { readSettings } from '../src/settings/settings';
import { bundle } from './bundle';
import { hasIdentityProvider } from './own-provider';
import { WITHOUT_PROXY } from './proxy';
import { makeRunFolder } from './run-folder';
import type { LocalRun, Variables } from './twilio-run';

export interface SandboxRun extends LocalRun {
  /** A temporary folder: whatever else the run needs may be put there. */
  readonly folder: string;
  /** Writes the file of settings again. */
  readonly update: (variables: Variables) => void;
}

/**
 * Prepares what sends the Functions of a local run to a sandbox: a file of settings, and a script that is loaded into their process.
 * Both are in a temporary folder, so that they are never deployed.
 *
 * @param variables further settings, such as those of `.env`; the account is the sandbox's
 * @param provider trusted unless the settings have an identity provider
 * @throws {ApiError} `misconfigured`, if the settings are invalid
 */
export async function prepareSandboxRun(
  sandbox: Sandbox,
  variables: Variables,
  provider?: OpenIdProvider,
): Promise<SandboxRun> {
  const { folder, envFile, write, remove } = makeRunFolder(settingsFor(sandbox, variables, provider));
  return {
    folder,
    envFile,
    update: (changed) => write(settingsFor(sandbox, changed, provider)),
    builtFolder: 'dist',
    nodeArguments: ['--require', await buildPreload(folder)],
    environment: { ...WITHOUT_PROXY, SANDBOX_ORIGIN: sandbox.origin },
    close: async () => remove(),
  };
}

function settingsFor(sandbox: Sandbox, variables: Variables, provider: OpenIdProvider | undefined): Variables {
  const account = sandbox.environment();
  const keys = [account.BACKEND_KEYS, variables.BACKEND_KEYS].filter(Boolean).join(',');
  const own = hasIdentityProvider(variables) ? {} : provider?.environment();
  const settings = { ...variables, ...account, ...own, BACKEND_KEYS: keys };
  // A mistake is reported even if the sandbox overrides the setting.
  readSettings(settings);
  return { ...settings, FLEX_INSTANCE_SID: undefined };
}

async function buildPreload(folder: string): Promise<string> {
  const outfile = join(folder, 'preload.cjs');
  await bundle({
    entryPoints: [join(__dirname, 'sandbox-preload.ts')],
    outfile,
    platform: 'node',
    target: 'node20',
    // twilio-run puts the class of `Twilio.Response` in the place of the global `Response`; the interception needs that of `fetch`.
    banner: { js: 'const ResponseOfFetch = globalThis.Response;' },
    define: { Response: 'ResponseOfFetch' },
  });
  return outfile;
}
